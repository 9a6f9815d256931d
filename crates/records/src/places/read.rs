//! Reads places, and locks villages for a verb.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_async::RunQueryDsl;
use domain::input::Division;
use domain::place::{Level, Place};

use crate::codec;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::schema::division;

/// Every place inside `scope`, itself included, in the order of codes.
///
/// # Errors
/// Faults of the database.
pub async fn divisions(connection: &mut Connection, scope: &Place) -> Result<Vec<Division>> {
    let interval = scope.scope();
    let rows: Vec<(String, String)> = division::table
        .filter(division::county_code.eq(scope.county().digits()))
        .filter(division::place.ge(interval.low))
        .filter(division::place.lt(interval.high))
        .order(division::place)
        .select((division::place, division::name))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(digits, name)| {
            let place = codec::place(&digits)?;
            Ok(Division { place, parent: place.parent(), level: place.level(), name })
        })
        .collect()
}

/// The places one level below a place, with their names, in the order of codes.
///
/// # Errors
/// Faults of the database.
pub async fn divisions_below(connection: &mut Connection, place: &Place) -> Result<Vec<(Place, String)>> {
    let all = divisions(connection, place).await?;
    let below = all.into_iter().filter(|one| one.parent == Some(*place));
    Ok(below.map(|one| (one.place, one.name)).collect())
}

/// Locks every village inside `scope`: for a verb whose effect is on all of them.
pub(crate) async fn lock_all(connection: &mut Connection, scope: &Place) -> Result<()> {
    let villages = villages_of(connection, scope).await?.into_iter().collect();
    lock_villages(connection, &villages).await
}

/// The villages inside `scope`, in the order of codes.
///
/// # Errors
/// Faults of the database.
pub async fn villages_of(connection: &mut Connection, scope: &Place) -> Result<Vec<Place>> {
    let interval = scope.scope();
    let rows: Vec<String> = division::table
        .filter(division::county_code.eq(scope.county().digits()))
        .filter(division::place.ge(interval.low))
        .filter(division::place.lt(interval.high))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("length(place) = 12"))
        .order(division::place)
        .select(division::place)
        .load(connection)
        .await?;
    rows.iter().map(|digits| codec::place(digits)).collect()
}

/// The name of a place, its code where it has none on record.
///
/// # Errors
/// Faults of the database.
pub async fn name_of(connection: &mut Connection, place: &Place) -> Result<String> {
    let name: Option<String> = division::table
        .filter(division::county_code.eq(place.county().digits()))
        .filter(division::place.eq(place.digits()))
        .select(division::name)
        .first(connection)
        .await
        .optional()?;
    Ok(name.unwrap_or_else(|| place.code()))
}

/// The names of every place inside `scope`, itself included.
///
/// # Errors
/// Faults of the database.
pub async fn names_in(connection: &mut Connection, scope: &Place) -> Result<BTreeMap<Place, String>> {
    let all = divisions(connection, scope).await?;
    Ok(all.into_iter().map(|one| (one.place, one.name)).collect())
}

/// The names of places of one county; what is not on record, or lies outside the permission, is left out.
///
/// # Errors
/// Faults of the database.
pub async fn names_of(
    connection: &mut Connection,
    places: &BTreeSet<Place>,
) -> Result<BTreeMap<Place, String>> {
    let Some(county) = places.first().map(Place::county) else { return Ok(BTreeMap::new()) };
    let digits: Vec<String> = places.iter().map(|place| place.digits().to_owned()).collect();
    let rows: Vec<(String, String)> = division::table
        .filter(division::county_code.eq(county.digits()))
        .filter(division::place.eq_any(digits))
        .select((division::place, division::name))
        .load(connection)
        .await?;
    rows.into_iter().map(|(digits, name)| Ok((codec::place(&digits)?, name))).collect()
}

/// Whether the county of a place is registered.
///
/// # Errors
/// Faults of the database.
pub async fn county_exists(connection: &mut Connection, place: &Place) -> Result<bool> {
    let county = place.county();
    let found: Option<String> = division::table
        .filter(division::county_code.eq(county.digits()))
        .filter(division::place.eq(county.digits()))
        .select(division::place)
        .first(connection)
        .await
        .optional()?;
    Ok(found.is_some())
}

/// Refuses a place that is not registered.
pub(crate) async fn refuse_unknown(connection: &mut Connection, place: &Place) -> Result<()> {
    let found: Option<String> = division::table
        .find((place.county().digits(), place.digits()))
        .select(division::place)
        .first(connection)
        .await
        .optional()?;
    match found {
        Some(_) => Ok(()),
        None => {
            Err(Refusal::message(format!("{} {place} 没有登记，请先导入行政区划", place.level().title())))
        }
    }
}

/// Refuses a place that is not registered, and one that is smaller than a village, for what is done village
/// by village.
pub(crate) async fn refuse_below_village(
    connection: &mut Connection,
    place: &Place,
    what: &str,
) -> Result<()> {
    if matches!(place.level(), Level::Group | Level::Household) {
        return Err(Refusal::message(format!("{what}以村为单位，请给出县、镇或村的代码")));
    }
    refuse_unknown(connection, place).await
}

/// The registered places of a level inside `scope`.
pub(crate) async fn known_places(
    connection: &mut Connection,
    scope: &Place,
    level: Level,
) -> Result<BTreeSet<Place>> {
    let all = divisions(connection, scope).await?;
    Ok(all.into_iter().filter(|one| one.level == level).map(|one| one.place).collect())
}

/// Locks villages in the order of their codes, so that two verbs on one village take turns and never
/// wait for each other in a circle.
pub(crate) async fn lock_villages(connection: &mut Connection, villages: &BTreeSet<Place>) -> Result<()> {
    let Some(first) = villages.first() else { return Ok(()) };
    let codes: Vec<_> = villages.iter().map(|village| village.digits().to_owned()).collect();
    let locked = diesel::sql_query(
        "select place from division where county_code = $1 and place = any($2) order by place for no key update",
    )
    .bind::<Text, _>(first.county().digits())
    .bind::<Array<Text>, _>(codes)
    .execute(connection)
    .await?;
    if locked == villages.len() {
        Ok(())
    } else {
        Err(Refusal::message("有的村没有登记，请先导入行政区划"))
    }
}
