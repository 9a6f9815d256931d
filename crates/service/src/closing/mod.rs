//! 结账: what is ready and who would qualify, closing, and what a closed month says of every household.

mod above;
mod forecast;
mod results;
mod versions;
mod village;

use authz::Close;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::closing::may_close;
use domain::place::{Level, Place};
use records::closing::{Report, Request, close_month};
use records::{places, tenancy};
use serde::Deserialize;

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Asked, Named, Posted, short};
use crate::problem::dates_in_words;
use crate::shell::{Section, Told, Visit, done_at, refused};
use crate::state::State;

pub(crate) use versions::Moved;

/// What closing stands at, whatever the place.
struct Standing {
    status: StatusCode,
    /// Why it cannot be closed yet, empty where it can.
    too_early: String,
    may_close: bool,
}

/// What a closing of many villages came to.
struct Outcome {
    closed: usize,
    already: usize,
    blocked: Vec<(String, Vec<String>)>,
}

/// `GET /closing/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Closing, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, String::new(), None).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    without_unsigned: String,
    outcome: Option<Outcome>,
) -> Result<Response, PageError> {
    let too_early = may_close(visit.month, state.moment().local()).err();
    let standing = Standing {
        status,
        too_early: too_early.map(|early| dates_in_words(&early.to_string())).unwrap_or_default(),
        may_close: caller.may(Close, visit.place),
    };
    match visit.place.level() {
        Level::County | Level::Town => above::shown(state, visit, standing, outcome).await,
        Level::Village => village::shown(state, caller, visit, standing, without_unsigned).await,
        Level::Group | Level::Household => village::group(state, visit, status).await,
    }
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct CloseForm {
    #[serde(default)]
    without_unsigned: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /closing/{place}/{month}`
pub(crate) async fn close(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<CloseForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Close, at).await?;
    let mut visit = Visit::of(&state, &caller, Section::Closing, (&place, &month), &Told::default()).await?;
    let reason = form.without_unsigned.trim().to_owned();
    let request = Request {
        slice: state.closing.slice,
        connections: state.closing.closing_connections,
        leave_out_unsigned: Some(reason.clone()).filter(|reason| !reason.is_empty()),
        ..Request::of(visit.month)
    };
    let closed = async {
        short("without_unsigned", Some(&reason))?;
        let report = close_month(&state.database, &allowed, &request, &state.moment(), |_, _| {}).await?;
        Ok::<_, PageError>(report)
    };
    let report = match closed.await {
        Ok(report) => report,
        Err(error) => {
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            return shown(&state, &caller, visit, status, reason, None).await;
        }
    };
    if at.level() == Level::Village && report.blocked.is_empty() {
        return Ok(done_at(&Section::Closing.at(&at, visit.month), "closed"));
    }
    if at.level() == Level::Village {
        let reasons: Vec<String> = report.blocked.into_iter().flat_map(|blocked| blocked.reasons).collect();
        visit.shell.problem = dates_in_words(&reasons.join("\n"));
        return shown(&state, &caller, visit, StatusCode::UNPROCESSABLE_ENTITY, reason, None).await;
    }
    let outcome = outcome(&state, &visit, report).await?;
    shown(&state, &caller, visit, StatusCode::OK, reason, Some(outcome)).await
}

/// The report with the names of the villages.
async fn outcome(state: &State, visit: &Visit, report: Report) -> Result<Outcome, PageError> {
    let mut connection = state.database.connection().await?;
    let names = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        places::names_in(connection, &visit.place).await
    });
    let names = names.await?;
    let named = |village: Place| names.get(&village).cloned().unwrap_or_else(|| village.code());
    Ok(Outcome {
        closed: report.closed.len(),
        already: report.already.len(),
        blocked: report
            .blocked
            .into_iter()
            .map(|one| {
                (named(one.village), one.reasons.iter().map(|reason| dates_in_words(reason)).collect())
            })
            .collect(),
    })
}
