//! What is done about an objection: noted, decided, withdrawn, reviewed.

use authz::{DecideObjection, ReviewObjection};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::objections::{Decision, check_words};
use domain::scoring::{Status, parse_findings};
use records::closing::StoredDifference;
use records::objections::{
    Decided, NewDecision, NewReview, RightCard, ask_review, decide_objection, note_investigation,
    review_objection,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::objections::{CardContent, found};
use super::rows::mode;
use crate::caller::Caller;
use crate::http::input::{Input, Named, wrong};
use crate::objections::sealed;
use crate::problem::{Answered, Problem};
use crate::state::State;

/// What the village decides.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// 成立
    Upheld,
    /// 部分成立
    Partly,
    /// 不成立
    Rejected,
}

/// A decision to take.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionToTake {
    /// 处理结果：upheld 成立、partly 部分成立、rejected 不成立
    outcome: Outcome,
    /// 更正后的积分卡：成立或部分成立的须写，不成立的不写
    #[serde(default)]
    correction: Option<CardContent>,
    /// 理由，1 到 500 字
    #[schema(min_length = 1, example = "现场核实，材料当天已清走")]
    reason: String,
    /// 核对过的该月最新版本；已有更新的版本即拒绝。不写即不核对
    #[serde(default)]
    seen_version: Option<i16>,
    /// 只看会影响哪些户，不写入
    #[serde(default)]
    dry_run: bool,
}

/// A review to carry out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewToTake {
    /// 改变村里的结果时，更正后的积分卡；不写即维持
    #[serde(default)]
    correction: Option<CardContent>,
    /// 理由，1 到 500 字
    #[schema(min_length = 1, example = "与村里的调查一致")]
    reason: String,
    /// 核对过的该月最新版本；已有更新的版本即拒绝。不写即不核对
    #[serde(default)]
    seen_version: Option<i16>,
    /// 只看会影响哪些户，不写入
    #[serde(default)]
    dry_run: bool,
}

/// Why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WithReason {
    /// 理由或情况，1 到 500 字
    #[schema(min_length = 1, example = "村民说已经清楚，不再提")]
    pub(super) reason: String,
}

/// A household that the new version moves.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MovedHousehold {
    /// 农户代码
    household_code: String,
    /// 原来的得分，一位小数
    score_before: Option<String>,
    /// 更正后的得分
    score_after: Option<String>,
    /// 原来的组内名次
    rank_before: Option<u32>,
    /// 更正后的组内名次
    rank_after: Option<u32>,
    /// 原来是否符合兑换
    qualifies_before: Option<bool>,
    /// 更正后是否符合兑换
    qualifies_after: Option<bool>,
}

impl From<StoredDifference> for MovedHousehold {
    fn from(StoredDifference { moved, .. }: StoredDifference) -> Self {
        Self {
            household_code: moved.household.code(),
            score_before: moved.score.0.map(|score| score.to_string()),
            score_after: moved.score.1.map(|score| score.to_string()),
            rank_before: moved.rank.0,
            rank_after: moved.rank.1,
            qualifies_before: moved.qualifies.0,
            qualifies_after: moved.qualifies.1,
        }
    }
}

/// What a decision did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ObjectionDecided {
    /// 异议编号
    #[schema(example = "2026-10-003")]
    objection_no: String,
    /// 月份
    month: String,
    /// 因此产生的版本；没有更正即为空
    new_version: Option<i16>,
    /// 新版本影响的各户
    moved: Vec<MovedHousehold>,
}

impl From<Decided> for ObjectionDecided {
    fn from(decided: Decided) -> Self {
        Self {
            objection_no: decided.number,
            month: decided.month.to_string(),
            new_version: decided.new_version,
            moved: decided.movements.into_iter().map(MovedHousehold::from).collect(),
        }
    }
}

/// The corrected card as it was written; none where nothing was.
fn right_card(given: Option<&CardContent>) -> Result<Option<RightCard>, Problem> {
    let Some(card) = given else { return Ok(None) };
    let stated = card.status.trim();
    let status = if stated.is_empty() { Some(Status::Scored) } else { Status::stated(stated) };
    let unknown = || wrong("correction.status", "应为 scored、away、refused、unreached 之一".into());
    let findings = parse_findings(&card.findings);
    let findings = findings.map_err(|error| wrong("correction.findings", error.to_string()))?;
    Ok(Some((status.ok_or_else(unknown)?, findings)))
}

fn reason(text: &str) -> Result<String, Problem> {
    check_words(text).map_err(|problem| wrong("reason", problem.to_string()))
}

/// 处理异议；成立或部分成立的，该月得一个更正后的新版本
#[utoipa::path(post, path = "/api/v1/objections/{id}/decision", tag = "异议", request_body = DecisionToTake,
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 200, body = ObjectionDecided)))]
pub(super) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(take): Input<DecisionToTake>,
) -> Answered<Json<ObjectionDecided>> {
    let outcome = match take.outcome {
        Outcome::Upheld => Decision::Upheld,
        Outcome::Partly => Decision::Partly,
        Outcome::Rejected => Decision::Rejected,
    };
    let correction = take.correction.as_ref();
    let stated = Stated { outcome, correction, reason: &take.reason, seen: take.seen_version };
    decided(&state, &caller, id, stated, take.dry_run).await
}

/// 撤回异议，由提出的人决定，由村里登记
#[utoipa::path(post, path = "/api/v1/objections/{id}/withdrawal", tag = "异议", request_body = WithReason,
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 200, body = ObjectionDecided)))]
pub(super) async fn withdraw(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(why): Input<WithReason>,
) -> Answered<Json<ObjectionDecided>> {
    let stated = Stated { outcome: Decision::Withdrawn, correction: None, reason: &why.reason, seen: None };
    decided(&state, &caller, id, stated, false).await
}

/// A decision as it was stated.
struct Stated<'a> {
    outcome: Decision,
    correction: Option<&'a CardContent>,
    reason: &'a str,
    seen: Option<i16>,
}

async fn decided(
    state: &State,
    caller: &Caller,
    id: i64,
    stated: Stated<'_>,
    dry_run: bool,
) -> Answered<Json<ObjectionDecided>> {
    let allowed = caller.allow(DecideObjection, caller.reach()?).await?;
    let village = found(state, &allowed, id).await?.summary.village;
    let at = allowed.narrow(village).map_err(records::Error::from)?;
    let new = NewDecision {
        outcome: stated.outcome,
        reason: reason(stated.reason)?,
        correction: right_card(stated.correction)?,
        seen: stated.seen,
    };
    let (mode, moment) = (mode(dry_run), state.moment());
    let decided = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        decide_objection(&mut connection, &at, id, &new, salts, mode, &moment).await?
    };
    sealed(state, &allowed, &decided, mode).await?;
    Ok(Json(decided.into()))
}

/// 记下调查情况
#[utoipa::path(post, path = "/api/v1/objections/{id}/notes", tag = "异议", request_body = WithReason,
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 204, description = "已记录")))]
pub(super) async fn note(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(why): Input<WithReason>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(DecideObjection, caller.reach()?).await?;
    let (words, salts) = (reason(&why.reason)?, &state.registrar.salts);
    let mut connection = state.database.connection().await?;
    note_investigation(&mut connection, &allowed, id, &words, salts, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 登记对处理结果不满意，申请镇里复核
#[utoipa::path(post, path = "/api/v1/objections/{id}/review-request", tag = "异议", request_body = WithReason,
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 204, description = "已登记")))]
pub(super) async fn ask(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(why): Input<WithReason>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(DecideObjection, caller.reach()?).await?;
    let (words, salts) = (reason(&why.reason)?, &state.registrar.salts);
    let mut connection = state.database.connection().await?;
    ask_review(&mut connection, &allowed, id, &words, salts, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 复核异议，由镇或县办理；写明更正即改变，否则维持
#[utoipa::path(post, path = "/api/v1/objections/{id}/review", tag = "异议", request_body = ReviewToTake,
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 200, body = ObjectionDecided)))]
pub(super) async fn review(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(take): Input<ReviewToTake>,
) -> Answered<Json<ObjectionDecided>> {
    let allowed = caller.allow(ReviewObjection, caller.reach()?).await?;
    let correction = right_card(take.correction.as_ref())?;
    let new = NewReview { reason: reason(&take.reason)?, correction, seen: take.seen_version };
    let (mode, moment) = (mode(take.dry_run), state.moment());
    let decided = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        review_objection(&mut connection, &allowed, id, &new, salts, mode, &moment).await?
    };
    sealed(&state, &allowed, &decided, mode).await?;
    Ok(Json(decided.into()))
}
