//! Cards: listed, entered and signed, and corrected once their month is closed.

use authz::{Correct, EnterCards, Read, SignCards};
use axum::Json;
use axum::extract::State as Extract;
use domain::place::Level;
use domain::scoring::{Card, write_findings};
use records::closing::seal_months;
use records::objections::correct_cards;
use records::scoring::{Signed, cards_page, enter_cards};
use records::{Mode, tenancy};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{Changed, Page, Rows, changed, limit, page};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, month, place_of};
use crate::problem::Answered;
use crate::state::State;

/// Which part of a month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct MonthPart {
    /// 哪个地方之内；不写即自己角色所在的地方
    pub(super) place: Option<String>,
    /// 月份 YYYY-MM
    #[param(example = "2026-10")]
    pub(super) month: String,
    /// 上一页的 next
    pub(super) after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u16>,
}

/// A card that counts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CardSummary {
    /// 农户代码
    household_code: String,
    /// 第几版
    revision: i16,
    /// 评分组
    panel: String,
    /// 评分日期
    scored_on: String,
    /// 状态：scored、away、refused、unreached
    status: String,
    /// 扣分，写法同导入文件
    findings: String,
}

impl From<Card> for CardSummary {
    fn from(card: Card) -> Self {
        Self {
            household_code: card.household.code(),
            revision: card.revision,
            panel: card.panel.to_string(),
            scored_on: card.scored_on.to_string(),
            status: card.status.name().to_owned(),
            findings: write_findings(&card.findings),
        }
    }
}

/// 列出一个月的积分卡
#[utoipa::path(get, path = "/api/v1/cards", tag = "评分", params(MonthPart),
    responses((status = 200, body = Page<CardSummary>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<MonthPart>,
) -> Answered<Json<Page<CardSummary>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let month = month("month", &part.month)?;
    let after = part.after.map(|code| place_of("after", &code, Level::Household)).transpose()?;
    let limit = limit(part.limit);
    let most = usize::try_from(limit + 1).unwrap_or(1);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        cards_page(connection, &allowed.place(), month, after.as_ref(), most).await
    })
    .await?;
    let rows = found.into_iter().map(CardSummary::from).collect();
    Ok(Json(page(rows, limit, |row: &CardSummary| row.household_code.clone())))
}

/// A card to enter.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CardRow {
    /// 月份
    month: String,
    /// 农户代码
    household_code: String,
    /// 评分组
    panel: String,
    /// 评分日期
    scored_on: String,
    /// 状态；空即已评
    #[serde(default)]
    status: String,
    /// 扣分，如 H1a*2;H3b
    #[serde(default)]
    findings: String,
    /// 逾期原因
    #[serde(default)]
    late_reason: Option<String>,
    /// 备注
    #[serde(default)]
    note: Option<String>,
}

/// Cards to enter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cards {
    /// 已由组长签字：同时为各评分组签字
    #[serde(default)]
    signed: bool,
    /// 在哪个地方办理；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
    /// 各张卡
    #[schema(min_items = 1, max_items = 20000)]
    rows: Vec<CardRow>,
}

/// 录入积分卡
#[utoipa::path(post, path = "/api/v1/cards", tag = "评分", request_body = Cards,
    responses((status = 200, body = Changed)))]
pub(super) async fn enter(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(cards): Input<Cards>,
) -> Answered<Json<Changed>> {
    let rows = Rows { place: cards.place, dry_run: cards.dry_run, rows: cards.rows };
    let at = caller.at(rows.place.as_deref())?;
    let allowed = caller.allow(EnterCards, at).await?;
    let signed = match cards.signed {
        // Whoever may enter cards may not therefore sign them.
        true => caller.allow(SignCards, at).await.map(|_| Signed::Yes)?,
        false => Signed::No,
    };
    let parsed = rows.parsed(intake::scorecards)?;
    let mut connection = state.database.connection().await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    changed(enter_cards(&mut connection, &allowed, &parsed, signed, salts, rows.mode(), &moment).await?)
}

/// A correction of a closed month.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectionRow {
    /// 月份
    month: String,
    /// 农户代码
    household_code: String,
    /// 状态；空即已评
    #[serde(default)]
    status: String,
    /// 更正后的扣分
    #[serde(default)]
    findings: String,
    /// 原因
    reason: String,
    /// 决定人
    decided_by: String,
    /// 决定日期
    decided_on: String,
    /// 异议编号
    #[serde(default)]
    objection_no: Option<String>,
}

/// 更正已结账的月份；每个村每月得一个新版本
#[utoipa::path(post, path = "/api/v1/corrections", tag = "异议", request_body = Rows<CorrectionRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn correct(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<CorrectionRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(Correct, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::corrections)?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let outcome = {
        let mut connection = state.database.connection().await?;
        correct_cards(&mut connection, &allowed, &parsed, salts, rows.mode(), &moment).await?
    };
    if rows.mode() == Mode::Apply {
        seal_months(&state.database, &allowed.widened(), &moment).await?;
    }
    changed(outcome)
}
