//! Reminders: which digests were written, and writing those of today.

use authz::Remind;
use axum::Json;
use axum::extract::State as Extract;
use chrono::SecondsFormat;
use domain::place::Level;
use records::messages::{Item, MessageSummary, compose_digests, messages_page};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::divisions::Part;
use super::rows::{Page, limit, page};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, wrong};
use crate::problem::Answered;
use crate::state::State;

/// One thing that somebody should do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReminderItem {
    /// 事项，如 评分、公示
    about: String,
    /// 镇和村的名称
    of: String,
    /// 哪个月，如 2026年10月；与月份无关的为空
    in_month: String,
    /// 还缺什么
    missing: String,
    /// 到哪天；没有期限的为空
    by: String,
}

impl From<Item> for ReminderItem {
    fn from(item: Item) -> Self {
        Self { about: item.about, of: item.place, in_month: item.month, missing: item.missing, by: item.by }
    }
}

/// A digest that was written for somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReminderSummary {
    /// 编号
    id: i64,
    /// 哪天的
    day: String,
    /// 途径：mail、webhook
    channel: String,
    /// 给谁
    name: String,
    /// 发出的时间；还没有发出即为空
    sent_at: Option<String>,
    /// 内容；过期清理后为空
    items: Option<Vec<ReminderItem>>,
}

impl From<MessageSummary> for ReminderSummary {
    fn from(message: MessageSummary) -> Self {
        let items = message.content.map(|content| content.items);
        Self {
            id: message.id,
            day: message.day.to_string(),
            channel: message.channel.name().to_owned(),
            name: message.name,
            sent_at: message.sent_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            items: items.map(|items| items.into_iter().map(ReminderItem::from).collect()),
        }
    }
}

/// 列出已写的提醒，新的在前；提醒由县写给各级联系人
#[utoipa::path(get, path = "/api/v1/reminders", tag = "提醒", params(Part),
    responses((status = 200, body = Page<ReminderSummary>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<ReminderSummary>>> {
    let allowed = caller.allow(Remind, caller.at(part.place.as_deref())?).await?;
    let before = part.after.as_deref().map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| wrong("after", "应为上一页的 next".into()))?;
    let limit = limit(part.limit);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        messages_page(connection, &allowed.place(), before, limit + 1).await
    })
    .await?;
    let rows = found.into_iter().map(ReminderSummary::from).collect();
    Ok(Json(page(rows, limit, |row: &ReminderSummary| row.id.to_string())))
}

/// Reminders to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemindersToWrite {
    /// 县代码；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
}

/// What was written.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemindersWritten {
    /// 这次写的份数；当天已写过的人不再写
    written: usize,
}

/// 写今天的提醒并请发送；每人每种途径每天一份
#[utoipa::path(post, path = "/api/v1/reminders", tag = "提醒", request_body = RemindersToWrite,
    responses((status = 200, body = RemindersWritten)))]
pub(super) async fn write(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(wanted): Input<RemindersToWrite>,
) -> Answered<Json<RemindersWritten>> {
    let at = caller.at(wanted.place.as_deref())?;
    let allowed = caller.allow(Remind, at).await?;
    if at.level() != Level::County {
        return Err(wrong("place", "提醒按县编写，请写县代码，由县级角色办理".into()).into());
    }
    let mut connection = state.database.connection().await?;
    let written = compose_digests(&mut connection, &allowed, &state.moment()).await?;
    Ok(Json(RemindersWritten { written }))
}
