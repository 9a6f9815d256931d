//! What a made-up county is made from.

use domain::month::Month;
use domain::place::Place;

/// A made-up county: where, how many, how long, and the seed of everything that varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The county, a place of six digits; any other place holds no villages.
    pub county: Place,
    /// How many households are registered in all groups together, at most 100 million.
    pub households: u32,
    /// The first month, in which most households join.
    pub first_month: Month,
    /// How many months are lived through; the last should not be later than 2099-12.
    pub months: u32,
    /// Another seed gives another county.
    pub seed: u64,
}

impl Plan {
    /// The month that is `offset` months after the first, 2099-12 at the latest.
    pub fn month(&self, offset: u32) -> Month {
        let months = (self.first_month.of_year() - 1).saturating_add(offset);
        let years = i32::try_from(months / 12).unwrap_or(i32::MAX);
        let year = self.first_month.year().saturating_add(years);
        Month::new(year, months % 12 + 1).or_else(|| Month::new(2099, 12)).unwrap_or(self.first_month)
    }

    /// Every month of the plan, in order.
    pub fn span(&self) -> impl Iterator<Item = Month> + use<> {
        let plan = *self;
        (0..plan.months).map(move |offset| plan.month(offset))
    }
}

#[cfg(test)]
mod tests {
    use domain::month::Month;

    use crate::Plan;
    use crate::sample;

    fn check(offset: u32, month: &str) {
        let first_month = Month::parse("2025-11").expect("a month");
        let plan = Plan { first_month, ..sample::plan(60) };
        assert_eq!(plan.month(offset).to_string(), month);
    }

    #[test]
    fn months_are_counted_over_the_new_year() {
        check(0, "2025-11");
        check(1, "2025-12");
        check(2, "2026-01");
        check(14, "2027-01");
    }

    #[test]
    fn the_calendar_ends_with_2099() {
        check(5_000, "2099-12");
        check(u32::MAX, "2099-12");
    }

    #[test]
    fn the_span_has_as_many_months_as_planned() {
        let plan = sample::plan(60);
        let months: Vec<_> = plan.span().map(|month| month.to_string()).collect();
        assert_eq!(months.len(), 12);
        assert_eq!((months[0].as_str(), months[11].as_str()), ("2026-01", "2026-12"));
    }
}
