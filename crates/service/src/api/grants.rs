//! Roles: what they may do, who holds them, and towns that see to their villages' accounts.

use authz::{Delegate, Grant, ManageAccounts, Role};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike as _, NaiveDate};
use domain::place::Level;
use records::accounts::{self, GrantRow, NewGrant, delegated, grant_role, grants_of, revoke_role};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::divisions::Part;
use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, Named, place, place_of, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoleSummary {
    /// 角色
    role: String,
    /// 名称
    title: String,
    /// 可以做的操作
    acts: Vec<ActSummary>,
}

/// Something that a role may do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActSummary {
    /// 操作
    act: String,
    /// 名称
    title: String,
}

/// Every role.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Roles {
    /// 各角色
    items: Vec<RoleSummary>,
}

/// 各角色的权限
#[utoipa::path(get, path = "/api/v1/roles", tag = "账号", responses((status = 200, body = Roles)))]
pub(super) async fn roles(Extract(state): Extract<State>, caller: Caller) -> Answered<Json<Roles>> {
    caller.actor()?;
    let table = state.guard.table();
    let acts = |role: &str| {
        let acts = table.acts_of(role).into_iter();
        acts.map(|act| ActSummary { act: act.to_owned(), title: table.act_title(act).to_owned() }).collect()
    };
    let role = |(role, title): &(String, String)| RoleSummary {
        acts: acts(role),
        role: role.clone(),
        title: title.clone(),
    };
    Ok(Json(Roles { items: table.roles().iter().map(role).collect() }))
}

/// A role that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantSummary {
    /// 编号
    id: i64,
    /// 账号编号
    account: i64,
    /// 角色
    role: String,
    /// 地方
    place: String,
    /// 从哪天起
    from: String,
    /// 到哪天止（含）
    until: Option<String>,
    /// 谁授予的
    granted_by: String,
    /// 收回的时间
    revoked_at: Option<String>,
}

impl From<GrantRow> for GrantSummary {
    fn from(grant: GrantRow) -> Self {
        Self {
            id: grant.id,
            account: grant.account,
            role: grant.role.name().to_owned(),
            place: grant.place.code(),
            from: grant.from.to_string(),
            until: grant.until.map(|until| until.to_string()),
            granted_by: grant.granted_by,
            revoked_at: grant.revoked_at.map(|at| at.to_rfc3339()),
        }
    }
}

/// 列出授权
#[utoipa::path(get, path = "/api/v1/grants", tag = "账号", params(Part),
    responses((status = 200, body = Page<GrantSummary>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<GrantSummary>>> {
    let allowed = caller.allow(ManageAccounts, caller.at(part.place.as_deref())?).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        grants_of(connection, &allowed.place()).await
    })
    .await?;
    let rows = all.into_iter().map(GrantSummary::from);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), |row: &GrantSummary| {
        row.id.to_string()
    })?))
}

/// A role to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantToGive {
    /// 账号编号
    account: i64,
    /// 角色
    role: String,
    /// 地方
    place: String,
    /// 从哪天起 YYYY-MM-DD；不写即今天
    #[serde(default)]
    from: Option<String>,
    /// 到哪天止（含）YYYY-MM-DD
    #[serde(default)]
    until: Option<String>,
}

/// A role that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantGiven {
    /// 编号
    id: i64,
}

/// 授予角色
#[utoipa::path(post, path = "/api/v1/grants", tag = "账号", request_body = GrantToGive,
    responses((status = 201, body = GrantGiven)))]
pub(super) async fn give(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<GrantToGive>,
) -> Answered<Response> {
    let allowed = caller.allow(Grant, place("place", &new.place)?).await?;
    let role =
        Role::of_name(&new.role).ok_or_else(|| wrong("role", "没有这个角色，见 /api/v1/roles".into()))?;
    let moment = state.moment();
    let date = |field: &str, text: &String| {
        let date = text.parse::<NaiveDate>().ok().filter(|date| (2000..=2099).contains(&date.year()));
        date.ok_or_else(|| wrong(field, "应为 2000 到 2099 年的日期，如 2026-11-05".into()))
    };
    let from = new.from.as_ref().map(|text| date("from", text)).transpose()?;
    let until = new.until.as_ref().map(|text| date("until", text)).transpose()?;
    let from = from.unwrap_or_else(|| moment.local().date());
    let grant = NewGrant { account: new.account, role, from, until };
    let mut connection = state.database.connection().await?;
    let id = caller
        .noting(&allowed, grant_role(&mut connection, &state.guard, &allowed, &grant, &moment).await)
        .await?;
    Ok((StatusCode::CREATED, Json(GrantGiven { id })).into_response())
}

/// 收回角色，从下一个请求起不再有效
#[utoipa::path(delete, path = "/api/v1/grants/{id}", tag = "账号",
    params(("id" = i64, Path, description = "授权编号")), responses((status = 204, description = "已收回")))]
pub(super) async fn take(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<StatusCode> {
    let allowed = caller.allow(Grant, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        let grants = grants_of(connection, &allowed.place()).await?;
        Ok(grants.into_iter().find(|grant| grant.id == id).map(|grant| grant.place))
    })
    .await?;
    let allowed = allowed.narrow(found.ok_or_else(Problem::not_found)?).map_err(|_| Problem::not_found())?;
    caller
        .noting(&allowed, revoke_role(&mut connection, &state.guard, &allowed, id, &state.moment()).await)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The towns that see to the accounts of their villages.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delegations {
    /// 镇代码
    towns: Vec<String>,
}

/// 受托管理村级账号的镇
#[utoipa::path(get, path = "/api/v1/delegations", tag = "账号", responses((status = 200, body = Delegations)))]
pub(super) async fn delegations(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Answered<Json<Delegations>> {
    let allowed = caller.allow(ManageAccounts, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let towns = tenancy::read(&mut connection, &allowed, async |connection| {
        delegated(connection, &allowed.place()).await
    })
    .await?;
    Ok(Json(Delegations { towns: towns.iter().map(|town| town.code()).collect() }))
}

/// Whether a town sees to the accounts of its villages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DelegationSwitch {
    /// 委托
    allowed: bool,
}

/// 委托镇管理其村级账号，或不再委托
#[utoipa::path(put, path = "/api/v1/delegations/{town}", tag = "账号", request_body = DelegationSwitch,
    params(("town" = String, Path, description = "镇代码")), responses((status = 204, description = "已办")))]
pub(super) async fn delegate(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(town): Named<String>,
    Input(switch): Input<DelegationSwitch>,
) -> Answered<StatusCode> {
    let town = place_of("town", &town, Level::Town).map_err(|_| Problem::not_found())?;
    let allowed = caller.allow(Delegate, town).await?;
    let mut connection = state.database.connection().await?;
    caller
        .noting(
            &allowed,
            accounts::delegate(&mut connection, &allowed, switch.allowed, &state.moment()).await,
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
