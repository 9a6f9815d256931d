//! 结账: what is ready, who would qualify, and closing.

use askama::Template;
use authz::Close;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::closing::{may_close, may_leave_out_unsigned};
use domain::month::date_title;
use domain::place::{Level, Place};
use records::closing::{Forecast, Report, Request, close_month, closed_months, forecast};
use records::{places, tenancy};
use serde::Deserialize;

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted, short};
use crate::overview::{Progress, progress_of};
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

#[derive(Template)]
#[template(path = "closing/village.html")]
struct VillagePage {
    shell: Shell,
    forecast: Forecast,
    versions: Vec<Version>,
    /// Why it cannot be closed yet, empty where it can.
    too_early: String,
    may_close: bool,
    /// Whether unsigned panels may be left out with a reason.
    may_leave_out: bool,
    without_unsigned: String,
    scheduled: String,
}

/// A closed version.
struct Version {
    number: i16,
    closed_at: String,
    taking_part: u32,
    scored: u32,
    reason: String,
    hash: String,
}

#[derive(Template)]
#[template(path = "closing/above.html")]
struct AbovePage {
    shell: Shell,
    progress: Progress,
    may_close: bool,
    too_early: String,
    outcome: Option<Outcome>,
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
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let too_early = may_close(month, now).err().map(|early| early.to_string()).unwrap_or_default();
    let may_close = caller.may(Close, place);
    if place.level() != Level::Village {
        let progress = progress_of(state, &visit, Section::Closing).await?;
        let shell = visit.shell;
        return Ok(page(status, &AbovePage { shell, progress, may_close, too_early, outcome }));
    }
    let (forecast, versions) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let versions = closed_months(connection, &place).await?;
            Ok((forecast(connection, &place, month).await?, versions))
        })
        .await?
    };
    let versions = versions.into_iter().filter(|one| one.month == month).map(|one| Version {
        number: one.version,
        closed_at: state.short_time(one.closed_at),
        taking_part: one.taking_part,
        scored: one.scored,
        reason: one.reason.unwrap_or_default(),
        hash: one.hash.short(),
    });
    let scheduled = domain::closing::scheduled_at(month, &visit.rulebook.closing);
    let shown = VillagePage {
        forecast,
        versions: versions.collect(),
        too_early,
        may_close,
        may_leave_out: may_leave_out_unsigned(caller.reach()?.level(), month, now, &visit.rulebook.closing),
        without_unsigned,
        scheduled: format!("{} {}", date_title(scheduled.date()), scheduled.format("%H:%M")),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
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
        visit.shell.problem = reasons.join("\n");
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
        blocked: report.blocked.into_iter().map(|one| (named(one.village), one.reasons)).collect(),
    })
}
