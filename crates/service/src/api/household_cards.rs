//! The cards of a group's households with their codes, to print.

use authz::IssueTokens;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::place::Level;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::households::cards_file;
use crate::http::idempotent::WithoutSecret;
use crate::http::input::{Input, place_of, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// Which cards.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CardsToPrint {
    /// 村小组代码，15 位
    #[schema(example = "440229100201001")]
    group_code: String,
    /// 印在卡上的年度
    #[schema(minimum = 2000, maximum = 2099, example = 2026)]
    year: i32,
}

/// What is answered when the same request comes again: the codes on the cards are not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CardsPrinted {
    /// 户卡的张数
    cards: usize,
}

/// 一个村小组的户卡 PDF，带各户的二维码（记入日志）；没有户码的户随即发码。用同一幂等键重发只回答张数
#[utoipa::path(post, path = "/api/v1/household-cards", tag = "农户", request_body = CardsToPrint,
    responses((status = 200, content(
        (String = "application/pdf"),
        (CardsPrinted = "application/json")))))]
pub(super) async fn print(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(wanted): Input<CardsToPrint>,
) -> Answered<Response> {
    let group = place_of("group_code", &wanted.group_code, Level::Group)?;
    let village = group.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(IssueTokens, village).await?;
    if !(2000..=2099).contains(&wanted.year) {
        return Err(wrong("year", "年度应在 2000 到 2099 之间".into()).into());
    }
    let (cards, mut file) = cards_file(&state, &allowed, &group, wanted.year).await?;
    file.extensions_mut().insert(WithoutSecret(json!(CardsPrinted { cards })));
    Ok(file)
}
