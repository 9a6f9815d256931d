//! Where every village of a place stands in a month, in numbers, and their sum.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{NaiveDate, NaiveDateTime};
use domain::catalogue::Dated;
use domain::month::Month;
use domain::place::Place;
use domain::publication::{
    BoardState, MonthFacts, MonthState, OnBoard, board_state, last_day, posted_in_time, state,
};
use domain::rulebook::{Layer, Rulebook};
use domain::schedule::{LateStep, NextDue, VillageMonth, late_steps, next_due};

use super::facts::{Names, VillageFacts, load};
use crate::database::Connection;
use crate::error::Result;
use crate::rulebook;

/// A village's month in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageCounts {
    /// The village.
    pub village: Place,
    /// Its name.
    pub name: String,
    /// The name of its town.
    pub town: String,
    /// 常住户, as the register of the month has it.
    pub resident: u32,
    /// Households taking part: of the closed version, else of the register.
    pub taking_part: u32,
    /// Those with a card, whatever it says.
    pub with_card: u32,
    /// Those with a score: of the closed version, else of the cards.
    pub scored: u32,
    /// Panels whose cards are all signed, of how many; none where no panel is registered. A panel without a card is
    /// not signed.
    pub signed_panels: Option<(u32, u32)>,
    /// The latest closed version.
    pub closed: Option<i16>,
    /// The latest published version and its date; it may be older than the closed one.
    pub published: Option<(i16, NaiveDate)>,
    /// What hangs on the board; it may be older than what is published.
    pub board: Option<OnBoard>,
    /// The last day on which the month's first sheet is posted in time.
    pub post_until: NaiveDate,
    /// Whether the month's first sheet was posted in time (按时公示).
    pub in_time: bool,
    /// Objections that are not decided.
    pub open_objections: u32,
    /// Where the month stands.
    pub state: MonthState,
    /// Its steps that are late, in their order.
    pub late: Vec<LateStep>,
    /// What is due next.
    pub next: Option<NextDue>,
}

impl VillageCounts {
    /// How the board stands beside the published version.
    pub fn board_state(&self) -> BoardState {
        board_state(self.board.as_ref(), self.published.map(|(version, _)| version))
    }
}

/// Where every village inside `scope` stands in a month, in the order of codes; none for a place below the village.
/// `open` says how many objections are not decided.
///
/// # Errors
/// Faults of the database.
pub async fn counts_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    open: &BTreeMap<(Place, Month), u32>,
    now: NaiveDateTime,
) -> Result<Vec<VillageCounts>> {
    let (villages, names) = load(connection, scope, month).await?;
    let layers = rulebook::all(connection, scope).await?;
    let mut rulebooks = Rulebooks::new(&layers, month);
    let mut counts = Vec::with_capacity(villages.len());
    for (village, facts) in villages {
        let objections = open.get(&(village, month)).copied().unwrap_or_default();
        let rules = rulebooks.of(&village)?;
        counts.push(village_counts((village, month), facts, &names, objections, rules, now));
    }
    Ok(counts)
}

/// The rulebooks of many villages, each resolved once.
pub(super) struct Rulebooks<'a> {
    layers: &'a [Dated<Layer>],
    month: Month,
    resolved: BTreeMap<Vec<i64>, Rulebook>,
}

impl<'a> Rulebooks<'a> {
    /// Those of a month.
    pub(super) fn new(layers: &'a [Dated<Layer>], month: Month) -> Self {
        Self { layers, month, resolved: BTreeMap::new() }
    }

    /// The one of a village.
    pub(super) fn of(&mut self, village: &Place) -> Result<&Rulebook> {
        let layers = rulebook::inherited(self.layers, village, self.month);
        let key: Vec<i64> = layers.iter().map(|layer| layer.revision).collect();
        match self.resolved.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(rulebook::resolve(&layers)?)),
        }
    }
}

fn village_counts(
    (village, month): (Place, Month),
    facts: VillageFacts,
    names: &Names,
    open_objections: u32,
    rules: &Rulebook,
    now: NaiveDateTime,
) -> VillageCounts {
    let name = |place: &Place| names.get(place).cloned().unwrap_or_else(|| place.code());
    let taking_part = facts.closed.map_or(facts.taking_part, |(_, taking_part, _)| taking_part);
    let closed = facts.closed.map(|(version, ..)| version);
    let waiting: Vec<String> =
        facts.panels.iter().filter(|(_, panel)| panel.waits()).map(|(name, _)| name.clone()).collect();
    let signed = facts.with_card > 0 && waiting.is_empty();
    let of_month = MonthFacts { signed, closed, published: facts.published, open_objections };
    let latest_published = facts.published.filter(|(version, _)| Some(*version) == closed);
    let due = VillageMonth {
        village,
        month,
        taking_part,
        with_card: facts.with_card,
        unsigned_panels: waiting,
        closed: closed.is_some(),
        published_on: latest_published.map(|(_, on)| on),
        older_published: latest_published.is_none() && facts.published.is_some(),
        board: board_state(facts.board.as_ref(), closed),
    };
    let signed_panels = facts.panels.values().filter(|panel| panel.is_signed()).count();
    VillageCounts {
        village,
        name: name(&village),
        town: village.parent().map(|town| name(&town)).unwrap_or_default(),
        resident: facts.resident,
        taking_part,
        with_card: facts.with_card.min(taking_part),
        scored: facts.closed.map_or(facts.scored, |(_, _, scored)| scored),
        signed_panels: (!facts.panels.is_empty())
            .then(|| (super::size(signed_panels), super::size(facts.panels.len()))),
        closed,
        published: facts.published,
        board: facts.board,
        post_until: last_day(month, &rules.publication),
        in_time: facts.board.is_some_and(|board| posted_in_time(month, board.first_on, &rules.publication)),
        open_objections,
        state: state(&of_month, now, &rules.objections),
        late: late_steps(&due, rules, now),
        next: next_due(&due, rules, now),
    }
}

/// The month of several villages together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Villages in which somebody takes part; what follows counts only these, households apart.
    pub villages: u32,
    /// 常住户 of all villages.
    pub resident: u32,
    /// Households taking part.
    pub taking_part: u32,
    /// Those with a card.
    pub with_card: u32,
    /// Those with a score.
    pub scored: u32,
    /// Panels whose cards are all signed.
    pub signed_panels: u32,
    /// Panels.
    pub panels: u32,
    /// Villages whose month is closed.
    pub closed: u32,
    /// Villages whose latest version is published.
    pub published: u32,
    /// Villages that have posted a sheet of it.
    pub posted: u32,
    /// Villages that posted the first of them in time (按时公示).
    pub in_time: u32,
    /// Villages whose month is final.
    pub settled: u32,
    /// Villages with a step that is late.
    pub late: u32,
    /// Objections that are not decided.
    pub open_objections: u32,
}

/// The sum of villages' months.
pub fn sum(rows: &[VillageCounts]) -> Totals {
    let mut totals = Totals::default();
    for row in rows {
        totals.resident += row.resident;
        totals.open_objections += row.open_objections;
        if row.taking_part == 0 {
            continue;
        }
        let (signed, panels) = row.signed_panels.unwrap_or_default();
        let is_published = matches!(row.state, MonthState::Published { .. } | MonthState::Final { .. });
        totals.villages += 1;
        totals.taking_part += row.taking_part;
        totals.with_card += row.with_card;
        totals.scored += row.scored;
        totals.signed_panels += signed;
        totals.panels += panels;
        totals.closed += u32::from(row.closed.is_some());
        totals.published += u32::from(is_published);
        totals.posted += u32::from(row.board.is_some());
        totals.in_time += u32::from(row.in_time);
        totals.settled += u32::from(matches!(row.state, MonthState::Final { .. }));
        totals.late += u32::from(!row.late.is_empty());
    }
    totals
}
