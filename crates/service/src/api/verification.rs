//! Verifying a village: its closed months recomputed from the raw cards, with the county's log and seals.

use authz::Verify;
use axum::Json;
use axum::extract::State as Extract;
use domain::place::Level;
use records::verify::{Mismatch, Verified, verify_village};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::http::input::{Asked, month, place_of};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// What to verify.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WhatToVerify {
    /// 村代码
    village: String,
    /// 核对到哪个月为止 YYYY-MM；不写即全部
    #[param(example = "2026-10")]
    month: Option<String>,
}

/// Something that does not agree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Disagreement {
    /// 哪里：户、村或县的代码
    place: String,
    /// 哪个月；与月份无关的为空
    month: Option<String>,
    /// 哪一项，如 2026-10 第1版、日志第 7 条
    what: String,
    /// 怎样不符
    difference: String,
}

impl From<Mismatch> for Disagreement {
    fn from(mismatch: Mismatch) -> Self {
        Self {
            place: mismatch.place.code(),
            month: mismatch.month.map(|month| month.to_string()),
            what: mismatch.what,
            difference: mismatch.difference,
        }
    }
}

/// What verifying found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Verdict {
    /// 全部相符
    agrees: bool,
    /// 重算的结账版本数
    versions: usize,
    /// 比对的户数
    results: usize,
    /// 核对的日志条数，全县
    events: usize,
    /// 已依法删除的姓名和备注数
    erased: usize,
    /// 不符之处
    mismatches: Vec<Disagreement>,
}

impl From<Verified> for Verdict {
    fn from(verified: Verified) -> Self {
        Self {
            agrees: verified.mismatches.is_empty(),
            versions: verified.versions,
            results: verified.results,
            events: verified.events,
            erased: verified.erased,
            mismatches: verified.mismatches.into_iter().map(Disagreement::from).collect(),
        }
    }
}

/// 核对一个村：按原始积分卡重算各版本，并核对全县的日志和封签；由县级角色办理。全县请用 jifen verify
#[utoipa::path(get, path = "/api/v1/verification", tag = "核对", params(WhatToVerify),
    responses((status = 200, body = Verdict)))]
pub(super) async fn verify(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(what): Asked<WhatToVerify>,
) -> Answered<Json<Verdict>> {
    let village = place_of("village", &what.village, Level::Village)?;
    // The log is one chain for the whole county: who sees a part of it cannot tell whether it is whole.
    let allowed = caller.allow(Verify, village.county()).await?;
    let until = what.month.as_deref().map(|text| month("month", text)).transpose()?;
    // Long work: a few at a time, so that the others keep their connections.
    let _turn = state.decoding.acquire().await.map_err(|_| Problem::fault())?;
    let sealer = Some(&state.registrar.sealer);
    Ok(Json(verify_village(&state.database, &allowed, &village, until, sealer).await?.into()))
}
