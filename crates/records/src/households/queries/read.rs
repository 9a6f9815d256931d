//! Reads queries with what followed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use domain::households::{QueryAbout, QueryStep};
use domain::place::{Level, Place};

use super::{Query, QueryStepTaken};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::load::RegisterEntry;
use crate::schema::{household, household_query, household_query_step};

/// The queries about a household, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn queries_of_household(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<Query>> {
    let village = entry.household.ancestor(Level::Village).unwrap_or(entry.household);
    load(connection, &village, Which::Of(entry.household_id)).await
}

/// The queries inside `scope` on which somebody has to act, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn open_queries(connection: &mut Connection, scope: &Place) -> Result<Vec<Query>> {
    load(connection, scope, Which::Open).await
}

/// Which queries are asked for.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// Of a household.
    Of(i64),
    /// Not closed.
    Open,
}

/// Without a step that closes it, as [`QueryStep::Closed`] is stored.
const NOT_CLOSED: &str = "not exists (select from household_query_step s
    where s.county_code = household_query.county_code and s.query_id = household_query.id and s.kind = 4)";

type Row = (i64, String, String, i16, i32, Option<String>, String, NaiveDate);

async fn load(connection: &mut Connection, scope: &Place, which: Which) -> Result<Vec<Query>> {
    let (county, interval) = (scope.county(), scope.scope());
    let mut asked = household_query::table
        .inner_join(
            household::table.on(household::county_code
                .eq(household_query::county_code)
                .and(household::id.eq(household_query::household_id))),
        )
        .filter(household_query::county_code.eq(county.digits().to_owned()))
        .filter(household_query::place.ge(interval.low))
        .filter(household_query::place.lt(interval.high))
        .order(household_query::id.desc())
        .select((
            household_query::id,
            household::code,
            household::place,
            household_query::about,
            household_query::revision,
            household_query::words,
            household_query::asked_by,
            household_query::asked_on,
        ))
        .into_boxed();
    asked = match which {
        Which::Of(id) => asked.filter(household_query::household_id.eq(id)),
        Which::Open => asked.filter(diesel::dsl::sql::<Bool>(NOT_CLOSED)),
    };
    let rows: Vec<Row> = asked.load(connection).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let mut steps = steps(connection, &county, &ids).await?;
    rows.into_iter()
        .map(|(id, code, group, about, revision, words, asked_by, asked_on)| {
            let known = QueryAbout::from_number(about);
            Ok(Query {
                id,
                household: codec::place(&code)?,
                group: codec::place(&group)?,
                about: known.ok_or_else(|| Error::Corrupt(format!("质询事项 {about}")))?,
                words,
                asked_by,
                asked_on,
                steps: steps.remove(&id).unwrap_or_default(),
                revision,
            })
        })
        .collect()
}

async fn steps(
    connection: &mut Connection,
    county: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, Vec<QueryStepTaken>>> {
    let rows: Vec<(i64, i16, Option<String>, String, NaiveDate)> = household_query_step::table
        .filter(household_query_step::county_code.eq(county.digits()))
        .filter(household_query_step::query_id.eq_any(ids))
        .order((household_query_step::query_id, household_query_step::number))
        .select((
            household_query_step::query_id,
            household_query_step::kind,
            household_query_step::reason,
            household_query_step::by_name,
            household_query_step::taken_on,
        ))
        .load(connection)
        .await?;
    let mut steps: BTreeMap<i64, Vec<QueryStepTaken>> = BTreeMap::new();
    for (query, kind, reason, by, on) in rows {
        let kind = QueryStep::from_number(kind).ok_or_else(|| Error::Corrupt(format!("质询步骤 {kind}")))?;
        steps.entry(query).or_default().push(QueryStepTaken { kind, reason, by, on });
    }
    Ok(steps)
}
