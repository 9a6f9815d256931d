//! Reads award lists for files.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::awards::ExportedAward;
use domain::place::Place;
use domain::points::Points;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{award_quota, award_result, award_run, household};

type Row = ((i64, String, String), (i32, i32, i32, Option<i16>));

/// The latest award lists of a year inside `scope`, in the order of group and household.
///
/// # Errors
/// Faults of the database.
pub async fn awards_of(connection: &mut Connection, scope: &Place, year: i32) -> Result<Vec<ExportedAward>> {
    let county = scope.county();
    let versions = latest_runs(connection, scope, year).await?;
    let ids: Vec<i64> = versions.keys().copied().collect();
    let quotas = quotas(connection, &county, &ids).await?;
    let rows: Vec<Row> = award_result::table
        .inner_join(
            household::table.on(household::county_code
                .eq(award_result::county_code)
                .and(household::id.eq(award_result::household_id))),
        )
        .filter(award_result::county_code.eq(county.digits()))
        .filter(award_result::run_id.eq_any(&ids))
        .order((award_result::place, household::code))
        .select((
            (award_result::run_id, award_result::place, household::code),
            (
                award_result::months_counted,
                award_result::year_total,
                award_result::rank_in_group,
                award_result::prize,
            ),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((run, group, code), (months, total, rank, prize))| {
            let quota = quotas.get(&(run, group.clone())).copied().unwrap_or_default();
            Ok(ExportedAward {
                version: versions.get(&run).copied().unwrap_or_default(),
                group: codec::place(&group)?,
                household: codec::place(&code)?,
                months_counted: codec::counted(months),
                year_total: Points::from_tenths(total),
                rank_in_group: codec::counted(rank),
                prize,
                quota,
            })
        })
        .collect()
}

/// The row numbers of the latest lists of a year inside `scope`, with their versions.
pub(super) async fn latest_runs(
    connection: &mut Connection,
    scope: &Place,
    year: i32,
) -> Result<BTreeMap<i64, i16>> {
    let (county, interval) = (scope.county(), scope.scope());
    let runs: Vec<(String, i64, i16)> = award_run::table
        .filter(award_run::county_code.eq(county.digits()))
        .filter(award_run::year.eq(year))
        .filter(award_run::place.ge(interval.low))
        .filter(award_run::place.lt(interval.high))
        .order((award_run::place, award_run::version))
        .select((award_run::place, award_run::id, award_run::version))
        .load(connection)
        .await?;
    let latest: BTreeMap<String, (i64, i16)> =
        runs.into_iter().map(|(village, id, version)| (village, (id, version))).collect();
    Ok(latest.into_values().collect())
}

async fn quotas(
    connection: &mut Connection,
    county: &Place,
    runs: &[i64],
) -> Result<BTreeMap<(i64, String), [u32; 4]>> {
    type QuotaRow = ((i64, String), (i32, i32, i32, i32));
    let rows: Vec<QuotaRow> = award_quota::table
        .filter(award_quota::county_code.eq(county.digits()))
        .filter(award_quota::run_id.eq_any(runs))
        .select((
            (award_quota::run_id, award_quota::place),
            (award_quota::total, award_quota::first, award_quota::second, award_quota::third),
        ))
        .load(connection)
        .await?;
    let quota = |(total, first, second, third)| [total, first, second, third].map(codec::counted);
    Ok(rows.into_iter().map(|(key, numbers)| (key, quota(numbers))).collect())
}
