//! Where a year's awards stand: the quotas of the latest lists, and what a village's year still waits for.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::awards::{Base, Quota};
use domain::place::Place;

use super::load::Year;
use super::read::latest_runs;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::award_quota;

/// A group's quota in the latest list of its village.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupQuota {
    /// The version of the village's list.
    pub version: i16,
    /// The group.
    pub group: Place,
    /// Its resident households, as the first run has frozen them.
    pub base: Base,
    /// Its prizes.
    pub quota: Quota,
}

/// The quotas of the latest lists of a year inside `scope`, in the order of groups.
///
/// # Errors
/// Faults of the database.
pub async fn quotas_of(connection: &mut Connection, scope: &Place, year: i32) -> Result<Vec<GroupQuota>> {
    type Row = ((i64, String), (i32, bool), (i32, i32), (i32, i32, i32, i32));
    let county = scope.county();
    let versions = latest_runs(connection, scope, year).await?;
    let ids: Vec<i64> = versions.keys().copied().collect();
    let rows: Vec<Row> = award_quota::table
        .filter(award_quota::county_code.eq(county.digits()))
        .filter(award_quota::run_id.eq_any(&ids))
        .order(award_quota::place)
        .select((
            (award_quota::run_id, award_quota::place),
            (award_quota::base, award_quota::certified),
            (award_quota::nominal, award_quota::eligible),
            (award_quota::total, award_quota::first, award_quota::second, award_quota::third),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((run, group), (households, certified), (nominal, eligible), (total, first, second, third))| {
            Ok(GroupQuota {
                version: versions.get(&run).copied().unwrap_or_default(),
                group: codec::place(&group)?,
                base: Base { households: codec::counted(households), certified },
                quota: Quota {
                    nominal: codec::counted(nominal),
                    eligible: codec::counted(eligible),
                    total: codec::counted(total),
                    prizes: [first, second, third].map(codec::counted),
                },
            })
        })
        .collect()
}

/// What a village's year still waits for, a line each; none where its awards can be computed.
///
/// # Errors
/// A year that is none, and faults of the database.
pub async fn waits_for(
    connection: &mut Connection,
    village: &Place,
    year: i32,
    now: NaiveDateTime,
) -> Result<Vec<String>> {
    let loaded = Year::load(connection, village, year).await?;
    if loaded.months.is_empty() {
        return Ok(vec![format!("{year} 年没有农户参与，无从评比")]);
    }
    let mut reasons = loaded.not_final(now);
    if reasons.is_empty() && loaded.december().is_none() {
        reasons.push(format!("{year} 年 12 月没有参与户，无从评比"));
    }
    Ok(reasons)
}
