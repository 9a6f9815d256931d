//! Catalogues handed in for approval: listed, read, handed in and taken back.

use authz::{Read, SubmitCatalogue};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use chrono::SecondsFormat;
use domain::catalogue::Doer;
use records::catalogue::{
    Submission, SubmissionFile, SubmissionSummary, TakenStep, submission, submissions_page, submit_catalogue,
    withdraw as take_back,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalogues::{CatalogueRow, assembled, rows_of};
use super::divisions::Part;
use super::rows::{Page, limit, mode, page};
use crate::caller::Caller;
use crate::http::etag;
use crate::http::input::{Asked, Input, Named, date, month, short, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A catalogue that was handed in, without its list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubmissionEntry {
    /// 编号
    id: i64,
    /// 提交的镇或村
    place: String,
    /// 年度
    year: i32,
    /// 从哪个月起
    #[schema(example = "2027-01")]
    from: String,
    /// 校验码
    digest: String,
    /// 村民（代表）会议的日期
    meeting_on: Option<String>,
    /// 应到和实到人数
    attendance: String,
    /// 年内再次调整的原因
    reason: Option<String>,
    /// 谁提交的（登录名）
    submitted_by: String,
    /// 提交时间
    submitted_at: String,
    /// 审批状态：waiting、approved、sent_back、withdrawn
    state: String,
    /// 审批状态，给人看的
    state_title: String,
}

impl From<SubmissionSummary> for SubmissionEntry {
    fn from(one: SubmissionSummary) -> Self {
        Self {
            id: one.id,
            place: one.place.code(),
            year: one.year,
            from: one.from.to_string(),
            digest: one.digest.hex(),
            meeting_on: one.meeting_on.map(|day| day.to_string()),
            attendance: one.attendance,
            reason: one.reason,
            submitted_by: one.submitted_by,
            submitted_at: one.submitted_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            state: one.state.name().to_owned(),
            state_title: one.state.title().to_owned(),
        }
    }
}

/// Something that was done about a submission.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalStep {
    /// 做了什么：sent_back、approved、withdrawn
    kind: String,
    /// 同上，给人看的
    title: String,
    /// 原因
    reason: Option<String>,
    /// 谁（登录名）
    by: String,
    /// 什么时候
    at: String,
}

impl From<TakenStep> for ApprovalStep {
    fn from(step: TakenStep) -> Self {
        Self {
            kind: step.kind.name().to_owned(),
            title: step.kind.title().to_owned(),
            reason: step.reason,
            by: step.by,
            at: step.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }
}

/// A submission with its list and what was done about it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubmissionDetails {
    /// 列表里的各项
    summary: SubmissionEntry,
    /// 各条标准，整份
    rows: Vec<CatalogueRow>,
    /// 审批经过，按先后
    steps: Vec<ApprovalStep>,
}

impl From<SubmissionFile> for SubmissionDetails {
    fn from(file: SubmissionFile) -> Self {
        Self {
            rows: rows_of(&file.catalogue),
            summary: file.summary.into(),
            steps: file.steps.into_iter().map(ApprovalStep::from).collect(),
        }
    }
}

/// 列出提交审批的积分项目，新的在前
#[utoipa::path(get, path = "/api/v1/catalogue-submissions", tag = "规则", params(Part),
    responses((status = 200, body = Page<SubmissionEntry>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<SubmissionEntry>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let before = part.after.as_deref().map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| wrong("after", "应为上一页的 next".into()))?;
    let limit = limit(part.limit);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        submissions_page(connection, &allowed.place(), before, limit + 1).await
    })
    .await?;
    let rows = found.into_iter().map(SubmissionEntry::from).collect();
    Ok(Json(page(rows, limit, |row: &SubmissionEntry| row.id.to_string())))
}

/// 一份提交审批的积分项目，连同经过
#[utoipa::path(get, path = "/api/v1/catalogue-submissions/{id}", tag = "规则",
    params(("id" = i64, Path, description = "提交的编号")), responses((status = 200, body = SubmissionDetails)))]
pub(super) async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Json<SubmissionDetails>> {
    let allowed = caller.allow(Read, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        submission(connection, &allowed.place(), id).await
    })
    .await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// A catalogue to hand in: complete, not a patch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CatalogueToSubmit {
    /// 镇或村；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 从哪个月起 YYYY-MM
    #[schema(example = "2027-01")]
    from: String,
    /// 年度；不写即起始月所在的年
    #[serde(default)]
    #[schema(minimum = 2000, maximum = 2099)]
    year: Option<i32>,
    /// 村民（代表）会议的日期；村须写
    #[serde(default)]
    #[schema(example = "2026-12-20")]
    meeting_on: Option<String>,
    /// 应到和实到人数；村须写
    #[serde(default)]
    #[schema(example = "应到 45 人，实到 38 人")]
    attendance: String,
    /// 年内再次调整的原因
    #[serde(default)]
    reason: Option<String>,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
    /// 各条标准，整份
    #[schema(min_items = 1, max_items = 2000)]
    rows: Vec<CatalogueRow>,
    /// 有不得扣分的内容，请县审查放行
    #[serde(default)]
    asks_override: bool,
}

/// A catalogue that was handed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CatalogueSubmitted {
    /// 编号；只检查的没有
    id: Option<i64>,
}

/// 提交积分项目，等上一级审批；待审批的前一份随即撤回
#[utoipa::path(post, path = "/api/v1/catalogue-submissions", tag = "规则", request_body = CatalogueToSubmit,
    params(("If-Match" = Option<String>, Header, description = "读到的 ETag；其间被别人改动则回答 412")),
    responses((status = 200, body = CatalogueSubmitted)))]
pub(super) async fn submit(
    Extract(state): Extract<State>,
    caller: Caller,
    headers: HeaderMap,
    Input(new): Input<CatalogueToSubmit>,
) -> Answered<Json<CatalogueSubmitted>> {
    let allowed = caller.allow(SubmitCatalogue, caller.at(new.place.as_deref())?).await?;
    let Doer { account, login } = caller.doer()?;
    short("reason", new.reason.as_deref())?;
    short("attendance", Some(&new.attendance))?;
    let from = month("from", &new.from)?;
    let year = new.year.unwrap_or(from.year());
    if !(2000..=2099).contains(&year) {
        return Err(wrong("year", "年度应在 2000 到 2099 之间".into()).into());
    }
    let meeting_on = new.meeting_on.as_deref().map(|text| date("meeting_on", text)).transpose()?;
    let submission = Submission {
        catalogue: assembled(&new.rows)?,
        year,
        from,
        meeting_on,
        attendance: new.attendance.trim().to_owned(),
        reason: new.reason,
        builds_on: etag::builds_on(&headers)?,
        asks_override: new.asks_override,
    };
    let (mode, moment) = (mode(new.dry_run), state.moment());
    let mut connection = state.database.connection().await?;
    let id = submit_catalogue(&mut connection, &allowed, &submission, account, login, mode, &moment).await?;
    Ok(Json(CatalogueSubmitted { id: (!new.dry_run).then_some(id) }))
}

/// 撤回待审批的积分项目
#[utoipa::path(post, path = "/api/v1/catalogue-submissions/{id}/withdrawal", tag = "规则",
    params(("id" = i64, Path, description = "提交的编号")),
    responses((status = 204, description = "已撤回")))]
pub(super) async fn withdraw(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(SubmitCatalogue, caller.reach()?).await?;
    let Doer { account, login } = caller.doer()?;
    let mut connection = state.database.connection().await?;
    take_back(&mut connection, &allowed, id, account, login, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}
