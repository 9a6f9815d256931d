//! One closed version: recomputed from its frozen inputs and compared with what is stored.

use std::collections::{BTreeMap, HashMap};

use domain::catalogue::in_force;
use domain::closing::{HouseholdResult, MonthInputs, RECIPE, close_month};
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;

use super::{Computed, Facts, StoredClosing};
use crate::error::{Error, Result};
use crate::households::RosterRow;
use crate::panels;
use crate::rulebook;
use crate::verify::audit_chain::Log;
use crate::verify::county::Rules;
use crate::verify::{Verified, compare};

/// Recomputes a version. Returns its results, for the totals of later months.
pub(super) fn check(
    facts: &Facts,
    closing: &StoredClosing,
    rules: &Rules,
    computed: &Computed,
    log: &Log,
    verified: &mut Verified,
) -> Result<Vec<HouseholdResult>> {
    let (village, title) = (facts.village, closing.title());
    let mut fail = |difference: String| verified.fail_in(closing.link.month, village, &title, difference);
    if closing.recipe != RECIPE {
        fail(format!("按第 {} 号口径结账，本程序只会第 {RECIPE} 号", closing.recipe));
        return Ok(Vec::new());
    }
    let by_id: HashMap<i64, &RosterRow> = facts.register.iter().map(|(row, _)| (row.id, row)).collect();
    let mut roster = Vec::with_capacity(closing.results.len());
    for (result, household_id, roster_id, _) in &closing.results {
        match by_id.get(roster_id).filter(|row| row.household_id == *household_id) {
            Some(row) => roster.push((*row).clone()),
            None => fail(format!("农户 {} 的花名册条目不符", result.household)),
        }
    }
    let expected = expected_roster(facts, closing.link.month);
    let stored: Vec<_> = roster.iter().map(|row| row.id).collect();
    if expected != stored {
        let moved = expected
            .iter()
            .find(|id| !stored.contains(id))
            .or(stored.iter().find(|id| !expected.contains(id)));
        let household = moved.and_then(|id| by_id.get(id)).map(|row| row.entry.household.code());
        fail(format!("参与户与当月花名册不符：农户 {}", household.unwrap_or_default()));
    }
    let cards = facts.cards.get(&closing.link.month).map(Vec::as_slice).unwrap_or_default();
    let counted: BTreeMap<i64, Place> = closing
        .results
        .iter()
        .filter_map(|(result, _, _, card)| Some(((*card)?, result.household)))
        .collect();
    let mut used: Vec<_> = cards.iter().filter(|card| counted.contains_key(&card.id)).collect();
    used.sort_by_key(|card| card.card.household);
    if let Some(card) = used.iter().find(|card| counted.get(&card.id) != Some(&card.card.household)) {
        fail(format!("农户 {} 的积分卡指向别的农户", card.card.household));
    }
    let Some(catalogue) = rules.catalogues.iter().find(|one| one.what.id == closing.catalogue_id) else {
        fail("所用的积分项目不在了".into());
        return Ok(Vec::new());
    };
    let table = rules.tables.get(&closing.catalogue_id).ok_or_else(|| Error::Corrupt("积分项目".into()))?;
    if closing.link.version == 1 {
        let now = in_force(&rules.catalogues, &village, closing.link.month).map(|one| one.what.id);
        let inherited = rulebook::inherited(&rules.layers, &village, closing.link.month);
        let layers: Vec<_> = inherited.iter().map(|layer| layer.revision).collect();
        if now != Some(closing.catalogue_id) || layers != closing.rulebook_ids {
            fail("所用的积分项目或规则设置不是当月生效的".into());
        }
    }
    let first =
        facts.closings.iter().find(|one| one.link.month == closing.link.month && one.link.version == 1);
    if !first.is_some_and(|first| {
        (first.catalogue_id, &first.rulebook_ids) == (closing.catalogue_id, &closing.rulebook_ids)
    }) {
        fail("所用的积分项目或规则设置不是第一版冻结的".into());
    }
    let layers: Vec<_> =
        rules.layers.iter().filter(|layer| closing.rulebook_ids.contains(&layer.revision)).collect();
    let rulebook = rulebook::resolve(&layers)?;
    let panels = panels::as_of(&facts.panels, &village, closing.link.month);
    if panels.iter().map(|panel| panel.id).collect::<Vec<_>>() != closing.panel_ids {
        fail("所用的评分组不是当月的".into());
    }
    let inputs = MonthInputs {
        village,
        month: closing.link.month,
        version: closing.link.version,
        catalogue: (&catalogue.what.catalogue, table),
        rulebook: &rulebook,
        panels: panels.iter().map(|panel| panel.panel.clone()).collect(),
        earlier: earlier(&roster, &closing.summed, computed),
        roster: roster.into_iter().map(|row| row.entry).collect(),
        cards: used.iter().map(|card| card.card.clone()).collect(),
        summed: closing.summed.clone(),
        previous: closing.link.previous,
        seed: closing.seed,
    };
    let closed = match close_month(&inputs) {
        Ok(closed) => closed,
        Err((household, unknown)) => {
            fail(format!("农户 {household}：{unknown}"));
            return Ok(Vec::new());
        }
    };
    for ((stored, ..), computed) in closing.results.iter().zip(&closed.results) {
        if let Some(difference) = compare::result(stored, computed) {
            fail(format!("农户 {}：{}", computed.household, compare::sentence(difference)));
        }
    }
    let scored = closed.results.iter().filter(|result| result.score.is_some()).count();
    let counts =
        (crate::codec::length(closed.results.len()), crate::codec::length(scored), closed.carried_out);
    if let Some(difference) = compare::field("参与、已评户数", &closing.counts, &counts) {
        fail(compare::sentence(difference));
    }
    if closed.link.inputs != closing.link.inputs {
        fail("结账依据（花名册、评分组、积分卡、项目、规则或所累计的月份）与封存的摘要不符".into());
    }
    if closed.link.results != closing.link.results {
        fail("结果与封存的摘要不符".into());
    }
    if closing.link.hash() != closing.hash {
        fail("校验码不符".into());
    }
    match log.closed.get(&closing.hash.hex()) {
        Some((at, reason)) if *at == closing.closed_at && *reason == closing.reason => {}
        _ => fail("结账时间或原因与日志记载的不同".into()),
    }
    Ok(closed.results)
}

/// The row numbers of the roster as the register has it for a month, in the order of household codes.
fn expected_roster(facts: &Facts, month: Month) -> Vec<i64> {
    let mut latest: BTreeMap<Place, &RosterRow> = BTreeMap::new();
    for (row, _) in facts.register.iter().filter(|(row, _)| row.entry.effective <= month) {
        latest
            .entry(row.entry.household)
            .and_modify(|known| {
                if known.entry.revision < row.entry.revision {
                    *known = row;
                }
            })
            .or_insert(row);
    }
    latest.into_values().filter(|row| row.entry.participation.covers(month)).map(|row| row.id).collect()
}

/// The sums of the recomputed earlier months.
fn earlier(roster: &[RosterRow], summed: &[(Month, i16)], computed: &Computed) -> Vec<Points> {
    let mut sums: HashMap<Place, Points> = HashMap::new();
    for result in summed.iter().filter_map(|key| computed.get(key)).flatten() {
        *sums.entry(result.household).or_default() += result.score.unwrap_or_default();
    }
    roster.iter().map(|row| sums.get(&row.entry.household).copied().unwrap_or_default()).collect()
}
