//! Publication: records which version of a month was published when.

mod final_days;
mod notice;
mod posting;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Publish};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use serde_json::json;

use crate::closing::{self, Blocked, Head};
use crate::codec;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::households::roster;
use crate::moment::Moment;
use crate::places::{county_exists, lock_all, refuse_below_village};
use crate::schema::publication;
use crate::tenancy::{self, Mode};

pub use final_days::final_days;
pub use notice::{notice, notice_of};
pub use posting::{Posted, Postings, postings, record_postings};

/// What became of a publication.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Villages published now, with their versions.
    pub published: Vec<(Place, i16)>,
    /// Villages whose latest version was published before.
    pub already: Vec<Place>,
    /// Villages that cannot be published, with their reasons.
    pub blocked: Vec<Blocked>,
}

/// Publishes the latest version of a month for every village inside the permission's place that has a
/// household taking part. Already published is success; a village that is not closed is listed.
///
/// # Errors
/// A county that is not registered, and faults of the database.
pub async fn publish_month(
    connection: &mut Connection,
    allowed: &Allowed<Publish>,
    month: Month,
    moment: &Moment,
) -> Result<Report> {
    publish(connection, allowed, month, None, moment).await
}

/// As [`publish_month`], for the version that somebody looked through before.
///
/// # Errors
/// As there, and where a village has a later version by now, which nobody looked through.
pub async fn publish_version(
    connection: &mut Connection,
    allowed: &Allowed<Publish>,
    month: Month,
    seen: i16,
    moment: &Moment,
) -> Result<Report> {
    publish(connection, allowed, month, Some(seen), moment).await
}

async fn publish(
    connection: &mut Connection,
    allowed: &Allowed<Publish>,
    month: Month,
    seen: Option<i16>,
    moment: &Moment,
) -> Result<Report> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let scope = allowed.place();
        if !county_exists(connection, &scope).await? {
            return Err(Refusal::message(format!("县 {} 没有登记，请先导入行政区划", scope.county())));
        }
        refuse_below_village(connection, &scope, "公示").await?;
        lock_all(connection, &scope).await?;
        let interval = scope.scope();
        let range = (interval.low.as_str(), interval.high.as_str());
        let heads = closing::heads(connection, &scope.county(), range).await?;
        let published = published(connection, &scope).await?;
        let mut report = Report::default();
        for head in closing::latest_of(&heads, month).into_values() {
            if let Some(seen) = seen.filter(|seen| *seen != head.version) {
                let now = head.version;
                return Err(Refusal::message(format!(
                    "您核对的是第{seen}版，现在已有第{now}版：请核对第{now}版，再公示"
                )));
            }
            if published.contains_key(&(head.village, month, head.version)) {
                report.already.push(head.village);
            } else {
                insert(connection, head, moment).await?;
                report.published.push((head.village, head.version));
            }
        }
        report.blocked = not_closed(connection, &scope, month, &heads).await?;
        if !report.published.is_empty() {
            let versions: serde_json::Map<_, _> = report
                .published
                .iter()
                .map(|(village, version)| (village.digits().into(), json!(version)))
                .collect();
            let on = moment.local().date().to_string();
            let detail = json!({ "month": month.to_string(), "published": versions, "on": on });
            crate::audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(report)
    })
    .await
}

/// A version that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The local date.
    pub on: NaiveDate,
    /// The hash of the version.
    pub hash: Digest,
}

/// Every publication inside `scope`, by village, month and version.
///
/// # Errors
/// Faults of the database.
pub async fn published(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<(Place, Month, i16), Published>> {
    let interval = scope.scope();
    let rows: Vec<(String, i32, i16, NaiveDate, Vec<u8>)> = publication::table
        .filter(publication::county_code.eq(scope.county().digits()))
        .filter(publication::place.ge(interval.low))
        .filter(publication::place.lt(interval.high))
        .select((
            publication::place,
            publication::month,
            publication::version,
            publication::published_on,
            publication::hash,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(village, month, version, on, hash)| {
            let key = (codec::place(&village)?, codec::month(month)?, version);
            Ok((key, Published { on, hash: codec::digest(&hash)? }))
        })
        .collect()
}

/// A stored publication.
pub(crate) struct PublicationRow {
    pub(crate) month: Month,
    pub(crate) version: i16,
    pub(crate) closing_id: i64,
    pub(crate) hash: Digest,
    pub(crate) published_on: NaiveDate,
    pub(crate) published_at: DateTime<Utc>,
}

/// Every publication of a village as it is stored.
pub(crate) async fn publications(
    connection: &mut Connection,
    village: &Place,
) -> Result<Vec<PublicationRow>> {
    type Row = (i32, i16, i64, Vec<u8>, NaiveDate, DateTime<Utc>);
    let rows: Vec<Row> = publication::table
        .filter(publication::county_code.eq(village.county().digits()))
        .filter(publication::place.eq(village.digits()))
        .select((
            publication::month,
            publication::version,
            publication::closing_id,
            publication::hash,
            publication::published_on,
            publication::published_at,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(month, version, closing_id, hash, published_on, published_at)| {
            let (month, hash) = (codec::month(month)?, codec::digest(&hash)?);
            Ok(PublicationRow { month, version, closing_id, hash, published_on, published_at })
        })
        .collect()
}

async fn insert(connection: &mut Connection, head: &Head, moment: &Moment) -> Result<()> {
    diesel::insert_into(publication::table)
        .values((
            publication::county_code.eq(head.village.county().digits().to_owned()),
            publication::place.eq(head.village.digits().to_owned()),
            publication::month.eq(head.month.number()),
            publication::version.eq(head.version),
            publication::closing_id.eq(head.id),
            publication::hash.eq(head.hash.0.to_vec()),
            publication::published_on.eq(moment.local().date()),
            publication::published_at.eq(moment.now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

async fn not_closed(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    heads: &[Head],
) -> Result<Vec<Blocked>> {
    let closed: BTreeSet<Place> =
        heads.iter().filter(|head| head.month == month).map(|head| head.village).collect();
    let interval = scope.scope();
    let register = roster(connection, &scope.county(), (&interval.low, &interval.high), month).await?;
    let waiting: BTreeSet<Place> = register
        .iter()
        .filter(|row| row.entry.participation.covers(month))
        .filter_map(|row| row.entry.household.ancestor(Level::Village))
        .filter(|village| !closed.contains(village))
        .collect();
    let blocked =
        |village| Blocked { village, reasons: vec![format!("{month} 尚未结账，请先结账")] };
    Ok(waiting.into_iter().map(blocked).collect())
}
