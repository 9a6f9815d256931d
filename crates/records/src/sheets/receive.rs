//! Receives sheets: one transaction for all that a phone sends, each sheet judged alone.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, EnterCards};
use chrono::NaiveDateTime;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::{
    Card, Likeness, Lock, Receipt, ScoringTable, Standing, Status, receive, write_findings,
};
use serde_json::json;

use super::store::{self, Judged, Sender};
use super::{Sheet, reasons};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::scoring::{Facts, NewCard, StoredCard, examine, insert, is_signed};
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

/// So many sheets are handed in at once, at most; more come in several steps.
pub const AT_ONCE: usize = 200;

/// So many photos a sheet names.
const MOST_PHOTOS: usize = 40;

/// What a phone is told of a sheet (回执).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// The sheet's key.
    pub key: String,
    /// How it was received.
    pub receipt: Receipt,
    /// The same in words, with what is to be done.
    pub message: String,
    /// The revision of the card that it became, or that says the same.
    pub revision: Option<i16>,
    /// What the sheet is worth by the catalogue in force; none where nobody was scored.
    pub score: Option<Points>,
}

/// Hands sheets in. A sheet whose key was received before gets the same receipt again and changes nothing. What comes
/// after lock or close, contradicts somebody else's card or names something unknown is kept for a decision and never
/// makes the others fail. The server's score stands, and its time decides what is late.
///
/// # Errors
/// A household outside the permission's place, more sheets than a phone may send at once, a key that is none.
pub async fn hand_in(
    connection: &mut Connection,
    allowed: &Allowed<EnterCards>,
    account: i64,
    login: &str,
    sheets: &[Sheet],
    salts: &Salts,
    moment: &Moment,
) -> Result<Vec<HandedIn>> {
    check_request(sheets)?;
    let sender = Sender { account, login };
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let place = allowed.place();
        let villages = villages(connection, &place, sheets).await?;
        lock_villages(connection, &villages).await?;
        let mut known = store::received(connection, &place.county(), account, sheets).await?;
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for (month, fresh) in fresh(sheets, &known) {
            let facts = Facts::load(connection, &place, &villages, month).await?;
            let mut desk = Desk { facts, new: Vec::new(), now: moment.local() };
            let mut judged: Vec<(&Sheet, Judged)> =
                fresh.into_iter().map(|sheet| (sheet, desk.judge(sheet))).collect();
            // What waits, or was laid aside, and comes once more is told again and kept once.
            let parked = store::parked(connection, &place.county(), account, month).await?;
            for (sheet, judged) in &judged {
                if judged.receipt.is_parked() && parked.contains(&store::says(sheet, judged)) {
                    known.insert(sheet.key.clone(), judged.clone());
                }
            }
            judged.retain(|(sheet, _)| !known.contains_key(&sheet.key));
            insert(connection, &place, month, &desk.new, salts).await?;
            store::keep(connection, &sender, &judged, salts, moment).await?;
            for (sheet, judged) in judged {
                *counts.entry(judged.receipt.name()).or_default() += 1;
                known.insert(sheet.key.clone(), judged);
            }
        }
        if !counts.is_empty() {
            crate::audit::record(connection, allowed, json!({ "sheets": counts }), moment).await?;
        }
        Ok(sheets.iter().filter_map(|sheet| Some(told(sheet, known.get(&sheet.key)?))).collect())
    })
    .await
}

fn check_request(sheets: &[Sheet]) -> Result<()> {
    if sheets.len() > AT_ONCE {
        return Err(Refusal::message(format!("一次至多上传 {AT_ONCE} 张评分单，请分批上传")));
    }
    let malformed = |sheet: &Sheet| {
        let key = sheet.key.len() == 36 && sheet.key.is_ascii();
        !key || sheet.base_revision < 0 || sheet.status == Status::Unscored
    };
    if sheets.iter().any(malformed) {
        return Err(Refusal::message("评分单的编号、版本或状态不合格式，请更新页面后再上传"));
    }
    if sheets.iter().any(|sheet| sheet.photos.len() > MOST_PHOTOS) {
        return Err(Refusal::message(format!("一张评分单至多附 {MOST_PHOTOS} 张照片")));
    }
    Ok(())
}

/// The villages of the sheets, all of them registered and inside the permission's place.
async fn villages(connection: &mut Connection, place: &Place, sheets: &[Sheet]) -> Result<BTreeSet<Place>> {
    let known: BTreeSet<Place> = villages_of(connection, place).await?.into_iter().collect();
    let mut villages = BTreeSet::new();
    for household in sheets.iter().map(|sheet| &sheet.household) {
        let village = household.ancestor(Level::Village).filter(|village| known.contains(village));
        let inside = place.contains(household) && household.level() == Level::Household;
        let Some(village) = village.filter(|_| inside) else {
            return Err(Refusal::unknown(household));
        };
        villages.insert(village);
    }
    Ok(villages)
}

/// The sheets that were not received before, each key once, by month.
fn fresh<'a>(sheets: &'a [Sheet], known: &BTreeMap<String, Judged>) -> BTreeMap<Month, Vec<&'a Sheet>> {
    let mut seen = BTreeSet::new();
    let mut fresh: BTreeMap<Month, Vec<&Sheet>> = BTreeMap::new();
    for sheet in sheets {
        if !known.contains_key(&sheet.key) && seen.insert(sheet.key.as_str()) {
            fresh.entry(sheet.month).or_default().push(sheet);
        }
    }
    fresh
}

/// What sheets of a month are held against, and the cards they become.
struct Desk {
    facts: Facts,
    new: Vec<NewCard>,
    now: NaiveDateTime,
}

impl Desk {
    fn judge(&mut self, sheet: &Sheet) -> Judged {
        let facts = &self.facts;
        let line = match sheet.line() {
            Ok(line) => line,
            Err(error) => return unclear(facts, sheet, error.to_string()),
        };
        let examined = match examine(&line, facts, self.now) {
            Ok(examined) => examined,
            Err(problems) => return unclear(facts, sheet, reasons(&problems)),
        };
        let lock = examined.village.lock(examined.entry, facts.month, self.now);
        if let Some(early) = lock.as_ref().filter(|lock| matches!(lock, Lock::NotYet { .. })) {
            return unclear(facts, sheet, early.to_string());
        }
        let (row, household_id) = (&line.row, examined.entry.household_id);
        let card = examined.before.map(|before| Standing {
            revision: before.card.revision,
            signed: is_signed(before, facts),
            likeness: examined.likeness(row).unwrap_or(Likeness::Different),
        });
        let table = examined.village.catalogue.as_ref().map(|stored| ScoringTable::new(&stored.catalogue));
        let score = table
            .filter(|_| row.status == Status::Scored)
            .and_then(|table| Some(table.score(&row.findings).ok()?.total));
        let receipt = receive(lock.is_none(), sheet.base_revision, card);
        let mut judged = Judged {
            receipt,
            household_id: Some(household_id),
            panel_id: Some(examined.panel.id),
            findings: write_findings(&row.findings),
            revision: card.filter(|_| receipt == Receipt::Same).map(|card| card.revision),
            score,
            problem: lock.map(|lock| lock.to_string()),
        };
        if receipt == Receipt::Entered {
            let (new, panel) = (examined.card(row), row.panel.clone());
            judged.revision = Some(new.revision);
            self.enter(new, &panel);
        }
        judged
    }

    /// Notes a card, so that a later sheet of the same request meets it.
    fn enter(&mut self, new: NewCard, panel: &str) {
        let card = Card {
            household: new.household,
            revision: new.revision,
            panel: panel.into(),
            scored_on: new.scored_on,
            status: new.status,
            findings: new.findings.clone(),
            remark: None,
        };
        let stored = StoredCard {
            // It has no number yet, and no signature covers it.
            id: i64::MAX,
            household_id: new.household_id,
            panel_id: new.panel_id,
            is_correction: false,
            card,
            remark: new.remark.clone(),
        };
        self.facts.cards.insert(new.household_id, stored);
        self.new.push(new);
    }
}

/// A sheet that cannot be held against anything, kept with the reason.
fn unclear(facts: &Facts, sheet: &Sheet, problem: String) -> Judged {
    let found = facts.find(&sheet.household);
    let panel =
        found.and_then(|(_, village)| village.panels.iter().find(|panel| panel.panel.name == sheet.panel));
    let read = sheet.line().map(|line| write_findings(&line.row.findings));
    Judged {
        receipt: Receipt::Unclear,
        household_id: found.map(|(entry, _)| entry.household_id),
        panel_id: panel.map(|panel| panel.id),
        findings: read.unwrap_or_else(|_| sheet.findings.clone()),
        revision: None,
        score: None,
        problem: Some(problem),
    }
}

fn told(sheet: &Sheet, judged: &Judged) -> HandedIn {
    let problem = judged.problem.as_deref().unwrap_or_default();
    let message = match judged.receipt {
        Receipt::Entered => "已入账".to_owned(),
        Receipt::Same => "与已有的积分卡相同，不重复入账".to_owned(),
        Receipt::Conflict => "这一户已有别人评的积分卡，两张都已保留，请组长取舍".to_owned(),
        Receipt::Late => format!("已作为迟到的评分单保留，未入账：{problem}"),
        Receipt::Unclear => format!("已保留，未入账，请核实：{problem}"),
    };
    HandedIn {
        key: sheet.key.clone(),
        receipt: judged.receipt,
        message,
        revision: judged.revision,
        score: judged.score,
    }
}
