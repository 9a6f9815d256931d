//! Sheets: handed in as phones do, listed while they wait for a decision, and decided.

use authz::{EnterCards, Read, SignCards};
use axum::Json;
use axum::extract::State as Extract;
use chrono::SecondsFormat;
use domain::place::Level;
use records::sheets::{CurrentCard, Decision, OpenSheet, decide_sheet, open_sheets};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cards::MonthPart;
use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, Named, month, short, wrong};
use crate::problem::Answered;
use crate::scoring::{Receipts, SentSheet, received};
use crate::state::State;

/// The card that a sheet is held against.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingCard {
    /// 第几版
    revision: i16,
    /// 评分组
    panel: String,
    /// 状态：scored、away、refused、unreached
    status: String,
    /// 扣分，写法同导入文件
    findings: String,
    /// 得分，一位小数；没有评分即为空
    score: Option<String>,
    /// 组长已签字
    signed: bool,
}

impl From<CurrentCard> for StandingCard {
    fn from(card: CurrentCard) -> Self {
        Self {
            revision: card.revision,
            panel: card.panel,
            status: card.status.name().to_owned(),
            findings: card.findings,
            score: card.score.map(|score| score.to_string()),
            signed: card.signed,
        }
    }
}

/// A sheet that waits for a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingSheet {
    /// 编号
    id: i64,
    /// 农户代码
    household_code: String,
    /// 评分组
    panel: String,
    /// 评分日期
    scored_on: String,
    /// 状态：scored、away、refused、unreached
    status: String,
    /// 扣分，写法同导入文件
    findings: String,
    /// 得分，一位小数；没有评分即为空
    score: Option<String>,
    /// 谁上传的（登录名）
    by: String,
    /// 收到的时间
    received_at: String,
    /// 回执：conflict 冲突、late 迟到、unclear 待核实
    receipt: String,
    /// 为什么没有入账
    problem: Option<String>,
    /// 现在的积分卡；没有即未评
    card: Option<StandingCard>,
}

impl From<OpenSheet> for WaitingSheet {
    fn from(open: OpenSheet) -> Self {
        Self {
            id: open.id,
            household_code: open.sheet.household.code(),
            panel: open.sheet.panel,
            scored_on: open.sheet.scored_on.to_string(),
            status: open.sheet.status.name().to_owned(),
            findings: open.sheet.findings,
            score: open.score.map(|score| score.to_string()),
            by: open.by_login,
            received_at: open.received_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            receipt: open.receipt.name().to_owned(),
            problem: open.problem,
            card: open.current.map(StandingCard::from),
        }
    }
}

/// 列出要组长取舍的评分单
#[utoipa::path(get, path = "/api/v1/sheets", tag = "评分", params(MonthPart),
    responses((status = 200, body = Page<WaitingSheet>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<MonthPart>,
) -> Answered<Json<Page<WaitingSheet>>> {
    let at = caller.at(part.place.as_deref())?;
    let allowed = caller.allow(Read, at).await?;
    // Panels belong to the village: whoever reads no further than a group does not see who scores it.
    if at.level() > Level::Village {
        return Err(wrong("place", "评分单按村查看，请写村、镇或县的代码".into()).into());
    }
    let month = month("month", &part.month)?;
    let mut connection = state.database.connection().await?;
    let open = tenancy::read(&mut connection, &allowed, async |connection| {
        open_sheets(connection, &at, month).await
    })
    .await?;
    let rows = open.into_iter().map(WaitingSheet::from);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), |row: &WaitingSheet| {
        row.id.to_string()
    })?))
}

/// Sheets to hand in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetsToHandIn {
    /// 各张评分单，一次至多 200 张
    #[schema(max_items = 200)]
    sheets: Vec<SentSheet>,
}

/// 上传评分单，与手机相同；每张有回执，重发的得同样的回执
#[utoipa::path(post, path = "/api/v1/sheets", tag = "评分", request_body = SheetsToHandIn,
    responses((status = 200, body = Receipts)))]
pub(super) async fn hand_in(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(sent): Input<SheetsToHandIn>,
) -> Answered<Json<Receipts>> {
    let allowed = caller.allow(EnterCards, caller.reach()?).await?;
    received(&state, &caller, &allowed, sent.sheets).await.map(Json)
}

/// What the leader makes of a sheet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetDecision {
    /// 采用这张评分单；否则保留现在的积分卡
    take: bool,
    /// 理由，至多 200 字
    #[schema(min_length = 1, example = "经组长现场核实")]
    reason: String,
    /// 核对过的积分卡是第几版，没有卡写 0；此后又改过的即拒绝。不写即不核对
    #[serde(default)]
    seen_revision: Option<i16>,
}

/// What became of a sheet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SheetDecided {
    /// 农户代码
    household_code: String,
    /// 采用后是积分卡的第几版；未采用即为空
    revision: Option<i16>,
    /// 此前已这样取舍
    already: bool,
}

/// 取舍一张评分单；采用后该评分组要重新签字
#[utoipa::path(post, path = "/api/v1/sheets/{id}/decision", tag = "评分", request_body = SheetDecision,
    params(("id" = i64, Path, description = "评分单编号")), responses((status = 200, body = SheetDecided)))]
pub(super) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(decision): Input<SheetDecision>,
) -> Answered<Json<SheetDecided>> {
    let allowed = caller.allow(SignCards, caller.reach()?).await?;
    let login = caller.doer()?.login;
    short("reason", Some(&decision.reason))?;
    let reason = decision.reason.trim();
    if reason.is_empty() {
        return Err(wrong("reason", "请写明取舍的理由".into()).into());
    }
    let seen = decision.seen_revision;
    let decision = Decision { sheet: id, take: decision.take, reason, login, seen };
    let mut connection = state.database.connection().await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let decided = decide_sheet(&mut connection, &allowed, &decision, salts, &moment).await?;
    Ok(Json(SheetDecided {
        household_code: decided.household.code(),
        revision: decided.revision,
        already: decided.already,
    }))
}
