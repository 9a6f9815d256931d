//! 参评资格质询: the town asks, the village answers, the town closes it.

use std::collections::BTreeMap;

use authz::{QueryEligibility, RegisterHouseholds};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::households::{QueryAbout, QueryState, QueryStep};
use domain::month::{Month, date_title};
use domain::place::{Level, Place};
use domain::publication::last_digits;
use records::households::{Query, ask_eligibility, take_query_step};

use super::file::{Left, shown};
use super::household_of;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, wrong};
use crate::shell::{Told, done_at, refused, said_of};
use crate::state::State;

/// A query as the household's page shows it.
pub(super) struct Shown {
    pub(super) id: i64,
    pub(super) about: &'static str,
    pub(super) words: String,
    pub(super) asked: String,
    pub(super) state: &'static str,
    pub(super) is_open: bool,
    pub(super) waits_for_village: bool,
    pub(super) waits_for_town: bool,
    pub(super) steps: Vec<StepLine>,
    /// What was typed into the village's form, and into the town's.
    pub(super) answering: Typed,
    pub(super) following: Typed,
}

/// What was typed into a form of queries that was refused; empty elsewhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// Which query; none where a new one is asked.
    query: Option<i64>,
    is_answer: bool,
    /// What is asked.
    pub(super) about: String,
    pub(super) reason: String,
    /// Why it was refused.
    problem: String,
}

impl Typed {
    fn of(form: &Pairs, is_answer: bool) -> Self {
        let is_new = !is_answer && form.first("act") == "ask";
        Self {
            query: form.first("query").parse().ok().filter(|_| !is_new),
            is_answer,
            about: form.first("about").to_owned(),
            reason: form.first("reason").to_owned(),
            problem: String::new(),
        }
    }

    /// What was typed, where it is of this form.
    pub(super) fn in_form(typed: Option<&Self>, query: Option<i64>, is_answer: bool) -> Self {
        let own = typed.filter(|typed| (typed.query, typed.is_answer) == (query, is_answer));
        own.cloned().unwrap_or_default()
    }

    /// What is wrong with the choice of what to ask.
    pub(super) fn wrong_about(&self) -> &str {
        said_of(&self.problem, ABOUT)
    }

    /// What is wrong with the words.
    pub(super) fn wrong_reason(&self) -> &str {
        if self.wrong_about().is_empty() { &self.problem } else { "" }
    }
}

/// What the form calls the choice of what to ask.
const ABOUT: &str = "问什么";

/// What followed.
pub(super) struct StepLine {
    pub(super) what: &'static str,
    pub(super) reason: String,
    pub(super) by: String,
}

/// An open query in the lists above.
pub(super) struct OpenLine {
    pub(super) href: String,
    pub(super) place: String,
    pub(super) number: String,
    pub(super) about: &'static str,
    pub(super) asked_on: String,
    pub(super) state: &'static str,
}

const ERASED: &str = "已依法删除";

/// A query with what was typed about it and refused.
pub(super) fn shown_query(query: Query, typed: Option<&Typed>) -> Shown {
    let state = query.state();
    let erased = |text: Option<String>| text.unwrap_or_else(|| ERASED.to_owned());
    let steps = query.steps.into_iter().map(|step| StepLine {
        what: step.kind.title(),
        reason: erased(step.reason),
        by: format!("{}，{}", step.by, date_title(step.on)),
    });
    Shown {
        id: query.id,
        about: query.about.title(),
        asked: format!("{}，{}", query.asked_by, date_title(query.asked_on)),
        state: state.title(),
        is_open: state.is_open(),
        waits_for_village: state == QueryState::Asked,
        waits_for_town: state == QueryState::Answered,
        steps: steps.collect(),
        answering: Typed::in_form(typed, Some(query.id), true),
        following: Typed::in_form(typed, Some(query.id), false),
        words: erased(query.words),
    }
}

/// The open queries of a place, with the names of its groups or villages.
pub(super) fn open_lines(
    queries: &[Query],
    names: &BTreeMap<Place, String>,
    (level, month): (Level, Month),
) -> Vec<OpenLine> {
    let line = |query: &Query| {
        let at = query.group.ancestor(level);
        OpenLine {
            href: format!("/household/{}/{month}#queries", query.household.code()),
            place: at.and_then(|at| names.get(&at).cloned()).unwrap_or_default(),
            number: last_digits(&query.household).to_owned(),
            about: query.about.title(),
            asked_on: date_title(query.asked_on),
            state: query.state().title(),
        }
    };
    queries.iter().map(line).collect()
}

/// `POST /household/{code}/{month}/queries`: asked, asked again or closed by the town.
pub(crate) async fn query(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let (household, _, village) = household_of(&code)?;
    let allowed = caller.allow(QueryEligibility, village).await?;
    let reason = form.first("reason");
    let done = async {
        let (salts, moment) = (&state.registrar.salts, state.moment());
        let mut connection = state.database.connection().await?;
        if form.first("act") == "ask" {
            let about = QueryAbout::from_name(form.first("about"));
            let about = about.ok_or_else(|| wrong(ABOUT, "请选择".to_owned()))?;
            ask_eligibility(&mut connection, &allowed, &household, (about, reason), salts, &moment).await?;
            return Ok::<_, PageError>("asked");
        }
        let (id, step) = (number(&form)?, step(&form)?);
        let about = (&household, id);
        take_query_step(&mut connection, &allowed, about, (step, reason), salts, &moment).await?;
        Ok(if step == QueryStep::Closed { "query-closed" } else { "asked" })
    };
    let done = done.await;
    answered(&state, &caller, (&code, &month), done, Typed::of(&form, false)).await
}

/// `POST /household/{code}/{month}/answers`: the village's answer.
pub(crate) async fn answer(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let (household, _, village) = household_of(&code)?;
    let allowed = caller.allow(RegisterHouseholds, village).await?;
    let done = async {
        let (id, step) = (number(&form)?, step(&form)?);
        let (salts, moment) = (&state.registrar.salts, state.moment());
        let mut connection = state.database.connection().await?;
        let (about, said) = ((&household, id), (step, form.first("reason")));
        take_query_step(&mut connection, &allowed, about, said, salts, &moment).await?;
        Ok::<_, PageError>("query-answered")
    };
    let done = done.await;
    answered(&state, &caller, (&code, &month), done, Typed::of(&form, true)).await
}

fn number(form: &Pairs) -> Result<i64, PageError> {
    let number = form.first("query").parse::<i64>();
    Ok(number.map_err(|_| wrong("质询", "没有说明是哪一件，请刷新后再办".to_owned()))?)
}

fn step(form: &Pairs) -> Result<QueryStep, PageError> {
    let step = QueryStep::from_name(form.first("act"));
    Ok(step.ok_or_else(|| wrong("质询", "请选择怎样办理".to_owned()))?)
}

/// Back to the page: what was done, or what was typed and why it was refused.
async fn answered(
    state: &State,
    caller: &Caller,
    (code, month): (&str, &str),
    done: Result<&'static str, PageError>,
    typed: Typed,
) -> Result<Response, PageError> {
    match done {
        Ok(done) => Ok(done_at(&format!("/household/{code}/{month}"), done)),
        Err(error) => {
            let (status, problem) = refused(error)?;
            let query = Some(Typed { problem: problem.clone(), ..typed });
            let left = Left { query, refusal: Some((status, problem)), ..Left::default() };
            shown(state, caller, (code, month), &Told::default(), left).await
        }
    }
}
