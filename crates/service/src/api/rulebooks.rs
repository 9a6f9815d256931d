//! Rulebooks: what binds a place in a month, and new settings.

use std::collections::BTreeMap;

use authz::{AdoptRulebook, Read};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use records::rulebook::{adopt_rulebook, settings_of};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{Changed, changed, mode};
use crate::caller::Caller;
use crate::http::etag;
use crate::http::input::{Asked, Input, month};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// Which place in which month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// 地方；不写即自己角色所在的地方
    pub(super) place: Option<String>,
    /// 月份 YYYY-MM
    #[param(example = "2026-10")]
    pub(super) month: String,
}

/// The settings that bind a place in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Settings {
    /// 地方
    place: String,
    /// 月份
    month: String,
    /// 各项设置；键同 rulebook.toml，如 redemption.min_score
    settings: BTreeMap<String, String>,
}

/// 某月约束某地的规则设置
#[utoipa::path(get, path = "/api/v1/rulebooks", tag = "规则", params(When),
    responses((status = 200, body = Settings, headers(("ETag" = String, description = "版本，改动时放进 If-Match")))))]
pub(super) async fn resolved(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(when): Asked<When>,
) -> Answered<Response> {
    let allowed = caller.allow(Read, caller.at(when.place.as_deref())?).await?;
    let month = month("month", &when.month)?;
    let mut connection = state.database.connection().await?;
    let (settings, newest) = tenancy::read(&mut connection, &allowed, async |connection| {
        settings_of(connection, &allowed.place(), month).await
    })
    .await?;
    let body = Settings {
        place: allowed.place().code(),
        month: month.to_string(),
        settings: settings.into_iter().map(|(key, value)| (key.to_string(), value)).collect(),
    };
    Ok((etag::header(newest), Json(body)).into_response())
}

/// New settings of a place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSettings {
    /// 地方；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 从哪个月起 YYYY-MM
    from: String,
    /// TOML 文本，键同 rulebook.toml
    toml: String,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
}

/// 设置规则
#[utoipa::path(post, path = "/api/v1/rulebooks", tag = "规则", request_body = NewSettings,
    params(("If-Match" = Option<String>, Header, description = "读到的 ETag；其间被别人改动则回答 412")),
    responses((status = 200, body = Changed)))]
pub(super) async fn adopt(
    Extract(state): Extract<State>,
    caller: Caller,
    headers: HeaderMap,
    Input(new): Input<NewSettings>,
) -> Answered<Json<Changed>> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(AdoptRulebook, at).await?;
    let from = month("from", &new.from)?;
    let settings = intake::rulebook(&new.toml).map_err(of_text)?;
    let mut connection = state.database.connection().await?;
    let mode = mode(new.dry_run);
    let starts = (from, etag::builds_on(&headers)?);
    changed(adopt_rulebook(&mut connection, &allowed, settings, starts, mode, &state.moment()).await?)
}

/// Problems of a text are told by its own lines; those of a list count from below its header.
fn of_text(problems: Vec<domain::input::Problem>) -> Problem {
    let moved =
        |problem: domain::input::Problem| domain::input::Problem { line: problem.line + 1, ..problem };
    problems.into_iter().map(moved).collect::<Vec<_>>().into()
}
