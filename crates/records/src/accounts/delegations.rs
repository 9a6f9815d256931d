//! Towns that see to the accounts of their villages, because the county lets them.

use authz::{Allowed, Delegate};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::{Level, Place};
use serde_json::json;

use super::grants::lock;
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::refuse_unknown;
use crate::schema::delegation;
use crate::tenancy::{self, Mode};

/// Lets the town of the permission see to the accounts of its villages, or no longer.
///
/// # Errors
/// A place that is no town.
pub async fn delegate(
    connection: &mut Connection,
    allowed: &Allowed<Delegate>,
    yes: bool,
    moment: &Moment,
) -> Result<()> {
    let town = allowed.place();
    if town.level() != Level::Town {
        return Err(Refusal::message("只能委托镇管理其村级账号，请给出镇的代码"));
    }
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        refuse_unknown(connection, &town).await?;
        lock(connection, &town).await?;
        let (revision, before) = latest(connection, &town).await?;
        if before == yes {
            return Ok(());
        }
        diesel::insert_into(delegation::table)
            .values((
                delegation::county_code.eq(town.county().digits()),
                delegation::place.eq(town.digits()),
                delegation::revision.eq(revision + 1),
                delegation::allowed.eq(yes),
                delegation::decided_by.eq(allowed.actor().title()),
                delegation::decided_at.eq(moment.now),
            ))
            .execute(connection)
            .await?;
        audit::record(connection, allowed, json!({ "delegated": yes, "before": before }), moment).await
    })
    .await
}

/// The towns inside `scope` that see to the accounts of their villages.
///
/// # Errors
/// Faults of the database.
pub async fn delegated(connection: &mut Connection, scope: &Place) -> Result<Vec<Place>> {
    let interval = scope.scope();
    let rows: Vec<(String, bool)> = delegation::table
        .filter(delegation::county_code.eq(scope.county().digits()))
        .filter(delegation::place.ge(interval.low))
        .filter(delegation::place.lt(interval.high))
        .order((delegation::place, delegation::revision.desc()))
        .distinct_on(delegation::place)
        .select((delegation::place, delegation::allowed))
        .load(connection)
        .await?;
    rows.into_iter().filter(|(_, allowed)| *allowed).map(|(place, _)| codec::place(&place)).collect()
}

/// Whether the county lets the town that an actor reaches see to its villages; for others it does not matter.
pub(super) async fn delegated_to(connection: &mut Connection, reach: Option<Place>) -> Result<bool> {
    match reach.filter(|reach| reach.level() == Level::Town) {
        Some(town) => Ok(latest(connection, &town).await?.1),
        None => Ok(false),
    }
}

/// The latest revision and what it says; 0 and no where there is none.
async fn latest(connection: &mut Connection, town: &Place) -> Result<(i32, bool)> {
    let row: Option<(i32, bool)> = delegation::table
        .filter(delegation::county_code.eq(town.county().digits()))
        .filter(delegation::place.eq(town.digits()))
        .order(delegation::revision.desc())
        .select((delegation::revision, delegation::allowed))
        .first(connection)
        .await
        .optional()?;
    Ok(row.unwrap_or((0, false)))
}
