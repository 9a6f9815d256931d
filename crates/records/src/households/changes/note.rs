//! Writes what revisions came from, and erases the reasons.

use authz::{Act, Allowed};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::households::ChangeKind;
use domain::place::Place;

use super::super::{Registrar, Version};
use crate::database::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::objections::doer;
use crate::schema::household_change;
use crate::tenancy::all_written;

/// What one revision came from.
pub(super) struct Noted {
    pub(super) household: Place,
    pub(super) revision: i32,
    pub(super) kind: ChangeKind,
    pub(super) other: Option<Place>,
}

/// Why, with the salt and the salted digest.
#[derive(Default)]
struct Reason {
    text: Option<String>,
    salt: Vec<u8>,
    digest: Option<Digest>,
}

/// Writes what revisions came from and why. Returns the salted digest of the reason, which is what the log holds.
pub(super) async fn note<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    noted: &[Noted],
    reason: &str,
    registrar: &Registrar,
    moment: &Moment,
) -> Result<Digest> {
    let of = noted.iter().map(|one| format!("{} {}", one.household.digits(), one.revision));
    let salt = registrar.salts.salt(&format!("变动 {}", of.collect::<Vec<_>>().join(" ")))?;
    let digest = Digest::salted(&salt, reason);
    let reason = Reason { text: Some(reason.to_owned()), salt: salt.to_vec(), digest: Some(digest) };
    insert(connection, allowed, noted, &reason, moment).await?;
    Ok(digest)
}

/// Writes who registered later revisions of households by a form or a file.
pub(in crate::households) async fn note_edits<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    versions: &[Version<'_>],
    moment: &Moment,
) -> Result<()> {
    let edits = versions.iter().filter(|version| version.revision > 1).map(|version| Noted {
        household: version.household.household,
        revision: version.revision,
        kind: ChangeKind::Edited,
        other: None,
    });
    let edits: Vec<Noted> = edits.collect();
    if edits.is_empty() {
        return Ok(());
    }
    insert(connection, allowed, &edits, &Reason::default(), moment).await
}

async fn insert<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    noted: &[Noted],
    reason: &Reason,
    moment: &Moment,
) -> Result<()> {
    let by = doer(connection, allowed.actor()).await?;
    let codes: Vec<String> = noted.iter().map(|one| one.household.digits().to_owned()).collect();
    let others = noted.iter().map(|one| one.other.map(|other| other.digits().to_owned()));
    let digest = reason.digest.as_ref().map(|digest| digest.0.to_vec());
    let written = diesel::sql_query(
        "insert into household_change (county_code, household_id, revision, place, kind, other_id, reason, salt,
            reason_digest, by_name, recorded_at)
         select v.county_code, v.household_id, v.revision, v.place, u.kind, o.id, $6, $7, $8, $9, $10
         from household_version v
         join household h on h.county_code = v.county_code and h.id = v.household_id
         join unnest($2, $3, $4, $5) u(code, revision, kind, other) on u.code = h.code and u.revision = v.revision
         left join household o on o.county_code = v.county_code and o.code = u.other
         where v.county_code = $1",
    )
    .bind::<Text, _>(allowed.place().county().digits().to_owned())
    .bind::<Array<Text>, _>(codes)
    .bind::<Array<Integer>, _>(noted.iter().map(|one| one.revision).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(noted.iter().map(|one| one.kind.number()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(others.collect::<Vec<_>>())
    .bind::<Nullable<Text>, _>(reason.text.clone())
    .bind::<Binary, _>(reason.salt.clone())
    .bind::<Nullable<Binary>, _>(digest)
    .bind::<Text, _>(by)
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, noted.len())
}

/// Whether a household once became a part of another one.
pub(super) async fn was_merged(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<bool> {
    let merged: i64 = household_change::table
        .filter(household_change::county_code.eq(county.digits()))
        .filter(household_change::household_id.eq(household_id))
        .filter(household_change::kind.eq(ChangeKind::MergedInto.number()))
        .count()
        .get_result(connection)
        .await?;
    Ok(merged > 0)
}

/// Erases the reasons of a household's changes, and of those of others that name it; their salted digests stay. Returns
/// how many.
pub(in crate::households) async fn erase_reasons(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let own = household_change::table
        .filter(household_change::county_code.eq(county.digits()))
        .filter(household_change::household_id.eq(household_id))
        .filter(household_change::salt.ne(Vec::new()));
    let erased = diesel::update(own)
        .set((household_change::reason.eq(None::<String>), household_change::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    let others = household_change::table
        .filter(household_change::county_code.eq(county.digits()))
        .filter(household_change::other_id.eq(Some(household_id)))
        .filter(household_change::salt.ne(Vec::new()));
    Ok(erased
        + diesel::update(others)
            .set((household_change::reason.eq(None::<String>), household_change::salt.eq(Vec::new())))
            .execute(connection)
            .await?)
}
