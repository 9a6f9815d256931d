//! Catalogues: the one in force at a place, and new ones.

use authz::{AdoptCatalogue, Read};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::catalogue::{Catalogue, DeductionRule, Item};
use domain::input::Line;
use records::catalogue::{Adoption, adopt_catalogue, catalogue_of};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rows::{Changed, changed, mode, rows};
use super::rulebooks::When;
use crate::caller::Caller;
use crate::http::etag;
use crate::http::input::{Asked, Input, month, short};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// One deduction rule with its item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogueRow {
    /// 项目代码
    pub(crate) item_code: String,
    /// 类别：人居环境、乡风文明
    pub(crate) category: String,
    /// 项目
    pub(crate) item: String,
    /// 满分，一位小数
    pub(crate) full_points: String,
    /// 标准代码
    pub(crate) rule_code: String,
    /// 扣分标准
    pub(crate) rule: String,
    /// 分值，一位小数
    pub(crate) points: String,
    /// 单位
    pub(crate) unit: String,
    /// 需要佐证
    #[serde(default)]
    pub(crate) evidence_required: bool,
}

/// A catalogue of rows, as the file's reader understands them.
///
/// # Errors
/// What is wrong with them, row by row.
pub(super) fn assembled(given: &[CatalogueRow]) -> Result<Catalogue, Problem> {
    intake::assemble_catalogue(&read_rows(given)?).map_err(Problem::from)
}

/// Rows as the file's reader understands them, each by itself.
///
/// # Errors
/// What is wrong with them, row by row.
pub(crate) fn read_rows(given: &[CatalogueRow]) -> Result<Vec<Line<domain::input::CatalogueRow>>, Problem> {
    rows(given, intake::catalogue)
}

/// The rows of a catalogue.
pub(crate) fn rows_of(catalogue: &Catalogue) -> Vec<CatalogueRow> {
    let row = |(item, rule): (&Item, &DeductionRule)| CatalogueRow {
        item_code: item.code.clone(),
        category: item.category.title().to_owned(),
        item: item.name.clone(),
        full_points: item.full.to_string(),
        rule_code: rule.code.clone(),
        rule: rule.text.clone(),
        points: rule.points.to_string(),
        unit: rule.unit.clone(),
        evidence_required: rule.evidence,
    };
    catalogue.rules().map(row).collect()
}

/// The catalogue in force at a place in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InForce {
    /// 地方
    place: String,
    /// 月份
    month: String,
    /// 校验码
    digest: String,
    /// 各条标准
    rows: Vec<CatalogueRow>,
}

/// 某月在某地生效的积分项目
#[utoipa::path(get, path = "/api/v1/catalogues", tag = "规则", params(When),
    responses((status = 200, body = InForce, headers(("ETag" = String, description = "版本，改动时放进 If-Match")))))]
pub(super) async fn in_force(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(when): Asked<When>,
) -> Answered<Response> {
    let allowed = caller.allow(Read, caller.at(when.place.as_deref())?).await?;
    let month = month("month", &when.month)?;
    let mut connection = state.database.connection().await?;
    let stored = tenancy::read(&mut connection, &allowed, async |connection| {
        catalogue_of(connection, &allowed.place(), month).await
    })
    .await?;
    let stored = stored.ok_or_else(|| Problem::not_found().because("这个月没有生效的积分项目"))?;
    let body = InForce {
        place: allowed.place().code(),
        month: month.to_string(),
        digest: stored.catalogue.digest().hex(),
        rows: rows_of(&stored.catalogue),
    };
    Ok((etag::header(Some(stored.id)), Json(body)).into_response())
}

/// A catalogue to put in force: complete, not a patch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCatalogue {
    /// 地方；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 从哪个月起 YYYY-MM
    from: String,
    /// 年度；不写即起始月所在的年
    #[serde(default)]
    #[schema(minimum = 2000, maximum = 2099)]
    year: Option<i32>,
    /// 年内再次调整的原因
    #[serde(default)]
    reason: Option<String>,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
    /// 各条标准，整份
    #[schema(min_items = 1, max_items = 2000)]
    rows: Vec<CatalogueRow>,
}

/// 发布积分项目
#[utoipa::path(post, path = "/api/v1/catalogues", tag = "规则", request_body = NewCatalogue,
    params(("If-Match" = Option<String>, Header, description = "读到的 ETag；其间被别人改动则回答 412")),
    responses((status = 200, body = Changed)))]
pub(super) async fn adopt(
    Extract(state): Extract<State>,
    caller: Caller,
    headers: HeaderMap,
    Input(new): Input<NewCatalogue>,
) -> Answered<Json<Changed>> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(AdoptCatalogue, at).await?;
    short("reason", new.reason.as_deref())?;
    let from = month("from", &new.from)?;
    let catalogue = assembled(&new.rows)?;
    let year = new.year.unwrap_or(from.year());
    let builds_on = etag::builds_on(&headers)?;
    let adoption = Adoption { catalogue, year, from, reason: new.reason, builds_on };
    let mut connection = state.database.connection().await?;
    changed(adopt_catalogue(&mut connection, &allowed, &adoption, mode(new.dry_run), &state.moment()).await?)
}
