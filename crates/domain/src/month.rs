//! Months and local time: every deadline includes the whole of its named day.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// A calendar month (月份), from 2000-01 to 2099-12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u32,
}

/// Why a text is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是月份：请写成 2026-10 的样子")]
pub struct MonthError(String);

impl Month {
    /// The month of a year between 2000 and 2099, none otherwise.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((2000..=2099).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Result<Self, MonthError> {
        let refused = || MonthError(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(refused)?;
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(refused());
        }
        let (year, month) = (year.parse().map_err(|_| refused())?, month.parse().map_err(|_| refused())?);
        Self::new(year, month).ok_or_else(refused)
    }

    /// The month of the stored number `yyyymm`.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::new(number / 100, u32::try_from(number % 100).ok()?)
    }

    /// The number `yyyymm`, as stored.
    pub fn number(self) -> i32 {
        self.year * 100 + i32::try_from(self.month).unwrap_or(0)
    }

    /// The month that a date lies in.
    pub fn of(date: NaiveDate) -> Option<Self> {
        Self::new(date.year(), date.month())
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn of_year(self) -> u32 {
        self.month
    }

    /// The following month.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { month: self.month + 1, ..self }
        }
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        if self.month == 1 {
            Self { year: self.year - 1, month: 12 }
        } else {
            Self { month: self.month - 1, ..self }
        }
    }

    /// January of the same year.
    #[must_use]
    pub fn first_of_year(self) -> Self {
        Self { month: 1, ..self }
    }

    /// The months from this one to `last`, both included; none when `last` is earlier.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
    }

    /// The date of a day in this month, the month's last day when it has fewer.
    pub fn day(self, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, day)
            .or_else(|| NaiveDate::from_ymd_opt(self.next().year, self.next().month, 1)?.pred_opt())
            .unwrap_or_default()
    }

    /// Whether the date lies in this month.
    pub fn covers(self, date: NaiveDate) -> bool {
        date.year() == self.year && date.month() == self.month
    }

    /// The Chinese name: `2026年10月`.
    pub fn title(self) -> String {
        format!("{}年{}月", self.year, self.month)
    }
}

/// Rule R-03: a deadline includes the whole of its named day, in local time; it is over when the
/// following day begins.
///
/// Source: part four (三): 在次月3日前, (四): 每月10日前, read as including the named day.
pub fn is_over(last_day: NaiveDate, now: NaiveDateTime) -> bool {
    now.date() > last_day
}

/// The moment a day begins.
pub fn start_of(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}

/// A date as official letters write it: `2026年11月8日`.
pub fn date_title(date: NaiveDate) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The local time of an instant; the county's zone is Asia/Shanghai unless configured.
pub fn local_time(instant: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    zone.from_utc_datetime(&instant.naive_utc()).naive_local()
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Month({self})")
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn months_are_read_and_written_with_two_digits() {
        let october = Month::parse("2026-10").expect("a month");
        assert_eq!((october.number(), october.to_string()), (202_610, "2026-10".to_owned()));
        for text in ["2026-13", "2026-00", "26-10", "2026-1", "2026/10", "1999-12", "", "-"] {
            assert!(Month::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_year_turns_after_december() {
        let december = Month::parse("2026-12").expect("a month");
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(december.next().previous(), december);
        assert_eq!(december.first_of_year().through(december).count(), 12);
    }

    #[test]
    fn a_day_that_the_month_lacks_is_its_last() {
        let february = Month::parse("2027-02").expect("a month");
        assert_eq!(february.day(31), NaiveDate::from_ymd_opt(2027, 2, 28).expect("a date"));
    }

    #[test]
    fn shanghai_is_eight_hours_ahead() {
        let instant = Utc.with_ymd_and_hms(2026, 10, 31, 16, 0, 0).single().expect("an instant");
        assert_eq!(local_time(instant, chrono_tz::Asia::Shanghai).to_string(), "2026-11-01 00:00:00");
    }

    proptest! {
        #[test]
        fn number_and_text_read_back(year in 2000..=2099i32, month in 1..=12u32) {
            let month = Month::new(year, month).expect("in range");
            prop_assert_eq!(Month::from_number(month.number()), Some(month));
            prop_assert_eq!(Month::parse(&month.to_string()), Ok(month));
        }
    }
}
