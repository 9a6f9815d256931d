//! Dated changes of a household: to another group, split, merged.

use authz::{Allowed, RegisterHouseholds};
use axum::Json;
use axum::extract::State as Extract;
use domain::place::{Level, Place};
use records::households::{Changed, Merger, Move, Split, merge_households, move_household, split_household};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::households::{HouseholdRow, household};
use super::rows::{mode, rows};
use crate::caller::Caller;
use crate::http::input::{Input, Named, month, place_of};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A household that goes to another group of its village.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveOfHousehold {
    /// 迁到哪个村小组
    group_code: String,
    /// 从哪个月起
    from_month: String,
    /// 原因
    reason: String,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
}

/// A household of which a part becomes one of its own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitOfHousehold {
    /// 留在原户的户籍人口
    stay_registered: u16,
    /// 留在原户的常住人口
    stay_resident: u16,
    /// 分出来的一户；加入月份不早于 from_month
    new: HouseholdRow,
    /// 从哪个月起
    from_month: String,
    /// 原因
    reason: String,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
}

/// A household that becomes a part of another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergerOfHouseholds {
    /// 并入的一户
    household_code: String,
    /// 并户后的户籍人口
    stay_registered: u16,
    /// 并户后的常住人口
    stay_resident: u16,
    /// 从哪个月起
    from_month: String,
    /// 原因
    reason: String,
    /// 只检查，不写入
    #[serde(default)]
    dry_run: bool,
}

/// A revision of the register.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisedHousehold {
    /// 农户代码
    household_code: String,
    /// 第几次登记
    revision: i32,
}

/// What a dated change made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DatedChange {
    /// 从哪个月起生效
    from_month: String,
    /// 改动的各户
    households: Vec<RevisedHousehold>,
    /// 可以登记但值得核对的地方
    warning: Option<String>,
}

impl From<Changed> for DatedChange {
    fn from(changed: Changed) -> Self {
        let revised = |(household, revision): (Place, i32)| RevisedHousehold {
            household_code: household.code(),
            revision,
        };
        Self {
            from_month: changed.from.to_string(),
            households: changed.revisions.into_iter().map(revised).collect(),
            warning: changed.warning,
        }
    }
}

/// The household of a code in a path, and the permission to change it.
async fn changing(caller: &Caller, code: &str) -> Answered<(Place, Allowed<RegisterHouseholds>)> {
    let (household, _) = household(code)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    Ok((household, caller.allow(RegisterHouseholds, village).await?))
}

/// 迁组：从一个月起归本村另一个村小组；已结账的月份不变，累计随户走
#[utoipa::path(post, path = "/api/v1/households/{code}/moves", tag = "农户", request_body = MoveOfHousehold,
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = DatedChange)))]
pub(super) async fn move_one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
    Input(input): Input<MoveOfHousehold>,
) -> Answered<Json<DatedChange>> {
    let (household, allowed) = changing(&caller, &code).await?;
    let new = Move {
        household,
        group: place_of("group_code", &input.group_code, Level::Group)?,
        from: month("from_month", &input.from_month)?,
        reason: input.reason,
        builds_on: None,
    };
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    let mode = mode(input.dry_run);
    Ok(Json(move_household(&mut connection, &allowed, &new, registrar, mode, &moment).await?.into()))
}

/// 分户：从一个月起另立一户；累计留在原户，分出来的一户从零算起
#[utoipa::path(post, path = "/api/v1/households/{code}/splits", tag = "农户", request_body = SplitOfHousehold,
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = DatedChange)))]
pub(super) async fn split_one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
    Input(input): Input<SplitOfHousehold>,
) -> Answered<Json<DatedChange>> {
    let (household, allowed) = changing(&caller, &code).await?;
    let from = month("from_month", &input.from_month)?;
    let parsed = rows(std::slice::from_ref(&input.new), intake::households)?;
    let new = parsed.into_iter().next().ok_or_else(Problem::invalid)?.row;
    let members = (input.stay_registered, input.stay_resident);
    let split = Split { household, members, new, from, reason: input.reason, builds_on: None };
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    let mode = mode(input.dry_run);
    Ok(Json(split_household(&mut connection, &allowed, &split, registrar, mode, &moment).await?.into()))
}

/// 并户：从一个月起并入本村另一户；各自的累计留在各自的户号
#[utoipa::path(post, path = "/api/v1/households/{code}/mergers", tag = "农户", request_body = MergerOfHouseholds,
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = DatedChange)))]
pub(super) async fn merge_one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
    Input(input): Input<MergerOfHouseholds>,
) -> Answered<Json<DatedChange>> {
    let (leaving, allowed) = changing(&caller, &code).await?;
    let merger = Merger {
        leaving,
        staying: place_of("household_code", &input.household_code, Level::Household)?,
        members: (input.stay_registered, input.stay_resident),
        from: month("from_month", &input.from_month)?,
        reason: input.reason,
        builds_on: None,
    };
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    let mode = mode(input.dry_run);
    Ok(Json(merge_households(&mut connection, &allowed, &merger, registrar, mode, &moment).await?.into()))
}
