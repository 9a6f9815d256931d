//! Progress: how far a month is, in counts for those above and step by step for the village itself.

mod counts;
mod facts;
mod groups;
mod stages;
mod trend;
mod versions;
mod village;

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::month_closing;

pub use counts::{Totals, VillageCounts, counts_of, sum};
pub use groups::GroupProgress;
pub use stages::{Missing, Stage, StageState};
pub use trend::{TrendMonth, trend};
pub use versions::taking_part_closed;
pub use village::{VillageProgress, village_month};

/// How many months a month switcher offers.
const MONTHS: usize = 24;

/// The months that have a closing inside `scope`, and later ones that have cards, the newest first; at most 24.
///
/// # Errors
/// Faults of the database.
pub async fn months_of(connection: &mut Connection, scope: &Place) -> Result<Vec<Month>> {
    let interval = scope.scope();
    let closed: Vec<i32> = month_closing::table
        .filter(month_closing::county_code.eq(scope.county().digits()))
        .filter(month_closing::place.ge(interval.low))
        .filter(month_closing::place.lt(interval.high))
        .select(month_closing::month)
        .distinct()
        .order(month_closing::month.desc())
        .load(connection)
        .await?;
    let newest = closed.as_slice().first().copied().map(codec::month).transpose()?;
    let mut months = with_cards(connection, scope, newest).await?;
    months.sort_unstable();
    months.reverse();
    for month in closed {
        months.push(codec::month(month)?);
    }
    months.truncate(MONTHS);
    Ok(months)
}

#[derive(diesel::QueryableByName)]
struct MonthRow {
    #[diesel(sql_type = Integer)]
    month: i32,
}

/// The months with cards inside `scope` among those that may have some: the twelve after the newest that is closed,
/// or all that there are. Each is looked up in the index, since to group the cards would mean to read them all.
async fn with_cards(connection: &mut Connection, scope: &Place, newest: Option<Month>) -> Result<Vec<Month>> {
    let (first, last) = match newest {
        Some(newest) => {
            let first = newest.next();
            (first, Month::new(first.year() + 1, first.of_year()).unwrap_or(first).previous())
        }
        None => (codec::month(202_001)?, codec::month(204_912)?),
    };
    let interval = scope.scope();
    let rows: Vec<MonthRow> = diesel::sql_query(
        "select u.month from unnest($2) u(month)
         where (select 1 from card where county_code = $1 and month = u.month and month >= $3 and month <= $4
            and place >= $5 and place < $6 limit 1) is not null",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Array<Integer>, _>(first.through(last).map(Month::number).collect::<Vec<_>>())
    .bind::<Integer, _>(first.number())
    .bind::<Integer, _>(last.number())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .load(connection)
    .await?;
    rows.iter().map(|row| codec::month(row.month)).collect()
}

/// A number of things as reports count them.
fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
