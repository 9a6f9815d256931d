//! Corrections of closed months: a new card with its reason and decider, and the next version.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Act, Allowed, Correct};
use domain::catalogue::Catalogue;
use domain::input::{Correction, Line, Problem};
use domain::month::Month;
use domain::objections::may_correct;
use domain::place::{Level, Place};
use domain::scoring::{ScoringTable, way_to_change};
use serde_json::json;

use super::doer;
use crate::catalogue;
use crate::closing::{self, Head};
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::households::{RosterRow, roster};
use crate::moment::Moment;
use crate::panels::{self, StoredPanel};
use crate::places::{lock_villages, villages_of};
use crate::scoring::{self, NewCard, Remark, StoredCard, cards, counting, insert};
use crate::sealing::Salts;
use crate::sheets::scorers;
use crate::tenancy::{self, Mode};

/// Corrects cards of closed months: each row makes a new revision of its card, and each village and month
/// of the file gets one next version, with its difference from the one before.
///
/// A row that says what its household's latest correction says changes nothing.
///
/// # Errors
/// Every row that cannot stand, by line and field: a month that is not closed, a household that did not
/// take part, a rule that the month's catalogue does not have, a card that whoever corrects it handed in.
pub async fn correct_cards(
    connection: &mut Connection,
    allowed: &Allowed<Correct>,
    rows: &[Line<Correction>],
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let known: BTreeSet<_> = villages_of(connection, &allowed.place()).await?.into_iter().collect();
        let mut by_month: BTreeMap<(Month, Place), Vec<&Line<Correction>>> = BTreeMap::new();
        let mut problems = Vec::new();
        for line in rows {
            match line.row.household.ancestor(Level::Village).filter(|village| known.contains(village)) {
                Some(village) => by_month.entry((line.row.month, village)).or_default().push(line),
                None => problems.push(unknown_household(line)),
            }
        }
        lock_villages(connection, &by_month.keys().map(|(_, village)| *village).collect()).await?;
        let by = doer(connection, allowed.actor()).await?;
        let mut outcome = Outcome::default();
        let mut written = Vec::new();
        for ((month, village), lines) in by_month {
            let facts = Facts::load(connection, &village, month).await?;
            if facts.closed.is_none() {
                problems.extend(not_closed(connection, (&village, month), &lines, moment).await?);
                continue;
            }
            let (new, refused) = facts.decide(&lines);
            outcome.unchanged += lines.len() - new.len() - refused.len();
            problems.extend(refused);
            problems.extend(of_own_cards(connection, (&village, month), &by, &lines, &new).await?);
            if new.is_empty() || !problems.is_empty() {
                continue;
            }
            outcome.changed += new.len();
            let reason = format!("更正 {} 户", new.len());
            let version =
                next_version(connection, allowed, (&village, month), &new, &reason, salts, moment).await?;
            written.push(version.written);
        }
        Refusal::unless_none(problems)?;
        if !written.is_empty() {
            crate::audit::record(connection, allowed, json!({ "corrected": written }), moment).await?;
        }
        Ok(outcome)
    })
    .await
}

/// Why rows of a month that is not closed cannot stand, each with what changes its card instead.
async fn not_closed(
    connection: &mut Connection,
    (village, month): (&Place, Month),
    lines: &[&Line<Correction>],
    moment: &Moment,
) -> Result<Vec<Problem>> {
    let known = scoring::Facts::load(connection, village, &BTreeSet::from([*village]), month).await?;
    let problem = |line: &&Line<Correction>| {
        let Some((entry, of_village)) = known.find(&line.row.household) else {
            return unknown_household(line);
        };
        let lock = of_village.lock(entry, month, moment.local());
        let way = way_to_change(lock.as_ref());
        Problem::new(line.number, "month", format!("{month} 还没有结账，结账以后才能更正；现在要改，{way}"))
    };
    Ok(lines.iter().map(problem).collect())
}

/// The rows whose cards whoever corrects them handed in or chose.
async fn of_own_cards(
    connection: &mut Connection,
    (village, month): (&Place, Month),
    by: &str,
    lines: &[&Line<Correction>],
    new: &[NewCard],
) -> Result<Vec<Problem>> {
    let households = new.iter().map(|card| card.household_id).collect();
    let known = scorers(connection, &village.county(), households, month).await?;
    let mut problems = Vec::new();
    for card in new {
        let Some(scored_by) = known.get(&card.household_id) else { continue };
        if let Err(refusal) = may_correct(by, scored_by) {
            let line = lines.iter().find(|line| line.row.household == card.household);
            let number = line.map_or(0, |line| line.number);
            problems.push(Problem::new(number, "household_code", refusal.to_string()));
        }
    }
    Ok(problems)
}

/// A version that corrected cards made.
pub(crate) struct NewVersion {
    /// Its row number.
    pub(crate) closing_id: i64,
    pub(crate) version: i16,
    /// What the log says of it.
    pub(crate) written: serde_json::Value,
}

/// Writes corrected cards of a village's month and closes its next version.
///
/// The caller holds the village's lock and writes the log row.
pub(crate) async fn next_version<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    (village, month): (&Place, Month),
    new: &[NewCard],
    reason: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<NewVersion> {
    insert(connection, &allowed.place(), month, new, salts).await?;
    let (closing_id, closed, hash) =
        closing::close_version(connection, allowed, village, month, reason, moment).await?;
    let version = closed.link.version;
    let written = json!({
        "month": month.to_string(),
        "version": version,
        "closed": { village.digits(): hash.hex() },
        "reasons": { village.digits(): reason },
    });
    Ok(NewVersion { closing_id, version, written })
}

/// Refuses what was decided on a version of a village's month that is no longer the latest, where somebody says on which;
/// the caller holds the village's lock.
pub(crate) async fn refuse_unseen(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    seen: Option<i16>,
) -> Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let scope = village.scope();
    let heads = closing::heads(connection, &village.county(), (&scope.low, &scope.high)).await?;
    let latest = closing::latest_of(&heads, month);
    match latest.get(village).map(|head| head.version) {
        Some(now) if now != seen => Err(Refusal::message(format!(
            "您看的是第{seen}版，现在已有第{now}版：请按第{now}版核对，再作出处理"
        ))),
        _ => Ok(()),
    }
}

/// What is known of a village's closed month.
pub(crate) struct Facts {
    month: Month,
    pub(crate) closed: Option<Head>,
    catalogue: Catalogue,
    panels: Vec<StoredPanel>,
    pub(crate) roster: BTreeMap<Place, RosterRow>,
    /// The card of each household that counts, by the household's row number.
    pub(crate) cards: BTreeMap<i64, StoredCard>,
}

impl Facts {
    pub(crate) async fn load(connection: &mut Connection, village: &Place, month: Month) -> Result<Self> {
        let (county, scope) = (village.county(), village.scope());
        let range = (scope.low.as_str(), scope.high.as_str());
        let heads = closing::heads(connection, &county, range).await?;
        let closed = heads.into_iter().rfind(|head| head.month == month);
        let stored = match &closed {
            Some(head) => catalogue::with_ids(connection, &county, &[head.catalogue_id]).await?,
            None => Vec::new(),
        };
        let all = panels::in_range(connection, &county, range).await?;
        let names = all.iter().map(|panel| (panel.id, panel.panel.name.as_str().into())).collect();
        let cards = counting(cards(connection, &county, range, month, &names).await?);
        let roster = roster(connection, &county, range, month).await?;
        Ok(Self {
            month,
            closed,
            catalogue: stored.into_iter().next().map(|one| one.what.catalogue).unwrap_or_default(),
            panels: panels::as_of(&all, village, month).into_iter().cloned().collect(),
            roster: roster.into_iter().map(|row| (row.entry.household, row)).collect(),
            cards: cards.into_iter().map(|card| (card.household_id, card)).collect(),
        })
    }

    /// How the month's cards are scored.
    pub(crate) fn table(&self) -> ScoringTable {
        ScoringTable::new(&self.catalogue)
    }

    /// Whether the month's catalogue has a deduction rule.
    pub(super) fn has_rule(&self, code: &str) -> bool {
        self.catalogue.rules().any(|(_, known)| known.code == code)
    }

    /// The cards that the rows put in the place of those that count, and what is wrong with the others.
    pub(crate) fn decide(&self, lines: &[&Line<Correction>]) -> (Vec<NewCard>, Vec<Problem>) {
        let (mut new, mut problems) = (Vec::new(), Vec::new());
        for line in lines {
            match self.check(line) {
                Ok(Some(card)) => new.push(card),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        (new, problems)
    }

    fn check(&self, line: &Line<Correction>) -> Result<Option<NewCard>, Problem> {
        let row = &line.row;
        let refused = |field, message: String| Err(Problem::new(line.number, field, message));
        if self.closed.is_none() {
            return refused("month", format!("{} 还没有结账，结账以后才能更正", self.month));
        }
        let Some(entry) = self.roster.get(&row.household) else { return Err(unknown_household(line)) };
        if !entry.entry.participation.covers(self.month) {
            return refused(
                "household_code",
                format!("农户 {} 在 {} 没有参与积分", row.household, self.month),
            );
        }
        let mut rules = row.findings.iter().flat_map(|finding| finding.rules());
        if let Some(rule) = rules.find(|rule| !self.has_rule(rule)) {
            return refused("findings", format!("扣分代码“{rule}”不在该月的积分项目里"));
        }
        let before = self.cards.get(&entry.household_id);
        let remark = Remark::of_correction(row);
        if before.is_some_and(|card| {
            card.is_correction
                && (card.card.status, &card.card.findings) == (row.status, &row.findings)
                && card.remark.as_ref() == Some(&remark)
        }) {
            return Ok(None);
        }
        let covering = self.panels.iter().find(|panel| panel.panel.groups.contains(&entry.entry.group));
        let Some(panel_id) = before.map(|card| card.panel_id).or(covering.map(|panel| panel.id)) else {
            return refused(
                "household_code",
                format!("村小组 {} 没有评分组，请先导入评分组", entry.entry.group),
            );
        };
        Ok(Some(NewCard {
            household_id: entry.household_id,
            household: row.household,
            revision: before.map_or(0, |card| card.card.revision) + 1,
            panel_id,
            scored_on: before.map_or(row.decided_on, |card| card.card.scored_on),
            status: row.status,
            findings: row.findings.clone(),
            is_correction: true,
            remark: Some(remark),
        }))
    }
}

fn unknown_household(line: &Line<Correction>) -> Problem {
    let message = format!("农户 {} 没有登记，请核对代码", line.row.household);
    Problem::new(line.number, "household_code", message)
}
