//! 附件2: a household's year, and its months one after another.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::catalogue::Catalogue;
use domain::forms::{HouseholdYear, MonthColumn, household_year_items};
use domain::month::Month;
use domain::place::Place;
use domain::publication::last_digits;

use super::{Versions, full_name, shown_months, span_of, village_of};
use crate::catalogue;
use crate::closing::results_of_household;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::register_entry;
use crate::schema::{household_version, month_closing};
use crate::scoring::findings_of_cards;

/// A household's year; none where no month that is shown has it.
///
/// # Errors
/// Faults of the database.
pub async fn household_year(
    connection: &mut Connection,
    household: &Place,
    year: i32,
    versions: Versions,
) -> Result<Option<HouseholdYear>> {
    let Some(span) = span_of(year) else { return Ok(None) };
    let known = known_months(connection, household, span, versions).await?;
    let Some((_, RosterRow { head, kind })) = known.last().cloned() else { return Ok(None) };
    let columns: Vec<MonthColumn> = known.into_iter().map(|(column, _)| column).collect();
    let items = household_year_items(&columns).map_err(|unknown| Error::Corrupt(unknown.to_string()))?;
    let entry = register_entry(connection, household).await?;
    let members = entry.map_or((0, 0), |entry| (entry.members_registered, entry.members_resident));
    Ok(Some(HouseholdYear {
        head,
        number: last_digits(household).to_owned(),
        place_name: full_name(connection, household).await?,
        year,
        members,
        kind,
        published: columns.iter().all(|column| column.published),
        months: columns,
        items,
    }))
}

/// A household's months from one to another, both included, in their order.
///
/// # Errors
/// Faults of the database.
pub async fn household_months(
    connection: &mut Connection,
    household: &Place,
    span: (Month, Month),
    versions: Versions,
) -> Result<Vec<MonthColumn>> {
    let known = known_months(connection, household, span, versions).await?;
    Ok(known.into_iter().map(|(column, _)| column).collect())
}

/// What a month's register says of a household.
#[derive(Clone)]
struct RosterRow {
    /// 户主; empty when lawfully erased.
    head: String,
    /// 本村 and 常住户.
    kind: (bool, bool),
}

async fn known_months(
    connection: &mut Connection,
    household: &Place,
    span: (Month, Month),
    versions: Versions,
) -> Result<Vec<(MonthColumn, RosterRow)>> {
    let (village, county) = (village_of(household)?, household.county());
    let shown = shown_months(connection, &village, span, versions).await?;
    let closings: Vec<i64> = shown.values().map(|(closed, _)| closed.closing_id).collect();
    let own = results_of_household(connection, household, span, &closings).await?;
    let closings: Vec<i64> = own.iter().map(|one| one.closing_id).collect();
    let cards: Vec<i64> = own.iter().filter_map(|one| one.card_id).collect();
    let rosters: Vec<i64> = own.iter().map(|one| one.roster_id).collect();
    let catalogues = catalogues_of(connection, &village, &closings).await?;
    let mut findings = findings_of_cards(connection, &county, span, &cards).await?;
    let register = roster_rows(connection, &county, &rosters).await?;
    let mut by_closing: BTreeMap<i64, _> = own.into_iter().map(|one| (one.closing_id, one)).collect();
    let mut months = Vec::with_capacity(by_closing.len());
    for (month, (closed, published)) in shown {
        let Some(own) = by_closing.remove(&closed.closing_id) else { continue };
        let missing = |what: &str| Error::Corrupt(format!("{month} 的{what}"));
        let catalogue = catalogues.get(&closed.closing_id).ok_or_else(|| missing("积分项目"))?;
        let row = register.get(&own.roster_id).ok_or_else(|| missing("花名册"))?;
        let column = MonthColumn {
            month,
            version: closed.version,
            reason: closed.reason.filter(|_| closed.version > 1),
            findings: own.card_id.and_then(|card| findings.remove(&card)).unwrap_or_default(),
            result: own.result,
            catalogue: catalogue.clone(),
            published,
        };
        months.push((column, row.clone()));
    }
    Ok(months)
}

/// The catalogues that these versions used; each is read once.
async fn catalogues_of(
    connection: &mut Connection,
    village: &Place,
    closings: &[i64],
) -> Result<BTreeMap<i64, Catalogue>> {
    let used: Vec<(i64, i64)> = month_closing::table
        .filter(month_closing::county_code.eq(village.county().digits()))
        .filter(month_closing::id.eq_any(closings))
        .select((month_closing::id, month_closing::catalogue_id))
        .load(connection)
        .await?;
    let ids: BTreeSet<i64> = used.iter().map(|(_, id)| *id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let stored = catalogue::with_ids(connection, village, &ids).await?;
    let known: BTreeMap<i64, Catalogue> =
        stored.into_iter().map(|one| (one.what.id, one.what.catalogue)).collect();
    Ok(used.into_iter().filter_map(|(closing, id)| Some((closing, known.get(&id)?.clone()))).collect())
}

/// These rows of the register by their row numbers.
async fn roster_rows(
    connection: &mut Connection,
    county: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, RosterRow>> {
    let rows: Vec<(i64, Option<String>, bool, bool)> = household_version::table
        .filter(household_version::county_code.eq(county.digits()))
        .filter(household_version::id.eq_any(ids))
        .select((
            household_version::id,
            household_version::head_name,
            household_version::local,
            household_version::resident,
        ))
        .load(connection)
        .await?;
    let row = |(id, head, local, resident): (i64, Option<String>, bool, bool)| {
        (id, RosterRow { head: head.unwrap_or_default(), kind: (local, resident) })
    };
    Ok(rows.into_iter().map(row).collect())
}
