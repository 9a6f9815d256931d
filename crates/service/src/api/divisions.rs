//! Places and contacts.

use authz::{Read, RegisterContacts, RegisterDivisions};
use axum::Json;
use axum::extract::State as Extract;
use records::{places, tenancy};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{Changed, Page, Rows, changed, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input};
use crate::problem::Answered;
use crate::state::State;

/// A place.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DivisionRow {
    /// 代码：县、镇、村 12 位，村小组 15 位
    code: String,
    /// 上级代码
    #[serde(default)]
    parent_code: Option<String>,
    /// 级别：county、town、village、group
    level: String,
    /// 名称
    name: String,
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// 哪个地方之内；不写即自己角色所在的地方
    pub(super) place: Option<String>,
    /// 上一页的 next
    pub(super) after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u16>,
}

/// 列出行政区划
#[utoipa::path(get, path = "/api/v1/divisions", tag = "行政区划", params(Part),
    responses((status = 200, body = Page<DivisionRow>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<DivisionRow>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        places::divisions(connection, &allowed.place()).await
    })
    .await?;
    let rows = all.into_iter().map(|one| DivisionRow {
        code: one.place.code(),
        parent_code: one.parent.map(|parent| parent.code()),
        level: one.level.name().to_owned(),
        name: one.name,
    });
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), |row| row.code.clone())?))
}

/// 登记或改名行政区划
#[utoipa::path(post, path = "/api/v1/divisions", tag = "行政区划", request_body = Rows<DivisionRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn register(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<DivisionRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(RegisterDivisions, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::divisions)?;
    let mut connection = state.database.connection().await?;
    changed(
        places::register_divisions(&mut connection, &allowed, &parsed, rows.mode(), &state.moment()).await?,
    )
}

/// A contact.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactRow {
    /// 区划代码
    division_code: String,
    /// 姓名
    name: String,
    /// 职责
    duty: String,
    /// 邮箱
    #[serde(default)]
    email: Option<String>,
    /// 机器人地址
    #[serde(default)]
    webhook: Option<String>,
    /// 接收提醒
    #[serde(default)]
    reminded: Option<bool>,
}

/// 列出联系人
#[utoipa::path(get, path = "/api/v1/contacts", tag = "行政区划", params(Part),
    responses((status = 200, body = Page<ContactRow>)))]
pub(super) async fn contacts(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<ContactRow>>> {
    let allowed = caller.allow(RegisterContacts, caller.at(part.place.as_deref())?).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        places::contacts_of(connection, &allowed.place()).await
    })
    .await?;
    let rows = all.into_iter().map(|one| ContactRow {
        division_code: one.place.code(),
        name: one.name,
        duty: one.duty,
        email: one.email,
        // What stands after `#` is the robot's secret: it is written and never shown.
        webhook: one.webhook.map(|address| address.split('#').next().unwrap_or_default().to_owned()),
        reminded: Some(one.reminded),
    });
    let key = |row: &ContactRow| format!("{} {}", row.division_code, row.name);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), key)?))
}

/// 登记联系人
#[utoipa::path(post, path = "/api/v1/contacts", tag = "行政区划", request_body = Rows<ContactRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn register_contacts(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<ContactRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(RegisterContacts, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::contacts)?;
    let mut connection = state.database.connection().await?;
    changed(
        places::register_contacts(&mut connection, &allowed, &parsed, rows.mode(), &state.moment()).await?,
    )
}
