//! Publication of closed months, and postings on the board.

use authz::{Post, Publish, Read};
use axum::Json;
use axum::extract::State as Extract;
use records::publication::{publish_month, published, record_postings};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cards::MonthPart;
use super::closings::BlockedVillage;
use super::rows::{Changed, Page, Rows, changed, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, month};
use crate::problem::Answered;
use crate::state::State;

/// A published version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedVersion {
    /// 村代码
    village: String,
    /// 月份
    month: String,
    /// 版本
    version: i16,
    /// 公示日期
    published_on: String,
    /// 校验码
    hash: String,
}

/// 列出一个月的公示
#[utoipa::path(get, path = "/api/v1/publications", tag = "公示", params(MonthPart),
    responses((status = 200, body = Page<PublishedVersion>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<MonthPart>,
) -> Answered<Json<Page<PublishedVersion>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let month = month("month", &part.month)?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        published(connection, &allowed.place()).await
    })
    .await?;
    let of_month = all.into_iter().filter(|((_, one, _), _)| *one == month);
    let rows = of_month.map(|((village, month, version), published)| PublishedVersion {
        village: village.code(),
        month: month.to_string(),
        version,
        published_on: published.on.to_string(),
        hash: published.hash.hex(),
    });
    let key = |row: &PublishedVersion| format!("{} {}", row.village, row.version);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), key)?))
}

/// A publication to carry out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPublication {
    /// 月份 YYYY-MM
    month: String,
    /// 县、镇或村；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
}

/// What became of a publication.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicationReport {
    /// 这次公示的村
    published: Vec<String>,
    /// 此前已公示的村
    already: Vec<String>,
    /// 没有公示的村和原因
    blocked: Vec<BlockedVillage>,
}

/// 公示；已公示即成功，未结账的村列出原因
#[utoipa::path(post, path = "/api/v1/publications", tag = "公示", request_body = NewPublication,
    responses((status = 200, body = PublicationReport)))]
pub(super) async fn publish(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<NewPublication>,
) -> Answered<Json<PublicationReport>> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(Publish, at).await?;
    let month = month("month", &new.month)?;
    let mut connection = state.database.connection().await?;
    let report = publish_month(&mut connection, &allowed, month, &state.moment()).await?;
    Ok(Json(PublicationReport {
        published: report.published.iter().map(|(village, _)| village.code()).collect(),
        already: report.already.iter().map(|village| village.code()).collect(),
        blocked: report.blocked.into_iter().map(BlockedVillage::from).collect(),
    }))
}

/// A posting on a village's board.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostingRow {
    /// 月份
    month: String,
    /// 村代码
    village_code: String,
    /// 张贴日期
    posted_on: String,
    /// 张贴地点
    board: String,
    /// 张贴人
    posted_by: String,
    /// 版本；不写即张贴日期之前公示的最新一版
    #[serde(default)]
    version: Option<i16>,
}

/// 登记张贴
#[utoipa::path(post, path = "/api/v1/postings", tag = "公示", request_body = Rows<PostingRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn post(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<PostingRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(Post, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::postings)?;
    let mut connection = state.database.connection().await?;
    changed(record_postings(&mut connection, &allowed, &parsed, rows.mode(), &state.moment()).await?)
}
