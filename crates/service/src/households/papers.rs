//! What is printed of households: the cards of a group with their codes, and one household's year (附件2).

use authz::{ExportHousehold, IssueTokens};
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::month::Month;
use domain::place::Level;
use records::forms::{Versions, household_cards, household_year};
use records::{audit, tenancy};
use reporting::paper;
use serde_json::json;

use super::{household_of, registered_at};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, place_of};
use crate::problem::Problem;
use crate::publishing::printed;
use crate::state::State;

/// `POST /households/{place}/{month}/cards`: a card for every household of a group that takes part. A household without
/// a code gets one, which is why this is no download.
pub(crate) async fn cards(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let village = registered_at(&place)?;
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(IssueTokens, village).await?;
    if village.level() != Level::Village {
        return Err(PageError::NotFound);
    }
    let group = place_of("group", form.first("group"), Level::Group)?;
    if !village.contains(&group) {
        return Err(Problem::refused().because("请选择本村的一个村小组").into());
    }
    let cards = {
        let mut connection = state.database.connection().await?;
        let sealer = &state.registrar.sealer;
        household_cards(&mut connection, &allowed, &group, sealer, &state.moment()).await?
    };
    if cards.is_empty() {
        return Err(Problem::refused().because("该组没有参与积分的农户，没有户卡可印").into());
    }
    let phone = &state.http.supervision_phone;
    let sheet = paper::household_cards(&cards, month.year(), &public_url(&state), phone);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(pdf(bytes, &format!("cards-{}", group.code())))
}

/// `GET /household/{code}/{month}/form2.pdf`: the household's year, as far as it is closed; logged before it is set.
pub(crate) async fn form2(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let (household, _, village) = household_of(&code)?;
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(ExportHousehold, village).await?;
    let mut connection = state.database.connection().await?;
    let year = tenancy::read(&mut connection, &allowed, async |connection| {
        household_year(connection, &household, month.year(), Versions::Latest).await
    })
    .await?;
    let nothing = || Problem::refused().because("这一户今年还没有结账的月份，没有档案可印");
    let year = year.ok_or_else(nothing)?;
    let detail = json!({ "household": household.digits(), "exported": "form2", "year": month.year() });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    drop(connection);
    let sheet = paper::form2(&year);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(pdf(bytes, &format!("form2-{}-{}", household.code(), month.year())))
}

/// The address below which households' pages are, as cards print it.
fn public_url(state: &State) -> String {
    match state.http.public_url.trim_end_matches('/') {
        "" => format!("http://{}", state.http.listen),
        url => url.to_owned(),
    }
}

/// A file of paper, which no cache keeps.
pub(crate) fn pdf(bytes: Vec<u8>, name: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.pdf\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
