//! Panels: formed and changed by dated revisions.

mod areas;
mod load;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, FormPanels};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::input::{Line, PanelMember, Problem};
use domain::month::Month;
use domain::panels::{Capacity, check_composition};
use domain::place::{Level, Place};
use serde_json::json;

use crate::closing;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::places::{from_the_beginning, known_places, lock_villages};
use crate::rulebook;
use crate::schema::{panel, panel_member};
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

pub use areas::{Areas, HandedOver, areas_seen, hand_over};
pub use load::{ListedPanel, PanelTerm, panels_in, panels_of, terms_of};
pub(crate) use load::{StoredPanel, as_of, in_range, panels};

/// A member as a revision writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seat {
    name: String,
    capacity: Capacity,
    is_leader: bool,
}

/// A panel as a file leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    lines: Vec<u32>,
    groups: Vec<Place>,
    seats: Vec<Seat>,
}

/// What becomes of members whom the rows of their panel do not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unnamed {
    Stay,
    /// The rows are the whole panel, as whoever wrote them saw it: with this revision, 0 where there was none.
    Leave {
        builds_on: i32,
    },
}

/// Forms panels and changes those already known, dated from their village's open month; members and
/// panels that the file does not name stay.
///
/// # Errors
/// Villages or groups that are not registered, panels below three, without exactly one leader, or that
/// share a group; a group that goes over while the panel's cards or sheets wait for its leader.
pub async fn form_panels(
    connection: &mut Connection,
    allowed: &Allowed<FormPanels>,
    rows: &[Line<PanelMember>],
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    revise(connection, allowed, rows, Unnamed::Stay, salts, mode, moment).await
}

/// Forms a panel, or changes it as a whole: members that its rows do not name leave it. `builds_on` is the revision that
/// was looked at, 0 for a panel that was not there.
///
/// # Errors
/// As [`form_panels`], and [`Refusal::Changed`] where the panel has another revision by now.
pub async fn replace_panel(
    connection: &mut Connection,
    allowed: &Allowed<FormPanels>,
    rows: &[Line<PanelMember>],
    builds_on: i32,
    salts: &Salts,
    moment: &Moment,
) -> Result<Outcome> {
    revise(connection, allowed, rows, Unnamed::Leave { builds_on }, salts, Mode::Apply, moment).await
}

async fn revise(
    connection: &mut Connection,
    allowed: &Allowed<FormPanels>,
    rows: &[Line<PanelMember>],
    unnamed: Unnamed,
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let scope = allowed.place();
        let groups = known_places(connection, &scope, Level::Group).await?;
        let known_villages = known_places(connection, &scope, Level::Village).await?;
        Refusal::unless_none(check_places(rows, &known_villages, &groups))?;
        let villages: BTreeSet<Place> = rows.iter().map(|line| line.row.village).collect();
        lock_villages(connection, &villages).await?;
        let open = closing::open_months(connection, &scope).await?;
        let layers = rulebook::all(connection, &scope).await?;
        let stored = panels(connection, &scope).await?;
        let mut outcome = Outcome::default();
        let mut problems = Vec::new();
        for village in &villages {
            let effective = open.get(village).copied().map_or_else(from_the_beginning, Ok)?;
            let known = as_of(&stored, village, last_month(effective));
            let drafts = merge(village, rows, &known, unnamed);
            let rules = rulebook::resolve(&rulebook::inherited(&layers, village, effective))?;
            problems.extend(check_drafts(&drafts, &known, effective, &rules.panels));
            let moves =
                work::check_moves(connection, village, &drafts, &known, &stored, effective, &rules.panels);
            problems.extend(moves.await?);
            for (name, draft) in drafts {
                let before = known.iter().find(|panel| panel.panel.name == name);
                if let Unnamed::Leave { builds_on } = unnamed {
                    let now = before.map(|before| i64::from(before.panel.revision));
                    Refusal::unless_same(Some(i64::from(builds_on)), now)?;
                }
                match before {
                    Some(before) if same(before, &draft) => outcome.unchanged += draft.lines.len(),
                    Some(_) => outcome.changed += draft.lines.len(),
                    None => outcome.added += draft.lines.len(),
                }
                if !before.is_some_and(|before| same(before, &draft)) && problems.is_empty() {
                    let revision = next_revision(&stored, village, &name);
                    insert(connection, village, &name, revision, effective, &draft, salts).await?;
                }
            }
        }
        Refusal::unless_none(problems)?;
        let detail = json!({ "added": outcome.added, "changed": outcome.changed });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(outcome)
    })
    .await
}

/// The month in which every revision holds that is not replaced; no revision begins later.
fn last_month(effective: Month) -> Month {
    Month::new(2099, 12).unwrap_or(effective)
}

/// The number of a panel's next revision, also of one that was dissolved and is formed anew.
fn next_revision(stored: &[StoredPanel], village: &Place, name: &str) -> i32 {
    let own = stored.iter().filter(|one| one.village == *village && one.panel.name == name);
    own.map(|one| one.panel.revision).max().unwrap_or(0) + 1
}

fn check_places(
    rows: &[Line<PanelMember>],
    villages: &BTreeSet<Place>,
    groups: &BTreeSet<Place>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for Line { number, row } in rows {
        if !villages.contains(&row.village) {
            let message = format!("村 {} 没有登记，请先导入行政区划", row.village);
            problems.push(Problem::new(*number, "village_code", message));
        }
        for group in row.groups.iter().filter(|group| !groups.contains(group)) {
            problems.push(Problem::new(
                *number,
                "groups",
                format!("村小组 {group} 没有登记，请先导入行政区划"),
            ));
        }
    }
    problems
}

/// The panels of a village that the file names, as they are after it.
fn merge(
    village: &Place,
    rows: &[Line<PanelMember>],
    known: &[&StoredPanel],
    unnamed: Unnamed,
) -> BTreeMap<String, Draft> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for Line { number, row } in rows.iter().filter(|line| line.row.village == *village) {
        let draft = drafts.entry(row.panel.clone()).or_insert_with(|| {
            let before = known.iter().find(|panel| panel.panel.name == row.panel);
            Draft {
                lines: Vec::new(),
                groups: before.map(|panel| panel.panel.groups.clone()).unwrap_or_default(),
                seats: before
                    .filter(|_| unnamed == Unnamed::Stay)
                    .map(|panel| seats(panel))
                    .unwrap_or_default(),
            }
        });
        draft.lines.push(*number);
        if !row.groups.is_empty() {
            draft.groups = row.groups.clone();
            draft.groups.sort();
        }
        let seat = Seat { name: row.member.clone(), capacity: row.capacity, is_leader: row.is_leader };
        if let Some(known) = draft.seats.iter_mut().find(|known| known.name == seat.name) {
            *known = seat;
        } else {
            draft.seats.push(seat);
        }
    }
    drafts
}

fn seats(panel: &StoredPanel) -> Vec<Seat> {
    let names = panel.names.iter().map(|name| name.clone().unwrap_or_default());
    let seat = |(name, member): (String, &domain::panels::Member)| Seat {
        name,
        capacity: member.capacity,
        is_leader: member.is_leader,
    };
    names.zip(&panel.panel.members).map(seat).collect()
}

fn same(stored: &StoredPanel, draft: &Draft) -> bool {
    stored.panel.groups == draft.groups && seats(stored) == draft.seats
}

fn check_drafts(
    drafts: &BTreeMap<String, Draft>,
    known: &[&StoredPanel],
    effective: Month,
    rule: &domain::rulebook::PanelRule,
) -> Vec<Problem> {
    let untouched = known.iter().filter(|panel| !drafts.contains_key(&panel.panel.name));
    let mut all: Vec<_> = untouched.map(|panel| panel.panel.clone()).collect();
    all.extend(drafts.iter().map(|(name, draft)| {
        domain::panels::Panel {
            name: name.clone(),
            revision: 0,
            effective,
            groups: draft.groups.clone(),
            members: draft
                .seats
                .iter()
                .map(|seat| domain::panels::Member {
                    name: Digest::of(seat.name.as_bytes()),
                    capacity: seat.capacity,
                    is_leader: seat.is_leader,
                })
                .collect(),
        }
    }));
    let line = drafts.values().flat_map(|draft| draft.lines.iter().copied()).min().unwrap_or(0);
    check_composition(&all, rule)
        .into_iter()
        .map(|problem| Problem::new(line, "panel", problem.to_string()))
        .collect()
}

async fn insert(
    connection: &mut Connection,
    village: &Place,
    name: &str,
    revision: i32,
    effective: Month,
    draft: &Draft,
    salts: &Salts,
) -> Result<()> {
    let (county, place) = (village.county().digits().to_owned(), village.digits().to_owned());
    let id: i64 = diesel::insert_into(panel::table)
        .values((
            panel::county_code.eq(&county),
            panel::place.eq(&place),
            panel::name.eq(name),
            panel::revision.eq(revision),
            panel::effective_month.eq(effective.number()),
            panel::groups.eq(draft.groups.iter().map(|group| group.digits().to_owned()).collect::<Vec<_>>()),
        ))
        .returning(panel::id)
        .get_result(connection)
        .await?;
    let mut members = Vec::with_capacity(draft.seats.len());
    for (number, seat) in (1_i16..).zip(&draft.seats) {
        let salt = salts.salt(&format!("{place} {name} {revision} {number}"))?;
        members.push((
            panel_member::county_code.eq(&county),
            panel_member::place.eq(&place),
            panel_member::panel_id.eq(id),
            panel_member::number.eq(number),
            panel_member::name.eq(&seat.name),
            panel_member::name_salt.eq(salt.to_vec()),
            panel_member::name_digest.eq(Digest::salted(&salt, &seat.name).0.to_vec()),
            panel_member::capacity.eq(seat.capacity.name()),
            panel_member::is_leader.eq(seat.is_leader),
        ));
    }
    // A panel that is dissolved has none.
    if !members.is_empty() {
        diesel::insert_into(panel_member::table).values(members).execute(connection).await?;
    }
    Ok(())
}
