//! What is closed already: the chain of every village.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};

use crate::codec;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::schema::{card, month_closing};

/// A closed version, as the chain and later closings need it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) village: Place,
    pub(crate) month: Month,
    pub(crate) version: i16,
    pub(crate) ordinal: i32,
    pub(crate) hash: Digest,
    pub(crate) seed: Digest,
    pub(crate) catalogue_id: i64,
    pub(crate) rulebook_ids: Vec<i64>,
}

type HeadRow = (i64, String, i32, i16, i32, Vec<u8>, Vec<u8>, i64, Vec<i64>);

/// Every closed version of the villages from `low` to before `high`, by village and place in its chain.
pub(crate) async fn heads(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
) -> Result<Vec<Head>> {
    let rows: Vec<HeadRow> = month_closing::table
        .filter(month_closing::county_code.eq(county.digits()))
        .filter(month_closing::place.ge(low))
        .filter(month_closing::place.lt(high))
        .order((month_closing::place, month_closing::ordinal))
        .select((
            month_closing::id,
            month_closing::place,
            month_closing::month,
            month_closing::version,
            month_closing::ordinal,
            month_closing::hash,
            month_closing::seed,
            month_closing::catalogue_id,
            month_closing::rulebook_ids,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(id, village, month, version, ordinal, hash, seed, catalogue_id, rulebook_ids)| {
            Ok(Head {
                id,
                village: codec::place(&village)?,
                month: codec::month(month)?,
                version,
                ordinal,
                hash: codec::digest(&hash)?,
                seed: codec::digest(&seed)?,
                catalogue_id,
                rulebook_ids,
            })
        })
        .collect()
}

/// The first month that each village inside `scope` has not closed: the one after its last closed; villages
/// that never closed are absent.
pub(crate) async fn open_months(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<Place, Month>> {
    let interval = scope.scope();
    let rows: Vec<(String, Option<i32>)> = month_closing::table
        .filter(month_closing::county_code.eq(scope.county().digits()))
        .filter(month_closing::place.ge(interval.low))
        .filter(month_closing::place.lt(interval.high))
        .group_by(month_closing::place)
        .select((month_closing::place, diesel::dsl::max(month_closing::month)))
        .load(connection)
        .await?;
    let mut open = BTreeMap::new();
    for (village, last) in rows {
        if let Some(last) = last {
            open.insert(codec::place(&village)?, codec::month(last)?.next());
        }
    }
    Ok(open)
}

/// Refuses rules that would begin in a month that a village inside `place` has closed.
pub(crate) async fn refuse_closed(connection: &mut Connection, place: &Place, from: Month) -> Result<()> {
    let open = open_months(connection, place).await?;
    match open.iter().find(|(_, open)| **open > from) {
        None => Ok(()),
        Some((village, open)) => Err(Refusal::message(format!(
            "村 {village} 已结账到 {}，规则不能从 {from} 起生效；请从 {open} 或更晚的月份起",
            open.previous()
        ))),
    }
}

/// Refuses rules (`what`) that would begin in a month for which cards were entered under others.
pub(crate) async fn refuse_scored(
    connection: &mut Connection,
    place: &Place,
    from: Month,
    what: &str,
) -> Result<()> {
    let interval = place.scope();
    let scored: Option<(String, i32)> = card::table
        .filter(card::county_code.eq(place.county().digits()))
        .filter(card::month.ge(from.number()))
        .filter(card::place.ge(interval.low))
        .filter(card::place.lt(interval.high))
        .select((card::place, card::month))
        .order((card::month.desc(), card::place))
        .first(connection)
        .await
        .optional()?;
    let Some((group, month)) = scored else { return Ok(()) };
    let village =
        codec::place(&group)?.ancestor(Level::Village).map(|village| village.code()).unwrap_or_default();
    let month = codec::month(month)?;
    Err(Refusal::message(format!(
        "村 {village} 已有 {month} 的积分卡，{what}不能从 {from} 起更换；请从 {} 起",
        month.next()
    )))
}
