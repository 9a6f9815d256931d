//! Reads the register as it is now.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::households::Participation;
use domain::input::Household;
use domain::month::Month;
use domain::place::{Level, Place};

use super::roster::roster;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{household, household_version};
use crate::sealing::{Field, Sealer};

/// What the register says of a household now.
#[derive(Debug, Clone)]
pub struct RegisterEntry {
    /// The row number of the household.
    pub household_id: i64,
    /// The household.
    pub household: Place,
    /// Its group.
    pub group: Place,
    /// The number of its latest revision.
    pub revision: i32,
    /// The first month that the latest revision holds; it may be still to come.
    pub effective: Month,
    /// 户主; none when lawfully erased.
    pub head_name: Option<String>,
    /// The sealed phone.
    pub phone: Option<Vec<u8>>,
    /// The blind index of the phone.
    pub phone_index: Option<Vec<u8>>,
    /// The sealed address.
    pub address: Option<Vec<u8>>,
    /// 户籍人口
    pub members_registered: u16,
    /// 常住人口
    pub members_resident: u16,
    /// 常住户
    pub resident: bool,
    /// 本村
    pub local: bool,
    /// From when to when it takes part.
    pub participation: Participation,
}

impl RegisterEntry {
    /// Whether a row of a file says what is already known.
    pub(super) fn says_the_same(&self, row: &Household, sealer: &Sealer) -> bool {
        let phone = self.phone.as_deref().map(|sealed| sealer.open(&self.household, Field::Phone, sealed));
        let address =
            self.address.as_deref().map(|sealed| sealer.open(&self.household, Field::Address, sealed));
        self.head_name.as_deref() == Some(row.head_name.as_str())
            && self.members_registered == row.members_registered
            && self.members_resident == row.members_resident
            && (self.resident, self.local) == (row.resident, row.local)
            && self.participation == row.participation
            && phone == row.phone.clone().map(Ok)
            && address == row.address.clone().map(Ok)
    }
}

type CurrentRow = (
    (i64, String, String, i32, i32),
    (Option<String>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>),
    (i16, i16, bool, bool),
    (Option<i32>, Option<i32>),
);

/// The register inside `scope` as it is now, in the order of household codes.
///
/// # Errors
/// Faults of the database.
pub async fn register_of(connection: &mut Connection, scope: &Place) -> Result<Vec<RegisterEntry>> {
    let interval = scope.scope();
    register_in(connection, &scope.county(), (&interval.low, &interval.high)).await
}

/// So many households of the register inside `scope` as it is now, in the order of their codes, after a code.
///
/// # Errors
/// Faults of the database.
pub async fn register_page(
    connection: &mut Connection,
    scope: &Place,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<RegisterEntry>> {
    let interval = scope.scope();
    let after = after.map_or("", Place::digits);
    in_range(connection, &scope.county(), (&interval.low, &interval.high), after, limit).await
}

/// What the register says of one household now; none where it is not registered, or not seen from the permission's
/// place.
///
/// # Errors
/// Faults of the database.
pub async fn register_entry(connection: &mut Connection, household: &Place) -> Result<Option<RegisterEntry>> {
    // It may have moved within its village. Ten codes differ in their last digit.
    let interval = household.ancestor(Level::Village).unwrap_or(*household).scope();
    let digits = household.digits();
    let after = &digits[..digits.len().saturating_sub(1)];
    let range = (interval.low.as_str(), interval.high.as_str());
    let entries = in_range(connection, &household.county(), range, after, 10).await?;
    Ok(entries.into_iter().find(|entry| entry.household == *household))
}

/// The register inside `scope` for a month: the values of now, of the households that belong to it in that month.
///
/// # Errors
/// Faults of the database.
pub async fn register_for(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Vec<RegisterEntry>> {
    let village = scope.ancestor(Level::Village).unwrap_or(*scope);
    let interval = village.scope();
    let range = (interval.low.as_str(), interval.high.as_str());
    let roster = roster(connection, &scope.county(), range, month).await?;
    let groups: BTreeMap<i64, Place> =
        roster.into_iter().map(|row| (row.household_id, row.entry.group)).collect();
    let mut entries = register_of(connection, &village).await?;
    for entry in &mut entries {
        entry.group = groups.get(&entry.household_id).copied().unwrap_or(entry.group);
    }
    entries.retain(|entry| scope.contains(&entry.group));
    Ok(entries)
}

/// The register of the places from `low` to before `high` as it is now, in the order of household codes.
async fn register_in(
    connection: &mut Connection,
    county: &Place,
    range: (&str, &str),
) -> Result<Vec<RegisterEntry>> {
    in_range(connection, county, range, "", i64::MAX).await
}

async fn in_range(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    after: &str,
    limit: i64,
) -> Result<Vec<RegisterEntry>> {
    let rows: Vec<CurrentRow> = household_version::table
        .inner_join(
            household::table.on(household::county_code
                .eq(household_version::county_code)
                .and(household::id.eq(household_version::household_id))),
        )
        .filter(household_version::county_code.eq(county.digits()))
        .filter(household_version::place.ge(low))
        .filter(household_version::place.lt(high))
        .filter(household::place.ge(low))
        .filter(household::place.lt(high))
        .filter(household::code.gt(after))
        .order((household::code, household_version::revision.desc()))
        .distinct_on(household::code)
        .limit(limit)
        .select((
            (
                household::id,
                household::code,
                household_version::place,
                household_version::revision,
                household_version::effective_month,
            ),
            (
                household_version::head_name,
                household_version::phone_sealed,
                household_version::phone_index,
                household_version::address_sealed,
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
    rows.into_iter().map(entry_of).collect()
}

/// The register of some villages by household; what lies between them comes along.
pub(super) async fn current(
    connection: &mut Connection,
    county: &Place,
    villages: &BTreeSet<Place>,
) -> Result<BTreeMap<Place, RegisterEntry>> {
    let range = crate::closing::range(villages);
    let entries = register_in(connection, county, (&range.low, &range.high)).await?;
    Ok(entries.into_iter().map(|entry| (entry.household, entry)).collect())
}

fn entry_of(row: CurrentRow) -> Result<RegisterEntry> {
    let (household, (head_name, phone, phone_index, address), counts, dates) = row;
    let (household_id, code, group, revision, effective) = household;
    Ok(RegisterEntry {
        household_id,
        household: codec::place(&code)?,
        group: codec::place(&group)?,
        revision,
        effective: codec::month(effective)?,
        head_name,
        phone,
        phone_index,
        address,
        members_registered: codec::small(counts.0),
        members_resident: codec::small(counts.1),
        resident: counts.2,
        local: counts.3,
        participation: participation(dates)?,
    })
}

/// From when to when a household takes part, as it is stored.
pub(super) fn participation((joined, left): (Option<i32>, Option<i32>)) -> Result<Participation> {
    Ok(Participation {
        joined: joined.map(codec::month).transpose()?,
        left: left.map(codec::month).transpose()?,
    })
}
