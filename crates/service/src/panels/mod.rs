//! 评分组: who scores which groups, and forming and changing panels.

mod areas;
mod form;

use std::collections::BTreeMap;

use askama::Template;
use authz::{EnterCards, FormPanels};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::input::Division;
use domain::panels::{is_expected_to_step_back, may_sign};
use domain::place::{Level, Place};
use domain::publication::last_digits;
use domain::rulebook::PanelRule;
use records::households::{RegisterEntry, register_of};
use records::panels::{ListedPanel, PanelTerm, panels_of, terms_of};
use records::{places, tenancy};
use serde::Deserialize;

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

pub(crate) use areas::hand_over;
use areas::{AreasForm, TypedAreas};
pub(crate) use form::form;
use form::{PanelForm, Typed};

#[derive(Template)]
#[template(path = "panels/village.html")]
struct VillagePage {
    shell: Shell,
    panels: Vec<PanelCard>,
    /// Groups that no panel scores.
    uncovered: String,
    rule: PanelRule,
    may_form: bool,
    /// Panels that are dissolved, with their lists.
    gone: Vec<String>,
    form: PanelForm,
    areas: AreasForm,
    /// The address of the page.
    here: String,
}

/// A panel as the page shows it.
struct PanelCard {
    name: String,
    href: String,
    groups: String,
    members: Vec<Seat>,
    enough: bool,
    /// From when to when the list of members holds.
    term: String,
    /// Earlier lists.
    past: Vec<String>,
    /// Who is expected to step back from which household.
    recusals: Vec<String>,
}

/// A member of a panel.
struct Seat {
    name: String,
    capacity: &'static str,
    is_leader: bool,
}

#[derive(Template)]
#[template(path = "panels/above.html")]
struct AbovePage {
    shell: Shell,
    rows: Vec<VillageRow>,
    without: usize,
    /// Whether villages of several towns stand in the list.
    with_towns: bool,
}

/// A village with the number of its panels.
struct VillageRow {
    town: String,
    name: String,
    href: String,
    panels: usize,
    members: usize,
    groups: usize,
    covered: usize,
}

#[derive(Template)]
#[template(path = "panels/group.html")]
struct GroupPage {
    shell: Shell,
}

/// Which panel is to be changed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    edit: String,
    #[serde(default)]
    done: Option<String>,
}

/// `GET /panels/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, PageError> {
    let told = Told { done: wanted.done };
    let visit = Visit::of(&state, &caller, Section::Panels, (&place, &month), &told).await?;
    match visit.place.level() {
        Level::County | Level::Town => above(&state, visit).await,
        Level::Village => {
            let left = Left { edit: wanted.edit, ..Left::default() };
            shown(&state, &caller, visit, StatusCode::OK, left).await
        }
        Level::Group => {
            let village = visit.place.parent().filter(|village| caller.may(authz::Read, *village));
            Ok(match village {
                Some(village) => Redirect::to(&Section::Panels.at(&village, visit.month)).into_response(),
                None => page(StatusCode::OK, &GroupPage { shell: visit.shell }),
            })
        }
        Level::Household => Err(PageError::NotFound),
    }
}

/// What a form left behind, or which panel is to be changed.
#[derive(Default)]
struct Left {
    edit: String,
    panel: Option<Typed>,
    areas: Option<TypedAreas>,
}

/// The panels of a village, with the forms as they were typed or for the panel of a name.
async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    left: Left,
) -> Result<Response, PageError> {
    let (village, month) = (visit.place, visit.month);
    let (panels, groups) = listed(state, &visit).await?;
    // Whoever forms panels or enters cards sees heads' names in full.
    let sees_heads = caller.may(FormPanels, village) || caller.may(EnterCards, village);
    let (terms, register) = further(state, &visit, sees_heads).await?;
    let covered = |group: &Place| panels.iter().any(|one| one.panel.groups.contains(group));
    let uncovered = groups.iter().filter(|(group, _)| !covered(group)).map(|(_, name)| name.as_str());
    let uncovered = uncovered.collect::<Vec<_>>().join("、");
    let here = Section::Panels.at(&village, month);
    let typed = left.panel.unwrap_or_else(|| {
        let known = panels.iter().find(|one| one.panel.name == left.edit);
        known.map(Typed::of_panel).unwrap_or_default()
    });
    let is_there = |term: &&PanelTerm| panels.iter().any(|one| one.panel.name == term.name);
    let gone = terms.iter().filter(|term| !is_there(term));
    let gone = gone.map(|term| format!("{}：{}", term.name, past_list(term)));
    let rule = visit.rulebook.panels;
    let shown = VillagePage {
        panels: panels
            .iter()
            .map(|one| card(one, &groups, &rule, &here).with(one, &groups, &terms, &register))
            .collect(),
        uncovered,
        may_form: caller.may(FormPanels, village) && !groups.is_empty(),
        gone: gone.collect(),
        areas: AreasForm::of(left.areas.as_ref(), &groups, &panels),
        form: PanelForm::of(&typed, &groups, &panels),
        rule,
        here,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// The panels of a village, and its groups with their names.
async fn listed(
    state: &State,
    visit: &Visit,
) -> Result<(Vec<ListedPanel>, BTreeMap<Place, String>), PageError> {
    let (panels, divisions) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let panels = panels_of(connection, &visit.place).await?;
            Ok((panels, places::divisions(connection, &visit.place).await?))
        })
        .await?
    };
    let groups = divisions.into_iter().filter(|one| one.level == Level::Group);
    Ok((panels, groups.map(|one| (one.place, one.name)).collect()))
}

/// The terms of the village's panels, and the households taking part where their heads may be seen.
async fn further(
    state: &State,
    visit: &Visit,
    sees_heads: bool,
) -> Result<(Vec<PanelTerm>, Vec<RegisterEntry>), PageError> {
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let terms = terms_of(connection, &visit.place).await?;
        let mut register = Vec::new();
        if sees_heads {
            register = register_of(connection, &visit.place).await?;
            register.retain(|entry| entry.participation.covers(visit.month));
        }
        Ok((terms, register))
    });
    Ok(found.await?)
}

impl PanelCard {
    /// With its terms, and with who is expected to step back.
    fn with(
        mut self,
        one: &ListedPanel,
        groups: &BTreeMap<Place, String>,
        terms: &[PanelTerm],
        register: &[RegisterEntry],
    ) -> Self {
        for term in terms.iter().filter(|term| term.name == one.panel.name) {
            match term.until {
                None => self.term = format!("自 {} 起，第 {} 版名单", term.from.title(), term.revision),
                Some(_) => self.past.push(past_list(term)),
            }
        }
        for name in one.names.iter().flatten() {
            let own = |entry: &&RegisterEntry| {
                one.panel.groups.contains(&entry.group)
                    && entry.head_name.as_deref().is_some_and(|head| is_expected_to_step_back(name, head))
            };
            let words = |entry: &RegisterEntry| {
                let group = groups.get(&entry.group).map(String::as_str).unwrap_or_default();
                format!("{name}：评到{group} {} 户时回避（户主同名）", last_digits(&entry.household))
            };
            self.recusals.extend(register.iter().filter(own).map(words));
        }
        self
    }
}

/// A list of members that holds no more.
fn past_list(term: &PanelTerm) -> String {
    let (from, list, members) = (term.from.title(), term.revision, term.members);
    let until = term.until.map(|until| format!("至 {}", until.title())).unwrap_or_default();
    format!("{from}{until}，第 {list} 版名单，{members} 人")
}

fn card(one: &ListedPanel, groups: &BTreeMap<Place, String>, rule: &PanelRule, here: &str) -> PanelCard {
    let panel = &one.panel;
    let name = |group: &Place| groups.get(group).cloned().unwrap_or_else(|| group.code());
    let members = one.names.iter().zip(&panel.members).map(|(name, member)| Seat {
        name: name.clone().unwrap_or_else(|| "（已依法删除）".to_owned()),
        capacity: member.capacity.title(),
        is_leader: member.is_leader,
    });
    let edit = serde_urlencoded::to_string([("edit", panel.name.as_str())]).unwrap_or_default();
    PanelCard {
        name: panel.name.clone(),
        href: format!("{here}?{edit}#form"),
        groups: panel.groups.iter().map(name).collect::<Vec<_>>().join("、"),
        enough: may_sign(panel.members.len(), rule),
        members: members.collect(),
        term: String::new(),
        past: Vec::new(),
        recusals: Vec::new(),
    }
}

async fn above(state: &State, visit: Visit) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    let (panels, divisions) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let panels = panels_of(connection, &place).await?;
            Ok((panels, places::divisions(connection, &place).await?))
        })
        .await?
    };
    let mut of_village: BTreeMap<Place, Vec<ListedPanel>> = BTreeMap::new();
    for panel in panels {
        of_village.entry(panel.village).or_default().push(panel);
    }
    let names: BTreeMap<Place, &str> = divisions.iter().map(|one| (one.place, one.name.as_str())).collect();
    let mut groups: BTreeMap<Place, usize> = BTreeMap::new();
    for group in divisions.iter().filter(|one| one.level == Level::Group) {
        *groups.entry(group.place.parent().unwrap_or(group.place)).or_default() += 1;
    }
    let villages = divisions.iter().filter(|one| one.level == Level::Village);
    let row = |one: &Division| {
        let panels = of_village.get(&one.place).map(Vec::as_slice).unwrap_or_default();
        let town = one.parent.and_then(|town| names.get(&town)).copied().unwrap_or_default();
        VillageRow {
            town: town.to_owned(),
            name: one.name.clone(),
            href: Section::Panels.at(&one.place, month),
            panels: panels.len(),
            members: panels.iter().map(|panel| panel.panel.members.len()).sum(),
            groups: groups.get(&one.place).copied().unwrap_or_default(),
            covered: panels.iter().map(|panel| panel.panel.groups.len()).sum(),
        }
    };
    let rows: Vec<VillageRow> = villages.map(row).collect();
    let shown = AbovePage {
        without: rows.iter().filter(|row| row.panels == 0).count(),
        with_towns: place.level() == Level::County,
        rows,
        shell: visit.shell,
    };
    Ok(page(StatusCode::OK, &shown))
}
