//! Jobs of a county: what is waiting, done and given up, and beginning one again.

use authz::Operate;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use records::jobs::{JobRow, job_exists, jobs_of, run_again};
use records::tenancy;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::http::input::Named;
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobSummary {
    /// 编号
    id: i64,
    /// 种类
    kind: String,
    /// 地方代码
    place: String,
    /// 月、年、日或行
    period: String,
    /// 状态：due、running、done、given_up
    state: String,
    /// 到期时间
    due_at: String,
    /// 办过几次
    attempts: i32,
    /// 结果或原因
    outcome: Option<String>,
}

impl From<JobRow> for JobSummary {
    fn from(row: JobRow) -> Self {
        let place = domain::place::Place::from_digits(&row.place);
        Self {
            id: row.id,
            kind: row.kind,
            place: place.map(|place| place.code()).unwrap_or(row.place),
            period: row.period,
            state: row.state,
            due_at: row.due_at.to_rfc3339(),
            attempts: row.attempts,
            outcome: row.outcome,
        }
    }
}

/// The jobs of a county.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobList {
    /// 未了的在前，再是最近办完的，至多 200 个
    items: Vec<JobSummary>,
}

/// 列出任务
#[utoipa::path(get, path = "/api/v1/jobs", tag = "任务", responses((status = 200, body = JobList)))]
pub(super) async fn list(Extract(state): Extract<State>, caller: Caller) -> Answered<Json<JobList>> {
    let allowed = caller.allow(Operate, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let rows = tenancy::read(&mut connection, &allowed, async |connection| {
        jobs_of(connection, &allowed.place(), 200).await
    })
    .await?;
    Ok(Json(JobList { items: rows.into_iter().map(JobSummary::from).collect() }))
}

/// 重做已放弃的任务
#[utoipa::path(post, path = "/api/v1/jobs/{id}/again", tag = "任务",
    params(("id" = i64, Path, description = "任务编号")),
    responses((status = 204, description = "已重新排入")))]
pub(super) async fn again(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(Operate, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let known = tenancy::read(&mut connection, &allowed, async |connection| {
        job_exists(connection, &allowed.place(), id).await
    })
    .await?;
    if !known {
        return Err(Problem::not_found().into());
    }
    run_again(&mut connection, &allowed, id, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}
