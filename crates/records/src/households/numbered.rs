//! Finds a household as people name it: by its group and its number in it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::last_digits;

use super::roster::roster;
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
    let Some(number) = four_digits(group, number) else { return Ok(None) };
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

/// The household that the board of a month calls by its group and number: the one that was in the group then, wherever
/// it was registered and wherever it is now. Whoever was in no group of the village then is found by its present name.
///
/// # Errors
/// Faults of the database.
pub async fn household_numbered_in(
    connection: &mut Connection,
    group: &Place,
    number: &str,
    month: Month,
) -> Result<Option<Place>> {
    let Some(number) = four_digits(group, number) else { return Ok(None) };
    let village = group.ancestor(Level::Village).unwrap_or(*group).scope();
    let there = roster(connection, &group.county(), (&village.low, &village.high), month).await?;
    let of_group = there.iter().map(|row| &row.entry).filter(|entry| entry.group == *group);
    let then = of_group.filter(|entry| last_digits(&entry.household) == number);
    // Of two, the board shows the one that takes part.
    let then = then
        .max_by_key(|entry| (entry.participation.covers(month), entry.household.parent() == Some(*group)));
    match then {
        Some(entry) => Ok(Some(entry.household)),
        None => {
            // Whoever was in another group then is called by that one.
            let now = household_numbered(connection, group, &number).await?;
            Ok(now.filter(|now| there.iter().all(|row| row.entry.household != *now)))
        }
    }
}

/// A number with the zeros in front that its writer left out; none where it is none, or the place no group.
fn four_digits(group: &Place, number: &str) -> Option<String> {
    let number = number.trim();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (group.level() == Level::Group && is_number).then(|| format!("{number:0>4}"))
}
