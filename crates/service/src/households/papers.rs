//! What is printed of households: the cards of a group with their codes, and one household's year (附件2).

use authz::{Allowed, ExportHousehold, IssueTokens};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::forms::HouseholdYear;
use domain::month::Month;
use domain::place::{Level, Place};
use records::forms::{Versions, household_cards, household_year, reissue_card};
use records::{Refusal, audit, tenancy};
use reporting::paper;
use serde_json::json;

use super::file::{Left, shown};
use super::{household_of, registered_at, wrong_words};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, place_of};
use crate::problem::{Answered, Problem};
use crate::publishing::{attachment, printed};
use crate::shell::{Told, done_at, refused};
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
    let (_, file) = cards_file(&state, &allowed, &group, month.year()).await?;
    Ok(file)
}

/// The cards of a group's households with their codes, and how many there are; logged before they are set.
///
/// # Errors
/// A group in which nobody takes part, a sheet that cannot be set.
pub(crate) async fn cards_file(
    state: &State,
    allowed: &Allowed<IssueTokens>,
    group: &Place,
    year: i32,
) -> Answered<(usize, Response)> {
    let cards = {
        let mut connection = state.database.connection().await?;
        let (sealer, moment) = (&state.registrar.sealer, state.moment());
        let cards = household_cards(&mut connection, allowed, group, sealer, &moment).await?;
        if cards.is_empty() {
            return Err(Problem::refused().because("该组没有参与积分的农户，没有户卡可印").into());
        }
        let detail =
            json!({ "exported": "cards", "group": group.digits(), "year": year, "cards": cards.len() });
        audit::note(&mut connection, allowed, detail, &moment).await?;
        cards
    };
    let phone = &state.http.supervision_phone;
    let sheet = paper::household_cards(&cards, year, state.public_url(), phone);
    let bytes = printed(state, move |printer| printer.pdf(&sheet)).await?;
    Ok((cards.len(), attachment(bytes, "application/pdf", &format!("cards-{}.pdf", group.code()))))
}

/// `POST /household/{code}/{month}/card`: another card in the place of the one that was lost.
pub(crate) async fn reissue(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let (household, _, village) = household_of(&code)?;
    let allowed = caller.allow(IssueTokens, village).await?;
    let refusal = if form.first("confirmed") == "yes" {
        let mut connection = state.database.connection().await?;
        let (sealer, moment) = (&state.registrar.sealer, state.moment());
        // A form that lost the number has seen no card.
        let seen = form.first("card").parse().unwrap_or(0);
        match reissue_card(&mut connection, &allowed, &household, seen, sealer, &moment).await {
            Ok(_) => return Ok(done_at(&format!("/household/{code}/{month}"), "card-reissued")),
            Err(records::Error::Refused(Refusal::Changed)) => {
                let words = "户卡在这一页打开以后已经重发过；请核对现在的发放日期";
                (StatusCode::PRECONDITION_FAILED, words.to_owned())
            }
            Err(error) => refused(error.into())?,
        }
    } else {
        wrong_words("请先勾选“旧户卡作废”，再重发户卡".to_owned())
    };
    let left = Left { refusal: Some(refusal), ..Left::default() };
    shown(&state, &caller, (&code, &month), &Told::default(), left).await
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
    let form = year_taken(&state, &allowed, &household, month.year()).await?;
    let sheet = paper::form2(&form);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    let name = format!("form2-{}-{}.pdf", household.code(), month.year());
    Ok(attachment(bytes, "application/pdf", &name))
}

/// A household's year, as far as it is closed; that it is taken out is logged before it is.
///
/// # Errors
/// A year without a closed month of the household.
pub(crate) async fn year_taken(
    state: &State,
    allowed: &Allowed<ExportHousehold>,
    household: &Place,
    year: i32,
) -> Answered<HouseholdYear> {
    let mut connection = state.database.connection().await?;
    let form = tenancy::read(&mut connection, allowed, async |connection| {
        household_year(connection, household, year, Versions::Latest).await
    })
    .await?;
    let nothing = || Problem::refused().because("这一户今年还没有结账的月份，没有档案可印");
    let form = form.ok_or_else(nothing)?;
    let detail = json!({ "household": household.digits(), "exported": "form2", "year": year });
    audit::note(&mut connection, allowed, detail, &state.moment()).await?;
    Ok(form)
}
