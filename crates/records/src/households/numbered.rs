//! Finds a household as people name it: by its group and its number in it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::{Level, Place};
use domain::publication::last_digits;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::household;

/// The household of a number in a group: one that was registered there, or one that has moved there and kept its
/// number. Zeros in front need not be written; of two, the one that was registered there is meant.
///
/// # Errors
/// Faults of the database.
pub async fn household_numbered(
    connection: &mut Connection,
    group: &Place,
    number: &str,
) -> Result<Option<Place>> {
    let number = number.trim();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if group.level() != Level::Group || !is_number {
        return Ok(None);
    }
    let number = format!("{number:0>4}");
    let village = group.ancestor(Level::Village).unwrap_or(*group).scope();
    let codes: Vec<String> = household::table
        .filter(household::county_code.eq(group.county().digits()))
        .filter(household::place.ge(village.low))
        .filter(household::place.lt(village.high))
        .filter(
            household::place.eq(group.digits()).or(household::code.eq(format!("{}{number}", group.digits()))),
        )
        .order(household::code.desc())
        .select(household::code)
        .load(connection)
        .await?;
    let known = codes.iter().map(|code| codec::place(code)).collect::<Result<Vec<Place>>>()?;
    let numbered = known.into_iter().filter(|one| last_digits(one) == number);
    Ok(numbered.max_by_key(|one| one.parent() == Some(*group)))
}
