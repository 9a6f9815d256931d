//! Areas (片区) change hands: groups go to other panels, all in one act, and a panel left without any is dissolved.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, FormPanels};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::panels::{
    HandoverProblem, OpenWork, Panel, check_composition, check_handover, check_recusal,
    is_expected_to_step_back,
};
use domain::place::{Level, Place};
use domain::rulebook::PanelRule;
use serde_json::json;

use super::load::{ListedPanel, StoredPanel, as_of, panels};
use super::{Draft, insert, last_month, next_revision, seats};
use crate::closing;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::households::{RegisterEntry, register_of};
use crate::moment::Moment;
use crate::places::{from_the_beginning, known_places, lock_villages};
use crate::rulebook;
use crate::schema::card;
use crate::scoring::{PanelNames, cards, counting, signatures};
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

/// Which panels of a village score which groups from its first open month on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Areas {
    /// Groups with the names of their panels; a group that is not named stays where it is.
    pub panel_of: BTreeMap<Place, String>,
    /// Whether a panel that is left without a group is dissolved; it is refused otherwise.
    pub dissolves: bool,
    /// What was looked at, as [`areas_seen`] gives it.
    pub seen: String,
}

/// What became of the panels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HandedOver {
    /// The panels whose groups are others now.
    pub changed: Vec<String>,
    /// The panels that are dissolved.
    pub dissolved: Vec<String>,
}

/// What somebody has seen of a village's panels: a digest of their names and revisions.
pub fn areas_seen(panels: &[ListedPanel]) -> String {
    seen(panels.iter().map(|one| &one.panel))
}

fn seen<'a>(panels: impl Iterator<Item = &'a Panel>) -> String {
    let mut lines: Vec<String> = panels.map(|panel| format!("{} {}", panel.revision, panel.name)).collect();
    lines.sort();
    Digest::of(lines.join("\n").as_bytes()).hex()
}

impl From<HandoverProblem> for Error {
    fn from(problem: HandoverProblem) -> Self {
        Refusal::message(problem.to_string())
    }
}

/// Gives groups of a village to other panels, in a revision of each panel that changes; its members stay. A panel without
/// groups is dissolved by a revision without members: its earlier lists, cards and signatures stay. Nothing to change is
/// success.
///
/// # Errors
/// Panels that have changed since they were looked at, groups and panels that are not there, cards that wait for a
/// signature ([`check_handover`]), a panel that is too small or from which too many would step back.
pub async fn hand_over(
    connection: &mut Connection,
    allowed: &Allowed<FormPanels>,
    village: &Place,
    areas: &Areas,
    salts: &Salts,
    moment: &Moment,
) -> Result<HandedOver> {
    let allowed = &allowed.narrow(*village)?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([*village])).await?;
        let open = closing::open_months(connection, village).await?.get(village).copied();
        let effective = open.map_or_else(from_the_beginning, Ok)?;
        let stored = panels(connection, village).await?;
        let known = as_of(&stored, village, last_month(effective));
        if seen(known.iter().map(|one| &one.panel)) != areas.seen {
            return Err(Error::Refused(Refusal::Changed));
        }
        let groups = known_places(connection, village, Level::Group).await?;
        let changes = changes(&known, &groups, areas)?;
        if changes.is_empty() {
            return Ok(HandedOver::default());
        }
        let layers = rulebook::all(connection, village).await?;
        let rules = rulebook::resolve(&rulebook::inherited(&layers, village, effective))?;
        let register = register_of(connection, village).await?;
        let months = scored_months(connection, village, effective).await?;
        let work = open_work(connection, village, &months, &stored).await?;
        for change in &changes {
            change.check(&register, &rules.panels, effective, &work)?;
        }
        let mut done = HandedOver::default();
        for change in changes {
            let name = change.panel.panel.name.clone();
            let holds = !change.groups.is_empty();
            let seats = if holds { seats(change.panel) } else { Vec::new() };
            let draft = Draft { lines: Vec::new(), groups: change.groups, seats };
            let revision = next_revision(&stored, village, &name);
            insert(connection, village, &name, revision, effective, &draft, salts).await?;
            let list = if holds { &mut done.changed } else { &mut done.dissolved };
            list.push(name);
        }
        let given: BTreeMap<&str, &str> =
            areas.panel_of.iter().map(|(group, panel)| (group.digits(), panel.as_str())).collect();
        let detail = json!({
            "areas": given, "changed": done.changed, "dissolved": done.dissolved, "from": effective.to_string(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(done)
    })
    .await
}

/// A panel whose groups are others afterwards.
struct Change<'a> {
    panel: &'a StoredPanel,
    groups: Vec<Place>,
}

/// The panels whose groups change, in the order of their names.
fn changes<'a>(
    known: &[&'a StoredPanel],
    groups: &BTreeSet<Place>,
    areas: &Areas,
) -> Result<Vec<Change<'a>>> {
    let mut panel_of: BTreeMap<Place, &str> = BTreeMap::new();
    for one in known {
        panel_of.extend(one.panel.groups.iter().map(|group| (*group, one.panel.name.as_str())));
    }
    for (group, name) in &areas.panel_of {
        if !groups.contains(group) {
            return Err(Refusal::message(format!("村小组 {group} 不在本村，请重新选择")));
        }
        if !known.iter().any(|one| one.panel.name == *name) {
            return Err(Refusal::message(format!("本村没有评分组“{name}”，请重新选择")));
        }
        panel_of.insert(*group, name);
    }
    let mut changes = Vec::new();
    for panel in known.iter().copied() {
        let own = panel_of.iter().filter(|(_, name)| **name == panel.panel.name);
        let groups: Vec<Place> = own.map(|(group, _)| *group).collect();
        if groups == panel.panel.groups {
            continue;
        }
        if groups.is_empty() && !areas.dissolves {
            let name = &panel.panel.name;
            let words = format!("评分组“{name}”交出后没有村小组了；要解散它，请勾选“就此解散”再保存");
            return Err(Refusal::message(words));
        }
        changes.push(Change { panel, groups });
    }
    Ok(changes)
}

impl Change<'_> {
    /// Refuses what its rules do not allow: giving up while cards wait, taking on more than its members can decide.
    fn check(
        &self,
        register: &[RegisterEntry],
        rule: &PanelRule,
        effective: Month,
        work: &[BTreeMap<String, OpenWork>],
    ) -> Result<()> {
        let before = &self.panel.panel;
        if before.groups.iter().any(|group| !self.groups.contains(group)) {
            let own: Vec<OpenWork> =
                work.iter().filter_map(|panels| panels.get(&before.name)).copied().collect();
            check_handover(&before.name, self.groups.is_empty(), &own)?;
        }
        let gained: Vec<&Place> = self.groups.iter().filter(|group| !before.groups.contains(group)).collect();
        if gained.is_empty() {
            return Ok(());
        }
        if let Some(problem) = check_composition(std::slice::from_ref(before), rule).as_slice().first() {
            return Err(Refusal::message(format!("{problem}；请先补足，再接片区")));
        }
        let names: Vec<&str> = self.panel.names.iter().flatten().map(String::as_str).collect();
        for entry in register.iter().filter(|entry| gained.contains(&&entry.group)) {
            if entry.participation.joined.is_none()
                || entry.participation.left.is_some_and(|left| left <= effective)
            {
                continue;
            }
            let head = entry.head_name.as_deref().unwrap_or_default();
            // Who is expected to step back must leave enough others.
            let recused = names.iter().filter(|name| is_expected_to_step_back(name, head)).count();
            check_recusal(before.members.len(), recused, false, false, rule).map_err(|problem| {
                let (panel, household) = (&before.name, &entry.household);
                Refusal::message(format!("评分组“{panel}”评不了农户 {household}：{problem}"))
            })?;
        }
        Ok(())
    }
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

/// What each panel, by its name, has scored of each of the months.
async fn open_work(
    connection: &mut Connection,
    village: &Place,
    months: &[Month],
    stored: &[StoredPanel],
) -> Result<Vec<BTreeMap<String, OpenWork>>> {
    let (county, interval) = (village.county(), village.scope());
    let range = (interval.low.as_str(), interval.high.as_str());
    let names: PanelNames = stored.iter().map(|one| (one.id, one.panel.name.as_str().into())).collect();
    let mut work = Vec::with_capacity(months.len());
    for month in months {
        let signatures = signatures(connection, &county, range, *month, &names).await?;
        let mut panels: BTreeMap<String, OpenWork> = BTreeMap::new();
        for card in counting(cards(connection, &county, range, *month, &names).await?) {
            let own = panels.entry(card.card.panel.to_string());
            let own = own.or_insert(OpenWork { month: *month, cards: 0, unsigned: 0 });
            own.cards += 1;
            let is_signed = card.is_correction || signatures.iter().any(|signature| signature.covers(&card));
            own.unsigned += usize::from(!is_signed);
        }
        work.push(panels);
    }
    Ok(work)
}
