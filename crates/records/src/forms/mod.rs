//! What the forms list, read from closed versions.

mod group_sheet;
mod household_sheet;
mod replacement;
mod tokens;

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::forms::GroupMonthRow;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::Finding;

use crate::closing::{ClosedMonth, closed_months, rows_of};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::places;
use crate::publication::published;
use crate::schema::{card, household, household_version, month_result};

pub use group_sheet::{blank_sheet, group_month, group_year};
pub use household_sheet::{household_months, household_year};
pub(crate) use replacement::reissue;
pub use replacement::{IssuedCard, issued_card, reissue_card};
pub use tokens::{CardToken, card_of_token, county_of_token, household_cards};

/// `龙仙镇青云村第一小组`, or as far as the place reaches.
///
/// # Errors
/// Faults of the database.
pub async fn full_name(connection: &mut Connection, place: &Place) -> Result<String> {
    let mut name = String::new();
    for level in [Level::Town, Level::Village, Level::Group] {
        if let Some(above) = place.ancestor(level) {
            name.push_str(&places::name_of(connection, &above).await?);
        }
    }
    Ok(name)
}

/// Which versions of the months a sheet shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// The latest, published or not: for the village's own use.
    Latest,
    /// The latest that are published.
    Published,
}

/// The version that is shown of every closed month of a span, with whether it is published.
async fn shown_months(
    connection: &mut Connection,
    village: &Place,
    (first, last): (Month, Month),
    versions: Versions,
) -> Result<BTreeMap<Month, (ClosedMonth, bool)>> {
    let published = published(connection, village).await?;
    let mut months: BTreeMap<Month, (ClosedMonth, bool)> = BTreeMap::new();
    for closed in closed_months(connection, village).await? {
        let is_published = published.contains_key(&(*village, closed.month, closed.version));
        let is_meant = (first..=last).contains(&closed.month);
        if is_meant && (is_published || versions == Versions::Latest) {
            // The latest version comes first.
            months.entry(closed.month).or_insert((closed, is_published));
        }
    }
    Ok(months)
}

/// January and December of a year.
fn span_of(year: i32) -> Option<(Month, Month)> {
    Month::new(year, 1).zip(Month::new(year, 12))
}

fn village_of(place: &Place) -> Result<Place> {
    place.ancestor(Level::Village).ok_or_else(|| Error::Corrupt(format!("{place} 不在村里")))
}

/// The results of a closed version for the households that a group had in the month, with names and findings, in the
/// order of household codes.
async fn rows_in(
    connection: &mut Connection,
    group: &Place,
    closed: &ClosedMonth,
) -> Result<Vec<GroupMonthRow>> {
    type Row = (String, Option<String>, bool, bool, Option<i64>);
    let (county, places) = (group.county(), group.scope());
    // A household may have moved within its village, and keeps its code.
    let codes = group.ancestor(Level::Village).unwrap_or(*group).scope();
    let results = rows_of(connection, &county, closed.month, closed.closing_id).await?;
    let rows: Vec<Row> = month_result::table
        .inner_join(
            household_version::table.on(household_version::county_code
                .eq(month_result::county_code)
                .and(household_version::id.eq(month_result::roster_id))),
        )
        .inner_join(
            household::table.on(household::county_code
                .eq(month_result::county_code)
                .and(household::id.eq(month_result::household_id))),
        )
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.eq(closed.month.number()))
        .filter(month_result::closing_id.eq(closed.closing_id))
        .filter(month_result::place.ge(&places.low))
        .filter(month_result::place.lt(&places.high))
        .filter(household::code.ge(&codes.low))
        .filter(household::code.lt(&codes.high))
        .select((
            household::code,
            household_version::head_name,
            household_version::local,
            household_version::resident,
            month_result::card_id,
        ))
        .load(connection)
        .await?;
    let known: HashMap<String, Row> = rows.into_iter().map(|row| (row.0.clone(), row)).collect();
    let mut findings = findings_of(connection, group, closed.month).await?;
    let corrections = corrections_of(connection, group, closed.month).await?;
    let mut found = Vec::with_capacity(known.len());
    for result in results {
        let Some((_, head, local, resident, card)) = known.get(result.household.digits()) else { continue };
        found.push(GroupMonthRow {
            result,
            head: head.clone().unwrap_or_default(),
            local: *local,
            resident: *resident,
            findings: card.and_then(|card| findings.remove(&card)).unwrap_or_default(),
            corrected: card.is_some_and(|card| corrections.contains(&card)),
        });
    }
    found.sort_by_key(|row| row.result.household);
    Ok(found)
}

/// The findings of a month's cards inside a village or group, by the cards' row numbers.
async fn findings_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<HashMap<i64, Vec<Finding>>> {
    // Findings stand at a group of their village, perhaps not at that of the month.
    let at = scope.ancestor(Level::Village).unwrap_or(*scope).scope();
    crate::scoring::findings(connection, &scope.county(), (&at.low, &at.high), month).await
}

async fn corrections_of(connection: &mut Connection, scope: &Place, month: Month) -> Result<Vec<i64>> {
    let at = scope.ancestor(Level::Village).unwrap_or(*scope).scope();
    Ok(card::table
        .filter(card::county_code.eq(scope.county().digits()))
        .filter(card::month.eq(month.number()))
        .filter(card::place.ge(at.low))
        .filter(card::place.lt(at.high))
        .filter(card::is_correction.eq(true))
        .select(card::id)
        .load(connection)
        .await?)
}
