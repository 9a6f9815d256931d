//! Suggestions and complaints: listed, read with their answers, and answered. What stands at the town is seen by
//! whoever reads there.

use authz::{DecideObjection, Read};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::objections::check_words;
use domain::place::Level;
use domain::suggestions::SuggestionState;
use records::suggestions::{
    Answer, NewAnswer, SuggestionFile, SuggestionSummary, answer_suggestion, suggestion, suggestions_of,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, Named, month, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// Which suggestions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichSuggestions {
    /// 关于哪个地方；不写即自己角色所在的地方
    place: Option<String>,
    /// 月份 YYYY-MM：这个月提出的，和所有还没有答复的
    #[param(example = "2026-10")]
    month: String,
    /// 上一页的 next
    after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// A suggestion or complaint as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionEntry {
    /// 本接口里的编号
    id: i64,
    /// 回执上的编号
    #[schema(example = "意2026-11-003")]
    suggestion_no: String,
    /// 由哪里答复：村或镇的代码
    office: String,
    /// 关于哪个村
    village: String,
    /// suggestion 建议、complaint 投诉
    kind: String,
    /// 事项
    topic: String,
    /// 事项，给人看的
    topic_title: String,
    /// 是否从农户页面提出
    from_household: bool,
    /// 办理状态：open、answered、erased
    state: String,
    /// 办理状态，给人看的
    state_title: String,
    /// 提出的日期
    filed_on: String,
    /// 应在哪天之前答复（含）
    answer_by: String,
}

impl From<SuggestionSummary> for SuggestionEntry {
    fn from(one: SuggestionSummary) -> Self {
        let state = match one.state {
            SuggestionState::Open { .. } => "open",
            SuggestionState::Answered { .. } => "answered",
            SuggestionState::Erased => "erased",
        };
        Self {
            id: one.id,
            suggestion_no: one.number,
            office: one.office.code(),
            village: one.village.code(),
            kind: one.kind.name().to_owned(),
            topic: one.topic.name().to_owned(),
            topic_title: one.topic.title().to_owned(),
            from_household: one.from_household,
            state: state.to_owned(),
            state_title: one.state.title().to_owned(),
            filed_on: one.filed_on.to_string(),
            answer_by: one.answer_by.to_string(),
        }
    }
}

/// 列出建议和投诉，早的在前；投诉村干部和评分的只有镇以上看得到
#[utoipa::path(get, path = "/api/v1/suggestions", tag = "建议和投诉", params(WhichSuggestions),
    responses((status = 200, body = Page<SuggestionEntry>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(which): Asked<WhichSuggestions>,
) -> Answered<Json<Page<SuggestionEntry>>> {
    let allowed = caller.allow(Read, caller.at(which.place.as_deref())?).await?;
    let (about, of_month, now) = (allowed.place(), month("month", &which.month)?, state.moment().local());
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed.widened(), async |connection| {
        suggestions_of(connection, &about, of_month, now).await
    })
    .await?;
    let rows = all.into_iter().map(SuggestionEntry::from);
    Ok(Json(page_after(rows, which.after.as_deref(), limit(which.limit), |row: &SuggestionEntry| {
        row.id.to_string()
    })?))
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionAnswer {
    /// 内容；依法删除后为空
    words: Option<String>,
    /// 是否公开
    published: bool,
    /// 谁
    by: String,
    /// 哪天
    on: String,
}

impl From<Answer> for SuggestionAnswer {
    fn from(answer: Answer) -> Self {
        Self { words: answer.words, published: answer.published, by: answer.by, on: answer.on.to_string() }
    }
}

/// A suggestion or complaint with all that is needed to answer it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionDetails {
    /// 列表里的各项
    summary: SuggestionEntry,
    /// 村民的话；依法删除后为空
    words: Option<String>,
    /// 是否留了姓名或电话
    has_sender: bool,
    /// 历次答复，以最后一次为准
    answers: Vec<SuggestionAnswer>,
}

impl From<SuggestionFile> for SuggestionDetails {
    fn from(file: SuggestionFile) -> Self {
        Self {
            summary: file.summary.into(),
            words: file.words,
            has_sender: file.has_sender,
            answers: file.answers.into_iter().map(SuggestionAnswer::from).collect(),
        }
    }
}

/// 一件建议或投诉，连同答复
#[utoipa::path(get, path = "/api/v1/suggestions/{id}", tag = "建议和投诉",
    params(("id" = i64, Path, description = "建议或投诉在列表里的 id")),
    responses((status = 200, body = SuggestionDetails)))]
pub(super) async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Response> {
    let allowed = caller.allow(Read, caller.reach()?).await?;
    let (scope, now) = (allowed.place(), state.moment().local());
    if scope.level() > Level::Village {
        return Err(Problem::not_found().because("建议和投诉由村或镇答复，请用村一级的角色查看").into());
    }
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        suggestion(connection, &scope, id, now).await
    })
    .await?;
    let details: SuggestionDetails = found.ok_or_else(Problem::not_found)?.into();
    let mut response = Json(details).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// An answer to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerToGive {
    /// 答复，1 到 500 字
    #[schema(min_length = 1, example = "下月起多备些大米")]
    words: String,
    /// 是否在公示栏公开答复；村民的话不公开
    #[serde(default)]
    published: bool,
    /// 看到过几次答复；之后又有新答复的即拒绝
    #[serde(default)]
    #[schema(minimum = 0)]
    seen: u16,
}

/// 答复建议或投诉；已有答复的，以这一次为准
#[utoipa::path(post, path = "/api/v1/suggestions/{id}/answer", tag = "建议和投诉", request_body = AnswerToGive,
    params(("id" = i64, Path, description = "建议或投诉在列表里的 id")),
    responses((status = 204, description = "已答复")))]
pub(super) async fn answer(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(give): Input<AnswerToGive>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(DecideObjection, caller.reach()?).await?;
    let words = check_words(&give.words).map_err(|problem| wrong("words", problem.to_string()))?;
    let new = NewAnswer { words, published: give.published, seen: usize::from(give.seen) };
    let mut connection = state.database.connection().await?;
    let salts = &state.registrar.salts;
    answer_suggestion(&mut connection, &allowed, id, &new, salts, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}
