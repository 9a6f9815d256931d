//! A panel's month: what there is to sign, and signing it.

use authz::{Read, SignCards};
use axum::Json;
use axum::extract::State as Extract;
use domain::place::Level;
use records::panels::panels_in;
use records::scoring::{NewSignature, Said, month_to_sign, sign_month};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::http::input::{Asked, Input, month, place_of, short, wrong};
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
    /// 评分组名单的版本；签字写 present 的，放进 revision
    revision: Option<i32>,
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
        revision: to_sign.list.map(|list| list.revision),
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
    /// 评分时到场的评委，按 /api/v1/panels 中的次序从 1 起数；不写则不记录到场，也不要求下面各项
    #[serde(default)]
    present: Option<Vec<i16>>,
    /// 核对到场评委所用名单的版本；写了 present 的必写，其间名单有变动则不签
    #[serde(default)]
    revision: Option<i32>,
    /// 到场人数不足评分组最低人数时的原因，至多 200 字；写了 present 才有
    #[serde(default)]
    few_reason: Option<String>,
    /// 不是评分组组长签字的，凭什么代签，如“据纸质签名代录”，至多 200 字；写了 present 才有
    #[serde(default)]
    on_behalf: Option<String>,
}

impl SignatureToGive {
    /// What is said with it; none where nobody says who was present.
    fn said(&self) -> Result<Option<Said>, Problem> {
        short("few_reason", self.few_reason.as_deref())?;
        short("on_behalf", self.on_behalf.as_deref())?;
        let Some(present) = &self.present else {
            let beside = self.few_reason.is_some() || self.on_behalf.is_some();
            let missing = || wrong("present", "写了原因或代签说明的，也请写到场的评委".into());
            return if beside { Err(missing()) } else { Ok(None) };
        };
        if self.revision.is_none() {
            let words = "写了到场评委的，也请写核对所用名单的版本，取自 GET /api/v1/signatures";
            return Err(wrong("revision", words.into()));
        }
        Ok(Some(Said {
            present: present.iter().copied().collect(),
            revision: self.revision,
            few_reason: self.few_reason.clone(),
            on_behalf: self.on_behalf.clone(),
        }))
    }
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
    let (panel, seen, said) = (new.panel.as_str(), new.seen.as_deref(), new.said()?);
    let given = NewSignature { village, month, panel, seen, said: said.as_ref() };
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    let signed = sign_month(&mut connection, &allowed, &given, salts, &moment).await?;
    Ok(Json(SignatureGiven { cards: signed.cards, digest: signed.digest.hex(), already: signed.already }))
}
