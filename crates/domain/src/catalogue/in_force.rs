//! Which catalogue binds a village in a month.

use crate::month::Month;
use crate::place::Place;

/// Something that a place put in force from a month on: a catalogue, a rulebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// The county, town or village that made it.
    pub place: Place,
    /// The first month it holds.
    pub from: Month,
    /// The order in which it was recorded: of two from the same month the later replaces the earlier.
    pub revision: i64,
    /// The thing itself.
    pub what: T,
}

/// Rule R-08: a village is bound by its own catalogue, else its town's, else the county's: of each
/// level the latest whose effective month has come, in force until replaced, over the new year too.
/// A newer list above does not end a village's own.
///
/// Source: part four (二): 各镇各村可…增减积分项目和分值; product §2.1.
pub fn in_force<'a, T>(lists: &'a [Dated<T>], place: &Place, month: Month) -> Option<&'a Dated<T>> {
    lists
        .iter()
        .filter(|list| list.place.contains(place) && list.from <= month)
        .max_by_key(|list| (list.place.level(), list.from, list.revision))
}

/// Rule R-09: a second change within a year needs a reason and the level above; the first of the
/// year, and the first ever, do not.
///
/// Source: part four (二): 积分项目和分值原则上以年度为单位进行调整.
pub fn needs_reason<T>(own: &[Dated<T>], from: Month) -> bool {
    own.iter().any(|list| list.from.year() == from.year() && list.from <= from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(code: &str, from: &str, revision: i64) -> Dated<()> {
        let (place, from) = (Place::parse_code(code).expect("a code"), Month::parse(from).expect("a month"));
        Dated { place, from, revision, what: () }
    }

    fn check(lists: &[Dated<()>], month: &str, expected: Option<i64>) {
        let village = Place::parse_code("440229100204").expect("a code");
        let found = in_force(lists, &village, Month::parse(month).expect("a month"));
        assert_eq!(found.map(|list| list.revision), expected, "{month}");
    }

    #[test]
    fn a_villages_own_list_stays_in_force_under_a_newer_one_of_the_county() {
        let lists = [list("440229100204", "2025-03", 1), list("440229000000", "2026-01", 2)];
        check(&lists, "2026-06", Some(1));
    }

    #[test]
    fn before_its_effective_month_the_level_above_holds() {
        let lists = [list("440229000000", "2025-01", 1), list("440229100000", "2026-02", 2)];
        check(&lists, "2026-01", Some(1));
        check(&lists, "2026-02", Some(2));
    }

    #[test]
    fn a_list_holds_over_the_new_year_until_replaced() {
        let lists = [list("440229000000", "2025-01", 1), list("440229000000", "2027-01", 2)];
        check(&lists, "2026-12", Some(1));
        check(&lists, "2027-01", Some(2));
        check(&lists, "2024-12", None);
    }

    #[test]
    fn the_neighbours_list_never_holds() {
        check(&[list("440229100205", "2025-01", 1), list("440229101000", "2025-01", 2)], "2026-01", None);
    }

    #[test]
    fn the_second_change_of_a_year_needs_a_reason() {
        let own = [list("440229100204", "2026-01", 1)];
        let month = |text| Month::parse(text).expect("a month");
        assert!(needs_reason(&own, month("2026-07")));
        assert!(!needs_reason(&own, month("2027-01")));
        assert!(!needs_reason::<()>(&[], month("2026-07")));
    }
}
