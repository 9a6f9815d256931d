//! The calendar (日历): public holidays and make-up working days, year by year.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// What the State Council's notice says of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// A public holiday (放假).
    Off,
    /// A working day that stands in for one (调休上班).
    Work,
}

/// The days that differ from the ordinary week, and the years that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    days: BTreeMap<NaiveDate, DayKind>,
    years: BTreeSet<i32>,
}

/// A date that may be wrong because the year's notice is not in the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("日历中没有 {year} 年的放假安排，只按平常的周末推算；请补入国务院办公厅当年的通知")]
pub struct NoCalendarData {
    /// The year without data.
    pub year: i32,
}

/// Which way a fixed day moves when it falls on a public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// 延后
    Later,
    /// 提前
    Earlier,
}

impl Calendar {
    /// The calendar of the named days; a year with one named day counts as known.
    pub fn new(days: impl IntoIterator<Item = (NaiveDate, DayKind)>) -> Self {
        let days: BTreeMap<_, _> = days.into_iter().collect();
        let years = days.keys().map(NaiveDate::year).collect();
        Self { days, years }
    }

    /// Rule R-04: a year without calendar data is answered with a warning, never silently.
    ///
    /// Source: the State Council's yearly notice appears in November of the year before.
    pub fn warn_of(&self, date: NaiveDate) -> Option<NoCalendarData> {
        (!self.years.contains(&date.year())).then(|| NoCalendarData { year: date.year() })
    }

    /// Whether the date is a statutory holiday; ordinary weekends are not.
    pub fn is_holiday(&self, date: NaiveDate) -> bool {
        self.days.get(&date) == Some(&DayKind::Off)
    }

    /// Whether people work on the date: weekdays that are not holidays, and make-up days.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        match self.days.get(&date) {
            Some(kind) => *kind == DayKind::Work,
            None => !matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// Rule R-05: a fixed day on a statutory holiday moves to the nearest day that is none;
    /// ordinary weekends stay.
    ///
    /// Source: part four (五) 2 (2): 如遇节假日或特殊情况，可适当提前或延后.
    pub fn moved(&self, fixed: NaiveDate, shift: Shift) -> NaiveDate {
        let step = |date: NaiveDate| match shift {
            Shift::Later => date.checked_add_days(Days::new(1)),
            Shift::Earlier => date.checked_sub_days(Days::new(1)),
        };
        std::iter::successors(Some(fixed), |date| step(*date))
            .find(|date| !self.is_holiday(*date))
            .unwrap_or(fixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a literal date")
    }

    fn national_day() -> Calendar {
        let off = (1..=7).map(|d| (NaiveDate::from_ymd_opt(2026, 10, d).expect("a date"), DayKind::Off));
        Calendar::new(off.chain([(day("2026-10-10"), DayKind::Work)]))
    }

    #[test]
    fn a_make_up_saturday_is_a_working_day() {
        assert!(national_day().is_working_day(day("2026-10-10")));
        assert!(!national_day().is_working_day(day("2026-10-11")));
        assert!(!national_day().is_working_day(day("2026-10-05")));
    }

    #[test]
    fn a_fixed_day_in_the_holiday_moves_out_of_it_and_a_weekend_stays() {
        let calendar = national_day();
        assert_eq!(calendar.moved(day("2026-10-05"), Shift::Later), day("2026-10-08"));
        assert_eq!(calendar.moved(day("2026-10-05"), Shift::Earlier), day("2026-09-30"));
        assert_eq!(calendar.moved(day("2026-10-17"), Shift::Later), day("2026-10-17"));
    }

    #[test]
    fn a_year_without_data_is_warned_of() {
        let calendar = national_day();
        assert_eq!(calendar.warn_of(day("2026-12-31")), None);
        assert_eq!(calendar.warn_of(day("2027-01-01")), Some(NoCalendarData { year: 2027 }));
    }
}
