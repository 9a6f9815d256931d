//! 为什么: the arithmetic of one household's month.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::{Level, Place};
use records::closing::{Why, why};
use records::forms::Versions;
use records::tenancy;

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

#[derive(Template)]
#[template(path = "closing/why.html")]
struct WhyPage {
    shell: Shell,
    why: Option<Why>,
    household: Place,
}

/// `GET /why/{household}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((household, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let household: Place = household.parse().map_err(|_| PageError::NotFound)?;
    let village = household.ancestor(Level::Village).filter(|_| household.level() == Level::Household);
    let village = village.ok_or(PageError::NotFound)?.code();
    let visit = Visit::of(&state, &caller, Section::Closing, (&village, &month), &told).await?;
    let month = visit.month;
    let mut connection = state.database.connection().await?;
    let why = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        why(connection, &household, month, Versions::Latest).await
    })
    .await?;
    Ok(page(StatusCode::OK, &WhyPage { shell: visit.shell, why, household }))
}
