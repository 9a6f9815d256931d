//! 一户一档: what the register says of one household and what became of it, its months with their reasons, its objections
//! and queries.

use std::collections::BTreeMap;

use askama::Template;
use authz::{EnterCards, ExportHousehold, IssueTokens, QueryEligibility, Read, RegisterHouseholds, Reveal};
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::forms::{MonthColumn, household_kind};
use domain::month::{Month, date_title, local_time};
use domain::place::{Level, Place};
use domain::publication::last_digits;
use records::closing::closed_months;
use records::forms::{IssuedCard, Versions, full_name, household_months, issued_card};
use records::households::{
    PersonalField, Query, RegisterEntry, TimelineRow, queries_of_household, register_entry, result_months,
    timeline,
};
use records::objections::{ObjectionSummary, objections_of_household};
use records::photos::{ShownPhoto, photos_shown};
use records::{places, tenancy};

use super::dated::Dated;
use super::forms::{forms, typed_of};
use super::history::{self, Line};
use super::months::{MonthLine, ObjectionLine, month_line, objection_line};
use super::query::{self, Shown, shown_query};
use super::{Typed, household_of};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit, head_for};
use crate::state::State;

#[derive(Template)]
#[template(path = "households/file.html")]
struct FilePage {
    shell: Shell,
    household: Place,
    /// The code of the village, whose board it is.
    board: String,
    number: String,
    head: String,
    /// `龙仙镇青云村第一小组`
    group: String,
    entry: RegisterEntry,
    /// 户别
    kind: &'static str,
    /// The phone and the address, where just revealed.
    phone: Option<String>,
    address: Option<String>,
    may_reveal: bool,
    may_change: bool,
    may_export: bool,
    /// The household's card, where one was given out.
    issued: Option<CardLine>,
    may_issue: bool,
    /// Whether the village's months can be read from here.
    sees_months: bool,
    months: Vec<MonthLine>,
    /// Every month that has a result of it, the latest first.
    cards: Vec<Month>,
    objections: Vec<ObjectionLine>,
    history: Vec<Line>,
    queries: Vec<Shown>,
    /// What was typed of a new query.
    asking: query::Typed,
    may_query: bool,
    moving: Dated,
    splitting: Dated,
    merging: Dated,
    /// The groups of the village.
    groups: Vec<(String, String)>,
    typed: Typed,
    /// From when on a change holds.
    effective: String,
}

/// The card of a household.
struct CardLine {
    revision: i32,
    /// `2026年2月5日`
    issued_on: String,
}

/// What a form left behind.
#[derive(Default)]
pub(super) struct Left {
    pub(super) typed: Option<Typed>,
    pub(super) dated: Option<Dated>,
    pub(super) query: Option<query::Typed>,
    pub(super) refusal: Option<(StatusCode, String)>,
    pub(super) revealed: Option<(PersonalField, Option<String>)>,
}

/// `GET /household/{code}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    shown(&state, &caller, (&code, &month), &told, Left::default()).await
}

/// What is shown of a household.
struct Loaded {
    entry: RegisterEntry,
    group: String,
    names: BTreeMap<Place, String>,
    months: Vec<MonthColumn>,
    photos: Vec<ShownPhoto>,
    cards: Vec<Month>,
    history: Vec<TimelineRow>,
    queries: Vec<Query>,
    objections: Vec<ObjectionSummary>,
    open: Option<Month>,
    issued: Option<IssuedCard>,
}

pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    (code, month): (&str, &str),
    told: &Told,
    left: Left,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let (household, group, village) = household_of(code)?;
    // Whoever sees the village sees its closed months; a group's leader sees the group, and who has moved there.
    let reach = caller.reach()?;
    let sees_months = reach.contains(&village);
    let is_group = reach.level() == Level::Group && village.contains(&reach);
    let at = if sees_months {
        village
    } else if is_group {
        reach
    } else {
        group
    }
    .code();
    let mut visit = Visit::of(state, caller, Section::Households, (&at, month), told).await?;
    let sees_photos = sees_months && caller.may(EnterCards, village);
    let Some(loaded) = loaded(state, &visit, household, village, sees_photos).await? else {
        caller.allow(Read, group).await?;
        return Err(PageError::NotFound);
    };
    let entry = loaded.entry;
    let may_change = caller.may(RegisterHouseholds, village);
    let knows_names = may_change || caller.may(EnterCards, village);
    let (status, problem) = left.refusal.unwrap_or((StatusCode::OK, String::new()));
    visit.shell.problem = problem;
    let is_private = left.revealed.is_some();
    let revealed = |field| match &left.revealed {
        Some((one, value)) if *one == field => Some(value.clone().unwrap_or_default()),
        _ => None,
    };
    let first = loaded.open.map_or(entry.effective, |open| open.max(entry.effective));
    let [moving, splitting, merging] = forms(&entry, first, left.dated);
    let groups = loaded.names.iter().filter(|(place, _)| place.level() == Level::Group);
    let groups = groups.map(|(place, name)| (place.code(), name.clone())).collect();
    let shown = FilePage {
        head: head(&entry, knows_names),
        kind: household_kind(entry.local, entry.resident),
        group: loaded.group,
        phone: revealed(PersonalField::Phone),
        address: revealed(PersonalField::Address),
        may_reveal: caller.may(Reveal, village),
        may_change,
        issued: loaded.issued.map(|card| CardLine {
            revision: card.revision,
            issued_on: date_title(local_time(card.issued_at, state.zone).date()),
        }),
        may_issue: caller.may(IssueTokens, village) && entry.head_name.is_some(),
        may_export: caller.may(ExportHousehold, village),
        sees_months,
        months: loaded.months.iter().map(|month| month_line(month, &household, &loaded.photos)).collect(),
        cards: loaded.cards,
        objections: loaded.objections.iter().map(|one| objection_line(one, sees_months)).collect(),
        history: history::lines(&loaded.history, &loaded.names, knows_names, state.zone),
        queries: loaded.queries.into_iter().map(|query| shown_query(query, left.query.as_ref())).collect(),
        asking: query::Typed::in_form(left.query.as_ref(), None, false),
        may_query: caller.may(QueryEligibility, village),
        moving,
        splitting,
        merging,
        groups,
        typed: left.typed.unwrap_or_else(|| typed_of(&entry)),
        effective: loaded.open.map_or_else(|| "登记之初".to_owned(), |_| first.title()),
        board: village.code(),
        number: last_digits(&household).to_owned(),
        entry,
        household,
        shell: visit.shell,
    };
    let mut response = page(status, &shown);
    if is_private {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

async fn loaded(
    state: &State,
    visit: &Visit,
    household: Place,
    village: Place,
    sees_photos: bool,
) -> Result<Option<Loaded>, PageError> {
    let (year, now) = (visit.month.year(), state.moment().local());
    // The year of the page and the one before.
    let (first, last) = (Month::new(year - 1, 1), Month::new(year, 12));
    let span = (first.unwrap_or(visit.month.first_of_year()), last.unwrap_or(visit.month));
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let Some(entry) = register_entry(connection, &household).await? else { return Ok(None) };
        let mut months = household_months(connection, &household, span, Versions::Latest).await?;
        months.reverse();
        let closed = closed_months(connection, &village).await?;
        let months_of = months.last().zip(months.first()).map(|(first, last)| (first.month, last.month));
        let photos = match months_of {
            Some(span) if sees_photos => photos_shown(connection, &household, span).await?,
            _ => Vec::new(),
        };
        Ok(Some(Loaded {
            photos,
            group: full_name(connection, &entry.group).await?,
            names: places::names_in(connection, &village).await?,
            months,
            cards: result_months(connection, &entry).await?,
            history: timeline(connection, &entry).await?,
            queries: queries_of_household(connection, &entry).await?,
            issued: issued_card(connection, &entry).await?,
            entry,
            objections: objections_of_household(connection, &household, now).await?,
            open: closed.first().map(|latest| latest.month.next()),
        }))
    });
    Ok(loaded.await?)
}

/// The head's name: in full for those who register and score, masked for the others.
fn head(entry: &RegisterEntry, in_full: bool) -> String {
    match entry.head_name.clone() {
        None => "（已依法删除）".to_owned(),
        known => head_for(known, in_full),
    }
}
