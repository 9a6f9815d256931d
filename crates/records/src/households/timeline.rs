//! What became of a household in the register, revision by revision.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::households::{ChangeKind, Participation};
use domain::month::Month;
use domain::place::Place;

use super::load::RegisterEntry;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{household, household_change, household_version, month_result};

/// A revision of the register, with what it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// 1 for the first.
    pub revision: i32,
    /// The first month that it holds.
    pub effective: Month,
    /// What it came from; none for the first registration, and where nobody noted it.
    pub kind: Option<ChangeKind>,
    /// The other household of a split or a merger.
    pub other: Option<Place>,
    /// Why; none where nothing was written or it is lawfully erased.
    pub reason: Option<String>,
    /// The log-in of whoever registered it, and when.
    pub by: Option<(String, DateTime<Utc>)>,
    /// The group.
    pub group: Place,
    /// 户主; none when lawfully erased.
    pub head_name: Option<String>,
    /// 户籍人口 and 常住人口.
    pub members: (u16, u16),
    /// 常住户 and 本村.
    pub kinds: (bool, bool),
    /// From when to when it takes part.
    pub participation: Participation,
}

type VersionRow = ((i32, i32, String, Option<String>), (i16, i16, bool, bool), (Option<i32>, Option<i32>));

type ChangeRow = (i32, i16, Option<i64>, Option<String>, String, DateTime<Utc>);

/// Every revision of a household, the first one first.
///
/// # Errors
/// Faults of the database.
pub async fn timeline(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<TimelineRow>> {
    let versions: Vec<VersionRow> = household_version::table
        .filter(household_version::county_code.eq(entry.household.county().digits()))
        .filter(household_version::household_id.eq(entry.household_id))
        .order(household_version::revision)
        .select((
            (
                household_version::revision,
                household_version::effective_month,
                household_version::place,
                household_version::head_name,
            ),
            (
                household_version::members_registered,
                household_version::members_resident,
                household_version::resident,
                household_version::local,
            ),
            (household_version::joined_month, household_version::left_month),
        ))
        .load(connection)
        .await?;
    let changes = changes(connection, entry).await?;
    let others: Vec<i64> = changes.values().filter_map(|change| change.2).collect();
    let others = codes(connection, entry, &others).await?;
    versions.into_iter().map(|version| row(version, &changes, &others)).collect()
}

fn row(
    version: VersionRow,
    changes: &BTreeMap<i32, ChangeRow>,
    others: &BTreeMap<i64, Place>,
) -> Result<TimelineRow> {
    let ((revision, effective, group, head_name), (registered, members_resident, resident, local), dates) =
        version;
    let change = changes.get(&revision);
    let kind = |number: i16| {
        ChangeKind::from_number(number).ok_or_else(|| Error::Corrupt(format!("登记变动 {number}")))
    };
    Ok(TimelineRow {
        revision,
        effective: codec::month(effective)?,
        kind: change.map(|change| kind(change.1)).transpose()?,
        other: change.and_then(|change| others.get(&change.2?)).copied(),
        reason: change.and_then(|change| change.3.clone()),
        by: change.map(|change| (change.4.clone(), change.5)),
        group: codec::place(&group)?,
        head_name,
        members: (codec::small(registered), codec::small(members_resident)),
        kinds: (resident, local),
        participation: Participation {
            joined: dates.0.map(codec::month).transpose()?,
            left: dates.1.map(codec::month).transpose()?,
        },
    })
}

async fn changes(connection: &mut Connection, entry: &RegisterEntry) -> Result<BTreeMap<i32, ChangeRow>> {
    let rows: Vec<ChangeRow> = household_change::table
        .filter(household_change::county_code.eq(entry.household.county().digits()))
        .filter(household_change::household_id.eq(entry.household_id))
        .select((
            household_change::revision,
            household_change::kind,
            household_change::other_id,
            household_change::reason,
            household_change::by_name,
            household_change::recorded_at,
        ))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.0, row)).collect())
}

async fn codes(
    connection: &mut Connection,
    entry: &RegisterEntry,
    ids: &[i64],
) -> Result<BTreeMap<i64, Place>> {
    let rows: Vec<(i64, String)> = household::table
        .filter(household::county_code.eq(entry.household.county().digits()))
        .filter(household::id.eq_any(ids))
        .select((household::id, household::code))
        .load(connection)
        .await?;
    rows.into_iter().map(|(id, code)| Ok((id, codec::place(&code)?))).collect()
}

/// The months that have a result of a household, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn result_months(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<Month>> {
    let months: Vec<i32> = month_result::table
        .filter(month_result::county_code.eq(entry.household.county().digits()))
        .filter(month_result::household_id.eq(entry.household_id))
        .select(month_result::month)
        .distinct()
        .order(month_result::month.desc())
        .load(connection)
        .await?;
    months.into_iter().map(codec::month).collect()
}

/// Why the register changed, by the months from which on.
pub(super) async fn reasons(
    connection: &mut Connection,
    entry: &RegisterEntry,
) -> Result<Vec<(Month, String)>> {
    let rows = timeline(connection, entry).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.effective, row.reason?))).collect())
}
