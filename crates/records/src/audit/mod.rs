//! The log (日志): one row per verb, numbered and chained per county, in the verb's own transaction.

mod chain;
mod copy;
mod read;

use authz::{Act, Allowed};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::closing::genesis;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::schema::audit_event;

pub use chain::{Event, event_hash};
pub use copy::{CopyError, copy_to};
pub(crate) use copy::{gathered, write_copies};
pub use read::{LogRow, Search, note, note_refusal, search};

#[derive(diesel::QueryableByName)]
struct Head {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// Writes the log row of a verb, as the last thing its transaction does: the county's head row is
/// locked last, so that verbs of one county wait for each other as briefly as can be.
///
/// `detail` holds counts, codes and digests, never names or phones; `due_at` is added when the schedule was
/// late, and the number of the request and its address where there is one.
///
/// # Errors
/// Faults of the database.
pub async fn record<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    mut detail: serde_json::Value,
    moment: &Moment,
) -> Result<()> {
    if let (Some(due_at), Some(fields)) = (moment.late_since(), detail.as_object_mut()) {
        fields.insert("due_at".into(), due_at.to_rfc3339().into());
    }
    if let (Some(origin), Some(fields)) = (allowed.actor().origin(), detail.as_object_mut()) {
        fields.insert("request".into(), origin.request.as_str().into());
        fields.insert("address".into(), origin.address.as_str().into());
    }
    let county = allowed.place().county();
    let head = lock_head(connection, county.digits(), &genesis(&county)).await?;
    let event = Event {
        number: head.number + 1,
        place: allowed.place(),
        act: allowed.act().to_owned(),
        actor: allowed.actor().title(),
        detail: detail.to_string(),
        stated_at: moment.now,
        recorded_at: moment.wall,
        previous: codec::digest(&head.hash)?,
    };
    let hash = event_hash(&event);
    insert(connection, county.digits(), &event, &hash).await?;
    diesel::sql_query("update audit_head set number = $2, hash = $3 where county_code = $1")
        .bind::<Text, _>(county.digits())
        .bind::<BigInt, _>(event.number)
        .bind::<Binary, _>(hash.0.as_slice())
        .execute(connection)
        .await?;
    copy::gather(&event, &hash);
    Ok(())
}

async fn lock_head(connection: &mut Connection, county: &str, genesis: &Digest) -> Result<Head> {
    let query = "select number, hash from audit_head where county_code = $1 for no key update";
    let head =
        diesel::sql_query(query).bind::<Text, _>(county).get_result::<Head>(connection).await.optional()?;
    if let Some(head) = head {
        return Ok(head);
    }
    diesel::sql_query(
        "insert into audit_head (county_code, number, hash) values ($1, 0, $2) on conflict do nothing",
    )
    .bind::<Text, _>(county)
    .bind::<Binary, _>(genesis.0.as_slice())
    .execute(connection)
    .await?;
    Ok(diesel::sql_query(query).bind::<Text, _>(county).get_result(connection).await?)
}

async fn insert(connection: &mut Connection, county: &str, event: &Event, hash: &Digest) -> Result<()> {
    diesel::insert_into(audit_event::table)
        .values((
            audit_event::county_code.eq(county),
            audit_event::number.eq(event.number),
            audit_event::place.eq(event.place.digits()),
            audit_event::act.eq(&event.act),
            audit_event::actor.eq(&event.actor),
            audit_event::detail.eq(&event.detail),
            audit_event::stated_at.eq(event.stated_at),
            audit_event::recorded_at.eq(event.recorded_at),
            audit_event::previous.eq(event.previous.0.as_slice()),
            audit_event::hash.eq(hash.0.as_slice()),
        ))
        .execute(connection)
        .await?;
    Ok(())
}
