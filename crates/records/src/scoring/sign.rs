//! Signatures and remarks: what stands behind a card.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::{Digest, Form};
use domain::input::{Correction, Line, Scorecard};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::signed_digest;

use super::attendance::Stated;
use super::load::{PanelNames, StoredCard, cards};
use super::{Facts, Signed};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::panels::StoredPanel;
use crate::schema::{card, card_remark, signature};

/// Reasons, notes and deciders of a card: they may name people, and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remark {
    pub(crate) late_reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_on: Option<NaiveDate>,
    pub(crate) objection_no: Option<String>,
}

impl Remark {
    /// The remark of a sheet, if it has one.
    pub(crate) fn of_sheet(row: &Scorecard) -> Option<Self> {
        let remark = Self { late_reason: row.late_reason.clone(), note: row.note.clone(), ..Self::default() };
        (remark != Self::default()).then_some(remark)
    }

    /// The remark of a correction.
    pub(crate) fn of_correction(row: &Correction) -> Self {
        Self {
            reason: Some(row.reason.clone()),
            decided_by: Some(row.decided_by.clone()),
            decided_on: Some(row.decided_on),
            objection_no: row.objection_no.clone(),
            ..Self::default()
        }
    }
}

/// The digest that stands on the card for its remark.
pub(crate) fn remark_digest(salt: &[u8], remark: &Remark) -> Digest {
    let mut form = Form::new("jifen remark 1");
    form.code(&hex::encode(salt))
        .maybe_text(remark.late_reason.as_deref())
        .maybe_text(remark.note.as_deref());
    form.maybe_text(remark.reason.as_deref()).maybe_text(remark.decided_by.as_deref());
    form.maybe_text(remark.decided_on.map(|date| date.to_string()).as_deref());
    form.maybe_text(remark.objection_no.as_deref()).end();
    form.finish()
}

/// A stored signature.
#[derive(Debug, Clone)]
pub(crate) struct StoredSignature {
    /// Its row number.
    pub(crate) id: i64,
    pub(crate) village: Place,
    pub(crate) panel: Arc<str>,
    pub(crate) last_card_id: i64,
    pub(crate) cards: i32,
    pub(crate) digest: Digest,
    pub(crate) signed_at: DateTime<Utc>,
}

impl StoredSignature {
    /// Whether it covers a card of its month.
    pub(crate) fn covers(&self, card: &StoredCard) -> bool {
        !card.is_correction
            && card.id <= self.last_card_id
            && card.card.panel == self.panel
            && card.card.household.ancestor(Level::Village) == Some(self.village)
    }
}

/// The signatures of a month.
pub(crate) async fn signatures(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
    panels: &PanelNames,
) -> Result<Vec<StoredSignature>> {
    type Row = (i64, String, i64, i64, i32, Vec<u8>, DateTime<Utc>);
    let rows: Vec<Row> = signature::table
        .filter(signature::county_code.eq(county.digits()))
        .filter(signature::month.eq(month.number()))
        .filter(signature::place.ge(low))
        .filter(signature::place.lt(high))
        .order(signature::id)
        .select((
            signature::id,
            signature::place,
            signature::panel_id,
            signature::last_card_id,
            signature::cards,
            signature::digest,
            signature::signed_at,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(id, village, panel, last_card_id, cards, digest, signed_at)| {
            let panel = panels.get(&panel).ok_or_else(|| Error::Corrupt("签字的评分组".into()))?;
            let (village, digest, panel) =
                (codec::place(&village)?, codec::digest(&digest)?, Arc::clone(panel));
            Ok(StoredSignature { id, village, panel, last_card_id, cards, digest, signed_at })
        })
        .collect()
}

/// Signs the month of every panel that the rows name, unless nothing has changed since its last signature.
pub(super) async fn sign(
    connection: &mut Connection,
    county: &Place,
    rows: &[&Line<Scorecard>],
    facts: &Facts,
    signed: Signed,
    moment: &Moment,
) -> Result<()> {
    let month = facts.month;
    let mut by_panel = of_panels(connection, county, month, facts).await?;
    let signing: BTreeSet<(Place, &str)> = rows
        .iter()
        .filter_map(|line| Some((line.row.household.ancestor(Level::Village)?, line.row.panel.as_str())))
        .collect();
    for (village, name) in signing {
        let covered = by_panel.remove(&(village, name.into())).unwrap_or_default();
        let panel = facts
            .villages
            .get(&village)
            .and_then(|facts| facts.panels.iter().find(|one| one.panel.name == name));
        if let Some(panel) = panel {
            let stated = match signed {
                Signed::ByAll => Stated::everybody(panel),
                Signed::Yes | Signed::No => Stated::default(),
            };
            sign_panel(connection, panel, &covered, facts, &stated, moment).await?;
        }
    }
    Ok(())
}

/// What a signature of each panel covers: every revision of the month but corrections, by village and panel, in the
/// order of household codes and revisions.
pub(super) async fn of_panels(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    facts: &Facts,
) -> Result<HashMap<(Place, Arc<str>), Vec<StoredCard>>> {
    let range = crate::closing::range(facts.villages.keys());
    let stored = cards(connection, county, (&range.low, &range.high), month, &facts.panel_names).await?;
    let mut by_panel: HashMap<(Place, Arc<str>), Vec<StoredCard>> = HashMap::new();
    for card in stored.into_iter().filter(|card| !card.is_correction) {
        if let Some(village) = card.card.household.ancestor(Level::Village) {
            by_panel.entry((village, Arc::clone(&card.card.panel))).or_default().push(card);
        }
    }
    Ok(by_panel)
}

/// Signs a panel's month up to the last of the cards; false where its last signature ends there already.
pub(super) async fn sign_panel(
    connection: &mut Connection,
    panel: &StoredPanel,
    covered: &[StoredCard],
    facts: &Facts,
    stated: &Stated,
    moment: &Moment,
) -> Result<bool> {
    let last = covered.iter().map(|card| card.id).max().unwrap_or(0);
    let ends_there = |one: &StoredSignature| {
        one.village == panel.village && *one.panel == *panel.panel.name && one.last_card_id == last
    };
    if facts.signatures.iter().any(ends_there) {
        return Ok(false);
    }
    insert_signature(connection, panel, facts.month, (covered, last), stated, moment).await?;
    Ok(true)
}

async fn insert_signature(
    connection: &mut Connection,
    panel: &StoredPanel,
    month: Month,
    (covered, last_card_id): (&[StoredCard], i64),
    stated: &Stated,
    moment: &Moment,
) -> Result<()> {
    let village = &panel.village;
    let digest = signed_digest(covered.iter().map(|card| &card.card));
    diesel::insert_into(signature::table)
        .values((
            signature::county_code.eq(village.county().digits().to_owned()),
            signature::place.eq(village.digits().to_owned()),
            signature::month.eq(month.number()),
            signature::panel_id.eq(panel.id),
            signature::last_card_id.eq(last_card_id),
            signature::cards.eq(codec::length(covered.len())),
            signature::digest.eq(digest.0.to_vec()),
            signature::signed_at.eq(moment.now),
            signature::present.eq(stated.present.clone()),
            signature::few_reason.eq(&stated.few_reason),
            signature::on_behalf.eq(&stated.on_behalf),
            signature::said_salt.eq(stated.salt.clone()),
            signature::said_digest.eq(stated.digest.map(|digest| digest.0.to_vec())),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// The remarks of a month's cards, with their salts, by the cards' row numbers.
pub(crate) async fn remarks(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
) -> Result<HashMap<i64, (Vec<u8>, Remark)>> {
    type Texts =
        (Option<String>, Option<String>, Option<String>, Option<String>, Option<NaiveDate>, Option<String>);
    let rows: Vec<(i64, Vec<u8>, Texts)> = card_remark::table
        .filter(card_remark::county_code.eq(county.digits()))
        .filter(card_remark::month.eq(month.number()))
        .filter(card_remark::place.ge(low))
        .filter(card_remark::place.lt(high))
        // One without a salt was lawfully erased.
        .filter(card_remark::salt.ne(Vec::new()))
        .select((
            card_remark::card_id,
            card_remark::salt,
            (
                card_remark::late_reason,
                card_remark::note,
                card_remark::reason,
                card_remark::decided_by,
                card_remark::decided_on,
                card_remark::objection_no,
            ),
        ))
        .load(connection)
        .await?;
    let remark = |texts: Texts| {
        let (late_reason, note, reason, decided_by, decided_on, objection_no) = texts;
        Remark { late_reason, note, reason, decided_by, decided_on, objection_no }
    };
    Ok(rows.into_iter().map(|(card, salt, texts)| (card, (salt, remark(texts)))).collect())
}

pub(super) async fn insert_remark(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    card_id: i64,
    salt: &[u8],
    remark: &Remark,
) -> Result<()> {
    let county = scope.county();
    let place: String = card::table
        .find((county.digits(), month.number(), card_id))
        .select(card::place)
        .first(connection)
        .await?;
    diesel::insert_into(card_remark::table)
        .values((
            card_remark::county_code.eq(county.digits().to_owned()),
            card_remark::month.eq(month.number()),
            card_remark::card_id.eq(card_id),
            card_remark::place.eq(place),
            card_remark::salt.eq(salt.to_vec()),
            card_remark::late_reason.eq(&remark.late_reason),
            card_remark::note.eq(&remark.note),
            card_remark::reason.eq(&remark.reason),
            card_remark::decided_by.eq(&remark.decided_by),
            card_remark::decided_on.eq(remark.decided_on),
            card_remark::objection_no.eq(&remark.objection_no),
        ))
        .execute(connection)
        .await?;
    Ok(())
}
