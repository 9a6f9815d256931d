//! A panel's month: what there is to sign, and signing it.

use authz::{Read, SignCards};
use axum::Json;
use axum::extract::State as Extract;
use domain::place::Level;
use records::panels::panels_in;
use records::scoring::{month_to_sign, sign_month};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::http::input::{Asked, Input, month, place_of, short};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// Which panel's month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfPanel {
    /// 村代码
    village: String,
    /// 月份 YYYY-MM
    #[param(example = "2026-10")]
    month: String,
    /// 评分组
    #[param(example = "第一评分组")]
    panel: String,
}

/// What a signature of a panel's month would cover now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MonthToSign {
    /// 村代码
    village: String,
    /// 月份
    month: String,
    /// 评分组
    panel: String,
    /// 现有各张积分卡的校验码；签字时放进 seen
    digest: String,
    /// 有新卡、或换了卡，而没有一次签字包括的户数
    uncovered: usize,
    /// 本月已结账，不再签字
    closed: bool,
}

/// 一个评分组一个月待签的内容；各张卡见 /api/v1/cards
#[utoipa::path(get, path = "/api/v1/signatures", tag = "评分", params(OfPanel),
    responses((status = 200, body = MonthToSign)))]
pub(super) async fn to_sign(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfPanel>,
) -> Answered<Json<MonthToSign>> {
    let village = place_of("village", &of.village, Level::Village)?;
    let allowed = caller.allow(Read, village).await?;
    let month = month("month", &of.month)?;
    let mut connection = state.database.connection().await?;
    let to_sign = tenancy::read(&mut connection, &allowed, async |connection| {
        let known = panels_in(connection, &village, month).await?;
        if !known.iter().any(|listed| listed.panel.name == of.panel) {
            return Ok(None);
        }
        month_to_sign(connection, &village, month, &of.panel).await.map(Some)
    })
    .await?;
    let to_sign = to_sign.ok_or_else(|| Problem::not_found().because("本村没有这个评分组，请核对名称"))?;
    Ok(Json(MonthToSign {
        village: village.code(),
        month: month.to_string(),
        panel: of.panel,
        digest: to_sign.digest.hex(),
        uncovered: to_sign.uncovered,
        closed: to_sign.closed,
    }))
}

/// A signature to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureToGive {
    /// 村代码
    #[schema(example = "440229100201")]
    village: String,
    /// 月份 YYYY-MM
    #[schema(example = "2026-10")]
    month: String,
    /// 评分组
    #[schema(example = "第一评分组")]
    panel: String,
    /// 签字人看到的内容的校验码；其间有变动则不签。纸上已签字的不写
    #[serde(default)]
    seen: Option<String>,
}

/// A panel's month, signed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignatureGiven {
    /// 签字包括的积分卡数，每一版都算
    cards: usize,
    /// 这些积分卡的校验码
    digest: String,
    /// 上次签字已包括全部，没有新签
    already: bool,
}

/// 为一个评分组的一个月签字；没有新内容即成功
#[utoipa::path(post, path = "/api/v1/signatures", tag = "评分", request_body = SignatureToGive,
    responses((status = 200, body = SignatureGiven)))]
pub(super) async fn sign(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<SignatureToGive>,
) -> Answered<Json<SignatureGiven>> {
    let village = place_of("village", &new.village, Level::Village)?;
    let allowed = caller.allow(SignCards, village).await?;
    let month = month("month", &new.month)?;
    short("panel", Some(&new.panel))?;
    let (panel, seen, moment) = (new.panel.as_str(), new.seen.as_deref(), state.moment());
    let mut connection = state.database.connection().await?;
    let signed = sign_month(&mut connection, &allowed, &village, month, panel, seen, &moment).await?;
    Ok(Json(SignatureGiven { cards: signed.cards, digest: signed.digest.hex(), already: signed.already }))
}
