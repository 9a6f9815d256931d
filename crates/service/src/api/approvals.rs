//! The level above looks at a catalogue that was handed in: what it would have meant, approving it, sending it back.

use authz::{ApproveCatalogue, SubmitCatalogue};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::catalogue::Doer;
use domain::closing::{WhatIfMonth, band_title};
use domain::place::Place;
use records::catalogue::{
    MOST_MONTHS, WhatIf, approve_submission, send_back as return_it, submission, what_if as replay,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::http::input::{Input, Named, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A catalogue that is in force now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CatalogueApproved {
    /// 生效的积分项目的编号
    catalogue_id: i64,
}

/// An approval.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Approval {
    /// 县放行不得扣分的内容的原因；没有这样的内容时不写
    #[serde(default)]
    override_reason: Option<String>,
}

/// 批准提交的积分项目，从起始月起生效
#[utoipa::path(post, path = "/api/v1/catalogue-submissions/{id}/approval", tag = "规则",
    request_body = Approval, params(("id" = i64, Path, description = "提交的编号")),
    responses((status = 200, body = CatalogueApproved)))]
pub(super) async fn approve(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(approval): Input<Approval>,
) -> Answered<Json<CatalogueApproved>> {
    let allowed = caller.allow(ApproveCatalogue, caller.reach()?).await?;
    let Doer { account, login } = caller.doer()?;
    let mut connection = state.database.connection().await?;
    let (reason, moment) = (approval.override_reason.as_deref(), state.moment());
    let catalogue_id =
        approve_submission(&mut connection, &allowed, id, reason, account, login, &moment).await?;
    Ok(Json(CatalogueApproved { catalogue_id }))
}

/// Why a catalogue is sent back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SentBackBecause {
    /// 退回的原因，1 到 500 字
    #[schema(min_length = 1, example = "合计不是 100 分的项目请再核对")]
    reason: String,
}

/// 退回提交的积分项目，请对方修改
#[utoipa::path(post, path = "/api/v1/catalogue-submissions/{id}/return", tag = "规则",
    request_body = SentBackBecause, params(("id" = i64, Path, description = "提交的编号")),
    responses((status = 204, description = "已退回")))]
pub(super) async fn send_back(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(because): Input<SentBackBecause>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(ApproveCatalogue, caller.reach()?).await?;
    let Doer { account, login } = caller.doer()?;
    if because.reason.trim().is_empty() {
        return Err(wrong("reason", "请写明退回的原因，好让对方知道怎么改".into()).into());
    }
    let (reason, moment) = (because.reason.as_str(), state.moment());
    let mut connection = state.database.connection().await?;
    return_it(&mut connection, &allowed, id, reason, account, login, &moment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One month under a draft.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplayedMonth {
    /// 月份
    month: String,
    /// 实际符合兑换的户数
    qualified_before: usize,
    /// 试算符合兑换的户数
    qualified_after: usize,
    /// 实际平均分，一位小数；没有评分即为空
    mean_before: Option<String>,
    /// 试算平均分
    mean_after: Option<String>,
}

impl From<WhatIfMonth> for ReplayedMonth {
    fn from(one: WhatIfMonth) -> Self {
        Self {
            month: one.month.to_string(),
            qualified_before: one.qualified_before,
            qualified_after: one.qualified_after,
            mean_before: one.mean_before.map(|mean| mean.to_string()),
            mean_after: one.mean_after.map(|mean| mean.to_string()),
        }
    }
}

/// How many scores lie in a band.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScoreBand {
    /// 分数段
    #[schema(example = "95–99.9")]
    band: String,
    /// 实际户次
    before: usize,
    /// 试算户次
    after: usize,
}

/// Past months under a catalogue that was handed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    /// 试算的村
    villages: Vec<String>,
    /// 因自有积分项目而不受影响的村数
    own_list: usize,
    /// 受影响而没有试算的村数
    left_out: usize,
    /// 各月，早的在前
    months: Vec<ReplayedMonth>,
    /// 至少有一个月会变成符合兑换的农户
    enters: Vec<String>,
    /// 至少有一个月会变成不符合兑换的农户
    leaves: Vec<String>,
    /// 各分数段的户次
    bands: Vec<ScoreBand>,
    /// 新的积分项目里没有标准的扣分数
    findings_without_rule: usize,
}

impl From<WhatIf> for Replayed {
    fn from(what_if: WhatIf) -> Self {
        fn codes(places: impl IntoIterator<Item = Place>) -> Vec<String> {
            places.into_iter().map(|place| place.code()).collect()
        }
        let replayed = what_if.replayed;
        let bands = replayed.before.iter().zip(&replayed.after).enumerate();
        let band = |(at, (before, after)): (usize, (&usize, &usize))| ScoreBand {
            band: band_title(at),
            before: *before,
            after: *after,
        };
        Self {
            bands: bands.map(band).collect(),
            villages: codes(what_if.villages),
            own_list: what_if.own_list,
            left_out: what_if.left_out,
            enters: codes(replayed.enters),
            leaves: codes(replayed.leaves),
            months: replayed.months.into_iter().map(ReplayedMonth::from).collect(),
            findings_without_rule: replayed.findings_without_rule,
        }
    }
}

/// 试算：已结账的各月若按提交的积分项目会怎样，至多 20 个村、12 个月
#[utoipa::path(get, path = "/api/v1/catalogue-submissions/{id}/what-if", tag = "规则",
    params(("id" = i64, Path, description = "提交的编号")), responses((status = 200, body = Replayed)))]
pub(super) async fn what_if(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Json<Replayed>> {
    let allowed = caller.allow(SubmitCatalogue, caller.reach()?).await?;
    // A year replayed is long work: a few at a time, so that the others keep their connections.
    let _turn = state.decoding.acquire().await.map_err(|_| Problem::fault())?;
    let mut connection = state.database.connection().await?;
    let replayed = tenancy::read(&mut connection, &allowed, async |connection| {
        let Some(file) = submission(connection, &allowed.place(), id).await? else { return Ok(None) };
        replay(connection, &file.summary.place, &file.catalogue, MOST_MONTHS).await.map(Some)
    })
    .await?;
    Ok(Json(replayed.ok_or_else(Problem::not_found)?.into()))
}
