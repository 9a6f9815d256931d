//! Sessions: found by the hash of what the cookie holds, ended by being deleted.
//!
//! They live by the database's clock: what they are for is now, whatever time the rules see.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Double, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;

use crate::database::Connection;
use crate::error::Result;
use crate::schema::session;
use crate::tenancy::{self, Platform};

/// For how long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Without a request.
    pub idle: TimeDelta,
    /// From its beginning on.
    pub absolute: TimeDelta,
}

/// A session to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The hash of what the cookie holds.
    pub id: Digest,
    /// The county of the account, as digits.
    pub county: String,
    /// The account.
    pub account: i64,
    /// What the web process keeps, as JSON.
    pub data: String,
    /// From where it was begun.
    pub address: String,
    /// With what it was begun.
    pub agent: String,
}

/// A session as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SessionRow {
    /// The hash of what the cookie holds.
    #[diesel(sql_type = Binary)]
    pub id: Vec<u8>,
    /// From where it was begun.
    #[diesel(sql_type = Text)]
    pub address: String,
    /// With what it was begun.
    #[diesel(sql_type = Text)]
    pub agent: String,
    /// When it was begun.
    #[diesel(sql_type = Timestamptz)]
    pub begun_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    /// When it ends.
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct DataRow {
    #[diesel(sql_type = Text)]
    data: String,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    /// Last used more than a minute ago.
    #[diesel(sql_type = Bool)]
    stale: bool,
}

/// Begins a session.
///
/// # Errors
/// Faults of the database.
pub async fn begin(connection: &mut Connection, new: &NewSession, lifetime: &Lifetime) -> Result<()> {
    tenancy::platform(connection, Platform::Session(&new.id.hex()), async |connection| {
        diesel::sql_query(
            "insert into session (id, county_code, account_id, data, address, agent, begun_at, seen_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, now(), now(), now() + make_interval(secs => $7))",
        )
        .bind::<Binary, _>(new.id.0.as_slice())
        .bind::<Text, _>(&new.county)
        .bind::<BigInt, _>(new.account)
        .bind::<Text, _>(&new.data)
        .bind::<Text, _>(&new.address)
        .bind::<Text, _>(&new.agent)
        .bind::<Double, _>(seconds(lifetime.absolute))
        .execute(connection)
        .await?;
        Ok(())
    })
    .await
}

/// What is kept of a session that has not ended, and when it ends; using it keeps it from idling out.
///
/// # Errors
/// Faults of the database.
pub async fn load(
    connection: &mut Connection,
    id: &Digest,
    lifetime: &Lifetime,
) -> Result<Option<(String, DateTime<Utc>)>> {
    tenancy::platform(connection, Platform::Session(&id.hex()), async |connection| {
        let row: Option<DataRow> = diesel::sql_query(
            "select data, expires_at, seen_at < now() - interval '1 minute' as stale from session
             where id = $1 and expires_at > now() and seen_at > now() - make_interval(secs => $2)",
        )
        .bind::<Binary, _>(id.0.as_slice())
        .bind::<Double, _>(seconds(lifetime.idle))
        .get_result(connection)
        .await
        .optional()?;
        // A write a minute is enough to tell an idle session.
        if row.as_ref().is_some_and(|row| row.stale) {
            diesel::sql_query("update session set seen_at = now() where id = $1")
                .bind::<Binary, _>(id.0.as_slice())
                .execute(connection)
                .await?;
        }
        Ok(row.map(|row| (row.data, row.expires_at)))
    })
    .await
}

/// Keeps something else.
///
/// # Errors
/// Faults of the database.
pub async fn keep(connection: &mut Connection, id: &Digest, data: &str) -> Result<()> {
    tenancy::platform(connection, Platform::Session(&id.hex()), async |connection| {
        let found = session::table.filter(session::id.eq(id.0.to_vec()));
        diesel::update(found).set(session::data.eq(data)).execute(connection).await?;
        Ok(())
    })
    .await
}

/// Ends a session; one that has ended already is success.
///
/// # Errors
/// Faults of the database.
pub async fn end(connection: &mut Connection, id: &Digest) -> Result<()> {
    tenancy::platform(connection, Platform::Session(&id.hex()), async |connection| {
        diesel::delete(session::table.filter(session::id.eq(id.0.to_vec()))).execute(connection).await?;
        Ok(())
    })
    .await
}

/// The sessions of an account that have not ended, the latest used first.
///
/// # Errors
/// Faults of the database.
pub async fn sessions_of(
    connection: &mut Connection,
    account: i64,
    lifetime: &Lifetime,
) -> Result<Vec<SessionRow>> {
    tenancy::platform(connection, Platform::Account(&account.to_string()), async |connection| {
        Ok(diesel::sql_query(
            "select id, address, agent, begun_at, seen_at, expires_at from session
             where account_id = $1 and expires_at > now() and seen_at > now() - make_interval(secs => $2)
             order by seen_at desc, begun_at desc limit 100",
        )
        .bind::<BigInt, _>(account)
        .bind::<Double, _>(seconds(lifetime.idle))
        .load(connection)
        .await?)
    })
    .await
}

/// Deletes sessions, attempts to log in and idempotency keys whose time is over, of every county. Returns how many.
///
/// # Errors
/// Faults of the database.
pub async fn delete_expired(connection: &mut Connection) -> Result<usize> {
    let deleted = tenancy::platform(connection, Platform::Worker, async |connection| {
        let sessions = diesel::sql_query("delete from session where expires_at < now()");
        let keys =
            diesel::sql_query("delete from idempotency_key where begun_at < now() - interval '7 days'");
        Ok(sessions.execute(connection).await? + keys.execute(connection).await?)
    })
    .await?;
    let attempts = tenancy::platform(connection, Platform::Attempts, async |connection| {
        super::attempts::delete_old(connection).await
    })
    .await?;
    Ok(deleted + attempts)
}

fn seconds(length: TimeDelta) -> f64 {
    length.as_seconds_f64()
}
