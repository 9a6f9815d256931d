//! The own account: the password and the second factor.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use records::accounts::{begin_second_factor, change_password as change, set_second_factor as set_or_end};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_sessions::Session;
use utoipa::ToSchema;

use super::session::lost;
use crate::caller::Caller;
use crate::http::idempotent::WithoutSecret;
use crate::http::input::Input;
use crate::problem::{Answered, Problem};
use crate::session::{Kept, keep};
use crate::state::State;

/// A password to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    /// 原密码
    old: String,
    /// 新密码，10 到 128 个字符
    new: String,
}

/// 修改自己的密码；别处的会话随即结束
#[utoipa::path(put, path = "/api/v1/password", tag = "会话", request_body = PasswordChange,
    responses((status = 204, description = "已修改")))]
pub(super) async fn change_password(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
    Input(passwords): Input<PasswordChange>,
) -> Answered<StatusCode> {
    set_password(&state, &session, &caller, &passwords.old, &passwords.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the own password; this session goes on.
///
/// # Errors
/// What the verb refuses.
pub(crate) async fn set_password(
    state: &State,
    session: &Session,
    caller: &Caller,
    old: &str,
    new: &str,
) -> Answered<()> {
    let allowed = caller.allow_own()?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let generation = {
        let mut connection = state.database.connection().await?;
        change(&mut connection, &allowed, old, new, &state.moment()).await?
    };
    // A copy of the cookie that somebody else holds ends here.
    session.cycle_id().await.map_err(lost)?;
    keep(session, &Kept { generation, ..logged_in.kept.clone() }).await.map_err(lost)?;
    Ok(())
}

/// A second factor that is offered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FactorOffered {
    /// 密钥，十六进制，确认时原样交回
    secret: Option<String>,
    /// 供验证器扫码的地址
    address: Option<String>,
}

/// 取得一个动态口令密钥；用它的一个口令确认后才启用
#[utoipa::path(post, path = "/api/v1/second-factor", tag = "会话",
    responses((status = 200, body = FactorOffered)))]
pub(super) async fn offer_second_factor(caller: Caller) -> Answered<Response> {
    caller.allow_own()?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let offered = begin_second_factor(&logged_in.identity.login)?;
    let body = FactorOffered { secret: Some(offered.secret), address: Some(offered.address) };
    let mut response = Json(body).into_response();
    response.extensions_mut().insert(WithoutSecret(json!({ "secret": null, "address": null })));
    Ok(response)
}

/// A second factor to put in use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorToSet {
    /// 取得的密钥
    secret: String,
    /// 验证器显示的口令
    code: String,
}

/// 启用动态口令
#[utoipa::path(put, path = "/api/v1/second-factor", tag = "会话", request_body = FactorToSet,
    responses((status = 204, description = "已启用")))]
pub(super) async fn set_second_factor(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(set): Input<FactorToSet>,
) -> Answered<StatusCode> {
    set_factor(&state, &caller, Some(&set.secret), &set.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A code that ends the second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorToEnd {
    /// 验证器显示的口令
    code: String,
}

/// 停用动态口令
#[utoipa::path(delete, path = "/api/v1/second-factor", tag = "会话", request_body = FactorToEnd,
    responses((status = 204, description = "已停用")))]
pub(super) async fn end_second_factor(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(code): Input<FactorToEnd>,
) -> Answered<StatusCode> {
    set_factor(&state, &caller, None, &code.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts the offered second factor in use, or without one ends the use of the present one.
///
/// # Errors
/// What the verb refuses.
pub(crate) async fn set_factor(
    state: &State,
    caller: &Caller,
    secret: Option<&str>,
    code: &str,
) -> Answered<()> {
    let allowed = caller.allow_own()?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let (sealer, moment) = (&state.registrar.sealer, state.moment());
    let mut connection = state.database.connection().await?;
    set_or_end(&mut connection, &allowed, &logged_in.identity, secret, code, sealer, &moment).await?;
    Ok(())
}
