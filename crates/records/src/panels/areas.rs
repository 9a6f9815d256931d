//! Areas (片区) change hands: groups go to other panels, all in one act, and a panel left without any is dissolved.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, FormPanels};
use domain::canonical::Digest;
use domain::month::Month;
use domain::panels::{HandoverProblem, Panel, check_composition};
use domain::place::{Level, Place};
use domain::rulebook::PanelRule;
use serde_json::json;

use super::load::{ListedPanel, StoredPanel, as_of, panels};
use super::work::{Taking, Work};
use super::{Draft, insert, last_month, next_revision, seats};
use crate::closing;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::households::{RegisterEntry, register_of};
use crate::moment::Moment;
use crate::places::{from_the_beginning, known_places, lock_villages};
use crate::rulebook;
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
/// signature and sheets for a decision ([`check_handover`](domain::panels::check_handover)), a panel that is too small or
/// from which too many would step back.
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
        let work = Work::load(connection, village, effective, &stored).await?;
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
        work: &Work,
    ) -> Result<()> {
        let before = &self.panel.panel;
        work.check_given(before, &self.groups, register)?;
        let is_new = |group: &&Place| !before.groups.contains(group);
        let gained: Vec<Place> = self.groups.iter().filter(is_new).copied().collect();
        if gained.is_empty() {
            return Ok(());
        }
        if let Some(problem) = check_composition(std::slice::from_ref(before), rule).as_slice().first() {
            return Err(Refusal::message(format!("{problem}；请先补足，再接片区")));
        }
        let names = self.panel.names.iter().flatten().map(String::as_str).collect();
        let taking = Taking { panel: &before.name, members: before.members.len(), names, gained };
        taking.problem(register, rule, effective).map_or(Ok(()), |words| Err(Refusal::message(words)))
    }
}
