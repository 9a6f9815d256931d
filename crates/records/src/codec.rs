//! Between stored values and the domain's types.

use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;

use crate::error::{Error, Result};

/// The place of stored digits.
pub(crate) fn place(digits: &str) -> Result<Place> {
    Place::from_digits(digits).ok_or_else(|| Error::Corrupt(format!("地方代码 {digits}")))
}

/// The month of a stored number.
pub(crate) fn month(number: i32) -> Result<Month> {
    Month::from_number(number).ok_or_else(|| Error::Corrupt(format!("月份 {number}")))
}

/// The digest of stored bytes.
pub(crate) fn digest(bytes: &[u8]) -> Result<Digest> {
    Digest::from_bytes(bytes).ok_or_else(|| Error::Corrupt("摘要长度".into()))
}

/// Points of stored tenths.
pub(crate) fn points(tenths: Option<i32>) -> Option<Points> {
    tenths.map(Points::from_tenths)
}

/// A count as it is stored.
pub(crate) fn stored(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A stored count.
pub(crate) fn counted(stored: i32) -> u32 {
    u32::try_from(stored).unwrap_or(0)
}

/// A number of rows, as the database counts them.
pub(crate) fn rows(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A small stored count.
pub(crate) fn small(stored: i16) -> u16 {
    u16::try_from(stored).unwrap_or(0)
}

/// A length as it is stored.
pub(crate) fn length(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}
