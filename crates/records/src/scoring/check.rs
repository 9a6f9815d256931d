//! What each row of a file of cards, and each sheet from a phone, means, and what is wrong with it.

use chrono::NaiveDateTime;
use domain::input::{Line, Problem, Scorecard};
use domain::place::{Level, Place};
use domain::scoring::{Card, Likeness, Lock, check_late_reason, last_visit, way_to_change};

use super::save::NewCard;
use super::sign::Remark;
use super::{Facts, Signed, StoredCard, VillageFacts};
use crate::error::Outcome;
use crate::households::RosterRow;
use crate::panels::StoredPanel;

/// What a file's rows of one month come to.
pub(super) struct Decided {
    pub(super) new: Vec<NewCard>,
    pub(super) problems: Vec<Problem>,
    pub(super) outcome: Outcome,
}

pub(super) fn decide(
    rows: &[&Line<Scorecard>],
    facts: &Facts,
    signed: Signed,
    now: NaiveDateTime,
) -> Decided {
    let mut decided = Decided { new: Vec::new(), problems: Vec::new(), outcome: Outcome::default() };
    for line in rows {
        match check(line, facts, now) {
            Err(problems) => decided.problems.extend(problems),
            Ok(Checked::Unchanged) => decided.outcome.unchanged += 1,
            Ok(Checked::New(card)) => {
                if card.revision == 1 {
                    decided.outcome.added += 1;
                } else {
                    decided.outcome.changed += 1;
                }
                decided.new.push(*card);
            }
        }
    }
    if signed != Signed::No && decided.problems.is_empty() {
        decided.problems.extend(left_unsigned(rows, facts));
    }
    decided
}

enum Checked {
    Unchanged,
    New(Box<NewCard>),
}

fn check(line: &Line<Scorecard>, facts: &Facts, now: NaiveDateTime) -> Result<Checked, Vec<Problem>> {
    let Line { number, row } = line;
    let lock = facts.find(&row.household).and_then(|(entry, village)| village.lock(entry, facts.month, now));
    let examined = match (examine(line, facts, now), lock) {
        (examined, None) => examined?,
        (examined, Some(lock)) => {
            let others = examined.err().filter(|_| !matches!(lock, Lock::Closed(_))).unwrap_or_default();
            let locked = Problem::new(*number, "month", lock.to_string());
            return Err([vec![locked], others].concat());
        }
    };
    if examined.likeness(row) == Some(Likeness::Identical) {
        return Ok(Checked::Unchanged);
    }
    if examined.before.is_some_and(|before| is_signed(before, facts)) {
        // No lock holds it: entry is open, and so is the leader's choice.
        let way = way_to_change(None);
        let message = format!("农户 {} 的积分卡已签字，内容不同，不能这样替换；{way}", row.household);
        return Err(vec![Problem::new(*number, "household_code", message)]);
    }
    Ok(Checked::New(Box::new(examined.card(row))))
}

/// A row that household, panel, dates and rules bear out; whether entry is open, and whether a card may be replaced, is
/// not asked.
pub(crate) struct Examined<'a> {
    pub(crate) entry: &'a RosterRow,
    pub(crate) village: &'a VillageFacts,
    pub(crate) panel: &'a StoredPanel,
    /// The household's card as it stands.
    pub(crate) before: Option<&'a StoredCard>,
}

/// Holds a row against what is known of its household and village.
pub(crate) fn examine<'a>(
    line: &Line<Scorecard>,
    facts: &'a Facts,
    now: NaiveDateTime,
) -> Result<Examined<'a>, Vec<Problem>> {
    let Line { number, row } = line;
    let Some((entry, village)) = facts.find(&row.household) else {
        return Err(vec![unknown_household(*number, &row.household)]);
    };
    if !entry.entry.participation.covers(facts.month) {
        let message = format!("农户 {} 在 {} 没有参与积分", row.household, facts.month);
        return Err(vec![Problem::new(*number, "household_code", message)]);
    }
    let mut problems = Vec::new();
    let mut refuse = |field, message: String| problems.push(Problem::new(*number, field, message));
    let has_reason = row.late_reason.is_some();
    let last = last_visit(facts.month, &village.rulebook.scoring, village.opened_until(entry, now));
    if let Err(late) = check_late_reason(facts.month, row.scored_on, has_reason, now, last) {
        let field = if matches!(late, domain::scoring::LateProblem::NoReason(_)) {
            "late_reason"
        } else {
            "scored_on"
        };
        refuse(field, late.to_string());
    }
    let panel = village.panels.iter().find(|panel| panel.panel.name == row.panel);
    match panel {
        None => refuse("panel", format!("本村没有评分组“{}”，请核对名称或先导入评分组", row.panel)),
        Some(panel) if !panel.panel.groups.contains(&entry.entry.group) => {
            refuse("panel", format!("评分组“{}”不负责村小组 {}", row.panel, entry.entry.group));
        }
        Some(_) => {}
    }
    if village.catalogue.is_none() && !row.findings.is_empty() {
        refuse("findings", "本村当月没有生效的积分项目，请先导入".into());
    } else {
        let unknown = row
            .findings
            .iter()
            .flat_map(|finding| finding.rules())
            .filter(|rule| !village.rules.contains(*rule));
        for rule in unknown {
            refuse("findings", format!("扣分代码“{rule}”不在当月生效的积分项目里"));
        }
    }
    match panel {
        Some(panel) if problems.is_empty() => {
            Ok(Examined { entry, village, panel, before: facts.cards.get(&entry.household_id) })
        }
        _ => Err(problems),
    }
}

impl Examined<'_> {
    /// How far the household's card agrees with the row, where there is a card.
    pub(crate) fn likeness(&self, row: &Scorecard) -> Option<Likeness> {
        let before = self.before?;
        let card = Card {
            household: row.household,
            revision: before.card.revision,
            panel: row.panel.as_str().into(),
            scored_on: row.scored_on,
            status: row.status,
            findings: row.findings.clone(),
            remark: None,
        };
        Some(if before.card.says_the_same(&card) && before.remark == Remark::of_sheet(row) {
            Likeness::Identical
        } else if (before.card.status, &before.card.findings) == (card.status, &card.findings) {
            Likeness::SameResult
        } else {
            Likeness::Different
        })
    }

    /// The next revision of the household's card, as the row has it.
    pub(crate) fn card(&self, row: &Scorecard) -> NewCard {
        NewCard {
            household_id: self.entry.household_id,
            household: row.household,
            revision: self.before.map_or(0, |card| card.card.revision) + 1,
            panel_id: self.panel.id,
            scored_on: row.scored_on,
            status: row.status,
            findings: row.findings.clone(),
            is_correction: false,
            remark: Remark::of_sheet(row),
        }
    }
}

/// Whether a signature of the card's panel covers it.
pub(crate) fn is_signed(card: &StoredCard, facts: &Facts) -> bool {
    card.is_correction || facts.signatures.iter().any(|signature| signature.covers(card))
}

/// A signature covers the panel's whole month: cards entered before without one must come with it.
fn left_unsigned(rows: &[&Line<Scorecard>], facts: &Facts) -> Vec<Problem> {
    let listed: std::collections::BTreeSet<Place> = rows.iter().map(|line| line.row.household).collect();
    let mut problems = Vec::new();
    for card in facts.cards.values() {
        let panel = rows.iter().find(|line| {
            line.row.panel.as_str() == &*card.card.panel
                && same_village(&line.row.household, &card.card.household)
        });
        if let Some(line) = panel
            && !is_signed(card, facts)
            && takes_part(card, facts)
            && !listed.contains(&card.card.household)
        {
            let message = format!(
                "评分组“{}”此前录入的农户 {} 还没有签字，也不在本文件里；签字管整组当月，请把它一并列入",
                card.card.panel, card.card.household
            );
            problems.push(Problem::new(line.number, "panel", message));
        }
    }
    problems
}

fn takes_part(card: &StoredCard, facts: &Facts) -> bool {
    let entry = facts.roster.get(&card.card.household);
    entry.is_some_and(|entry| entry.entry.participation.covers(facts.month))
}

fn same_village(left: &Place, right: &Place) -> bool {
    left.ancestor(Level::Village) == right.ancestor(Level::Village)
}

pub(super) fn unknown_household(line: u32, household: &Place) -> Problem {
    Problem::new(line, "household_code", format!("农户 {household} 没有登记，请核对代码或先导入农户"))
}
