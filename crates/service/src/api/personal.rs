//! One household's personal values: shown one by one, taken out as a whole, erased. Each is logged.

use authz::{Erase, ExportHousehold, Reveal};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use domain::place::Level;
use records::households::{PersonalField, erase_household, household_file, reveal as reveal_value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::household_file::FileOfHousehold;
use super::households::household;
use crate::caller::Caller;
use crate::http::idempotent::WithoutSecret;
use crate::http::input::{Input, Named};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// Which value to show.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShownField {
    /// 户主全名
    Head,
    /// 电话
    Phone,
    /// 地址
    Address,
}

/// A value to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowOne {
    /// 哪一项
    field: ShownField,
}

/// A value that is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shown {
    /// 内容；没有登记或已依法删除即为空
    value: Option<String>,
}

/// 显示一户的一项个人信息（记入日志）
#[utoipa::path(post, path = "/api/v1/households/{code}/reveal", tag = "农户", request_body = ShowOne,
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = Shown)))]
pub(super) async fn reveal(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
    Input(show): Input<ShowOne>,
) -> Answered<Response> {
    let (household, _) = household(&code)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(Reveal, village).await?;
    let field = match show.field {
        ShownField::Head => PersonalField::Head,
        ShownField::Phone => PersonalField::Phone,
        ShownField::Address => PersonalField::Address,
    };
    let mut connection = state.database.connection().await?;
    let sealer = &state.registrar.sealer;
    let value = reveal_value(&mut connection, &allowed, &household, field, sealer, &state.moment()).await?;
    let mut response = private(Json(Shown { value }).into_response());
    response.extensions_mut().insert(WithoutSecret(serde_json::json!({ "value": null })));
    Ok(response)
}

/// 导出一户的全部资料（记入日志）
#[utoipa::path(get, path = "/api/v1/households/{code}/file", tag = "农户",
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = FileOfHousehold)))]
pub(super) async fn file(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
) -> Answered<Response> {
    let (household, _) = household(&code)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(ExportHousehold, village).await?;
    let mut connection = state.database.connection().await?;
    let sealer = &state.registrar.sealer;
    let file = household_file(&mut connection, &allowed, &household, sealer, &state.moment()).await?;
    Ok(private(Json(FileOfHousehold::from(file)).into_response()))
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErasedParts {
    /// 花名册上删除的条数
    revisions: usize,
    /// 积分卡上删除的备注数
    remarks: usize,
    /// 抹去内容的异议、建议和投诉数
    objections: usize,
    /// 删除的照片和照片说明数
    photos: usize,
}

/// 依法删除已退出农户的个人信息；积分结果保留，只留户号
#[utoipa::path(post, path = "/api/v1/households/{code}/erasure", tag = "农户",
    params(("code" = String, Path, description = "农户代码，19 位")),
    responses((status = 200, body = ErasedParts)))]
pub(super) async fn erase(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(code): Named<String>,
) -> Answered<Json<ErasedParts>> {
    let (household, _) = household(&code)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(Erase, village).await?;
    let mut connection = state.database.connection().await?;
    let sealer = &state.registrar.sealer;
    let (store, moment) = (&state.photos, state.moment());
    let erased = erase_household(&mut connection, &allowed, &household, sealer, store, &moment).await?;
    Ok(Json(ErasedParts {
        revisions: erased.revisions,
        remarks: erased.remarks,
        objections: erased.objections,
        photos: erased.photos,
    }))
}

/// An answer that nobody on the way keeps.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
