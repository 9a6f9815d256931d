//! Results of closed months.

use authz::Read;
use axum::Json;
use axum::extract::State as Extract;
use domain::closing::{ExportedResult, Tier};
use domain::place::Level;
use records::closing::results_page;
use records::tenancy;
use serde::Serialize;
use utoipa::ToSchema;

use super::cards::MonthPart;
use super::rows::{Page, limit, page};
use crate::caller::Caller;
use crate::http::input::{Asked, month, place_of};
use crate::problem::Answered;
use crate::state::State;

/// A household's result in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResultRow {
    /// 版本
    version: i16,
    /// 村代码
    village_code: String,
    /// 小组代码
    group_code: String,
    /// 农户代码
    household_code: String,
    /// 状态：scored、away、refused、unreached、unscored
    status: String,
    /// 本月总分，一位小数；未计分为空
    score: Option<String>,
    /// 组内名次
    rank_in_group: Option<u32>,
    /// 村内名次
    rank_in_village: Option<u32>,
    /// 年度累计，一位小数
    year_total: String,
    /// 符合兑换
    qualifies: bool,
    /// 档次，1 到 4
    tier: Option<i16>,
}

impl From<ExportedResult> for ResultRow {
    fn from(exported: ExportedResult) -> Self {
        let result = exported.result;
        Self {
            version: exported.version,
            village_code: exported.village.code(),
            group_code: result.group.code(),
            household_code: result.household.code(),
            status: result.status.name().to_owned(),
            score: result.score.map(|score| score.to_string()),
            rank_in_group: result.rank_in_group,
            rank_in_village: result.rank_in_village,
            year_total: result.year_total.to_string(),
            qualifies: result.qualifies,
            tier: result.tier.map(Tier::number),
        }
    }
}

/// 一个月的结果（最新版本）
#[utoipa::path(get, path = "/api/v1/results", tag = "结账", params(MonthPart),
    responses((status = 200, body = Page<ResultRow>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<MonthPart>,
) -> Answered<Json<Page<ResultRow>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let month = month("month", &part.month)?;
    let after = part.after.map(|code| place_of("after", &code, Level::Household)).transpose()?;
    let limit = limit(part.limit);
    let most = usize::try_from(limit + 1).unwrap_or(1);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        results_page(connection, &allowed.place(), month, after.as_ref(), most).await
    })
    .await?;
    let rows = found.into_iter().map(ResultRow::from).collect();
    Ok(Json(page(rows, limit, |row: &ResultRow| row.household_code.clone())))
}
