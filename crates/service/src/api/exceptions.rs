//! Exceptions from the lock (补录): asked for by a village, granted or refused above it.

use authz::{AskException, GrantException, Read};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::place::Level;
use domain::scoring::ExceptionStep;
use records::scoring::{
    ExceptionDecision, ExceptionRequest, ListedException, ask_exception, decide_exception, exceptions_of,
    withdraw_exception,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, Named, date, month, place, short, wrong};
use crate::problem::Answered;
use crate::state::State;

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichExceptions {
    /// 哪个地方之内；不写即自己角色所在的地方
    place: Option<String>,
    /// 月份 YYYY-MM
    #[param(example = "2026-10")]
    month: String,
    /// 上一页的 next
    after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// A request with what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExceptionEntry {
    /// 本接口里的编号
    id: i64,
    /// 村代码
    village: String,
    /// 月份
    month: String,
    /// 补录的范围：村、村小组或农户代码
    opens: String,
    /// 补录到哪天（含）
    until: String,
    /// 申请理由；依法删除后为空
    reason: Option<String>,
    /// 申请人登录名
    asked_by: String,
    /// 申请时间
    asked_at: String,
    /// 办理状态，给人看的：待批准、补录中、已结束、未批准、已过期、已撤回
    state_title: String,
    /// 办理结果：granted、refused、withdrawn；没有办理即为空
    step: Option<String>,
    /// 办理意见
    step_reason: Option<String>,
    /// 办理人登录名
    decided_by: Option<String>,
    /// 办理时间
    decided_at: Option<String>,
}

fn name(step: ExceptionStep) -> &'static str {
    match step {
        ExceptionStep::Granted => "granted",
        ExceptionStep::Refused => "refused",
        ExceptionStep::Withdrawn => "withdrawn",
    }
}

impl From<ListedException> for ExceptionEntry {
    fn from(one: ListedException) -> Self {
        let step = one.step;
        Self {
            id: one.id,
            village: one.village.code(),
            month: one.month.to_string(),
            opens: one.opens.code(),
            until: one.until.to_string(),
            reason: one.reason,
            asked_by: one.asked_by,
            asked_at: one.asked_at.to_rfc3339(),
            state_title: one.state.title().to_owned(),
            step: step.as_ref().map(|step| name(step.kind).to_owned()),
            step_reason: step.as_ref().and_then(|step| step.reason.clone()),
            decided_at: step.as_ref().map(|step| step.at.to_rfc3339()),
            decided_by: step.map(|step| step.by),
        }
    }
}

/// 列出一个月的补录申请，新的在前
#[utoipa::path(get, path = "/api/v1/exceptions", tag = "评分", params(WhichExceptions),
    responses((status = 200, body = Page<ExceptionEntry>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(which): Asked<WhichExceptions>,
) -> Answered<Json<Page<ExceptionEntry>>> {
    let allowed = caller.allow(Read, caller.at(which.place.as_deref())?).await?;
    let (of_month, now) = (month("month", &which.month)?, state.moment().local());
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        exceptions_of(connection, &allowed.place(), of_month, now).await
    })
    .await?;
    let rows = all.into_iter().map(ExceptionEntry::from);
    Ok(Json(page_after(rows, which.after.as_deref(), limit(which.limit), |row: &ExceptionEntry| {
        row.id.to_string()
    })?))
}

/// An exception to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExceptionToAsk {
    /// 补录的范围：村、村小组或农户代码
    #[schema(example = "440229100201001")]
    opens: String,
    /// 月份 YYYY-MM，须已过评分截止、还没有结账
    #[schema(example = "2026-10")]
    month: String,
    /// 补录到哪天（含）
    #[schema(example = "2026-11-05")]
    until: String,
    /// 理由，1 到 200 字，不写个人信息
    #[schema(min_length = 1, example = "评分组成员住院，第三小组没有评完")]
    reason: String,
}

/// An exception that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExceptionAsked {
    /// 本接口里的编号
    id: i64,
}

/// 申请补录
#[utoipa::path(post, path = "/api/v1/exceptions", tag = "评分", request_body = ExceptionToAsk,
    responses((status = 200, body = ExceptionAsked)))]
pub(super) async fn ask(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<ExceptionToAsk>,
) -> Answered<Json<ExceptionAsked>> {
    let opens = place("opens", &new.opens)?;
    let village = opens
        .ancestor(Level::Village)
        .ok_or_else(|| wrong("opens", "应是村、村小组或农户代码".to_owned()))?;
    let allowed = caller.allow(AskException, village).await?;
    short("reason", Some(&new.reason))?;
    let (month, until) = (month("month", &new.month)?, date("until", &new.until)?);
    let request = ExceptionRequest { month, opens, until, reason: new.reason };
    let by = caller.doer()?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    let id = ask_exception(&mut connection, &allowed, &request, &by, salts, &moment).await?;
    Ok(Json(ExceptionAsked { id }))
}

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExceptionVerdict {
    /// 是否批准
    grant: bool,
    /// 理由，至多 200 字；不批准的须写
    #[serde(default)]
    reason: String,
}

/// 批准或不批准补录，由镇或县办理
#[utoipa::path(post, path = "/api/v1/exceptions/{id}/decision", tag = "评分", request_body = ExceptionVerdict,
    params(("id" = i64, Path, description = "补录申请在列表里的 id")),
    responses((status = 204, description = "已办理")))]
pub(super) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(verdict): Input<ExceptionVerdict>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(GrantException, caller.reach()?).await?;
    short("reason", Some(&verdict.reason))?;
    let by = caller.doer()?;
    let decision = ExceptionDecision { id, grant: verdict.grant, reason: &verdict.reason };
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    decide_exception(&mut connection, &allowed, &decision, &by, salts, &moment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 撤回待批准的补录申请
#[utoipa::path(post, path = "/api/v1/exceptions/{id}/withdrawal", tag = "评分",
    params(("id" = i64, Path, description = "补录申请在列表里的 id")),
    responses((status = 204, description = "已撤回")))]
pub(super) async fn withdraw(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(AskException, caller.reach()?).await?;
    let by = caller.doer()?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    withdraw_exception(&mut connection, &allowed, id, &by, salts, &moment).await?;
    Ok(StatusCode::NO_CONTENT)
}
