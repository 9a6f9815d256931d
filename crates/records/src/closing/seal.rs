//! The county's seal over the heads of its villages.

use std::collections::BTreeMap;

use authz::{Act, Allowed};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::county_seal;
use domain::month::Month;
use domain::place::Place;
use serde_json::json;

use super::heads::{Head, heads};
use crate::database::{Connection, Database};
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::schema::county_seal;
use crate::tenancy::{self, Mode};

/// Seals a month over its villages' latest versions; writes nothing when the last seal already covers
/// them.
///
/// # Errors
/// A permission for less than the county cannot see all heads: nothing is sealed then, and the next
/// closing of the county does it.
pub async fn seal_month<A: Act>(
    database: &Database,
    allowed: &Allowed<A>,
    month: Month,
    moment: &Moment,
) -> Result<()> {
    if allowed.place() != allowed.place().county() {
        return Ok(());
    }
    let mut connection = database.connection().await?;
    tenancy::transaction(&mut connection, allowed, Mode::Apply, async |connection| {
        seal(connection, allowed, month, moment).await
    })
    .await
}

async fn seal<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    month: Month,
    moment: &Moment,
) -> Result<()> {
    let county = allowed.place();
    let set = std::collections::BTreeSet::from([county]);
    crate::places::lock_villages(connection, &set).await?;
    let scope = county.scope();
    let heads = heads(connection, &county, (&scope.low, &scope.high)).await?;
    let latest = latest_of(&heads, month);
    let hash =
        county_seal(&county, month, latest.iter().map(|(village, head)| (village, head.version, &head.hash)));
    let known: Option<(i32, Vec<u8>)> = county_seal::table
        .filter(county_seal::county_code.eq(county.digits()))
        .filter(county_seal::month.eq(month.number()))
        .order(county_seal::revision.desc())
        .select((county_seal::revision, county_seal::hash))
        .first(connection)
        .await
        .optional()?;
    if latest.is_empty() || known.as_ref().is_some_and(|(_, sealed)| sealed.as_slice() == hash.0) {
        return Ok(());
    }
    let revision = known.map_or(0, |(revision, _)| revision) + 1;
    diesel::insert_into(county_seal::table)
        .values((
            county_seal::county_code.eq(county.digits().to_owned()),
            county_seal::place.eq(county.digits().to_owned()),
            county_seal::month.eq(month.number()),
            county_seal::revision.eq(revision),
            county_seal::closing_ids.eq(latest.values().map(|head| head.id).collect::<Vec<_>>()),
            county_seal::hash.eq(hash.0.to_vec()),
            county_seal::sealed_at.eq(moment.now),
        ))
        .execute(connection)
        .await
        .map_err(Error::from)?;
    let detail = json!({ "month": month.to_string(), "seal": hash.hex(), "villages": latest.len() });
    crate::audit::record(connection, allowed, detail, moment).await
}

/// The latest version of a month of each village, in the order of codes.
pub(crate) fn latest_of(heads: &[Head], month: Month) -> BTreeMap<Place, &Head> {
    heads.iter().filter(|head| head.month == month).map(|head| (head.village, head)).collect()
}
