//! The county's seal over the heads of its villages.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Act, Allowed};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::county_seal;
use domain::month::Month;
use domain::place::Place;
use serde_json::json;

use super::heads::{Head, heads};
use crate::codec;
use crate::database::{Connection, Database};
use crate::error::Result;
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::schema::county_seal;
use crate::tenancy::{self, Mode};

/// Seals every month over its villages' latest versions, whatever year it is of: a decision in a village makes
/// versions of earlier months, which only the county can seal. Writes nothing where the last seal of a month already
/// covers them.
///
/// A permission for less than the county cannot see all heads: nothing is sealed then, and the next closing of the
/// county does it.
///
/// # Errors
/// Faults of the database.
pub async fn seal_months<A: Act>(database: &Database, allowed: &Allowed<A>, moment: &Moment) -> Result<()> {
    if allowed.place() != allowed.place().county() {
        return Ok(());
    }
    let mut connection = database.connection().await?;
    tenancy::transaction(&mut connection, allowed, Mode::Apply, async |connection| {
        let county = allowed.place();
        // A village that closes at this moment has taken its row number already: the seal waits for it, so that what is
        // not sealed has greater numbers than what is, by which `verify` tells a version that was left out.
        let villages = villages_of(connection, &county).await?;
        lock_villages(connection, &villages.into_iter().chain([county]).collect()).await?;
        let scope = county.scope();
        let heads = heads(connection, &county, (&scope.low, &scope.high)).await?;
        let sealed = last_seals(connection, &county).await?;
        let months: BTreeSet<Month> = heads.iter().map(|head| head.month).collect();
        for month in months {
            seal(connection, allowed, (month, &latest_of(&heads, month)), sealed.get(&month), moment).await?;
        }
        Ok(())
    })
    .await
}

/// The last seal of each month: its revision and hash.
async fn last_seals(connection: &mut Connection, county: &Place) -> Result<BTreeMap<Month, (i32, Vec<u8>)>> {
    let rows: Vec<(i32, i32, Vec<u8>)> = county_seal::table
        .filter(county_seal::county_code.eq(county.digits()))
        .order((county_seal::month, county_seal::revision))
        .select((county_seal::month, county_seal::revision, county_seal::hash))
        .load(connection)
        .await?;
    rows.into_iter().map(|(month, revision, hash)| Ok((codec::month(month)?, (revision, hash)))).collect()
}

async fn seal<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    (month, latest): (Month, &BTreeMap<Place, &Head>),
    known: Option<&(i32, Vec<u8>)>,
    moment: &Moment,
) -> Result<()> {
    let county = allowed.place();
    let hash =
        county_seal(&county, month, latest.iter().map(|(village, head)| (village, head.version, &head.hash)));
    if known.is_some_and(|(_, sealed)| sealed.as_slice() == hash.0) {
        return Ok(());
    }
    let revision = known.map_or(0, |(revision, _)| *revision) + 1;
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
        .await?;
    let detail = json!({ "month": month.to_string(), "seal": hash.hex(), "villages": latest.len() });
    crate::audit::record(connection, allowed, detail, moment).await
}

/// The latest version of a month of each village, in the order of codes.
pub(crate) fn latest_of(heads: &[Head], month: Month) -> BTreeMap<Place, &Head> {
    heads.iter().filter(|head| head.month == month).map(|head| (head.village, head)).collect()
}
