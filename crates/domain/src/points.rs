//! Points (积分) in tenths, as integers: never floating point.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

/// A number of points, counted in tenths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(i32);

/// Why a text is not a number of points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是分值：请填 0 至 9999.9、至多一位小数的数")]
pub struct PointsError(String);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);
    /// A full month: one hundred points.
    pub const FULL: Self = Self(1000);

    /// Points from tenths of a point.
    pub const fn from_tenths(tenths: i32) -> Self {
        Self(tenths)
    }

    /// Tenths of a point.
    pub const fn tenths(self) -> i32 {
        self.0
    }

    /// Rule R-02: points are kept in tenths; a text with more than one decimal is refused, not rounded.
    ///
    /// Source: product decision; the document's own points are whole.
    pub fn parse(text: &str) -> Result<Self, PointsError> {
        let refused = || PointsError(text.to_owned());
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(tenth) || whole.len() > 4 || tenth.len() > 1 {
            return Err(refused());
        }
        let whole: i32 = whole.parse().map_err(|_| refused())?;
        let tenth: i32 = tenth.parse().map_err(|_| refused())?;
        Ok(Self(whole * 10 + tenth))
    }

    /// These points `times` over, or the largest number there is.
    pub fn times(self, times: u32) -> Self {
        Self(self.0.saturating_mul(i32::try_from(times).unwrap_or(i32::MAX)))
    }

    /// The text for people: without a decimal when it is zero (`93`, `92.5`).
    pub fn short(self) -> String {
        let text = self.to_string();
        text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
    }
}

/// The mean, rounded half up to a tenth; none of nothing.
pub fn mean(points: &[Points]) -> Option<Points> {
    let count = i64::try_from(points.len()).ok().filter(|count| *count > 0)?;
    let sum: i64 = points.iter().map(|one| i64::from(one.0)).sum();
    i32::try_from((2 * sum + count).div_euclid(2 * count)).ok().map(Points)
}

impl fmt::Display for Points {
    /// Always one decimal, as files carry it: `96.0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let tenths = self.0.unsigned_abs();
        write!(formatter, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

impl FromStr for Points {
    type Err = PointsError;

    fn from_str(text: &str) -> Result<Self, PointsError> {
        Self::parse(text)
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Points {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Points {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, tenths: i32) {
        assert_eq!(Points::parse(text), Ok(Points::from_tenths(tenths)), "{text}");
    }

    #[test]
    fn points_are_read_in_tenths() {
        check("2", 20);
        check("2.5", 25);
        check("100.0", 1000);
        check("0", 0);
    }

    #[test]
    fn signs_second_decimals_and_words_are_refused() {
        for text in ["-1", "+1", "1.25", "1.", ".5", "", "二", "1e3", "12345"] {
            assert!(Points::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn points_print_one_decimal_for_files_and_none_too_many_for_people() {
        assert_eq!(Points::from_tenths(960).to_string(), "96.0");
        assert_eq!(Points::from_tenths(-5).to_string(), "-0.5");
        assert_eq!(Points::from_tenths(960).short(), "96");
        assert_eq!(Points::from_tenths(925).short(), "92.5");
    }

    #[test]
    fn a_mean_is_rounded_half_up() {
        let of = |tenths: &[i32]| mean(&tenths.iter().map(|tenths| Points(*tenths)).collect::<Vec<_>>());
        assert_eq!(of(&[900, 901]), Some(Points(901)));
        assert_eq!(of(&[900, 900, 901]), Some(Points(900)));
        assert_eq!(of(&[]), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(tenths in 0..=99_999i32) {
            let points = Points::from_tenths(tenths);
            prop_assert_eq!(Points::parse(&points.to_string()), Ok(points));
            prop_assert_eq!(Points::parse(&points.short()), Ok(points));
        }
    }
}
