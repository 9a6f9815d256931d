//! One slice of villages: load, leave out the blocked, decide, save.

use std::collections::{BTreeSet, HashMap};

use authz::{Act, Allowed, Close};
use domain::canonical::Digest;
use domain::catalogue::Catalogue;
use domain::closing::{Block, Closed, MonthInputs, blocks, close_month, genesis, may_leave_out_unsigned};
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;
use domain::rulebook::Rulebook;
use domain::scoring::ScoringTable;
use serde_json::json;

use super::Request;
use super::load::{Slice, VillageInputs, frozen_inputs};
use super::save::{self, NewClosing};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::scoring::StoredCard;
use crate::tenancy::{self, Mode};

/// A village that cannot be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The village.
    pub village: Place,
    /// Why, one line each.
    pub reasons: Vec<String>,
}

impl Blocked {
    pub(crate) fn fault(village: Place, error: &Error) -> Self {
        Self { village, reasons: vec![error.to_string()] }
    }
}

/// What became of a slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SliceReport {
    /// Villages closed now.
    pub closed: Vec<Place>,
    /// Villages closed before.
    pub already: Vec<Place>,
    /// Villages that cannot be closed.
    pub blocked: Vec<Blocked>,
    /// Households with a result written now.
    pub households: usize,
}

/// Closes villages of one county in one transaction; blocked ones are left out before anything is written.
///
/// # Errors
/// Faults of the database; nothing is written then.
pub async fn close_slice(
    connection: &mut Connection,
    allowed: &Allowed<Close>,
    request: &Request,
    villages: &[Place],
    moment: &Moment,
) -> Result<SliceReport> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let set: BTreeSet<Place> = villages.iter().copied().collect();
        lock_villages(connection, &set).await?;
        let slice = frozen_inputs(connection, villages, request.month).await?;
        let mut report = SliceReport::default();
        let mut closing = Vec::new();
        for village in &slice.villages {
            if village.first_version(request.month).is_some() {
                report.already.push(village.village);
                continue;
            }
            if village.roster.is_empty() {
                continue;
            }
            let left_out = left_out(allowed, request, village, &slice, moment)?;
            match decide(&slice, village, left_out, None)? {
                Ok(new) => closing.push(new),
                Err(reasons) => report.blocked.push(Blocked { village: village.village, reasons }),
            }
        }
        report.closed = closing.iter().map(|new| new.closed.link.village).collect();
        report.households = closing.iter().map(|new| new.closed.results.len()).sum();
        if !closing.is_empty() {
            save::closings(connection, &slice.county, request.month, &closing, moment).await?;
            let heads: Vec<_> = closing.iter().map(|new| (new.closed.link.village, new.hash)).collect();
            let reasons: serde_json::Map<_, _> = closing
                .iter()
                .filter_map(|new| {
                    Some((new.closed.link.village.digits().to_owned(), json!(new.reason.as_ref()?)))
                })
                .collect();
            let detail =
                json!({ "month": request.month.to_string(), "closed": written(&heads), "reasons": reasons });
            crate::audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(report)
    })
    .await
}

/// Closes the next version of a village's month after its cards were corrected. Returns the row number of
/// the version and the version itself.
///
/// The caller holds the village's lock and writes the log row.
pub(crate) async fn close_version<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    village: &Place,
    month: Month,
    reason: &str,
    moment: &Moment,
) -> Result<(i64, Closed, Digest)> {
    let slice = frozen_inputs(connection, &[*village], month).await?;
    let inputs = slice.villages.first().ok_or_else(|| Error::Corrupt("没有村".into()))?;
    let before = inputs
        .last_version(month)
        .ok_or_else(|| Refusal::message(format!("村 {village} 的 {month} 还没有结账，结账以后才能更正")))?;
    let kept = save::cards_of(connection, &slice.county, month, before.id).await?;
    let left_out = |card: &StoredCard| !card.is_correction && !kept.contains(&card.id);
    let reason = Some(reason.to_owned());
    let new = match decide_with(&slice, inputs, &left_out, reason)? {
        Ok(new) => new,
        Err(reasons) => return Err(Refusal::message(reasons.join("；"))),
    };
    let ids = save::closings(connection, &slice.county, month, std::slice::from_ref(&new), moment).await?;
    let id = ids.get(village).copied().ok_or_else(|| Error::Corrupt("结账未写入".into()))?;
    save::difference(connection, allowed.place().county().digits(), before.id, id, month).await?;
    Ok((id, new.closed, new.hash))
}

/// Whether this village's unsigned panels may be left out, and are asked to be. The day is that of whoever acts:
/// a town that closes one village waits as long as for all of them. An actor without a place of its own acts for the
/// one it names.
fn left_out(
    allowed: &Allowed<Close>,
    request: &Request,
    village: &VillageInputs,
    slice: &Slice,
    moment: &Moment,
) -> Result<Option<String>> {
    let Some(reason) = request.leave_out_unsigned.clone().filter(|_| !village.unsigned.is_empty()) else {
        return Ok(None);
    };
    let (rulebook, _) = slice.rulebook(village)?;
    let acting = allowed.actor().reach().unwrap_or_else(|| allowed.place());
    if may_leave_out_unsigned(acting.level(), request.month, moment.local(), &rulebook.closing) {
        Ok(Some(reason))
    } else {
        Ok(None)
    }
}

fn decide(
    slice: &Slice,
    village: &VillageInputs,
    left_out: Option<String>,
    reason: Option<String>,
) -> Result<Result<NewClosing, Vec<String>>> {
    match left_out {
        None => decide_with(slice, village, &|_| false, reason),
        Some(why) => {
            let unsigned =
                |card: &StoredCard| !card.is_correction && village.unsigned.contains_key(&card.card.panel);
            decide_with(slice, village, &unsigned, Some(why))
        }
    }
}

/// Decides a village's next version, without the cards that are left out.
fn decide_with(
    slice: &Slice,
    village: &VillageInputs,
    left_out: &dyn Fn(&StoredCard) -> bool,
    reason: Option<String>,
) -> Result<Result<NewClosing, Vec<String>>> {
    let catalogue = slice.catalogue(village);
    let (rulebook, rulebook_ids) = slice.rulebook(village)?;
    let mut facts = village.readiness(catalogue.is_some(), &rulebook);
    if reason.is_some() {
        facts.panels.iter_mut().for_each(|panel| panel.2 = 0);
    }
    let found = blocks(&facts);
    let (Some(catalogue), true) = (catalogue, found.is_empty()) else {
        return Ok(Err(found.iter().map(ToString::to_string).collect()));
    };
    let table = ScoringTable::new(&catalogue.catalogue);
    let cards: Vec<_> = village.cards.iter().filter(|card| !left_out(card)).collect();
    let inputs = month_inputs(slice, village, (&catalogue.catalogue, &table), &rulebook, &cards);
    let closed = match close_month(&inputs) {
        Ok(closed) => closed,
        Err((household, unknown)) => {
            return Ok(Err(vec![Block::UnknownRule(household, unknown).to_string()]));
        }
    };
    let of_household: HashMap<i64, i64> = cards.iter().map(|card| (card.household_id, card.id)).collect();
    Ok(Ok(NewClosing {
        ordinal: village.chain.last().map_or(0, |head| head.ordinal) + 1,
        catalogue_id: catalogue.id,
        rulebook_ids,
        panel_ids: village.panels.iter().map(|panel| panel.id).collect(),
        summed: inputs.summed,
        seed: inputs.seed,
        hash: closed.link.hash(),
        rows: village
            .roster
            .iter()
            .map(|row| (row.id, of_household.get(&row.household_id).copied()))
            .collect(),
        closed,
        reason,
        publish: rulebook.publication.when_closed,
    }))
}

/// What a village's next version is computed from, with the cards given.
pub(crate) fn month_inputs<'a>(
    slice: &Slice,
    village: &VillageInputs,
    catalogue: (&'a Catalogue, &'a ScoringTable),
    rulebook: &'a Rulebook,
    cards: &[&StoredCard],
) -> MonthInputs<'a> {
    let before = village.last_version(slice.month);
    let previous = village.chain.last().map_or_else(|| genesis(&slice.county), |head| head.hash);
    MonthInputs {
        village: village.village,
        month: slice.month,
        version: before.map_or(0, |head| head.version) + 1,
        catalogue,
        rulebook,
        panels: village.panels.iter().map(|stored| stored.panel.clone()).collect(),
        roster: village.roster.iter().map(|row| row.entry.clone()).collect(),
        cards: cards.iter().map(|card| card.card.clone()).collect(),
        earlier: village.roster.iter().map(|row| earlier(&village.earlier, row.household_id)).collect(),
        summed: village.summed.clone(),
        previous,
        seed: before.map_or(previous, |head| head.seed),
    }
}

fn earlier(totals: &HashMap<i64, Points>, household: i64) -> Points {
    totals.get(&household).copied().unwrap_or_default()
}

/// Villages and their new hashes, as the log holds them.
pub(crate) fn written(heads: &[(Place, Digest)]) -> serde_json::Value {
    heads
        .iter()
        .map(|(village, hash)| (village.digits().to_owned(), json!(hash.hex())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
