//! The month that people are busy with: what a page without a month shows.

use chrono::NaiveDate;

use crate::month::Month;
use crate::publication::last_day;
use crate::rulebook::Rulebook;

/// The month in hand on a day: a month from the first day of its entry on, and before that the one before it,
/// which is closed and published in the first days. Where entry begins sooner than the time for that is over,
/// the month before stays in hand until then. None outside the years that are kept.
pub fn month_in_hand(today: NaiveDate, rulebook: &Rulebook) -> Option<Month> {
    let this = Month::of(today)?;
    let last = this.previous();
    let is_entered = today >= this.day(rulebook.scoring.opens_on_day);
    Some(if is_entered && today > last_day(last, &rulebook.publication) { this } else { last })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(today: &str, opens_on_day: u32, expected: &str) {
        let mut rulebook = Rulebook::resolve([]).expect("the defaults");
        rulebook.scoring.opens_on_day = opens_on_day;
        let month = month_in_hand(today.parse().expect("a date"), &rulebook).expect("a month");
        assert_eq!(month.to_string(), expected, "{today}, from the {opens_on_day}");
    }

    #[test]
    fn a_month_is_in_hand_from_the_day_its_entry_opens() {
        check("2026-10-24", 25, "2026-09");
        check("2026-10-25", 25, "2026-10");
        check("2026-10-19", 20, "2026-09");
        check("2026-10-20", 20, "2026-10");
        check("2026-11-03", 20, "2026-10");
        check("2026-02-28", 31, "2026-02");
    }

    #[test]
    fn where_entry_begins_early_the_month_before_is_published_first() {
        check("2026-10-05", 5, "2026-09");
        check("2026-10-10", 5, "2026-09");
        check("2026-10-11", 5, "2026-10");
        check("2027-01-01", 1, "2026-12");
    }
}
