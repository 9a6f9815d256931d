//! Until when an objection moves rights, and until when totals only.

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::month::is_over;
use crate::rulebook::ObjectionRule;

/// What an objection filed now can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filing {
    /// In time: score, rank, rights.
    InTime {
        /// The last day of the objection time.
        until: NaiveDate,
    },
    /// After it, before the year's awards: totals and later rights only.
    Late,
    /// After the year's awards.
    Over,
}

/// Rule R-44: an objection is in time for 7 full days (setting) after a version's publication; later
/// ones are accepted until the year's awards and change only totals and later rights.
///
/// Source: part four (四): 村民对积分有异议的，经各村民委员会调查核实后…处理并公示; product §2.7.
pub fn filing(
    published_on: NaiveDate,
    awards_computed: bool,
    now: NaiveDateTime,
    rule: &ObjectionRule,
) -> Filing {
    let until = published_on + Days::new(u64::from(rule.days));
    match (awards_computed, is_over(until, now)) {
        (true, _) => Filing::Over,
        (false, true) => Filing::Late,
        (false, false) => Filing::InTime { until },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::month::start_of;

    fn check(now: &str, awards: bool, expected: Filing) {
        let rule = ObjectionRule { days: 7, decide_within_days: 10 };
        let published = "2026-11-08".parse().expect("a date");
        assert_eq!(filing(published, awards, start_of(now.parse().expect("a date")), &rule), expected);
    }

    #[test]
    fn seven_full_days_are_in_time_and_the_awards_end_it() {
        check("2026-11-15", false, Filing::InTime { until: "2026-11-15".parse().expect("a date") });
        check("2026-11-16", false, Filing::Late);
        check("2027-02-01", true, Filing::Over);
    }
}
