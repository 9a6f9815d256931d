//! Reads which digests were written.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;

use super::{Channel, Content, content_of};
use crate::database::Connection;
use crate::error::Result;
use crate::schema::message::{self, dsl};

/// A digest as lists show it: without the address it went to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSummary {
    /// Its row number.
    pub id: i64,
    /// The day it is for.
    pub day: NaiveDate,
    /// By which way it goes.
    pub channel: Channel,
    /// To whom.
    pub name: String,
    /// What it says; none once cleared.
    pub content: Option<Content>,
    /// When it went out.
    pub sent_at: Option<DateTime<Utc>>,
}

/// So many of the digests inside `scope` that are older than one of them, the newest first. They belong to the county.
///
/// # Errors
/// Faults of the database.
pub async fn messages_page(
    connection: &mut Connection,
    scope: &Place,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MessageSummary>> {
    type Row = (i64, NaiveDate, String, String, Option<String>, Option<DateTime<Utc>>);
    let interval = scope.scope();
    let mut query = message::table
        .filter(dsl::county_code.eq(scope.county().digits().to_owned()))
        .filter(dsl::place.ge(interval.low))
        .filter(dsl::place.lt(interval.high))
        .order(dsl::id.desc())
        .limit(limit)
        .select((dsl::id, dsl::day, dsl::channel, dsl::name, dsl::content, dsl::sent_at))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(dsl::id.lt(before));
    }
    let rows: Vec<Row> = query.load(connection).await?;
    rows.into_iter()
        .map(|(id, day, channel, name, content, sent_at)| {
            let (channel, content) = (Channel::stored(&channel), content_of(id, content)?);
            Ok(MessageSummary { id, day, channel, name, content, sent_at })
        })
        .collect()
}
