//! Months of a village, and closing them.

use authz::{Close, Read};
use axum::Json;
use axum::extract::State as Extract;
use domain::place::Level;
use records::closing::{Blocked, Request, close_month, closed_months};
use records::publication::{postings, published};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::http::input::{Asked, Input, month, place_of, short};
use crate::problem::Answered;
use crate::state::State;

/// Which village.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfVillage {
    /// 村代码
    village: String,
}

/// A closed version of a village's month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MonthVersion {
    /// 月份
    month: String,
    /// 版本
    version: i16,
    /// 校验码
    hash: String,
    /// 参与户数
    taking_part: u32,
    /// 已评户数
    scored: u32,
    /// 是否开展了评分
    carried_out: bool,
    /// 更正原因
    reason: Option<String>,
    /// 结账时间
    closed_at: String,
    /// 公示日期
    published_on: Option<String>,
    /// 张贴日期
    posted_on: Option<String>,
}

/// The closed months of a village.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Months {
    /// 各月各版本，近的在前
    items: Vec<MonthVersion>,
}

/// 一个村各月的版本、公示和张贴
#[utoipa::path(get, path = "/api/v1/months", tag = "结账", params(OfVillage),
    responses((status = 200, body = Months)))]
pub(super) async fn months(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfVillage>,
) -> Answered<Json<Months>> {
    let village = place_of("village", &of.village, Level::Village)?;
    let allowed = caller.allow(Read, village).await?;
    let mut connection = state.database.connection().await?;
    let items = tenancy::read(&mut connection, &allowed, async |connection| {
        let (published, posted) =
            (published(connection, &village).await?, postings(connection, &village).await?);
        let versions = closed_months(connection, &village).await?;
        let version = |one: records::closing::ClosedMonth| MonthVersion {
            month: one.month.to_string(),
            version: one.version,
            hash: one.hash.hex(),
            taking_part: one.taking_part,
            scored: one.scored,
            carried_out: one.carried_out,
            reason: one.reason,
            closed_at: one.closed_at.to_rfc3339(),
            published_on: published.get(&(village, one.month, one.version)).map(|it| it.on.to_string()),
            posted_on: posted
                .get(&(village, one.month))
                .and_then(|postings| postings.of(one.version))
                .map(|posted| posted.on.to_string()),
        };
        Ok(versions.into_iter().map(version).collect())
    })
    .await?;
    Ok(Json(Months { items }))
}

/// A closing to carry out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClosing {
    /// 月份 YYYY-MM
    month: String,
    /// 县、镇或村；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 不等未签字的评分组，写明原因
    #[serde(default)]
    without_unsigned: Option<String>,
}

/// What became of a closing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Closed {
    /// 这次结账的村
    closed: Vec<String>,
    /// 此前已结账的村
    already: Vec<String>,
    /// 没有结账的村和原因
    blocked: Vec<BlockedVillage>,
}

/// A village that was left out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BlockedVillage {
    /// 村代码
    village: String,
    /// 原因
    reasons: Vec<String>,
}

impl From<Blocked> for BlockedVillage {
    fn from(blocked: Blocked) -> Self {
        Self { village: blocked.village.code(), reasons: blocked.reasons }
    }
}

/// 结账；已结账即成功，受阻的村列出原因
#[utoipa::path(post, path = "/api/v1/closings", tag = "结账", request_body = NewClosing,
    responses((status = 200, body = Closed)))]
pub(super) async fn close(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<NewClosing>,
) -> Answered<Json<Closed>> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(Close, at).await?;
    short("without_unsigned", new.without_unsigned.as_deref())?;
    let request = Request {
        slice: state.closing.slice,
        connections: state.closing.closing_connections,
        leave_out_unsigned: new.without_unsigned,
        ..Request::of(month("month", &new.month)?)
    };
    let report = close_month(&state.database, &allowed, &request, &state.moment(), |_, _| {}).await?;
    Ok(Json(Closed {
        closed: report.closed.iter().map(|village| village.code()).collect(),
        already: report.already.iter().map(|village| village.code()).collect(),
        blocked: report.blocked.into_iter().map(BlockedVillage::from).collect(),
    }))
}
