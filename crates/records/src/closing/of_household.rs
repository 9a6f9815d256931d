//! Reads what closed versions say of one household, without reading its neighbours.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::HouseholdResult;
use domain::month::Month;
use domain::place::Place;

use super::read::{ResultRow, household_result};
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{household, month_result};

/// What a closed version says of a household, with the rows that it rests on.
pub(crate) struct OwnResult {
    /// The row number of the version.
    pub(crate) closing_id: i64,
    /// The row number in the register.
    pub(crate) roster_id: i64,
    /// The row number of the card.
    pub(crate) card_id: Option<i64>,
    /// What it says.
    pub(crate) result: HouseholdResult,
}

/// What these closed versions say of a household, by month; those that do not have it are left out.
pub(crate) async fn results_of_household(
    connection: &mut Connection,
    of: &Place,
    (first, last): (Month, Month),
    closings: &[i64],
) -> Result<Vec<OwnResult>> {
    type Row = ((i64, i64, Option<i64>), ResultRow);
    let county = of.county();
    let id: Option<i64> = household::table
        .filter(household::county_code.eq(county.digits()))
        .filter(household::code.eq(of.digits()))
        .select(household::id)
        .first(connection)
        .await
        .optional()?;
    let Some(id) = id.filter(|_| !closings.is_empty()) else { return Ok(Vec::new()) };
    // Both sides of the join are narrowed to the household.
    let rows: Vec<Row> = month_result::table
        .inner_join(
            household::table.on(household::county_code
                .eq(month_result::county_code)
                .and(household::id.eq(month_result::household_id))),
        )
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::household_id.eq(id))
        .filter(household::id.eq(id))
        .filter(month_result::month.ge(first.number()))
        .filter(month_result::month.le(last.number()))
        .filter(month_result::closing_id.eq_any(closings))
        .order(month_result::month)
        .select((
            (month_result::closing_id, month_result::roster_id, month_result::card_id),
            (
                (household::code, month_result::place, month_result::status),
                (month_result::score, month_result::environment, month_result::findings),
                (month_result::rank_in_group, month_result::rank_in_village, month_result::year_total),
                (month_result::qualifies, month_result::tier),
            ),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((closing_id, roster_id, card_id), row)| {
            Ok(OwnResult { closing_id, roster_id, card_id, result: household_result(row)? })
        })
        .collect()
}
