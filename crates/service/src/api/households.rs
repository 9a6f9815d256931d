//! Households: masked in lists, registered by rows.

use authz::{Read, RegisterHouseholds};
use axum::Json;
use axum::extract::State as Extract;
use domain::place::{Level, Place};
use domain::publication::Masked;
use records::households::{RegisterEntry, register_entry, register_households, register_page};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::divisions::Part;
use super::rows::{Changed, Page, Rows, changed, limit, page};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, Named, place_of};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A household as lists show it: the head's name masked, phone and address only as known or not.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HouseholdSummary {
    /// 农户代码，19 位
    household_code: String,
    /// 所在村小组
    group_code: String,
    /// 户主，遮掩；依法删除后为空
    head: String,
    /// 是否登记了电话
    has_phone: bool,
    /// 是否登记了地址
    has_address: bool,
    /// 户籍人口
    members_registered: u16,
    /// 常住人口
    members_resident: u16,
    /// 常住户
    resident: bool,
    /// 本村
    local: bool,
    /// 加入月份
    joined_month: Option<String>,
    /// 退出月份
    left_month: Option<String>,
}

impl From<RegisterEntry> for HouseholdSummary {
    fn from(entry: RegisterEntry) -> Self {
        Self {
            household_code: entry.household.code(),
            group_code: entry.group.code(),
            head: entry.head_name.as_deref().map(|name| Masked::name(name).to_string()).unwrap_or_default(),
            has_phone: entry.phone.is_some(),
            has_address: entry.address.is_some(),
            members_registered: entry.members_registered,
            members_resident: entry.members_resident,
            resident: entry.resident,
            local: entry.local,
            joined_month: entry.participation.joined.map(|month| month.to_string()),
            left_month: entry.participation.left.map(|month| month.to_string()),
        }
    }
}

/// 列出农户（姓名遮掩）
#[utoipa::path(get, path = "/api/v1/households", tag = "农户", params(Part),
    responses((status = 200, body = Page<HouseholdSummary>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<HouseholdSummary>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let after = part.after.map(|code| place_of("after", &code, Level::Household)).transpose()?;
    let limit = limit(part.limit);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        register_page(connection, &allowed.place(), after.as_ref(), limit + 1).await
    })
    .await?;
    let rows = found.into_iter().map(HouseholdSummary::from).collect();
    Ok(Json(page(rows, limit, |row: &HouseholdSummary| row.household_code.clone())))
}

/// 一户（姓名遮掩）
#[utoipa::path(get, path = "/api/v1/households/{code}", tag = "农户",
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = HouseholdSummary)))]
pub(super) async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
) -> Answered<Json<HouseholdSummary>> {
    let (household, group) = household(&code)?;
    // Whoever reads the village sees a household that has moved within it.
    let village = household.ancestor(Level::Village).filter(|village| caller.may(Read, *village));
    let allowed = caller.allow(Read, village.unwrap_or(group)).await?;
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        register_entry(connection, &household).await
    })
    .await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// The household of a code in a path, and the group it was registered in.
pub(super) fn household(code: &str) -> Result<(Place, Place), Problem> {
    let household: Place = code.parse().map_err(|_| Problem::not_found())?;
    match household.parent() {
        Some(group) if household.level() == Level::Household => Ok((household, group)),
        _ => Err(Problem::not_found()),
    }
}

/// A household to register or to change.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HouseholdRow {
    /// 小组代码，15 位
    group_code: String,
    /// 户号，4 位
    number: String,
    /// 户主
    head_name: String,
    /// 电话
    #[serde(default)]
    phone: Option<String>,
    /// 户籍人口
    members_registered: u16,
    /// 常住人口
    members_resident: u16,
    /// 常住户
    resident: bool,
    /// 本村
    local: bool,
    /// 地址
    #[serde(default)]
    address: Option<String>,
    /// 加入月份；不写即不参与
    #[serde(default)]
    joined_month: Option<String>,
    /// 退出月份
    #[serde(default)]
    left_month: Option<String>,
}

/// 登记或更改农户
#[utoipa::path(post, path = "/api/v1/households", tag = "农户", request_body = Rows<HouseholdRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn register(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<HouseholdRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(RegisterHouseholds, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::households)?;
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    changed(register_households(&mut connection, &allowed, &parsed, registrar, rows.mode(), &moment).await?)
}
