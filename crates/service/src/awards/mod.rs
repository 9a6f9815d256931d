//! 年终: how many prizes each group has and why, who wins them, and what a year still waits for.

mod above;

use std::collections::BTreeMap;

use askama::Template;
use authz::Award;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::awards::{ExportedAward, explain_quota};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::{Masked, last_digits};
use domain::rulebook::AwardRule;
use records::awards::{GroupQuota, Report, awards_of, compute_awards, quotas_of, waits_for};
use records::households::register_of;
use records::{places, rulebook, tenancy};

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted};
use crate::problem::dates_in_words;
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;
use above::Outcome;

#[derive(Template)]
#[template(path = "awards/group.html")]
struct GroupPage {
    shell: Shell,
    year: i32,
}

#[derive(Template)]
#[template(path = "awards/village.html")]
struct VillagePage {
    shell: Shell,
    year: i32,
    /// The version of the list, where there is one.
    version: Option<i16>,
    groups: Vec<Group>,
    /// What the year waits for, while there is no list.
    waits: Vec<String>,
    may_award: bool,
}

/// A group's prizes.
struct Group {
    name: String,
    /// How the number of prizes came about.
    explained: String,
    nominal: u32,
    eligible: u32,
    total: u32,
    winners: Vec<Placed>,
    others: Vec<Placed>,
}

/// A household of the list.
struct Placed {
    /// Empty without one.
    prize: &'static str,
    rank: u32,
    tied: bool,
    number: String,
    head: String,
    months: u32,
    total: String,
}

/// `GET /awards/{place}/{month}`: the awards of the month's year.
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Awards, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, None).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    outcome: Option<Outcome>,
) -> Result<Response, PageError> {
    let may_award = caller.may(Award, visit.place);
    match visit.place.level() {
        Level::County | Level::Town => above::shown(state, visit, status, may_award, outcome).await,
        Level::Village => village(state, visit, status, may_award).await,
        Level::Group | Level::Household => {
            let year = visit.month.year();
            Ok(page(status, &GroupPage { shell: visit.shell, year }))
        }
    }
}

async fn village(
    state: &State,
    visit: Visit,
    status: StatusCode,
    may_award: bool,
) -> Result<Response, PageError> {
    let (village, year, now) = (visit.place, visit.month.year(), state.moment().local());
    let december = Month::new(year, 12).unwrap_or(visit.month);
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let quotas = quotas_of(connection, &village, year).await?;
        let waits = match quotas.is_empty() {
            true => waits_for(connection, &village, year, now).await?,
            false => Vec::new(),
        };
        let awards = awards_of(connection, &village, year).await?;
        let heads = match awards.is_empty() {
            true => Vec::new(),
            false => register_of(connection, &village).await?,
        };
        let rule = rulebook::of(connection, &village, december).await?.awards;
        Ok((quotas, waits, awards, heads, rule, places::names_in(connection, &village).await?))
    });
    let (quotas, waits, awards, heads, rule, names) = loaded.await?;
    let heads: BTreeMap<Place, String> = heads
        .into_iter()
        .map(|one| (one.household, Masked::name(one.head_name.as_deref().unwrap_or_default()).to_string()))
        .collect();
    let shown = VillagePage {
        shell: visit.shell,
        year,
        version: quotas.first().map(|one| one.version),
        groups: quotas.iter().map(|one| group(one, &awards, &heads, &names, &rule)).collect(),
        waits: waits.iter().map(|reason| dates_in_words(reason)).collect(),
        may_award,
    };
    Ok(page(status, &shown))
}

fn group(
    quota: &GroupQuota,
    awards: &[ExportedAward],
    heads: &BTreeMap<Place, String>,
    names: &BTreeMap<Place, String>,
    rule: &AwardRule,
) -> Group {
    let mut list: Vec<&ExportedAward> = awards.iter().filter(|one| one.group == quota.group).collect();
    list.sort_by_key(|one| (one.prize.unwrap_or(i16::MAX), one.rank_in_group, one.household));
    let placed = |one: &&ExportedAward| Placed {
        prize: prize(one.prize),
        rank: one.rank_in_group,
        tied: list.iter().filter(|other| other.rank_in_group == one.rank_in_group).count() > 1,
        number: last_digits(&one.household).to_owned(),
        head: heads.get(&one.household).cloned().unwrap_or_default(),
        months: one.months_counted,
        total: one.year_total.short(),
    };
    Group {
        name: names.get(&quota.group).cloned().unwrap_or_else(|| quota.group.code()),
        explained: explain_quota(quota.base, &quota.quota, rule),
        nominal: quota.quota.nominal,
        eligible: quota.quota.eligible,
        total: quota.quota.total,
        winners: list.iter().filter(|one| one.prize.is_some()).map(placed).collect(),
        others: list.iter().filter(|one| one.prize.is_none()).map(placed).collect(),
    }
}

fn prize(prize: Option<i16>) -> &'static str {
    match prize {
        Some(1) => "一等奖",
        Some(2) => "二等奖",
        Some(3) => "三等奖",
        _ => "",
    }
}

/// `POST /awards/{place}/{month}`: computes the awards of the month's year.
pub(crate) async fn compute(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(token): Posted<FormToken>,
) -> Result<Response, PageError> {
    token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Award, at).await?;
    let mut visit = Visit::of(&state, &caller, Section::Awards, (&place, &month), &Told::default()).await?;
    let (month, year) = (visit.month, visit.month.year());
    let computed = compute_awards(&state.database, &allowed, year, &state.moment(), |_, _| {}).await;
    let report: Report = match computed {
        Ok(report) => report,
        Err(error) => {
            let (status, words) = refused(error.into())?;
            visit.shell.problem = words;
            return shown(&state, &caller, visit, status, None).await;
        }
    };
    let has_list = !report.computed.is_empty() || !report.already.is_empty();
    match at.level() {
        Level::County | Level::Town => {
            let outcome = above::outcome(&state, &visit, report).await?;
            shown(&state, &caller, visit, StatusCode::OK, Some(outcome)).await
        }
        _ if has_list => Ok(done_at(&Section::Awards.at(&at, month), "awarded")),
        _ => {
            let reasons: Vec<String> = report.blocked.into_iter().flat_map(|one| one.reasons).collect();
            let nobody = || format!("{year} 年没有农户参与，无从评比");
            visit.shell.problem =
                if reasons.is_empty() { nobody() } else { dates_in_words(&reasons.join("\n")) };
            shown(&state, &caller, visit, StatusCode::UNPROCESSABLE_ENTITY, None).await
        }
    }
}
