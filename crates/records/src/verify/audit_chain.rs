//! The log: numbered without gaps, chained, and ending where its head says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::genesis;
use domain::place::Place;

use super::Verified;
use crate::audit::{Event, event_hash};
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{audit_event, audit_head};

/// What the log tells of other tables.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The stated time and the reason of each closed version, by its hash.
    pub(super) closed: BTreeMap<String, (DateTime<Utc>, Option<String>)>,
    /// The stated time and local date of each publication, by village, month and version.
    pub(super) published: BTreeMap<(String, String, i64), (DateTime<Utc>, String)>,
    /// Places, acts and details.
    pub(super) details: BTreeSet<(String, String, String)>,
}

type EventRow = ((i64, String, String, String, String), (DateTime<Utc>, DateTime<Utc>), (Vec<u8>, Vec<u8>));

/// How many rows are read at a time.
const PAGE: i64 = 5_000;

pub(super) async fn check(
    connection: &mut Connection,
    county: &Place,
    verified: &mut Verified,
) -> Result<Log> {
    let mut log = Log::default();
    let (mut number, mut hash) = (0, genesis(county));
    loop {
        let rows = page(connection, county, number).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (stored, event) = event(row)?;
            let what = format!("日志第 {} 条", event.number);
            if event.number != number + 1 {
                verified.fail(*county, what.clone(), format!("编号不连续，前一条是第 {number} 条"));
            }
            if event.previous != hash {
                verified.fail(*county, what.clone(), "与前一条接不上");
            }
            if event_hash(&event).0.as_slice() != stored {
                verified.fail(*county, what, "内容与校验码不符");
            }
            (number, hash) = (event.number, codec::digest(&stored)?);
            verified.events += 1;
            verified.passed.insert(("log".into(), format!("{number}:{}", hash.hex())));
            remember(&mut log, &event);
        }
    }
    let head: Option<(i64, Vec<u8>)> = audit_head::table
        .find(county.digits())
        .select((audit_head::number, audit_head::hash))
        .first(connection)
        .await
        .optional()?;
    if head != Some((number, hash.0.to_vec())) {
        verified.fail(*county, "日志末端", format!("应为第 {number} 条"));
    }
    verified.heads.insert("log".into(), format!("{number}:{}", hash.hex()));
    Ok(log)
}

async fn page(connection: &mut Connection, county: &Place, after: i64) -> Result<Vec<EventRow>> {
    Ok(audit_event::table
        .filter(audit_event::county_code.eq(county.digits()))
        .filter(audit_event::number.gt(after))
        .order(audit_event::number)
        .limit(PAGE)
        .select((
            (
                audit_event::number,
                audit_event::place,
                audit_event::act,
                audit_event::actor,
                audit_event::detail,
            ),
            (audit_event::stated_at, audit_event::recorded_at),
            (audit_event::previous, audit_event::hash),
        ))
        .load(connection)
        .await?)
}

fn event(row: EventRow) -> Result<(Vec<u8>, Event)> {
    let ((number, place, act, actor, detail), (stated_at, recorded_at), (previous, hash)) = row;
    let (place, previous) = (codec::place(&place)?, codec::digest(&previous)?);
    Ok((hash, Event { number, place, act, actor, detail, stated_at, recorded_at, previous }))
}

fn remember(log: &mut Log, event: &Event) {
    log.details.insert((event.place.digits().to_owned(), event.act.clone(), event.detail.clone()));
    let Ok(detail) = serde_json::from_str::<serde_json::Value>(&event.detail) else { return };
    let corrected = detail["corrected"].as_array().into_iter().flatten();
    for one in corrected.chain(std::iter::once(&detail)) {
        for (village, hash) in one["closed"].as_object().into_iter().flatten() {
            let reason = one["reasons"][village].as_str().map(str::to_owned);
            log.closed.insert(hash.as_str().unwrap_or_default().to_owned(), (event.stated_at, reason));
        }
    }
    let month = detail["month"].as_str().unwrap_or_default();
    for (village, version) in detail["published"].as_object().into_iter().flatten() {
        let key = (village.clone(), month.to_owned(), version.as_i64().unwrap_or_default());
        log.published.insert(key, (event.stated_at, detail["on"].as_str().unwrap_or_default().to_owned()));
    }
}
