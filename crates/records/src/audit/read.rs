//! Reads the log, for those who may, and notes what leaves no other trace.

use authz::{Act, Allowed, Attempt};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;
use serde_json::json;

use super::record;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::schema::audit_event;
use crate::tenancy::{self, Mode};

/// What is looked for in the log; everything where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// The name of the act, as in `policy/roles.csv`.
    pub act: Option<String>,
    /// How the actor begins: `person:12`, `operator`.
    pub actor: Option<String>,
    /// Words in the detail: the number of a request, a digest, a code.
    pub text: Option<String>,
    /// Recorded at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this time.
    pub until: Option<DateTime<Utc>>,
    /// Numbers before this one.
    pub before: Option<i64>,
}

/// A row of the log as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its number in the county.
    pub number: i64,
    /// Where it happened.
    pub place: Place,
    /// What was done.
    pub act: String,
    /// Who did it, in which role and where.
    pub actor: String,
    /// Counts, codes and digests, as JSON.
    pub detail: String,
    /// The time that rules saw.
    pub stated_at: DateTime<Utc>,
    /// The wall clock.
    pub recorded_at: DateTime<Utc>,
    /// Its hash in the chain.
    pub hash: String,
}

/// The rows of the log inside `scope` that fit a search, the latest first, `limit` at most.
///
/// # Errors
/// Faults of the database.
pub async fn search(
    connection: &mut Connection,
    scope: &Place,
    search: &Search,
    limit: i64,
) -> Result<Vec<LogRow>> {
    type Row = ((i64, String, String, String, String), (DateTime<Utc>, DateTime<Utc>, Vec<u8>));
    let (interval, county) = (scope.scope(), scope.county());
    let mut query = audit_event::table
        .filter(audit_event::county_code.eq(county.digits()))
        .filter(audit_event::place.ge(interval.low))
        .filter(audit_event::place.lt(interval.high))
        .order(audit_event::number.desc())
        .limit(limit)
        .select((
            (
                audit_event::number,
                audit_event::place,
                audit_event::act,
                audit_event::actor,
                audit_event::detail,
            ),
            (audit_event::stated_at, audit_event::recorded_at, audit_event::hash),
        ))
        .into_boxed();
    if let Some(act) = &search.act {
        query = query.filter(audit_event::act.eq(act));
    }
    if let Some(actor) = &search.actor {
        query = query.filter(audit_event::actor.like(format!("{}%", escaped(actor))));
    }
    if let Some(text) = &search.text {
        query = query.filter(audit_event::detail.like(format!("%{}%", escaped(text))));
    }
    if let Some(from) = search.from {
        query = query.filter(audit_event::recorded_at.ge(from));
    }
    if let Some(until) = search.until {
        query = query.filter(audit_event::recorded_at.lt(until));
    }
    if let Some(before) = search.before {
        query = query.filter(audit_event::number.lt(before));
    }
    let rows: Vec<Row> = query.load(connection).await?;
    rows.into_iter()
        .map(|((number, place, act, actor, detail), (stated_at, recorded_at, hash))| {
            let (place, hash) = (codec::place(&place)?, hex::encode(hash));
            Ok(LogRow { number, place, act, actor, detail, stated_at, recorded_at, hash })
        })
        .collect()
}

/// Logs what is read or taken out, before it is: an export, one household's phone. The permission is that of the act.
///
/// # Errors
/// Faults of the database.
pub async fn note<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    detail: serde_json::Value,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        record(connection, allowed, detail, moment).await
    })
    .await
}

/// Logs what was refused, where the actor belongs.
///
/// # Errors
/// Faults of the database.
pub async fn note_refusal(
    connection: &mut Connection,
    allowed: &Allowed<Attempt>,
    act: &str,
    place: &Place,
    moment: &Moment,
) -> Result<()> {
    note(connection, allowed, json!({ "refused": act, "at": place.digits() }), moment).await
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
