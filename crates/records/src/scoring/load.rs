//! Reads cards with their findings and remarks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{Card, Finding, Status};

use super::sign::{Remark, remarks};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::schema::{card, finding, household};

/// A stored revision of a card.
#[derive(Debug, Clone)]
pub(crate) struct StoredCard {
    /// Its row number.
    pub(crate) id: i64,
    /// The row number of the household.
    pub(crate) household_id: i64,
    /// The row number of the panel.
    pub(crate) panel_id: i64,
    /// Whether it corrects a closed month; valid without a panel's signature.
    pub(crate) is_correction: bool,
    /// What it says.
    pub(crate) card: Card,
    /// The readable remarks, where there are any and they were not erased.
    pub(crate) remark: Option<Remark>,
}

/// The names of panels by row number.
pub(crate) type PanelNames = BTreeMap<i64, Arc<str>>;

/// So many of the cards that count inside `scope` in a month, in the order of household codes, after a household; village by
/// village, so that a page of a county does not read the county.
///
/// # Errors
/// Faults of the database.
pub async fn cards_page(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<Card>> {
    let mut places = crate::places::villages_of(connection, scope).await?;
    if places.is_empty() {
        places.push(*scope);
    }
    let county = scope.county();
    let from = after.and_then(|household| household.ancestor(Level::Village));
    let mut page = Vec::new();
    for place in
        places.into_iter().filter(|place| from.is_none_or(|from| *place >= from || place.contains(&from)))
    {
        if page.len() >= limit {
            break;
        }
        let interval = place.scope();
        let range = (interval.low.as_str(), interval.high.as_str());
        let village = place.ancestor(Level::Village).unwrap_or(place).scope();
        let panels = crate::panels::in_range(connection, &county, (&village.low, &village.high)).await?;
        // Whoever reads no further than a group does not see who scores it.
        if panels.is_empty() && scope.level() > Level::Village {
            return Err(Refusal::message("积分卡由村里的评分组填写，请用村一级的角色查看"));
        }
        let names = panels.iter().map(|panel| (panel.id, panel.panel.name.as_str().into())).collect();
        let cards = counting(cards(connection, &county, range, month, &names).await?).into_iter();
        let cards =
            cards.map(|stored| stored.card).filter(|card| after.is_none_or(|after| card.household > *after));
        page.extend(cards.take(limit - page.len()));
    }
    Ok(page)
}

type CardRow = (i64, i64, String, i16, i64, NaiveDate, i16, bool, Option<Vec<u8>>);

/// Every revision of every card of the places from `low` to before `high` in a month, with its findings,
/// in the order of household codes and revisions.
pub(crate) async fn cards(
    connection: &mut Connection,
    county: &Place,
    range: (&str, &str),
    month: Month,
    panels: &PanelNames,
) -> Result<Vec<StoredCard>> {
    let rows: Vec<CardRow> = card::table
        .inner_join(
            household::table
                .on(household::county_code.eq(card::county_code).and(household::id.eq(card::household_id))),
        )
        .filter(card::county_code.eq(county.digits()))
        .filter(card::month.eq(month.number()))
        .filter(card::place.ge(range.0))
        .filter(card::place.lt(range.1))
        .filter(household::place.ge(range.0))
        .filter(household::place.lt(range.1))
        .order((household::code, card::revision))
        .select((
            card::id,
            card::household_id,
            household::code,
            card::revision,
            card::panel_id,
            card::scored_on,
            card::status,
            card::is_correction,
            card::remark_digest,
        ))
        .load(connection)
        .await?;
    let mut findings = findings(connection, county, range, month).await?;
    let mut remarks = if rows.iter().any(|row| row.8.is_some()) {
        remarks(connection, county, range, month).await?
    } else {
        HashMap::new()
    };
    rows.into_iter()
        .map(|row| {
            let (found, remark) = (findings.remove(&row.0).unwrap_or_default(), remarks.remove(&row.0));
            stored_card(row, found, remark.map(|(_, remark)| remark), panels)
        })
        .collect()
}

/// The revision of each household that counts: the latest.
pub(crate) fn counting(cards: Vec<StoredCard>) -> Vec<StoredCard> {
    let mut latest: Vec<StoredCard> = Vec::with_capacity(cards.len());
    for card in cards {
        if latest.last().is_some_and(|last| last.household_id == card.household_id) {
            latest.pop();
        }
        latest.push(card);
    }
    latest
}

/// The findings of cards by the cards' row numbers.
pub(crate) async fn findings(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
) -> Result<HashMap<i64, Vec<Finding>>> {
    let rows: Vec<(i64, String, i16)> = finding::table
        .filter(finding::county_code.eq(county.digits()))
        .filter(finding::month.eq(month.number()))
        .filter(finding::place.ge(low))
        .filter(finding::place.lt(high))
        .order((finding::card_id, finding::number))
        .select((finding::card_id, finding::act, finding::times))
        .load(connection)
        .await?;
    Ok(by_card(rows))
}

/// The findings of these cards by the cards' row numbers.
pub(crate) async fn findings_of_cards(
    connection: &mut Connection,
    county: &Place,
    (first, last): (Month, Month),
    cards: &[i64],
) -> Result<HashMap<i64, Vec<Finding>>> {
    let rows: Vec<(i64, String, i16)> = finding::table
        .filter(finding::county_code.eq(county.digits()))
        .filter(finding::month.ge(first.number()))
        .filter(finding::month.le(last.number()))
        .filter(finding::card_id.eq_any(cards))
        .order((finding::card_id, finding::number))
        .select((finding::card_id, finding::act, finding::times))
        .load(connection)
        .await?;
    Ok(by_card(rows))
}

fn by_card(rows: Vec<(i64, String, i16)>) -> HashMap<i64, Vec<Finding>> {
    let mut findings: HashMap<i64, Vec<Finding>> = HashMap::with_capacity(rows.len() / 2);
    for (card, act, times) in rows {
        findings.entry(card).or_default().push(Finding { act, times: codec::small(times) });
    }
    findings
}

fn stored_card(
    row: CardRow,
    findings: Vec<Finding>,
    remark: Option<Remark>,
    panels: &PanelNames,
) -> Result<StoredCard> {
    let (id, household_id, code, revision, panel_id, scored_on, status, is_correction, remark_digest) = row;
    let panel = panels.get(&panel_id).ok_or_else(|| Error::Corrupt(format!("积分卡 {id} 的评分组")))?;
    let card = Card {
        household: codec::place(&code)?,
        revision,
        panel: Arc::clone(panel),
        scored_on,
        status: Status::from_number(status).ok_or_else(|| Error::Corrupt(format!("积分卡状态 {status}")))?,
        findings,
        remark: remark_digest.map(|digest| codec::digest(&digest)).transpose()?,
    };
    Ok(StoredCard { id, household_id, panel_id, is_correction, card, remark })
}
