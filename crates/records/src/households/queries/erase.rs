//! Erases what was written in queries about a household.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;

use crate::database::Connection;
use crate::error::Result;
use crate::schema::{household_query, household_query_step};

/// Erases the words of the queries about a household and of their steps; their salted digests stay. Returns how many.
pub(in crate::households) async fn erase_queries(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let ids: Vec<i64> = household_query::table
        .filter(household_query::county_code.eq(county.digits()))
        .filter(household_query::household_id.eq(household_id))
        .select(household_query::id)
        .load(connection)
        .await?;
    let steps = household_query_step::table
        .filter(household_query_step::county_code.eq(county.digits()))
        .filter(household_query_step::query_id.eq_any(&ids))
        .filter(household_query_step::salt.ne(Vec::new()));
    let erased = diesel::update(steps)
        .set((household_query_step::reason.eq(None::<String>), household_query_step::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    let words = household_query::table
        .filter(household_query::county_code.eq(county.digits()))
        .filter(household_query::id.eq_any(&ids))
        .filter(household_query::salt.ne(Vec::new()));
    let queries = diesel::update(words)
        .set((household_query::words.eq(None::<String>), household_query::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    Ok(erased + queries)
}
