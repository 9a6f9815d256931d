//! What waits in a village's open months: groups stay with a panel whose cards or sheets wait for its leader.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::input::Problem;
use domain::month::Month;
use domain::panels::{
    HandoverProblem, OpenWork, Panel, check_handover, check_recusal, is_expected_to_step_back,
};
use domain::place::{Level, Place};
use domain::rulebook::PanelRule;

use super::Draft;
use super::load::StoredPanel;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::households::{RegisterEntry, register_of};
use crate::schema::card;
use crate::scoring::{PanelNames, cards, counting, signatures};
use crate::sheets::{Undecided, undecided_from};

/// Cards and undecided sheets of a village's months that are not closed.
pub(super) struct Work {
    /// By the panel's name and the month.
    cards: BTreeMap<(String, Month), OpenWork>,
    sheets: Vec<Undecided>,
}

impl Work {
    /// Loads them from the first open month on; `stored` has every revision of the village's panels.
    pub(super) async fn load(
        connection: &mut Connection,
        village: &Place,
        effective: Month,
        stored: &[StoredPanel],
    ) -> Result<Self> {
        let (county, interval) = (village.county(), village.scope());
        let range = (interval.low.as_str(), interval.high.as_str());
        let own = stored.iter().filter(|one| one.village == *village);
        let names: PanelNames = own.map(|one| (one.id, one.panel.name.as_str().into())).collect();
        let mut work = BTreeMap::new();
        for month in scored_months(connection, village, effective).await? {
            let signatures = signatures(connection, &county, range, month, &names).await?;
            for card in counting(cards(connection, &county, range, month, &names).await?) {
                let own = work.entry((card.card.panel.to_string(), month));
                let own: &mut OpenWork = own.or_insert_with(|| OpenWork::none(month));
                own.cards += 1;
                let is_signed =
                    card.is_correction || signatures.iter().any(|signature| signature.covers(&card));
                own.unsigned += usize::from(!is_signed);
            }
        }
        let sheets = undecided_from(connection, &county, range, effective).await?;
        Ok(Self { cards: work, sheets })
    }

    /// Refuses that a panel has only `groups` from now on while what it gives up still waits.
    pub(super) fn check_given(
        &self,
        before: &Panel,
        groups: &[Place],
        register: &[RegisterEntry],
    ) -> Result<(), HandoverProblem> {
        if !gives_up(before, groups) {
            return Ok(());
        }
        let own = self.cards.iter().filter(|((panel, _), _)| *panel == before.name);
        let mut work: BTreeMap<Month, OpenWork> = own.map(|((_, month), work)| (*month, *work)).collect();
        for sheet in self.sheets.iter().filter(|sheet| sheet.panel == before.name) {
            let known = register.iter().find(|entry| entry.household == sheet.household);
            let group = known.map(|entry| entry.group).or_else(|| sheet.household.ancestor(Level::Group));
            if group.is_some_and(|group| before.groups.contains(&group) && !groups.contains(&group)) {
                let own = work.entry(sheet.month).or_insert_with(|| OpenWork::none(sheet.month));
                own.undecided += 1;
            }
        }
        let work: Vec<OpenWork> = work.into_values().collect();
        check_handover(&before.name, groups.is_empty(), &work)
    }
}

fn gives_up(before: &Panel, groups: &[Place]) -> bool {
    before.groups.iter().any(|group| !groups.contains(group))
}

/// A panel that takes groups over.
pub(super) struct Taking<'a> {
    pub(super) panel: &'a str,
    pub(super) members: usize,
    /// Of those members whose names are known.
    pub(super) names: Vec<&'a str>,
    pub(super) gained: Vec<Place>,
}

impl Taking<'_> {
    /// Why not: of some household too many would step back for enough others to decide.
    pub(super) fn problem(
        &self,
        register: &[RegisterEntry],
        rule: &PanelRule,
        effective: Month,
    ) -> Option<String> {
        let takes_part = |entry: &&RegisterEntry| {
            entry.participation.joined.is_some()
                && entry.participation.left.is_none_or(|left| left > effective)
        };
        let mut gained =
            register.iter().filter(|entry| self.gained.contains(&entry.group)).filter(takes_part);
        gained.find_map(|entry| {
            let head = entry.head_name.as_deref().unwrap_or_default();
            let recused = self.names.iter().filter(|name| is_expected_to_step_back(name, head)).count();
            let problem = check_recusal(self.members, recused, false, false, rule).err()?;
            let (panel, household) = (self.panel, &entry.household);
            Some(format!("评分组“{panel}”评不了农户 {household}：{problem}"))
        })
    }
}

/// What keeps groups from going over as the drafts of a form or file have it. A village whose open months have neither
/// cards nor sheets that wait divides its groups anew as it likes.
pub(super) async fn check_moves(
    connection: &mut Connection,
    village: &Place,
    drafts: &BTreeMap<String, Draft>,
    known: &[&StoredPanel],
    stored: &[StoredPanel],
    effective: Month,
    rule: &PanelRule,
) -> Result<Vec<Problem>> {
    if !drafts.iter().any(|(name, draft)| named(known, name).is_some_and(|own| gives_up(own, &draft.groups)))
    {
        return Ok(Vec::new());
    }
    let work = Work::load(connection, village, effective, stored).await?;
    if work.cards.is_empty() && work.sheets.is_empty() {
        return Ok(Vec::new());
    }
    let register = register_of(connection, village).await?;
    let mut problems = Vec::new();
    for (name, draft) in drafts {
        let own = named(known, name);
        let given = own.and_then(|own| work.check_given(own, &draft.groups, &register).err());
        let is_new = |group: &&Place| own.is_none_or(|own| !own.groups.contains(group));
        let taking = Taking {
            panel: name,
            members: draft.seats.len(),
            names: draft.seats.iter().map(|seat| seat.name.as_str()).collect(),
            gained: draft.groups.iter().filter(is_new).copied().collect(),
        };
        let taken = taking.problem(&register, rule, effective);
        let line = draft.lines.as_slice().first().copied().unwrap_or(0);
        let words = given.map(|problem| problem.to_string()).into_iter().chain(taken);
        problems.extend(words.map(|words| Problem::new(line, "groups", words)));
    }
    Ok(problems)
}

fn named<'a>(known: &[&'a StoredPanel], name: &str) -> Option<&'a Panel> {
    known.iter().find(|one| one.panel.name == name).map(|one| &one.panel)
}

/// The months that are not closed and have cards.
async fn scored_months(connection: &mut Connection, village: &Place, effective: Month) -> Result<Vec<Month>> {
    let interval = village.scope();
    let months: Vec<i32> = card::table
        .filter(card::county_code.eq(village.county().digits()))
        .filter(card::place.ge(interval.low))
        .filter(card::place.lt(interval.high))
        .filter(card::month.ge(effective.number()))
        .select(card::month)
        .distinct()
        .order(card::month)
        .load(connection)
        .await?;
    months.into_iter().map(codec::month).collect()
}
