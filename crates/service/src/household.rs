//! The page of a household, behind the QR code of its card: its own months and reasons, as far as published.

use askama::Template;
use authz::{Actor, ReadOwn, ReadPublic};
use axum::extract::{Path, State as Extract};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use chrono::Datelike;
use domain::closing::{Tier, explain_score};
use domain::forms::{HouseholdYear, MonthColumn};
use domain::month::local_time;
use domain::place::{Level, Place};
use domain::points::Points;
use records::forms::{self, Versions};
use records::tenancy;

use crate::error::{PageError, page};
use crate::state::State;

#[derive(Template)]
#[template(path = "household/months.html")]
struct HouseholdPage {
    number: String,
    place: String,
    board: String,
    latest: Option<Latest>,
    strip: Vec<(String, String)>,
    year: i32,
}

/// The latest published month.
struct Latest {
    month: String,
    score: String,
    standing: String,
    reasons: Vec<String>,
    total: String,
}

/// `/h/{token}`: an unknown, a malformed and a dead token answer alike.
pub(crate) async fn months(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let county = forms::county_of_token(&token).ok_or(PageError::NotFound)?;
    let guard = &state.guard;
    let allowed = guard.allow(&Actor::Visitor, ReadPublic, county).map_err(|_| PageError::NotFound)?;
    let mut connection = state.database.connection().await?;
    let found = forms::household_of_token(&mut connection, &allowed, &token).await?;
    let household = found.ok_or(PageError::NotFound)?;
    let village = household.ancestor(Level::Village).ok_or(PageError::NotFound)?;
    let allowed = guard.allow(&Actor::Holder, ReadOwn, village).map_err(|_| PageError::NotFound)?;
    let this_year = local_time(state.now(), state.zone).year();
    let (place, years) = tenancy::read(&mut connection, &allowed, async |connection| {
        let place = forms::full_name(connection, &household).await?;
        let mut years = Vec::new();
        for year in [this_year, this_year - 1] {
            years.extend(forms::household_year(connection, &household, year, Versions::Published).await?);
        }
        Ok((place, years))
    })
    .await?;
    let mut response = page(StatusCode::OK, &shown(&household, place, years, this_year));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn shown(household: &Place, place: String, years: Vec<HouseholdYear>, this_year: i32) -> HouseholdPage {
    // This year's if it has a published month, else the last one's.
    let months = years.into_iter().map(|year| year.months).find(|months| !months.is_empty());
    let months = months.unwrap_or_default();
    let strip = months.iter().map(|month| (format!("{}月", month.month.of_year()), score(month)));
    HouseholdPage {
        number: domain::publication::last_digits(household).to_owned(),
        place,
        board: household.ancestor(Level::Village).map(|village| village.code()).unwrap_or_default(),
        year: months.last().map_or(this_year, |month| month.month.year()),
        strip: strip.collect(),
        latest: months.last().map(latest),
    }
}

fn latest(month: &MonthColumn) -> Latest {
    let result = &month.result;
    let rank = result.rank_in_group.map(|rank| format!("组内第 {rank} 名"));
    let tier = result.tier.map(|tier: Tier| tier.title().to_owned());
    let standing: Vec<String> = rank.into_iter().chain(tier).collect();
    Latest {
        month: month.month.title(),
        score: score(month),
        standing: standing.join(" · "),
        reasons: explain_score(&month.catalogue, &month.findings).unwrap_or_default(),
        total: result.year_total.short(),
    }
}

fn score(month: &MonthColumn) -> String {
    month.result.score.map_or_else(|| month.result.status.title().to_owned(), Points::short)
}
