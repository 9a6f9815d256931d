//! Reads objections for pages, for the notice board, and for whether a month is final.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::objections::{ObjectionState, decide_by};
use domain::place::Place;
use domain::publication::ObjectionOutcome;
use domain::rulebook::ObjectionRule;
use domain::scoring::{Finding, Status};

use super::correct::Facts;
use super::stored::{Step, Stored, Which, load};
use super::via::Via;
use crate::database::Connection;
use crate::error::Result;
use crate::rulebook;
use crate::schema::household_version;

/// Which objections a list holds; all of them where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ObjectionFilter {
    /// Those of a month.
    pub month: Option<Month>,
    /// Those on which somebody has to act.
    pub only_open: bool,
}

/// An objection as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionSummary {
    /// Its row number.
    pub id: i64,
    /// `2026-10-003`
    pub number: String,
    /// The village that decides.
    pub village: Place,
    /// The household whose score is objected to.
    pub household: Place,
    /// The group where it is now.
    pub group: Place,
    /// 户主, by the register as it is now; none when lawfully erased.
    pub head_name: Option<String>,
    /// The month.
    pub month: Month,
    /// The act objected to; empty for the whole month.
    pub about: String,
    /// Where it stands.
    pub state: ObjectionState,
    /// The local date of filing.
    pub filed_on: NaiveDate,
    /// The last day on which a decision is in time.
    pub decide_by: NaiveDate,
    /// Whether it waits for a decision longer than that.
    pub overdue: bool,
    /// Whether it can change rank and rights, and not totals only.
    pub in_time: bool,
    /// How it came in.
    pub via: Via,
}

/// An objection with all that is needed to decide it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionFile {
    /// As lists show it.
    pub summary: ObjectionSummary,
    /// The version objected to.
    pub version: i16,
    /// The villager's words; none when lawfully erased.
    pub words: Option<String>,
    /// Whether a phone was left.
    pub has_phone: bool,
    /// The log-in of whoever took it for the villager.
    pub filed_by: Option<String>,
    /// What was done, in its order.
    pub steps: Vec<Step>,
    /// What the card says that counts now; none where the household has none.
    pub card: Option<(Status, Vec<Finding>)>,
    /// The latest version of the month.
    pub latest_version: Option<i16>,
}

/// The objections inside `scope` that fit a filter: the latest month first, then by village and number.
///
/// # Errors
/// Faults of the database.
pub async fn objections_of(
    connection: &mut Connection,
    scope: &Place,
    filter: ObjectionFilter,
    now: NaiveDateTime,
) -> Result<Vec<ObjectionSummary>> {
    let which = Which { month: filter.month, waiting: filter.only_open, ..Which::default() };
    let mut found = load(connection, scope, &which).await?;
    found.retain(|one| !filter.only_open || one.is_open());
    summaries(connection, scope, &found, now).await
}

/// The objections against a household's months, whoever filed them: the latest month first.
///
/// # Errors
/// Faults of the database.
pub async fn objections_of_household(
    connection: &mut Connection,
    household: &Place,
    now: NaiveDateTime,
) -> Result<Vec<ObjectionSummary>> {
    let which = Which { household: Some(*household), ..Which::default() };
    let found = load(connection, household, &which).await?;
    summaries(connection, household, &found, now).await
}

/// How many objections against a household's score somebody has to act on.
pub(crate) async fn open_against(connection: &mut Connection, household: &Place) -> Result<usize> {
    let which = Which { household: Some(*household), waiting: true, ..Which::default() };
    let found = load(connection, household, &which).await?;
    Ok(found.iter().filter(|one| one.is_open()).count())
}

/// The objection of a row number, where it is inside `scope`.
///
/// # Errors
/// Faults of the database.
pub async fn objection(
    connection: &mut Connection,
    scope: &Place,
    id: i64,
    now: NaiveDateTime,
) -> Result<Option<ObjectionFile>> {
    let found = load(connection, scope, &Which { id: Some(id), ..Which::default() }).await?;
    let Some(summary) = summaries(connection, scope, &found, now).await?.pop() else { return Ok(None) };
    let Some(stored) = found.into_iter().next() else { return Ok(None) };
    let mut facts = Facts::load(connection, &stored.village, stored.month).await?;
    let card = facts.cards.remove(&stored.household_id).map(|card| card.card);
    Ok(Some(ObjectionFile {
        summary,
        version: stored.version,
        words: stored.words,
        has_phone: stored.contact.is_some(),
        filed_by: stored.filed_by,
        steps: stored.steps,
        card: card.map(|card| (card.status, card.findings)),
        latest_version: facts.closed.map(|head| head.version),
    }))
}

/// How many objections somebody has to act on, by village and month; without any, a village's month is absent.
///
/// # Errors
/// Faults of the database.
pub async fn open_objections(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<(Place, Month), u32>> {
    let mut open = BTreeMap::new();
    for one in load(connection, scope, &Which { waiting: true, ..Which::default() }).await? {
        if one.is_open() {
            *open.entry((one.village, one.month)).or_default() += 1;
        }
    }
    Ok(open)
}

/// What became of the objections to a village's month, in the order of their numbers; those that wait for a decision
/// are not among them.
///
/// # Errors
/// Faults of the database.
pub async fn published_outcomes(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Vec<ObjectionOutcome>> {
    let found = load(connection, village, &Which { month: Some(month), ..Which::default() }).await?;
    let outcome = |one: Stored| {
        Some(ObjectionOutcome {
            number: one.number_text(),
            outcome: one.settled()?.title(),
            decided_on: one.decisive()?.on,
            about: one.about,
        })
    };
    Ok(found.into_iter().filter_map(outcome).collect())
}

async fn summaries(
    connection: &mut Connection,
    scope: &Place,
    found: &[Stored],
    now: NaiveDateTime,
) -> Result<Vec<ObjectionSummary>> {
    let heads = heads(connection, &scope.county(), found).await?;
    let layers = rulebook::all(connection, scope).await?;
    let mut rules: BTreeMap<(Place, Month), ObjectionRule> = BTreeMap::new();
    let mut summaries = Vec::with_capacity(found.len());
    for one in found {
        let key = (one.village, one.month);
        let rule = match rules.get(&key) {
            Some(rule) => rule.clone(),
            None => {
                let bound = rulebook::inherited(&layers, &one.village, one.month);
                let rule = rulebook::resolve(&bound)?.objections;
                rules.insert(key, rule.clone());
                rule
            }
        };
        let head = heads.get(&one.household_id).cloned().flatten();
        summaries.push(summary(one, head, &rule, now));
    }
    Ok(summaries)
}

fn summary(
    one: &Stored,
    head_name: Option<String>,
    rule: &ObjectionRule,
    now: NaiveDateTime,
) -> ObjectionSummary {
    let state = one.state(now, rule);
    ObjectionSummary {
        id: one.id,
        number: one.number_text(),
        village: one.village,
        household: one.household,
        group: one.group,
        head_name,
        month: one.month,
        about: one.about.clone(),
        state,
        filed_on: one.filed_on,
        decide_by: decide_by(one.filed_on, rule),
        overdue: matches!(state, ObjectionState::Open { overdue: true, .. }),
        in_time: one.in_time,
        via: one.via,
    }
}

/// The heads of the households objected to, by the households' row numbers.
async fn heads(
    connection: &mut Connection,
    county: &Place,
    found: &[Stored],
) -> Result<BTreeMap<i64, Option<String>>> {
    let ids: Vec<i64> = found.iter().map(|one| one.household_id).collect();
    let rows: Vec<(i64, Option<String>)> = household_version::table
        .filter(household_version::county_code.eq(county.digits()))
        .filter(household_version::household_id.eq_any(ids))
        .order((household_version::household_id, household_version::revision.desc()))
        .distinct_on(household_version::household_id)
        .select((household_version::household_id, household_version::head_name))
        .load(connection)
        .await?;
    Ok(rows.into_iter().collect())
}
