//! 划分片区: groups go to other panels in one act; a panel left without any is dissolved.

use std::collections::BTreeMap;

use authz::FormPanels;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::place::Place;
use records::Refusal;
use records::panels::{Areas, ListedPanel, areas_seen, hand_over as hand_over_areas};

use super::form::{changed_meanwhile, with_names};
use super::{Left, listed, shown};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::households::Choice;
use crate::http::input::{Named, Pairs};
use crate::problem::dates_in_words;
use crate::shell::{Section, Told, Visit, done_at, refused, village_of};
use crate::state::State;

/// Which panel was chosen for which group.
pub(super) struct TypedAreas {
    panel_of: BTreeMap<Place, String>,
    dissolves: bool,
}

impl TypedAreas {
    fn of(form: &Pairs, groups: &BTreeMap<Place, String>) -> Self {
        let chosen = |group: &Place| {
            let name = form.filled(&field(group))?.to_owned();
            Some((*group, name))
        };
        let panel_of = groups.keys().filter_map(chosen).collect();
        Self { panel_of, dissolves: form.first("dissolve") == "1" }
    }
}

/// The field of a group.
fn field(group: &Place) -> String {
    format!("panel_{}", group.code())
}

/// The form as the page shows it.
pub(super) struct AreasForm {
    pub(super) groups: Vec<AreaOfGroup>,
    pub(super) dissolves: bool,
    /// What the page shows of the panels.
    pub(super) seen: String,
}

/// A group with the panels that can score it.
pub(super) struct AreaOfGroup {
    pub(super) field: String,
    pub(super) name: String,
    pub(super) panels: Vec<Choice>,
    /// Whether no panel scores it.
    pub(super) is_free: bool,
}

impl AreasForm {
    /// The form with what was chosen, else with how things are.
    pub(super) fn of(
        typed: Option<&TypedAreas>,
        groups: &BTreeMap<Place, String>,
        panels: &[ListedPanel],
    ) -> Self {
        let area = |(group, name): (&Place, &String)| {
            let now = panels.iter().find(|one| one.panel.groups.contains(group));
            let now = now.map(|one| one.panel.name.as_str());
            let chosen = typed.and_then(|typed| typed.panel_of.get(group)).map(String::as_str).or(now);
            let choice = |one: &ListedPanel| Choice {
                value: one.panel.name.clone(),
                title: one.panel.name.clone(),
                selected: chosen == Some(one.panel.name.as_str()),
            };
            AreaOfGroup {
                field: field(group),
                name: name.clone(),
                panels: panels.iter().map(choice).collect(),
                is_free: now.is_none(),
            }
        };
        Self {
            groups: groups.iter().map(area).collect(),
            dissolves: typed.is_some_and(|typed| typed.dissolves),
            seen: areas_seen(panels),
        }
    }
}

/// `POST /panels/{place}/{month}/areas`
pub(crate) async fn hand_over(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(FormPanels, at).await?;
    let village = village_of(&place)?;
    let mut visit = Visit::of(&state, &caller, Section::Panels, (&place, &month), &Told::default()).await?;
    let (_, groups) = listed(&state, &visit).await?;
    let typed = TypedAreas::of(&form, &groups);
    let areas = Areas {
        panel_of: typed.panel_of.clone(),
        dissolves: typed.dissolves,
        seen: form.first("seen").to_owned(),
    };
    let done = {
        let mut connection = state.database.connection().await?;
        let (salts, moment) = (&state.registrar.salts, state.moment());
        hand_over_areas(&mut connection, &allowed, &village, &areas, salts, &moment).await
    };
    let (status, words) = match done {
        Ok(_) => return Ok(done_at(&Section::Panels.at(&village, visit.month), "saved")),
        Err(records::Error::Refused(Refusal::Changed)) => changed_meanwhile(),
        Err(error) => refused(error.into())?,
    };
    visit.shell.problem = with_names(dates_in_words(&words), &groups);
    shown(&state, &caller, visit, status, Left { areas: Some(typed), ..Left::default() }).await
}
