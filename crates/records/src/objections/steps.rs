//! Writes the steps of an objection, and tells who takes them.

use authz::Actor;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Date, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::objections::StepKind;

use super::stored::Stored;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::schema::account;
use crate::sealing::Salts;
use crate::tenancy::{self, all_written};

/// Writes the next step of an objection; the caller holds the village's lock. Returns the salted digest of its reason,
/// which is what the log holds.
pub(super) async fn insert_step(
    connection: &mut Connection,
    objection: &Stored,
    (kind, new_version): (StepKind, Option<i16>),
    reason: &str,
    by: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<Digest> {
    let number = i16::try_from(objection.steps.len() + 1)
        .map_err(|_| Error::Corrupt(format!("异议 {} 的步骤过多", objection.id)))?;
    let of = format!("{} {} {number}", objection.village.digits(), objection.number_text());
    let salt = salts.salt(&of)?;
    let digest = Digest::salted(&salt, reason);
    let written = diesel::sql_query(
        "insert into objection_step (county_code, objection_id, number, place, kind, reason, salt, reason_digest, by_name,
            taken_on, taken_at, new_version)
         select o.county_code, o.id, $3, o.place, $4, $5, $6, $7, $8, $9, $10, $11
         from objection o where o.county_code = $1 and o.id = $2",
    )
    .bind::<Text, _>(objection.village.county().digits())
    .bind::<BigInt, _>(objection.id)
    .bind::<SmallInt, _>(number)
    .bind::<SmallInt, _>(kind.number())
    .bind::<Text, _>(reason)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Text, _>(by)
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .bind::<Nullable<SmallInt>, _>(new_version)
    .execute(connection)
    .await?;
    all_written(written, 1)?;
    Ok(digest)
}

/// The log-in of a person; of anybody else what the log calls them.
pub(crate) async fn doer(connection: &mut Connection, actor: &Actor) -> Result<String> {
    let Actor::Person(person) = actor else { return Ok(actor.identity()) };
    // The account may belong to a place above the one where its owner acts.
    tenancy::reach_account(connection, person.account).await?;
    Ok(account::table.filter(account::id.eq(person.account)).select(account::login).first(connection).await?)
}
