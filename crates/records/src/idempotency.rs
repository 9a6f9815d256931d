//! Idempotency keys (幂等键): a request that is sent again with its key has one effect and one answer.
//!
//! The key is put on record before the request is handled. Its effect marks it in the effect's own transaction; the
//! answer is added after. A crash between the two leaves a key that took effect and has no answer: sent again, the
//! request is not handled again.

use authz::{Actor, RequestKey};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;

use crate::database::Connection;
use crate::error::Result;
use crate::schema::idempotency_key;
use crate::tenancy::{self, Platform};

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: i16,
    /// The media type.
    pub content_type: String,
    /// The body; without secrets.
    pub body: Vec<u8>,
}

/// How a request with a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: handle it.
    First,
    /// It was answered: answer alike.
    Answered(Answer),
    /// The key stands for another body.
    Different,
    /// The first is still being handled.
    InFlight,
    /// It took effect and was cut off before its answer was kept.
    CutOff,
}

type Row = (Vec<u8>, DateTime<Utc>, bool, Option<i16>, Option<String>, Option<Vec<u8>>);

/// Puts a key on record, or says how it stands. A request that is without an answer for longer than `cut_off` was cut off.
///
/// # Errors
/// Faults of the database.
pub async fn begin(
    connection: &mut Connection,
    actor: &Actor,
    key: &RequestKey,
    request: &Digest,
    cut_off: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Begun> {
    tenancy::platform(connection, Platform::Actor(&actor.identity()), async |connection| {
        let new = diesel::insert_into(idempotency_key::table)
            .values((
                idempotency_key::county_code.eq(county(actor)),
                idempotency_key::actor.eq(actor.identity()),
                idempotency_key::method.eq(&key.method),
                idempotency_key::route.eq(&key.route),
                idempotency_key::key.eq(&key.key),
                idempotency_key::request_digest.eq(request.0.to_vec()),
                idempotency_key::begun_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
        if new == 1 {
            return Ok(Begun::First);
        }
        let row: Option<Row> = idempotency_key::table
            .find(name(actor, key))
            .select((
                idempotency_key::request_digest,
                idempotency_key::begun_at,
                idempotency_key::took_effect,
                idempotency_key::status,
                idempotency_key::content_type,
                idempotency_key::answer,
            ))
            .for_no_key_update()
            .first(connection)
            .await
            .optional()?;
        let Some((digest, begun_at, took_effect, status, content_type, answer)) = row else {
            return Ok(Begun::InFlight);
        };
        if digest != request.0 {
            return Ok(Begun::Different);
        }
        if let (Some(status), Some(content_type), Some(body)) = (status, content_type, answer) {
            return Ok(Begun::Answered(Answer { status, content_type, body }));
        }
        if now - begun_at < cut_off {
            return Ok(Begun::InFlight);
        }
        if took_effect {
            return Ok(Begun::CutOff);
        }
        let again = idempotency_key::table.find(name(actor, key));
        diesel::update(again).set(idempotency_key::begun_at.eq(now)).execute(connection).await?;
        Ok(Begun::First)
    })
    .await
}

/// Keeps the answer of a key.
///
/// # Errors
/// Faults of the database.
pub async fn keep(
    connection: &mut Connection,
    actor: &Actor,
    key: &RequestKey,
    answer: &Answer,
) -> Result<()> {
    tenancy::platform(connection, Platform::Actor(&actor.identity()), async |connection| {
        diesel::update(idempotency_key::table.find(name(actor, key)))
            .set((
                idempotency_key::status.eq(answer.status),
                idempotency_key::content_type.eq(&answer.content_type),
                idempotency_key::answer.eq(&answer.body),
            ))
            .execute(connection)
            .await?;
        Ok(())
    })
    .await
}

/// Gives a key free whose request had no effect, so that it can be sent again.
///
/// # Errors
/// Faults of the database.
pub async fn release(connection: &mut Connection, actor: &Actor, key: &RequestKey) -> Result<()> {
    tenancy::platform(connection, Platform::Actor(&actor.identity()), async |connection| {
        let unused =
            idempotency_key::table.find(name(actor, key)).filter(idempotency_key::took_effect.eq(false));
        diesel::delete(unused).execute(connection).await?;
        Ok(())
    })
    .await
}

/// Marks the key of the actor's request, where it has one, in the transaction of its effect.
pub(crate) async fn took_effect(connection: &mut Connection, actor: &Actor) -> Result<()> {
    let Some(key) = actor.origin().and_then(|origin| origin.key.as_ref()) else { return Ok(()) };
    tenancy::reach_keys(connection, &actor.identity()).await?;
    diesel::update(idempotency_key::table.find(name(actor, key)))
        .set(idempotency_key::took_effect.eq(true))
        .execute(connection)
        .await?;
    Ok(())
}

fn county(actor: &Actor) -> String {
    actor.reach().map(|reach| reach.county().digits().to_owned()).unwrap_or_default()
}

fn name(actor: &Actor, key: &RequestKey) -> (String, String, String, String, String) {
    (county(actor), actor.identity(), key.method.clone(), key.route.clone(), key.key.clone())
}
