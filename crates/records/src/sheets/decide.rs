//! The leader decides (取舍): a waiting sheet becomes the card, or is laid aside.

use std::collections::BTreeSet;

use authz::{Allowed, SignCards};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::input::Scorecard;
use domain::place::{Level, Place};
use domain::scoring::{Likeness, may_take};
use serde_json::json;

use super::read::{StoredSheet, sheet_of};
use super::reasons;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::panels::panels;
use crate::places::lock_villages;
use crate::schema::{card, household, sheet_decision};
use crate::scoring::{Facts, Remark, examine, insert, remark_digest};
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

/// What a leader makes of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The row number of the sheet.
    pub sheet: i64,
    /// Whether its content becomes the card; otherwise the card stays as it is, and the sheet is laid aside.
    pub take: bool,
    /// Why.
    pub reason: &'a str,
    /// Who decides.
    pub login: &'a str,
    /// The revision of the card that the sheet was held against, 0 where there was none; none where nobody says.
    pub seen: Option<i16>,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// The household.
    pub household: Place,
    /// The revision of the card that says what the sheet said; none where it was laid aside.
    pub revision: Option<i16>,
    /// Whether it was decided so before.
    pub already: bool,
}

/// Decides on a sheet that waits: it becomes the next revision of the household's card, or is laid aside; both sheets
/// are kept. The card may have been signed, which no file may replace: it is the leader who decides here, the new
/// revision is not signed, and the panel's month must be signed again before it closes. What a panel scored of a group
/// that it has handed over since becomes the card of the panel that has the group now. Decided alike again is success.
///
/// # Errors
/// A sheet that is not there, does not wait, was decided otherwise, or may not be taken: a closed month changes by a
/// correction, and what came too late only while entry is open. A card that has changed since it was looked at.
pub async fn decide_sheet(
    connection: &mut Connection,
    allowed: &Allowed<SignCards>,
    decision: &Decision<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<Decided> {
    if decision.reason.trim().is_empty() {
        return Err(Refusal::message("请写明取舍的理由"));
    }
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let county = allowed.place().county();
        let village = lock_village_of(connection, &county, decision).await?;
        // What was decided meanwhile is seen under the lock.
        let sheet = sheet_of(connection, &county, decision.sheet).await?.ok_or_else(|| unknown(decision))?;
        if let Some((taken, revision)) = sheet.decided {
            if taken != decision.take {
                return Err(Refusal::message(
                    "这张评分单已另有取舍，不能再改；要改请评分组重交积分卡，由组长另作取舍",
                ));
            }
            return Ok(Decided { household: sheet.sheet.household, revision, already: true });
        }
        if !sheet.receipt.waits() {
            return Err(Refusal::message("这张评分单已入账，或与积分卡相同，不用取舍"));
        }
        refuse_unseen(connection, &sheet, decision.seen).await?;
        let revision =
            if decision.take { Some(take(connection, &village, &sheet, salts, moment).await?) } else { None };
        save(connection, &sheet, decision, revision, salts, moment).await?;
        let detail = json!({
            "sheet": sheet.id,
            "household": sheet.sheet.household.digits(),
            "month": sheet.sheet.month.to_string(),
            "taken": decision.take,
            "revision": revision,
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Decided { household: sheet.sheet.household, revision, already: false })
    })
    .await
}

fn unknown(decision: &Decision<'_>) -> Error {
    Refusal::missing(format!("没有编号为 {} 的评分单，请刷新后再看", decision.sheet))
}

/// Locks the village of the sheet, and returns it.
async fn lock_village_of(
    connection: &mut Connection,
    county: &Place,
    decision: &Decision<'_>,
) -> Result<Place> {
    let sheet = sheet_of(connection, county, decision.sheet).await?.ok_or_else(|| unknown(decision))?;
    let village = sheet.sheet.household.ancestor(Level::Village).ok_or_else(|| unknown(decision))?;
    lock_villages(connection, &BTreeSet::from([village])).await?;
    Ok(village)
}

/// Refuses what was decided beside a card that is no longer the one; the caller holds the village's lock.
async fn refuse_unseen(connection: &mut Connection, sheet: &StoredSheet, seen: Option<i16>) -> Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let (household, month) = (&sheet.sheet.household, sheet.sheet.month);
    let county = household.county();
    let id: Option<i64> = household::table
        .filter(household::county_code.eq(county.digits()))
        .filter(household::code.eq(household.digits()))
        .select(household::id)
        .first(connection)
        .await
        .optional()?;
    let revision: Option<i16> = match id {
        Some(id) => {
            card::table
                .filter(card::county_code.eq(county.digits()))
                .filter(card::month.eq(month.number()))
                .filter(card::household_id.eq(id))
                .select(diesel::dsl::max(card::revision))
                .first(connection)
                .await?
        }
        None => None,
    };
    if revision.unwrap_or_default() == seen {
        return Ok(());
    }
    Err(Refusal::message("您看过以后，这一户的积分卡又改过：请按现在的积分卡核对，再作取舍"))
}

/// Makes the sheet the household's card. Returns the card's revision.
async fn take(
    connection: &mut Connection,
    village: &Place,
    stored: &StoredSheet,
    salts: &Salts,
    moment: &Moment,
) -> Result<i16> {
    let (month, now) = (stored.sheet.month, moment.local());
    let mut line = stored.sheet.line().map_err(|error| Refusal::message(error.to_string()))?;
    let facts = Facts::load(connection, village, &BTreeSet::from([*village]), month).await?;
    let successor = successor(connection, village, &facts, &line.row).await?;
    if let Some(panel) = successor {
        line.row.panel = panel;
    }
    let examined = examine(&line, &facts, now).map_err(|problems| Refusal::message(reasons(&problems)))?;
    let lock = examined.village.lock(examined.entry, month, now);
    may_take(stored.receipt, lock.as_ref()).map_err(|lock| Refusal::message(lock.to_string()))?;
    let new = examined.card(&line.row);
    if examined.likeness(&line.row) == Some(Likeness::Identical) {
        return Ok(new.revision - 1);
    }
    insert(connection, village, month, std::slice::from_ref(&new), salts).await?;
    Ok(new.revision)
}

/// The panel that has taken the household's group over from the one that the row names: it answers for the card. None
/// where that panel holds the group, or never held it.
async fn successor(
    connection: &mut Connection,
    village: &Place,
    facts: &Facts,
    row: &Scorecard,
) -> Result<Option<String>> {
    let Some((entry, known)) = facts.find(&row.household) else { return Ok(None) };
    let group = &entry.entry.group;
    let Some(present) = known.panels.iter().find(|one| one.panel.groups.contains(group)) else {
        return Ok(None);
    };
    if present.panel.name == row.panel {
        return Ok(None);
    }
    let stored = panels(connection, village).await?;
    let gave = stored.iter().any(|one| {
        one.panel.name == row.panel && one.panel.effective <= facts.month && one.panel.groups.contains(group)
    });
    Ok(gave.then(|| present.panel.name.clone()))
}

async fn save(
    connection: &mut Connection,
    sheet: &StoredSheet,
    decision: &Decision<'_>,
    revision: Option<i16>,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let salt = salts.salt(&format!("sheet decision {}", sheet.id))?;
    let remark = Remark { reason: Some(decision.reason.to_owned()), ..Remark::default() };
    diesel::insert_into(sheet_decision::table)
        .values((
            sheet_decision::county_code.eq(sheet.sheet.household.county().digits().to_owned()),
            sheet_decision::sheet_id.eq(sheet.id),
            sheet_decision::place.eq(&sheet.place),
            sheet_decision::taken.eq(decision.take),
            sheet_decision::card_revision.eq(revision),
            sheet_decision::by_login.eq(decision.login),
            sheet_decision::salt.eq(salt.to_vec()),
            sheet_decision::reason_digest.eq(remark_digest(&salt, &remark).0.to_vec()),
            sheet_decision::reason.eq(Some(decision.reason)),
            sheet_decision::decided_at.eq(moment.now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}
