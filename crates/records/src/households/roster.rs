//! Reads the register as it held for a month: its revisions, and what of them may be erased.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::households::RosterEntry;
use domain::month::Month;
use domain::place::{Level, Place};

use super::load::participation;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{household, household_version};

/// A roster entry with its row numbers.
#[derive(Debug, Clone)]
pub(crate) struct RosterRow {
    /// The row number of the revision.
    pub(crate) id: i64,
    /// The row number of the household.
    pub(crate) household_id: i64,
    /// What it says.
    pub(crate) entry: RosterEntry,
}

type AsOfRow =
    ((i64, i64, String, String), (i32, i32, Vec<u8>), (i16, i16, bool, bool), (Option<i32>, Option<i32>));

/// The register of the places from `low` to before `high` as it holds for `month`, taking part or not, in
/// the order of household codes.
pub(crate) async fn roster(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
) -> Result<Vec<RosterRow>> {
    // A group's households of a month may have come from, or gone to, another group of its village.
    let village = Place::from_digits(low).and_then(|place| place.ancestor(Level::Village));
    let (from, to) = match village.filter(|village| village.digits().len() < low.len()) {
        Some(village) => (village.digits().to_owned(), village.scope().high),
        None => (low.to_owned(), high.to_owned()),
    };
    let rows = revisions_until(connection, county, (&from, &to), month).await?;
    let mut latest: Vec<RosterRow> = Vec::with_capacity(rows.len());
    for row in rows {
        if latest.last().is_some_and(|last| last.household_id == row.household_id) {
            latest.pop();
        }
        latest.push(row);
    }
    latest.retain(|row| (low..high).contains(&row.entry.group.digits()));
    Ok(latest)
}

/// Every revision that begins in `month` or earlier, in the order of household codes and revisions.
pub(crate) async fn revisions_until(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
) -> Result<Vec<RosterRow>> {
    let rows: Vec<AsOfRow> = household_version::table
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
        .filter(household_version::effective_month.le(month.number()))
        .order((household::code, household_version::revision))
        .select((
            (household_version::id, household::id, household::code, household_version::place),
            (household_version::revision, household_version::effective_month, household_version::name_digest),
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
    rows.into_iter().map(roster_row).collect()
}

fn roster_row(row: AsOfRow) -> Result<RosterRow> {
    let ((id, household_id, code, group), (revision, effective, name), counts, dates) = row;
    let entry = RosterEntry {
        household: codec::place(&code)?,
        group: codec::place(&group)?,
        revision,
        effective: codec::month(effective)?,
        name: codec::digest(&name)?,
        members_registered: codec::small(counts.0),
        members_resident: codec::small(counts.1),
        resident: counts.2,
        local: counts.3,
        participation: participation(dates)?,
    };
    Ok(RosterRow { id, household_id, entry })
}

/// What of a revision may be erased.
#[derive(Debug, Clone)]
pub(crate) struct Personal {
    pub(crate) head_name: Option<String>,
    pub(crate) salt: Option<Vec<u8>>,
    pub(crate) phone: Option<Vec<u8>>,
    pub(crate) phone_index: Option<Vec<u8>>,
    pub(crate) address: Option<Vec<u8>>,
}

/// The personal values of every revision, in the order of household codes and revisions.
pub(crate) async fn personal(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
) -> Result<Vec<Personal>> {
    type Row = (Option<String>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);
    let rows: Vec<Row> = household_version::table
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
        .order((household::code, household_version::revision))
        .select((
            household_version::head_name,
            household_version::name_salt,
            household_version::phone_sealed,
            household_version::phone_index,
            household_version::address_sealed,
        ))
        .load(connection)
        .await?;
    let personal = |(head_name, salt, phone, phone_index, address)| Personal {
        head_name,
        salt,
        phone,
        phone_index,
        address,
    };
    Ok(rows.into_iter().map(personal).collect())
}
