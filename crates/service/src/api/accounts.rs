//! Accounts, for those who see to them.

use authz::ManageAccounts;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use records::accounts::{
    AccountSummary, NewAccount, account, accounts_of, add_account, initial_password, reset_password as reset,
    set_disabled as switch_off,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::divisions::Part;
use super::rows::{Page, limit, page};
use crate::caller::Caller;
use crate::http::idempotent::WithoutSecret;
use crate::http::input::{Asked, Input, Named, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Account {
    /// 编号
    id: i64,
    /// 所属地方
    place: String,
    /// 登录名
    login: String,
    /// 姓名
    name: String,
    /// 初始密码还没有修改
    must_change: bool,
    /// 启用了动态口令
    second_factor: bool,
    /// 停用
    disabled: bool,
}

impl From<AccountSummary> for Account {
    fn from(account: AccountSummary) -> Self {
        Self {
            id: account.id,
            place: account.place.code(),
            login: account.login,
            name: account.name,
            must_change: account.must_change,
            second_factor: account.second_factor,
            disabled: account.disabled_at.is_some(),
        }
    }
}

/// 列出账号
#[utoipa::path(get, path = "/api/v1/accounts", tag = "账号", params(Part),
    responses((status = 200, body = Page<Account>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<Account>>> {
    let allowed = caller.allow(ManageAccounts, caller.at(part.place.as_deref())?).await?;
    let after = part.after.map_or(Ok(0), |after| after.parse());
    let after = after.map_err(|_| wrong("after", "应为上一页的 next".into()))?;
    let limit = limit(part.limit);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        accounts_of(connection, &allowed.place(), after, limit + 1).await
    })
    .await?;
    let rows = found.into_iter().map(Account::from).collect();
    Ok(Json(page(rows, limit, |row: &Account| row.id.to_string())))
}

/// 一个账号
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "账号",
    params(("id" = i64, Path, description = "账号编号")), responses((status = 200, body = Account)))]
pub(super) async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Json<Account>> {
    let allowed = caller.allow(ManageAccounts, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let found =
        tenancy::read(&mut connection, &allowed, async |connection| account(connection, id).await).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// An account to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountToAdd {
    /// 所属地方；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 登录名：3 到 40 个小写字母、数字、点、横线或下划线
    login: String,
    /// 姓名
    name: String,
}

/// An account that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountAdded {
    /// 编号
    id: i64,
    /// 初始密码，只在这里出现一次；首次登录须修改
    password: Option<String>,
}

/// 新建账号，回答里有初始密码
#[utoipa::path(post, path = "/api/v1/accounts", tag = "账号", request_body = AccountToAdd,
    responses((status = 201, body = AccountAdded)))]
pub(super) async fn add(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<AccountToAdd>,
) -> Answered<Response> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(ManageAccounts, at).await?;
    let password = initial_password()?;
    let account =
        NewAccount { login: new.login, name: new.name, password: password.clone(), must_change: true };
    let mut connection = state.database.connection().await?;
    let id = caller
        .noting(&allowed, add_account(&mut connection, &allowed, &account, &state.moment()).await)
        .await?;
    Ok(with_password(StatusCode::CREATED, id, password))
}

fn with_password(status: StatusCode, id: i64, password: String) -> Response {
    let mut response = (status, Json(AccountAdded { id, password: Some(password) })).into_response();
    response.extensions_mut().insert(WithoutSecret(json!({ "id": id, "password": null })));
    response
}

/// 重设下级账号的密码；其会话、动态口令和锁定随即解除
#[utoipa::path(post, path = "/api/v1/accounts/{id}/password", tag = "账号",
    params(("id" = i64, Path, description = "账号编号")), responses((status = 200, body = AccountAdded)))]
pub(super) async fn reset_password(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Response> {
    let allowed = caller.allow(ManageAccounts, caller.reach()?).await?;
    let password = initial_password()?;
    let mut connection = state.database.connection().await?;
    caller.noting(&allowed, reset(&mut connection, &allowed, id, &password, &state.moment()).await).await?;
    Ok(with_password(StatusCode::OK, id, password))
}

/// Whether an account is switched off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    /// 停用
    disabled: bool,
}

/// 停用或启用下级账号；停用后其会话随即结束
#[utoipa::path(put, path = "/api/v1/accounts/{id}/disabled", tag = "账号", request_body = Switch,
    params(("id" = i64, Path, description = "账号编号")), responses((status = 204, description = "已办")))]
pub(super) async fn set_disabled(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
    Input(switch): Input<Switch>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(ManageAccounts, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    caller
        .noting(&allowed, switch_off(&mut connection, &allowed, id, switch.disabled, &state.moment()).await)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
