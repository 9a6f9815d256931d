//! The clock of an objection: until when it is to be decided.

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::month::is_over;
use crate::rulebook::ObjectionRule;

/// Rule R-61: an objection is to be decided within 10 days (setting) after it was filed, the whole of the last day
/// included; it is then overdue and rises to the town.
///
/// Returns the last day in time.
///
/// Source: part four (四): 经各村民委员会调查核实后…处理并公示; the days are ours; product §2.7.
pub fn decide_by(filed_on: NaiveDate, rule: &ObjectionRule) -> NaiveDate {
    filed_on + Days::new(u64::from(rule.decide_within_days))
}

/// Whether an objection that waits for its decision should have it by now.
pub fn is_overdue(filed_on: NaiveDate, now: NaiveDateTime, rule: &ObjectionRule) -> bool {
    is_over(decide_by(filed_on, rule), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(now: &str, overdue: bool) {
        let rule = ObjectionRule { days: 7, decide_within_days: 10 };
        let filed_on = "2026-11-12".parse().expect("a date");
        let now = NaiveDateTime::parse_from_str(now, "%Y-%m-%d %H:%M").expect("a time");
        assert_eq!(is_overdue(filed_on, now, &rule), overdue, "{now}");
    }

    #[test]
    fn the_tenth_day_is_in_time_until_its_end() {
        check("2026-11-12 08:00", false);
        check("2026-11-22 23:59", false);
        check("2026-11-23 00:00", true);
    }
}
