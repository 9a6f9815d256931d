//! The operations page: what is waiting, running and given up, and beginning a job again by hand.
//!
//! It is served on an address of its own, this machine's by default, and acts for the user of the shell that
//! started the program.

use askama::Template;
use authz::{Operate, Read};
use axum::Router;
use axum::extract::{Path, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::place::Place;
use domain::schedule::{Kind, SCHEDULE};
use records::jobs::{JobRow, counties, jobs_of, overview, run_again};
use records::{Moment, places, tenancy};

use crate::error::{PageError, page};
use crate::state::State;
use crate::{assets, headers, metrics};

/// How many jobs of a county are listed.
const LISTED: i64 = 100;

#[derive(Template)]
#[template(path = "operations/jobs.html")]
struct JobsPage {
    now: String,
    oldest: String,
    rows: Vec<KindRow>,
    schedule: Vec<(&'static str, &'static str, &'static str)>,
    counties: Vec<CountyJobs>,
}

/// The counts of a kind of job.
struct KindRow {
    title: &'static str,
    due: i64,
    running: i64,
    done: i64,
    given_up: i64,
    mean: String,
}

struct CountyJobs {
    code: String,
    name: String,
    jobs: Vec<Job>,
}

struct Job {
    id: i64,
    title: &'static str,
    place: String,
    period: String,
    state: &'static str,
    due: String,
    attempts: i32,
    outcome: String,
    again: bool,
}

/// The routes of the operations address.
pub fn operations(state: State) -> Router {
    Router::new()
        .route("/", get(jobs))
        .route("/metrics", get(metrics::metrics))
        .route("/jobs/{county}/{id}/again", post(again))
        .route("/assets/{version}/{*name}", get(assets::asset))
        .layer(from_fn(from_here_only))
        .layer(from_fn_with_state(state.clone(), headers::secure))
        .with_state(state)
}

/// A page of another site may not make a browser post here, nor call this address by a name of its own.
async fn from_here_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let site = text(headers, "sec-fetch-site");
    let foreign = site.is_some_and(|site| site != "same-origin" && site != "none");
    let host = text(headers, "host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_name = name.parse::<std::net::IpAddr>().is_err() && name != "localhost" && !name.starts_with('[');
    if (foreign && request.method() != axum::http::Method::GET) || is_name {
        return (StatusCode::FORBIDDEN, "请直接打开本机地址上的任务页").into_response();
    }
    next.run(request).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `/` of the operations address.
async fn jobs(Extract(state): Extract<State>) -> Result<Response, PageError> {
    let figures = overview(&state.database).await?;
    let local = |at: DateTime<Utc>| state.long_time(at);
    let rows = Kind::ALL.map(|kind| {
        let of = |name: &str| {
            let found = figures.depths.iter().find(|one| one.kind == kind.name() && one.state == name);
            found.map_or((0, 0.0), |one| (one.jobs, one.seconds))
        };
        let (done, seconds) = of("done");
        let count = i32::try_from(done).unwrap_or(i32::MAX);
        let mean = if count == 0 { String::new() } else { format!("{:.2} 秒", seconds / f64::from(count)) };
        let title = kind.title();
        KindRow { title, due: of("due").0, running: of("running").0, done, given_up: of("given_up").0, mean }
    });
    let mut of_counties = Vec::new();
    for county in counties(&state.database).await? {
        of_counties.push(county_jobs(&state, county, &local).await?);
    }
    let page_of = JobsPage {
        now: local(state.now()),
        oldest: figures.oldest_due().map(local).unwrap_or_else(|| "没有".to_owned()),
        rows: rows.into(),
        schedule: SCHEDULE.iter().map(|entry| (entry.kind.title(), entry.when, entry.rule)).collect(),
        counties: of_counties,
    };
    Ok(page(StatusCode::OK, &page_of))
}

async fn county_jobs(
    state: &State,
    county: Place,
    local: &impl Fn(DateTime<Utc>) -> String,
) -> Result<CountyJobs, PageError> {
    let allowed = state.guard.allow(&state.operator, Read, county).map_err(|_| PageError::NotFound)?;
    let mut connection = state.database.connection().await?;
    let (name, rows) = tenancy::read(&mut connection, &allowed, async |connection| {
        Ok((places::name_of(connection, &county).await?, jobs_of(connection, &county, LISTED).await?))
    })
    .await?;
    let job = |row: JobRow| Job {
        id: row.id,
        title: row.title(),
        state: row.state_title(),
        again: row.state == "given_up",
        place: row.place_name.unwrap_or(row.place),
        period: row.period,
        due: local(row.due_at),
        attempts: row.attempts,
        outcome: row.outcome.unwrap_or_default(),
    };
    Ok(CountyJobs { code: county.code(), name, jobs: rows.into_iter().map(job).collect() })
}

/// `/jobs/{county}/{id}/again` of the operations address.
async fn again(
    Extract(state): Extract<State>,
    Path((county, id)): Path<(String, i64)>,
) -> Result<Response, PageError> {
    let county = Place::parse_code(&county).map_err(|_| PageError::NotFound)?;
    let allowed = state.guard.allow(&state.operator, Operate, county).map_err(|_| PageError::NotFound)?;
    let now = state.now();
    let moment = Moment { now, wall: now, zone: state.zone, due_at: None };
    let mut connection = state.database.connection().await?;
    match run_again(&mut connection, &allowed, id, &moment).await {
        // A second click finds it begun already: the page shows how it stands.
        Ok(()) | Err(records::Error::Refused(_)) => Ok(Redirect::to("/").into_response()),
        Err(error) => Err(error.into()),
    }
}
