//! Erases what people wrote on sheets of a household that has left.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;

use crate::database::Connection;
use crate::error::Result;
use crate::schema::{sheet, sheet_decision};

/// Erases notes and reasons on the sheets of a household, and on their decisions. Returns how many had some.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn erase_sheets(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let sheets: Vec<i64> = sheet::table
        .filter(sheet::county_code.eq(county.digits()))
        .filter(sheet::household_id.eq(household_id))
        .select(sheet::id)
        .load(connection)
        .await?;
    let worded = sheet::table
        .filter(sheet::county_code.eq(county.digits()))
        .filter(sheet::household_id.eq(household_id))
        .filter(sheet::salt.ne(Vec::<u8>::new()));
    let worded = diesel::update(worded)
        .set((
            sheet::salt.eq(Some(Vec::<u8>::new())),
            sheet::late_reason.eq(None::<String>),
            sheet::note.eq(None::<String>),
        ))
        .execute(connection)
        .await?;
    let reasoned = sheet_decision::table
        .filter(sheet_decision::county_code.eq(county.digits()))
        .filter(sheet_decision::sheet_id.eq_any(sheets))
        .filter(sheet_decision::salt.ne(Vec::<u8>::new()));
    let reasoned = diesel::update(reasoned)
        .set((sheet_decision::salt.eq(Vec::<u8>::new()), sheet_decision::reason.eq(None::<String>)))
        .execute(connection)
        .await?;
    Ok(worded + reasoned)
}
