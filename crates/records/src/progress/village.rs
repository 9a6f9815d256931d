//! A village's month for its clerk: the steps, the groups, and what is late.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::closing::HouseholdResult;
use domain::month::{Month, local_time};
use domain::place::Place;
use domain::publication::{Masked, MonthFacts, MonthState, OnBoard, board_state, last_digits, state};
use domain::rulebook::Rulebook;
use domain::schedule::{LateStep, VillageMonth, late_steps};
use domain::scoring::{ScoringTable, Status};

use super::groups::{GroupFacts, GroupProgress, table};
use super::stages::{Facts, Missing, Stage, stages};
use crate::closing::{closed_months, frozen_inputs, rows_of};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::{RosterRow, register_of};
use crate::moment::Moment;
use crate::panels::StoredPanel;
use crate::places::names_in;
use crate::publication::{postings, published};
use crate::scoring::StoredCard;

/// Where a village's month stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageProgress {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// Where the month stands.
    pub state: MonthState,
    /// Its steps in their order: rules, panels, scoring, signing, closing, publishing, posting, objections, final.
    pub stages: Vec<Stage>,
    /// The groups in which somebody takes part.
    pub groups: Vec<GroupProgress>,
    /// What is late.
    pub late: Vec<LateStep>,
}

/// Where a village's month stands, from the same facts as its closing. Heads of households are named masked.
///
/// # Errors
/// Faults of the database.
pub async fn village_month(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    open_objections: u32,
    moment: &Moment,
) -> Result<VillageProgress> {
    let names = names_in(connection, village).await?;
    let versions = Versions::load(connection, village, month, moment).await?;
    let heads: BTreeMap<Place, String> = register_of(connection, village)
        .await?
        .into_iter()
        .map(|entry| (entry.household, entry.head_name.unwrap_or_default()))
        .collect();
    let slice = frozen_inputs(connection, &[*village], month).await?;
    let inputs = slice.villages.first().ok_or_else(|| Error::Corrupt("没有村".into()))?;
    let catalogue = slice.catalogue(inputs).map(|stored| &stored.catalogue);
    let (rulebook, _) = slice.rulebook(inputs)?;
    let now = moment.local();

    let unsigned = |panel: &str| inputs.unsigned.get(panel).copied().unwrap_or(0);
    let has_cards = |panel: &str| inputs.cards.iter().any(|card| &*card.card.panel == panel);
    let signed: Vec<(String, bool)> = inputs
        .panels
        .iter()
        .map(|stored| &stored.panel.name)
        .map(|name| (name.clone(), has_cards(name) && unsigned(name) == 0))
        .collect();
    let mut groups = counted(&inputs.roster, &inputs.cards);
    match (&versions.results, catalogue.map(ScoringTable::new)) {
        (Some(results), _) => closed_scores(&mut groups, results),
        (None, Some(table)) => open_scores(&mut groups, &inputs.roster, &inputs.cards, &table),
        (None, None) => {}
    }
    let panel_of = |group: &Place| panel_name(&inputs.panels, group);
    let of_month = MonthFacts {
        signed: !inputs.cards.is_empty() && inputs.unsigned.is_empty(),
        closed: versions.closed.map(|(version, _)| version),
        published: versions.published,
        open_objections,
    };
    let facts = Facts {
        month,
        rulebook: &rulebook,
        now,
        readiness: inputs.readiness(catalogue.is_some(), &rulebook),
        items: catalogue.map_or(0, |catalogue| catalogue.items.len()),
        without_card: without_card(&inputs.roster, &inputs.cards, &names, &heads),
        without_panel: without_panel(&groups, &names, panel_of),
        signed,
        closed: versions.closed,
        published_on: versions.published_on(),
        older_published: versions.older_published(),
        posted: versions.posted.clone(),
        open_objections,
        state: state(&of_month, now, &rulebook.objections),
    };
    let board = versions.posted.as_ref().map(|(board, _)| *board);
    let due = VillageMonth {
        village: *village,
        month,
        taking_part: super::size(inputs.roster.len()),
        with_card: super::size(inputs.cards.len()),
        unsigned_panels: inputs.unsigned.keys().map(ToString::to_string).collect(),
        closed: versions.closed.is_some(),
        published_on: versions.published_on(),
        older_published: versions.older_published(),
        board: board_state(board.as_ref(), versions.closed.map(|(version, _)| version)),
    };
    Ok(progress(&facts, &due, &rulebook, groups, &names, panel_of))
}

fn progress(
    facts: &Facts<'_>,
    due: &VillageMonth,
    rulebook: &Rulebook,
    groups: BTreeMap<Place, GroupFacts>,
    names: &BTreeMap<Place, String>,
    panel_of: impl Fn(&Place) -> Option<String>,
) -> VillageProgress {
    let is_signed = |name: &str| facts.signed.iter().any(|(panel, signed)| panel == name && *signed);
    let panel = |group: &Place| panel_of(group).map(|name| (name.clone(), is_signed(&name)));
    VillageProgress {
        village: due.village,
        month: due.month,
        state: facts.state,
        stages: stages(facts),
        groups: table(groups, names, panel),
        late: late_steps(due, rulebook, facts.now),
    }
}

/// What was closed, published and posted of a month.
struct Versions {
    /// The latest version and the local date of its closing.
    closed: Option<(i16, NaiveDate)>,
    results: Option<Vec<HouseholdResult>>,
    published: Option<(i16, NaiveDate)>,
    /// What hangs on the board, and which board it is.
    posted: Option<(OnBoard, String)>,
}

impl Versions {
    async fn load(
        connection: &mut Connection,
        village: &Place,
        month: Month,
        moment: &Moment,
    ) -> Result<Self> {
        // The latest version comes first.
        let closed = closed_months(connection, village).await?.into_iter().find(|one| one.month == month);
        let results = match &closed {
            Some(closed) => Some(rows_of(connection, &village.county(), month, closed.closing_id).await?),
            None => None,
        };
        let published = published(connection, village).await?;
        let published = published.iter().filter(|((_, of, _), _)| *of == month);
        let published = published.map(|((_, _, version), published)| (*version, published.on)).max();
        let posted = postings(connection, village).await?.remove(&(*village, month)).unwrap_or_default();
        Ok(Self {
            closed: closed.map(|one| (one.version, local_time(one.closed_at, moment.zone).date())),
            results,
            published,
            posted: posted.on_board().zip(posted.hanging().map(|posting| posting.board.clone())),
        })
    }

    /// When the latest version was published.
    fn published_on(&self) -> Option<NaiveDate> {
        let (latest, _) = self.closed?;
        self.published.filter(|(version, _)| *version == latest).map(|(_, on)| on)
    }

    /// Whether an older version is published, and the latest is not.
    fn older_published(&self) -> bool {
        self.published_on().is_none() && self.published.is_some()
    }
}

fn counted(roster: &[RosterRow], cards: &[StoredCard]) -> BTreeMap<Place, GroupFacts> {
    let mut groups: BTreeMap<Place, GroupFacts> = BTreeMap::new();
    for (row, card) in with_cards(roster, cards) {
        let group = groups.entry(row.entry.group).or_default();
        group.taking_part += 1;
        group.with_card += usize::from(card.is_some());
    }
    groups
}

/// Each household taking part with its card.
fn with_cards<'a>(
    roster: &'a [RosterRow],
    cards: &'a [StoredCard],
) -> impl Iterator<Item = (&'a RosterRow, Option<&'a StoredCard>)> {
    let of_household: BTreeMap<i64, &StoredCard> =
        cards.iter().map(|card| (card.household_id, card)).collect();
    roster.iter().map(move |row| (row, of_household.get(&row.household_id).copied()))
}

fn closed_scores(groups: &mut BTreeMap<Place, GroupFacts>, results: &[HouseholdResult]) {
    for result in results {
        groups.entry(result.group).or_default().scores.extend(result.score);
    }
}

/// The scores as the cards stand; a card with a rule that is not in force has none, and closing names it.
fn open_scores(
    groups: &mut BTreeMap<Place, GroupFacts>,
    roster: &[RosterRow],
    cards: &[StoredCard],
    table: &ScoringTable,
) {
    for (row, card) in with_cards(roster, cards) {
        let scored = card.filter(|card| card.card.status == Status::Scored);
        let score = scored.and_then(|card| table.score(&card.card.findings).ok()).map(|score| score.total);
        groups.entry(row.entry.group).or_default().scores.extend(score);
    }
}

fn panel_name(panels: &[StoredPanel], group: &Place) -> Option<String> {
    let covering = panels.iter().find(|stored| stored.panel.groups.contains(group));
    covering.map(|stored| stored.panel.name.clone())
}

fn without_card(
    roster: &[RosterRow],
    cards: &[StoredCard],
    names: &BTreeMap<Place, String>,
    heads: &BTreeMap<Place, String>,
) -> Vec<Missing> {
    let missing = with_cards(roster, cards).filter(|(_, card)| card.is_none()).map(|(row, _)| row);
    let line = |row: &RosterRow| {
        let group = names.get(&row.entry.group).map(String::as_str).unwrap_or_default();
        let head = heads.get(&row.entry.household).map(String::as_str).unwrap_or_default();
        let number = last_digits(&row.entry.household);
        let words = format!("{group} {number} 号 {}户 未评", Masked::name(head));
        Missing { words, group: Some(row.entry.group) }
    };
    missing.map(line).collect()
}

fn without_panel(
    groups: &BTreeMap<Place, GroupFacts>,
    names: &BTreeMap<Place, String>,
    panel_of: impl Fn(&Place) -> Option<String>,
) -> Vec<Missing> {
    let uncovered = groups.keys().filter(|group| panel_of(group).is_none());
    let name = |group: &Place| names.get(group).cloned().unwrap_or_else(|| group.code());
    let line = |group: &Place| Missing {
        words: format!("{}没有评分组负责", name(group)),
        group: Some(*group),
    };
    uncovered.map(line).collect()
}
