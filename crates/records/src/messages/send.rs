//! What sending needs of a message.

use authz::{Allowed, Remind, Retain};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Channel, Message, content_of};
use crate::database::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::schema::message::{self, dsl};
use crate::tenancy::{self, Mode};

/// A message by its row number.
///
/// # Errors
/// Faults of the database.
pub async fn message(
    connection: &mut Connection,
    allowed: &Allowed<Remind>,
    id: i64,
) -> Result<Option<Message>> {
    type Row = (NaiveDate, String, String, String, Option<String>, String, Option<DateTime<Utc>>);
    tenancy::read(connection, allowed, async |connection| {
        let county = allowed.place().county();
        let row: Option<Row> = message::table
            .filter(dsl::county_code.eq(county.digits()))
            .filter(dsl::id.eq(id))
            .select((
                dsl::day,
                dsl::channel,
                dsl::address,
                dsl::name,
                dsl::content,
                dsl::message_id,
                dsl::sent_at,
            ))
            .first(connection)
            .await
            .optional()?;
        let Some((day, channel, address, name, content, message_id, sent_at)) = row else { return Ok(None) };
        let (channel, content) = (Channel::stored(&channel), content_of(id, content)?);
        let sent = sent_at.is_some();
        Ok(Some(Message { id, county, day, channel, address, name, content, message_id, sent }))
    })
    .await
}

/// Notes that a message went out; noting it again changes nothing.
///
/// # Errors
/// Faults of the database.
pub async fn mark_sent(
    connection: &mut Connection,
    allowed: &Allowed<Remind>,
    id: i64,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let county = allowed.place().county();
        let found = message::table
            .filter(dsl::county_code.eq(county.digits()))
            .filter(dsl::id.eq(id))
            .filter(dsl::sent_at.is_null());
        diesel::update(found).set(dsl::sent_at.eq(moment.now)).execute(connection).await?;
        Ok(())
    })
    .await
}

/// Clears the text of messages of days before `before`. Returns how many.
///
/// # Errors
/// Faults of the database.
pub async fn clear_old(
    connection: &mut Connection,
    allowed: &Allowed<Retain>,
    before: NaiveDate,
) -> Result<usize> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let county = allowed.place().county();
        let old = message::table
            .filter(dsl::county_code.eq(county.digits()))
            .filter(dsl::day.lt(before))
            .filter(dsl::content.is_not_null());
        Ok(diesel::update(old).set(dsl::content.eq(None::<String>)).execute(connection).await?)
    })
    .await
}
