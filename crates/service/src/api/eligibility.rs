//! The town's queries whether a household may take part (参评资格质询): listed, asked, answered, closed.

use authz::{QueryEligibility, Read, RegisterHouseholds};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::households::{QueryAbout, QueryStep};
use domain::objections::check_words;
use domain::place::{Level, Place};
use records::households::{
    Query, QueryStepTaken, ask_eligibility, open_queries, queries_of_household, register_entry,
    take_query_step,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decisions::WithReason;
use super::divisions::Part;
use super::households::household;
use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, Named, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// What followed on a query.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EligibilityStep {
    /// 做了什么：confirmed、changed、asked_again、closed
    kind: String,
    /// 同上，给人看的
    title: String,
    /// 说明；依法删除后为空
    reason: Option<String>,
    /// 谁
    by: String,
    /// 哪天
    on: String,
}

impl From<QueryStepTaken> for EligibilityStep {
    fn from(step: QueryStepTaken) -> Self {
        Self {
            kind: step.kind.name().to_owned(),
            title: step.kind.title().to_owned(),
            reason: step.reason,
            by: step.by,
            on: step.on.to_string(),
        }
    }
}

/// A query.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EligibilityQuery {
    /// 本接口里的编号
    id: i64,
    /// 农户代码
    household_code: String,
    /// 问什么：eligible、resident、taking_part
    about: String,
    /// 同上，给人看的
    about_title: String,
    /// 为什么问；依法删除后为空
    words: Option<String>,
    /// 谁问的
    asked_by: String,
    /// 哪天问的
    asked_on: String,
    /// 是否还没有办结
    open: bool,
    /// 办理状态，给人看的
    state_title: String,
    /// 办理步骤，按先后
    steps: Vec<EligibilityStep>,
}

impl From<Query> for EligibilityQuery {
    fn from(query: Query) -> Self {
        let state = query.state();
        Self {
            id: query.id,
            household_code: query.household.code(),
            about: query.about.name().to_owned(),
            about_title: query.about.title().to_owned(),
            words: query.words,
            asked_by: query.asked_by,
            asked_on: query.asked_on.to_string(),
            open: state.is_open(),
            state_title: state.title().to_owned(),
            steps: query.steps.into_iter().map(EligibilityStep::from).collect(),
        }
    }
}

/// 列出还没有办结的参评资格质询，新的在前
#[utoipa::path(get, path = "/api/v1/eligibility-queries", tag = "农户", params(Part),
    responses((status = 200, body = Page<EligibilityQuery>)))]
pub(super) async fn open(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<EligibilityQuery>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        open_queries(connection, &allowed.place()).await
    })
    .await?;
    let rows = all.into_iter().map(EligibilityQuery::from);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), |row: &EligibilityQuery| {
        row.id.to_string()
    })?))
}

/// The queries about a household.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueriesOfHousehold {
    /// 各件，新的在前
    items: Vec<EligibilityQuery>,
}

/// 一户的参评资格质询，连同经过
#[utoipa::path(get, path = "/api/v1/households/{code}/queries", tag = "农户",
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = QueriesOfHousehold)))]
pub(super) async fn of_household(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
) -> Answered<Json<QueriesOfHousehold>> {
    let (household, village) = with_village(&code)?;
    let allowed = caller.allow(Read, village).await?;
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        match register_entry(connection, &household).await? {
            Some(entry) => Ok(Some(queries_of_household(connection, &entry).await?)),
            None => Ok(None),
        }
    })
    .await?;
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(Json(QueriesOfHousehold { items: found.into_iter().map(EligibilityQuery::from).collect() }))
}

/// What is asked about.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AskedAbout {
    /// 是否符合参评资格
    Eligible,
    /// 是否在本村常住
    Resident,
    /// 是否自愿参与
    TakingPart,
}

/// A query to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryToAsk {
    /// 问什么：eligible 是否符合参评资格、resident 是否在本村常住、taking_part 是否自愿参与
    about: AskedAbout,
    /// 为什么问，1 到 500 字
    #[schema(min_length = 1, example = "听说全家去年搬到县城")]
    words: String,
}

/// A query that is on record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueryAsked {
    /// 本接口里的编号
    id: i64,
}

/// 质询一户的参评资格，由镇或县提出；同样的质询在办结之前只有一件
#[utoipa::path(post, path = "/api/v1/households/{code}/queries", tag = "农户", request_body = QueryToAsk,
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = QueryAsked)))]
pub(super) async fn ask(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
    Input(new): Input<QueryToAsk>,
) -> Answered<Json<QueryAsked>> {
    let (household, village) = with_village(&code)?;
    let allowed = caller.allow(QueryEligibility, village).await?;
    let about = match new.about {
        AskedAbout::Eligible => QueryAbout::Eligible,
        AskedAbout::Resident => QueryAbout::Resident,
        AskedAbout::TakingPart => QueryAbout::TakingPart,
    };
    let words = said("words", &new.words)?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    let id = ask_eligibility(&mut connection, &allowed, &household, (about, &words), salts, &moment).await?;
    Ok(Json(QueryAsked { id }))
}

/// What the village answers.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum QueryFinding {
    /// 核实无误
    Confirmed,
    /// 已改登记
    Changed,
}

/// An answer to a query.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerToQuery {
    /// 核实结果：confirmed 核实无误、changed 已改登记
    found: QueryFinding,
    /// 说明，1 到 500 字
    #[schema(min_length = 1, example = "户主在本村务农，有村民代表作证")]
    reason: String,
}

/// 村里答复质询
#[utoipa::path(post, path = "/api/v1/households/{code}/queries/{id}/answer", tag = "农户",
    request_body = AnswerToQuery,
    params(("code" = String, Path, description = "农户代码，19 位"),
        ("id" = i64, Path, description = "质询在列表里的 id")),
    responses((status = 204, description = "已答复")))]
pub(super) async fn answer(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, id)): Named<(String, i64)>,
    Input(new): Input<AnswerToQuery>,
) -> Answered<StatusCode> {
    let (household, village) = with_village(&code)?;
    let allowed = caller.allow(RegisterHouseholds, village).await?;
    let step = match new.found {
        QueryFinding::Confirmed => QueryStep::Confirmed,
        QueryFinding::Changed => QueryStep::Changed,
    };
    let reason = said("reason", &new.reason)?;
    let (about, salts, moment) = ((&household, id), &state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    take_query_step(&mut connection, &allowed, about, (step, &reason), salts, &moment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 再问：对村里的答复不满意
#[utoipa::path(post, path = "/api/v1/households/{code}/queries/{id}/repetition", tag = "农户",
    request_body = WithReason,
    params(("code" = String, Path, description = "农户代码，19 位"),
        ("id" = i64, Path, description = "质询在列表里的 id")),
    responses((status = 204, description = "已再问")))]
pub(super) async fn ask_again(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, id)): Named<(String, i64)>,
    Input(why): Input<WithReason>,
) -> Answered<StatusCode> {
    follow_up(&state, &caller, (&code, id), (QueryStep::AskedAgain, &why)).await
}

/// 办结质询，由镇或县办理
#[utoipa::path(post, path = "/api/v1/households/{code}/queries/{id}/closure", tag = "农户",
    request_body = WithReason,
    params(("code" = String, Path, description = "农户代码，19 位"),
        ("id" = i64, Path, description = "质询在列表里的 id")),
    responses((status = 204, description = "已办结")))]
pub(super) async fn close(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, id)): Named<(String, i64)>,
    Input(why): Input<WithReason>,
) -> Answered<StatusCode> {
    follow_up(&state, &caller, (&code, id), (QueryStep::Closed, &why)).await
}

async fn follow_up(
    state: &State,
    caller: &Caller,
    (code, id): (&str, i64),
    (step, why): (QueryStep, &WithReason),
) -> Answered<StatusCode> {
    let (household, village) = with_village(code)?;
    let allowed = caller.allow(QueryEligibility, village).await?;
    let reason = said("reason", &why.reason)?;
    let (about, salts, moment) = ((&household, id), &state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    take_query_step(&mut connection, &allowed, about, (step, &reason), salts, &moment).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn said(field: &str, text: &str) -> Result<String, Problem> {
    check_words(text).map_err(|problem| wrong(field, problem.to_string()))
}

/// The household of a path, and its village.
fn with_village(code: &str) -> Result<(Place, Place), Problem> {
    let (household, _) = household(code)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    Ok((household, village))
}
