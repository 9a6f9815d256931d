//! Year-end awards.

use authz::{Award, Certify, Read};
use axum::Json;
use axum::extract::State as Extract;
use domain::awards::ExportedAward;
use records::awards::{awards_of, certify_groups, compute_awards};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::closings::BlockedVillage;
use super::rows::{Changed, Page, Rows, changed, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input};
use crate::problem::Answered;
use crate::state::State;

/// Which part of a year.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct YearPart {
    /// 哪个地方之内；不写即自己角色所在的地方
    place: Option<String>,
    /// 年度
    #[param(minimum = 2000, maximum = 2099)]
    year: i32,
    /// 上一页的 next
    after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// A household's place in the year-end list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AwardRow {
    /// 版本
    version: i16,
    /// 小组代码
    group_code: String,
    /// 农户代码
    household_code: String,
    /// 计入的月数
    months_counted: u32,
    /// 全年累计，一位小数
    year_total: String,
    /// 组内名次
    rank_in_group: u32,
    /// 奖项，1 到 3
    prize: Option<i16>,
}

impl From<ExportedAward> for AwardRow {
    fn from(award: ExportedAward) -> Self {
        Self {
            version: award.version,
            group_code: award.group.code(),
            household_code: award.household.code(),
            months_counted: award.months_counted,
            year_total: award.year_total.to_string(),
            rank_in_group: award.rank_in_group,
            prize: award.prize,
        }
    }
}

/// 一年的年终评比名单（最新版本）
#[utoipa::path(get, path = "/api/v1/awards", tag = "年终", params(YearPart),
    responses((status = 200, body = Page<AwardRow>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<YearPart>,
) -> Answered<Json<Page<AwardRow>>> {
    let at = caller.at(part.place.as_deref())?;
    let allowed = caller.allow(Read, at).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        awards_of(connection, &allowed.place(), part.year).await
    })
    .await?;
    let rows = all.into_iter().map(AwardRow::from);
    let key = |row: &AwardRow| row.household_code.clone();
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), key)?))
}

/// Awards to compute.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAwards {
    /// 年度
    #[schema(minimum = 2000, maximum = 2099)]
    year: i32,
    /// 县、镇或村；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
}

/// What became of computing awards.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AwardsReport {
    /// 这次得出名单的村
    computed: Vec<String>,
    /// 名单没有变化的村
    already: Vec<String>,
    /// 受阻的村和原因
    blocked: Vec<BlockedVillage>,
}

/// 计算年终评比
#[utoipa::path(post, path = "/api/v1/awards", tag = "年终", request_body = NewAwards,
    responses((status = 200, body = AwardsReport)))]
pub(super) async fn compute(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<NewAwards>,
) -> Answered<Json<AwardsReport>> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(Award, at).await?;
    let report = compute_awards(&state.database, &allowed, new.year, &state.moment(), |_, _| {}).await?;
    Ok(Json(AwardsReport {
        computed: report.computed.iter().map(|(village, _)| village.code()).collect(),
        already: report.already.iter().map(|village| village.code()).collect(),
        blocked: report.blocked.into_iter().map(BlockedVillage::from).collect(),
    }))
}

/// A certified number of resident households.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupFactRow {
    /// 小组代码
    group_code: String,
    /// 年度
    year: i32,
    /// 常住户数
    resident_households: u32,
    /// 来源
    source: String,
    /// 核定人
    certified_by: String,
}

/// 核定常住户数
#[utoipa::path(post, path = "/api/v1/group-facts", tag = "年终", request_body = Rows<GroupFactRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn certify(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<GroupFactRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(Certify, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::group_facts)?;
    let mut connection = state.database.connection().await?;
    changed(certify_groups(&mut connection, &allowed, &parsed, rows.mode(), &state.moment()).await?)
}
