//! 建议和投诉: the list of those that a place answers or may see answered, and each one's file.

mod file;
mod take;

use askama::Template;
use authz::Object;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::{Month, date_title};
use domain::place::Level;
use records::suggestions::{SuggestionSummary, suggestions_of};
use records::{places, tenancy};

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;
use crate::suggesting::{SuggestionForm, office_title};

pub(crate) use file::{act, show as one};
pub(crate) use take::take;

/// How many a page lists.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "suggestions/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    more: usize,
    /// Whether the page is a village's: from there the town's are not seen.
    of_village: bool,
    /// Whether one may be taken here for a villager who came without a phone.
    may_take: bool,
    form: SuggestionForm,
}

/// A suggestion or complaint as lists and its own page show it.
struct Row {
    id: i64,
    number: String,
    href: String,
    village: String,
    kind: &'static str,
    topic: &'static str,
    office: &'static str,
    via: String,
    filed_on: String,
    answer_by: String,
    state: &'static str,
    open: bool,
    overdue: bool,
}

/// How many wait for an answer, for the page of objections.
pub(crate) struct Waiting {
    pub(crate) href: String,
    pub(crate) open: usize,
    pub(crate) overdue: usize,
}

/// What of a place's waits for an answer.
pub(crate) async fn waiting(state: &State, visit: &Visit) -> Result<Waiting, PageError> {
    let found = listed(state, visit).await?;
    Ok(Waiting {
        href: format!("/suggestions/{}/{}", visit.place.code(), visit.month),
        open: found.iter().filter(|(one, _)| one.state.is_open()).count(),
        overdue: found.iter().filter(|(one, _)| one.state.is_overdue()).count(),
    })
}

/// Those about a page's villages with the villages' names. What stands at the town is seen by whoever reads there.
async fn listed(state: &State, visit: &Visit) -> Result<Vec<(SuggestionSummary, String)>, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let allowed = visit.allowed.widened();
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        let found = suggestions_of(connection, &place, month, now).await?;
        let villages = found.iter().map(|one| one.village).collect();
        Ok((found, places::names_of(connection, &villages).await?))
    });
    let (found, names) = found.await?;
    let named = |one: SuggestionSummary| {
        let village = names.get(&one.village).cloned().unwrap_or_else(|| one.village.code());
        (one, village)
    };
    Ok(found.into_iter().map(named).collect())
}

/// `GET /suggestions/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Objections, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, SuggestionForm::fresh()?).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    mut visit: Visit,
    status: StatusCode,
    form: SuggestionForm,
) -> Result<Response, PageError> {
    let found = listed(state, &visit).await?;
    let month = visit.month;
    let mut rows: Vec<Row> = found.into_iter().map(|(one, village)| row(one, village, month)).collect();
    rows.sort_by_key(|row| (!row.overdue, !row.open));
    let more = rows.len().saturating_sub(LISTED);
    rows.truncate(LISTED);
    here(&mut visit.shell);
    let of_village = visit.allowed.widened().place().level() >= Level::Village;
    let may_take = visit.place.level() == Level::Village && caller.may(Object, visit.place);
    Ok(page(status, &ListPage { shell: visit.shell, rows, more, of_village, may_take, form }))
}

/// The frame's links stay with suggestions; they are part of the section of objections.
fn here(shell: &mut Shell) {
    for link in shell.trail.iter_mut().chain(&mut shell.below).chain(&mut shell.months) {
        link.href = link.href.replacen("/objections/", "/suggestions/", 1);
    }
}

fn row(one: SuggestionSummary, village: String, month: Month) -> Row {
    Row {
        id: one.id,
        href: format!("/suggestions/{}/{}/{}", one.village.code(), month, one.id),
        number: one.number,
        village,
        kind: one.kind.title(),
        topic: one.topic.title(),
        office: office_title(one.office.level()),
        via: match one.taken_by {
            Some(login) => format!("村里登记（{login}）"),
            None if one.from_household => "本户页面".to_owned(),
            None => "公示栏".to_owned(),
        },
        filed_on: date_title(one.filed_on),
        answer_by: date_title(one.answer_by),
        state: one.state.title(),
        open: one.state.is_open(),
        overdue: one.state.is_overdue(),
    }
}
