//! The blank scoring sheet of a group, to be filled by hand.

use authz::EnterCards;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::month::Month;
use domain::place::Level;
use records::forms::blank_sheet;
use records::{audit, tenancy};
use reporting::paper;
use serde::Deserialize;
use serde_json::json;

use crate::caller::Caller;
use crate::error::PageError;

use crate::http::input::{Asked, Named, place_of};
use crate::problem::Problem;
use crate::publishing::{attachment, printed};
use crate::shell::village_of;
use crate::state::State;

/// Which group.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    group: String,
}

/// `GET /scoring/{place}/{month}/blank.pdf`: with the rules in force and every household that takes part; logged before
/// it is set, since it names the heads.
pub(crate) async fn blank(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let village = village_of(&place)?;
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(EnterCards, village).await?;
    let group = place_of("group", &wanted.group, Level::Group)?;
    if !village.contains(&group) {
        return Err(Problem::refused().because("请选择本村的一个村小组").into());
    }
    let mut connection = state.database.connection().await?;
    let sheet = tenancy::read(&mut connection, &allowed, async |connection| {
        blank_sheet(connection, &group, month).await
    })
    .await?;
    let nothing = || Problem::refused().because("当月没有生效的积分项目，没有评分表可印；请先发布积分项目");
    let sheet = sheet.ok_or_else(nothing)?;
    if sheet.households.is_empty() {
        return Err(Problem::refused().because("该组没有参与积分的农户，没有评分表可印").into());
    }
    let detail = json!({ "exported": "sheets", "month": month.to_string(), "at": group.digits() });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    drop(connection);
    let sheet = paper::blank_sheet(&sheet);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(attachment(bytes, "application/pdf", &format!("blank-{}-{month}.pdf", group.code())))
}
