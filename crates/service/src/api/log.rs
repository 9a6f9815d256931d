//! The log: searched and taken out by those who may.

use authz::ReadLog;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use records::audit::{LogRow, Search, note, search as find};
use records::tenancy;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::rows::{Page, limit, page};
use crate::caller::Caller;
use crate::http::input::{Asked, short, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// How many rows a file holds at most.
const EXPORTED: i64 = 100_000;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LogSearch {
    /// 哪个地方之内；不写即自己角色所在的地方
    place: Option<String>,
    /// 操作，如 close、reveal
    act: Option<String>,
    /// 谁：以此开头，如 person:12、operator
    actor: Option<String>,
    /// 内容包含，如请求编号
    text: Option<String>,
    /// 从何时起（RFC 3339）
    from: Option<String>,
    /// 到何时止（不含，RFC 3339）
    until: Option<String>,
    /// 上一页的 next
    after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

impl LogSearch {
    fn search(&self) -> Result<Search, Problem> {
        let instant = |field: &str, text: &Option<String>| -> Result<Option<DateTime<Utc>>, Problem> {
            let read = |text: &String| {
                DateTime::parse_from_rfc3339(text)
                    .map(|time| time.to_utc())
                    .map_err(|_| wrong(field, "应为 RFC 3339 时间，如 2026-11-05T08:00:00+08:00".into()))
            };
            text.as_ref().map(read).transpose()
        };
        let before = |text: &String| text.parse().map_err(|_| wrong("after", "应为上一页的 next".into()));
        Ok(Search {
            act: self.act.clone(),
            actor: self.actor.clone(),
            text: self.text.clone(),
            from: instant("from", &self.from)?,
            until: instant("until", &self.until)?,
            before: self.after.as_ref().map(before).transpose()?,
        })
    }
}

/// A row of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogEntry {
    /// 编号，县内连续
    number: i64,
    /// 时间
    recorded_at: String,
    /// 规则所见的时间
    stated_at: String,
    /// 地方
    place: String,
    /// 操作
    act: String,
    /// 谁，以什么角色，在哪里
    actor: String,
    /// 内容，JSON 文本
    detail: String,
    /// 校验码
    hash: String,
}

impl From<LogRow> for LogEntry {
    fn from(row: LogRow) -> Self {
        Self {
            number: row.number,
            recorded_at: row.recorded_at.to_rfc3339(),
            stated_at: row.stated_at.to_rfc3339(),
            place: row.place.code(),
            act: row.act,
            actor: row.actor,
            detail: row.detail,
            hash: row.hash,
        }
    }
}

/// 查阅日志，近的在前
#[utoipa::path(get, path = "/api/v1/log", tag = "日志", params(LogSearch),
    responses((status = 200, body = Page<LogEntry>)))]
pub(super) async fn search(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(asked): Asked<LogSearch>,
) -> Answered<Json<Page<LogEntry>>> {
    let rows = found(&state, &caller, &asked, limit(asked.limit) + 1).await?;
    let rows = rows.into_iter().map(LogEntry::from).collect();
    Ok(Json(page(rows, limit(asked.limit), |row: &LogEntry| row.number.to_string())))
}

/// 导出日志为 CSV（记入日志），至多 100000 条
#[utoipa::path(get, path = "/api/v1/log.csv", tag = "日志", params(LogSearch),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn export(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(asked): Asked<LogSearch>,
) -> Answered<Response> {
    let at = caller.at(asked.place.as_deref())?;
    let allowed = caller.allow(ReadLog, at).await?;
    asked.search()?;
    for (field, text) in [("act", &asked.act), ("actor", &asked.actor), ("text", &asked.text)] {
        short(field, text.as_deref())?;
    }
    let detail = json!({ "exported": "log", "act": asked.act, "from": asked.from, "until": asked.until });
    {
        let mut connection = state.database.connection().await?;
        note(&mut connection, &allowed, detail, &state.moment()).await?;
    }
    let rows = found(&state, &caller, &asked, EXPORTED + 1).await?;
    if i64::try_from(rows.len()).is_ok_and(|rows| rows > EXPORTED) {
        return Err(Problem::refused()
            .because(format!("超过 {EXPORTED} 条，请缩小时间范围，分几次导出"))
            .into());
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = rows.into_iter().map(LogEntry::from).try_for_each(|row| writer.serialize(row));
    let bytes = written.and_then(|()| writer.into_inner().map_err(|error| error.into_error().into()));
    let bytes = bytes.map_err(|error| {
        tracing::error!(%error, "the log could not be written");
        Problem::fault()
    })?;
    let name = format!("attachment; filename=\"log-{}.csv\"", at.code());
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], bytes)
        .into_response())
}

async fn found(state: &State, caller: &Caller, asked: &LogSearch, most: i64) -> Answered<Vec<LogRow>> {
    let allowed = caller.allow(ReadLog, caller.at(asked.place.as_deref())?).await?;
    let wanted = asked.search()?;
    let mut connection = state.database.connection().await?;
    let rows = tenancy::read(&mut connection, &allowed, async |connection| {
        find(connection, &allowed.place(), &wanted, most).await
    })
    .await?;
    Ok(rows)
}
