//! Looking up an answer with the code of its receipt, and the published answers on the notice board.

use askama::Template;
use authz::{Actor, ReadPublic};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Days;
use domain::month::date_title;
use domain::place::{Level, Place};
use domain::suggestions::SuggestionState;
use records::suggestions::{LookedUp, county_of_code, published_answers, suggestion_of_code};
use records::tenancy;
use serde::Deserialize;

use super::{allow, kept, office_title};
use crate::error::{PageError, page};
use crate::http::input::Posted;
use crate::reading::Reading;
use crate::state::State;

/// For how many days, and how many at most, the notice board shows.
const SHOWN_DAYS: u64 = 180;
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "suggestions/answer.html")]
struct AnswerPage {
    code: String,
    problem: &'static str,
    found: Option<Found>,
    reading: Reading,
}

/// What a code led to.
struct Found {
    number: String,
    village: String,
    what: String,
    office: &'static str,
    state: &'static str,
    filed_on: String,
    /// Empty once it is answered.
    answer_by: String,
    /// Empty until it is answered.
    answered_on: String,
    answer: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct CodeForm {
    #[serde(default)]
    code: String,
}

/// A published answer: never with the villager's words or name.
pub(crate) struct BoardAnswer {
    pub(crate) what: String,
    pub(crate) on: String,
    pub(crate) words: String,
}

/// `GET /answer`
pub(crate) async fn look_up_form(reading: Reading) -> Response {
    shown(String::new(), None, reading)
}

/// `POST /answer`: a code in an address would stand in logs.
pub(crate) async fn look_up(
    Extract(state): Extract<State>,
    reading: Reading,
    Posted(form): Posted<CodeForm>,
) -> Result<Response, PageError> {
    let Some(county) = county_of_code(&form.code) else { return Ok(shown(form.code, None, reading)) };
    let allowed = allow(&state, &Actor::Visitor, ReadPublic, county)?;
    let now = state.moment().local();
    let mut connection = state.database.connection().await?;
    let found = suggestion_of_code(&mut connection, &allowed, &form.code, now).await?;
    let reading = match &found {
        Some(found) => reading.at(&format!("/p/{}", found.summary.village.code())),
        None => reading,
    };
    Ok(shown(form.code, found.map(looked_up), reading))
}

fn shown(code: String, found: Option<Found>, reading: Reading) -> Response {
    let is_unknown = found.is_none() && !code.trim().is_empty();
    let problem = if is_unknown {
        "没有找到。请核对回执上的查询码，6 位数字和 12 位字母、数字都要填。"
    } else {
        ""
    };
    kept(page(StatusCode::OK, &AnswerPage { code, problem, found, reading }))
}

fn looked_up(found: LookedUp) -> Found {
    let one = found.summary;
    let answered_on = match one.state {
        SuggestionState::Answered { on } => date_title(on),
        SuggestionState::Open { .. } | SuggestionState::Erased => String::new(),
    };
    let erased = || if answered_on.is_empty() { String::new() } else { "已依法删除".to_owned() };
    Found {
        number: one.number,
        village: found.village,
        what: format!("{}（{}）", one.kind.title(), one.topic.title()),
        office: office_title(one.office.level()),
        state: one.state.title(),
        filed_on: date_title(one.filed_on),
        answer_by: if one.state.is_open() { date_title(one.answer_by) } else { String::new() },
        answer: found.answer.unwrap_or_else(erased),
        answered_on,
    }
}

/// The latest published answers about a village, those of its town among them.
pub(crate) async fn on_board(state: &State, village: Place) -> Result<Vec<BoardAnswer>, PageError> {
    let town = village.ancestor(Level::Town).ok_or(PageError::NotFound)?;
    let allowed = allow(state, &Actor::Visitor, ReadPublic, town)?;
    let today = state.moment().local().date();
    let since = today.checked_sub_days(Days::new(SHOWN_DAYS)).unwrap_or(today);
    let mut connection = state.database.connection().await?;
    let answers = tenancy::read(&mut connection, &allowed, async |connection| {
        published_answers(connection, &village, since).await
    })
    .await?;
    let answer = |one: records::suggestions::PublishedAnswer| BoardAnswer {
        what: format!("{}（{}）", one.kind.title(), one.topic.title()),
        on: date_title(one.on),
        words: one.words,
    };
    Ok(answers.into_iter().take(SHOWN).map(answer).collect())
}
