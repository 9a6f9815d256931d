//! The year review (年度回顾): how often each deduction rule was used.

use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::catalogue::{ItemUse, RuleUse, review};
use domain::month::Month;
use domain::place::Place;

use super::catalogue_of;
use crate::database::Connection;
use crate::error::{Refusal, Result};

/// How often each rule of the catalogue that held at the end of a year was used in it, by the cards inside `scope` that
/// count: the latest revision of each household's month, signed or not. Rules of other lists that were used follow.
///
/// # Errors
/// A year that cannot be; faults of the database.
pub async fn item_review(connection: &mut Connection, scope: &Place, year: i32) -> Result<Vec<ItemUse>> {
    let last =
        Month::new(year, 12).ok_or_else(|| Refusal::message(format!("没有 {year} 年的积分，请改年份")))?;
    let list =
        catalogue_of(connection, scope, last).await?.map(|stored| stored.catalogue).unwrap_or_default();
    Ok(review(&list, &uses(connection, scope, last).await?))
}

#[derive(diesel::QueryableByName)]
struct UseRow {
    #[diesel(sql_type = Text)]
    rule: String,
    #[diesel(sql_type = BigInt)]
    times: i64,
    #[diesel(sql_type = BigInt)]
    households: i64,
}

async fn uses(connection: &mut Connection, scope: &Place, last: Month) -> Result<Vec<RuleUse>> {
    let interval = scope.scope();
    let rows: Vec<UseRow> = diesel::sql_query(
        "select rule, sum(times)::bigint as times, count(distinct household_id) as households
         from (
             select unnest(string_to_array(f.act, '+')) as rule, f.times, c.household_id
             from (
                 select distinct on (household_id, month) id, month, household_id, status
                 from card
                 where county_code = $1 and month between $2 and $3 and place >= $4 and place < $5
                 order by household_id, month, revision desc
             ) c
             join finding f on f.month = c.month and f.card_id = c.id
             where c.status = 0 and f.county_code = $1 and f.month between $2 and $3
                 and f.place >= $4 and f.place < $5
         ) used
         group by rule
         order by rule",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Integer, _>(last.first_of_year().number())
    .bind::<Integer, _>(last.number())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .load(connection)
    .await?;
    let count = |stored: i64| u32::try_from(stored).unwrap_or(u32::MAX);
    let used =
        |row: UseRow| RuleUse { rule: row.rule, times: count(row.times), households: count(row.households) };
    Ok(rows.into_iter().map(used).collect())
}
