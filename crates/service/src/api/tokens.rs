//! Machine tokens: issued, listed, taken back.

use authz::{IssueMachineTokens, Role};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use ipnet::IpNet;
use records::accounts::{NewToken, TokenRow, issue_token, revoke_token, tokens_of};
use records::tenancy;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::divisions::Part;
use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::idempotent::WithoutSecret;
use crate::http::input::{Asked, Input, Named, wrong};
use crate::problem::Answered;
use crate::state::State;

/// A machine token; the token itself is kept nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenSummary {
    /// 编号
    id: i64,
    /// 地方
    place: String,
    /// 角色
    role: String,
    /// 用途
    name: String,
    /// 可用的地址段
    address_range: Option<String>,
    /// 截止时间
    expires_at: String,
    /// 谁发放的
    issued_by: String,
    /// 收回的时间
    revoked_at: Option<String>,
}

impl From<TokenRow> for TokenSummary {
    fn from(token: TokenRow) -> Self {
        Self {
            id: token.id,
            place: token.place.code(),
            role: token.role.name().to_owned(),
            name: token.name,
            address_range: token.address_range,
            expires_at: token.expires_at.to_rfc3339(),
            issued_by: token.issued_by,
            revoked_at: token.revoked_at.map(|at| at.to_rfc3339()),
        }
    }
}

/// 列出外部系统令牌
#[utoipa::path(get, path = "/api/v1/tokens", tag = "外部系统令牌", params(Part),
    responses((status = 200, body = Page<TokenSummary>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<TokenSummary>>> {
    let allowed = caller.allow(IssueMachineTokens, caller.at(part.place.as_deref())?).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        tokens_of(connection, &allowed.place()).await
    })
    .await?;
    let rows = all.into_iter().map(TokenSummary::from);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), |row: &TokenSummary| {
        row.id.to_string()
    })?))
}

/// A machine token to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenToIssue {
    /// 地方；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 用途
    name: String,
    /// 截止时间（RFC 3339），至多两年
    expires_at: String,
    /// 可用的地址段，如 10.1.0.0/16；不写即不限
    #[serde(default)]
    address_range: Option<String>,
}

/// A machine token that was issued.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenIssued {
    /// 编号
    id: i64,
    /// 令牌，只在这里出现一次
    token: Option<String>,
}

/// 发放外部系统令牌，回答里有令牌
#[utoipa::path(post, path = "/api/v1/tokens", tag = "外部系统令牌", request_body = TokenToIssue,
    responses((status = 201, body = TokenIssued)))]
pub(super) async fn issue(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<TokenToIssue>,
) -> Answered<Response> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(IssueMachineTokens, at).await?;
    let expires_at = DateTime::parse_from_rfc3339(&new.expires_at)
        .map_err(|_| wrong("expires_at", "应为 RFC 3339 时间，如 2027-01-01T00:00:00+08:00".into()))?;
    let range = new.address_range.as_deref().map(str::trim).filter(|range| !range.is_empty());
    let range = range.map(|range| range.parse::<IpNet>()).transpose();
    let range = range.map_err(|_| wrong("address_range", "应为地址段，如 10.1.0.0/16".into()))?;
    let token = NewToken {
        name: new.name,
        role: Role::Machine,
        expires_at: expires_at.to_utc(),
        address_range: range.map(|range| range.to_string()),
    };
    let mut connection = state.database.connection().await?;
    let (id, token) = caller
        .noting(&allowed, issue_token(&mut connection, &allowed, &token, &state.moment()).await)
        .await?;
    let mut response = (StatusCode::CREATED, Json(TokenIssued { id, token: Some(token) })).into_response();
    response.extensions_mut().insert(WithoutSecret(json!({ "id": id, "token": null })));
    Ok(response)
}

/// 收回外部系统令牌，从下一个请求起不再有效
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "外部系统令牌",
    params(("id" = i64, Path, description = "令牌编号")), responses((status = 204, description = "已收回")))]
pub(super) async fn revoke(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(IssueMachineTokens, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    caller.noting(&allowed, revoke_token(&mut connection, &allowed, id, &state.moment()).await).await?;
    Ok(StatusCode::NO_CONTENT)
}
