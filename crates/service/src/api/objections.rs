//! Objections: listed, read with what was done about them, and taken for a villager.

use authz::{Act, Allowed, Object, Read, Reveal};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use domain::objections::{ObjectionState, Review, check_words};
use domain::place::Level;
use domain::publication::Masked;
use domain::scoring::write_findings;
use records::objections::{
    NewObjection, ObjectionFile, ObjectionFilter, ObjectionSummary, Step, file_objection, objection,
    objections_of, reveal_phone,
};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::idempotent::WithoutSecret;
use crate::http::input::{Asked, Input, Named, month, place_of, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// Which objections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichObjections {
    /// 哪个地方之内；不写即自己角色所在的地方
    place: Option<String>,
    /// 月份 YYYY-MM；不写即各月
    #[param(example = "2026-10")]
    month: Option<String>,
    /// 办理状态：open、decided、under_review、reviewed；不写即各种状态
    #[param(pattern = "^(open|decided|under_review|reviewed)$")]
    state: Option<String>,
    /// 上一页的 next
    after: Option<String>,
    /// 至多几项，1 到 500
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// An objection as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ObjectionEntry {
    /// 本接口里的编号
    id: i64,
    /// 异议编号
    #[schema(example = "2026-10-003")]
    objection_no: String,
    /// 村代码
    village: String,
    /// 农户代码
    household_code: String,
    /// 户主，遮掩；依法删除后为空
    head: Option<String>,
    /// 月份
    month: String,
    /// 对哪件扣分；空即整月
    about: String,
    /// 办理状态：open、decided、under_review、reviewed
    state: String,
    /// 办理状态，给人看的
    state_title: String,
    /// 村里的处理结果：upheld、partly、rejected、withdrawn；没有或已被复核改变即为空
    outcome: Option<String>,
    /// 提出的日期
    filed_on: String,
    /// 应在哪天之前办结（含）
    decide_by: String,
    /// 逾期未处理
    overdue: bool,
    /// 是否还能改变名次和兑换，而不只是累计
    in_time: bool,
    /// 从哪里来：household_page、board、staff
    via: String,
}

impl From<ObjectionSummary> for ObjectionEntry {
    fn from(one: ObjectionSummary) -> Self {
        let decision = match one.state {
            ObjectionState::Decided(decision)
            | ObjectionState::UnderReview(decision)
            | ObjectionState::Reviewed(Review::Confirmed(decision)) => Some(decision),
            ObjectionState::Open { .. } | ObjectionState::Reviewed(Review::Changed) => None,
        };
        Self {
            id: one.id,
            objection_no: one.number,
            village: one.village.code(),
            household_code: one.household.code(),
            head: one.head_name.as_deref().map(|name| Masked::name(name).to_string()),
            month: one.month.to_string(),
            about: one.about,
            state: one.state.name().to_owned(),
            state_title: one.state.title(),
            outcome: decision.map(|decision| decision.name().to_owned()),
            filed_on: one.filed_on.to_string(),
            decide_by: one.decide_by.to_string(),
            overdue: one.overdue,
            in_time: one.in_time,
            via: one.via.name().to_owned(),
        }
    }
}

/// 列出异议，近的月份在前
#[utoipa::path(get, path = "/api/v1/objections", tag = "异议", params(WhichObjections),
    responses((status = 200, body = Page<ObjectionEntry>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(which): Asked<WhichObjections>,
) -> Answered<Json<Page<ObjectionEntry>>> {
    let allowed = caller.allow(Read, caller.at(which.place.as_deref())?).await?;
    let of_month = which.month.as_deref().map(|text| month("month", text)).transpose()?;
    if which.state.as_deref().is_some_and(|state| !ObjectionState::NAMES.contains(&state)) {
        return Err(wrong("state", format!("应为 {} 之一", ObjectionState::NAMES.join("、"))).into());
    }
    let filter = ObjectionFilter { month: of_month, only_open: false };
    let now = state.moment().local();
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        objections_of(connection, &allowed.place(), filter, now).await
    })
    .await?;
    let wanted =
        all.into_iter().filter(|one| which.state.as_deref().is_none_or(|state| state == one.state.name()));
    let rows = wanted.map(ObjectionEntry::from);
    Ok(Json(page_after(rows, which.after.as_deref(), limit(which.limit), |row: &ObjectionEntry| {
        row.id.to_string()
    })?))
}

/// What a card says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CardContent {
    /// 状态：scored、away、refused、unreached；空即已评
    #[serde(default)]
    #[schema(example = "scored")]
    pub(super) status: String,
    /// 扣分，写法同导入文件
    #[serde(default)]
    #[schema(example = "H1a*2;H3b")]
    pub(super) findings: String,
}

/// Something that was done about an objection.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ObjectionStep {
    /// 做了什么：noted、upheld、partly、rejected、withdrawn、review_asked、review_confirmed、review_changed
    kind: String,
    /// 同上，给人看的
    title: String,
    /// 理由；依法删除后为空
    reason: Option<String>,
    /// 谁
    by: String,
    /// 哪天
    on: String,
    /// 因此产生的版本
    new_version: Option<i16>,
}

impl From<Step> for ObjectionStep {
    fn from(step: Step) -> Self {
        Self {
            kind: step.kind.name().to_owned(),
            title: step.kind.title().to_owned(),
            reason: step.reason,
            by: step.by,
            on: step.on.to_string(),
            new_version: step.new_version,
        }
    }
}

/// An objection with all that is needed to decide it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ObjectionDetails {
    /// 列表里的各项
    summary: ObjectionEntry,
    /// 对哪个版本提出
    version: i16,
    /// 该月的最新版本
    latest_version: Option<i16>,
    /// 村民的话；依法删除后为空
    words: Option<String>,
    /// 是否留了电话
    has_phone: bool,
    /// 村里由谁登记
    filed_by: Option<String>,
    /// 现在有效的积分卡；没有即未评
    card: Option<CardContent>,
    /// 办理步骤，按先后
    steps: Vec<ObjectionStep>,
}

impl From<ObjectionFile> for ObjectionDetails {
    fn from(file: ObjectionFile) -> Self {
        Self {
            summary: file.summary.into(),
            version: file.version,
            latest_version: file.latest_version,
            words: file.words,
            has_phone: file.has_phone,
            filed_by: file.filed_by,
            card: file.card.map(|(status, findings)| CardContent {
                status: status.name().to_owned(),
                findings: write_findings(&findings),
            }),
            steps: file.steps.into_iter().map(ObjectionStep::from).collect(),
        }
    }
}

/// 一件异议，连同经过
#[utoipa::path(get, path = "/api/v1/objections/{id}", tag = "异议",
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 200, body = ObjectionDetails)))]
pub(super) async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Json<ObjectionDetails>> {
    let allowed = caller.allow(Read, caller.reach()?).await?;
    Ok(Json(found(&state, &allowed, id).await?.into()))
}

/// The objection of a row number inside a permission's place.
///
/// # Errors
/// None there. The card was scored by a panel, which whoever reads no further than a group does not see.
pub(super) async fn found<A: Act>(state: &State, allowed: &Allowed<A>, id: i64) -> Answered<ObjectionFile> {
    let (place, now) = (allowed.place(), state.moment().local());
    if place.level() > Level::Village {
        return Err(Problem::not_found().because("异议由村里办理，请用村一级的角色查看").into());
    }
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, allowed, async |connection| {
        objection(connection, &place, id, now).await
    })
    .await?;
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// An objection to take for a villager.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectionToFile {
    /// 农户代码，19 位
    #[schema(example = "4402291002010010001")]
    household_code: String,
    /// 月份 YYYY-MM，须已公示
    #[schema(example = "2026-10")]
    month: String,
    /// 对哪件扣分，如 H1a、H1a+H7a；不写即整月
    #[serde(default)]
    #[schema(example = "H1a")]
    about: String,
    /// 村民的话，1 到 500 字
    #[schema(min_length = 1, example = "那天我家在修路，不是乱堆")]
    words: String,
    /// 联系电话；可以不留
    #[serde(default)]
    phone: Option<String>,
}

/// An objection that is on record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ObjectionFiled {
    /// 本接口里的编号
    id: i64,
    /// 异议编号，写在回执上
    #[schema(example = "2026-10-003")]
    objection_no: String,
    /// 应在哪天之前办结（含）
    decide_by: String,
    /// 是否还能改变名次和兑换，而不只是累计
    in_time: bool,
}

/// 代村民登记异议；同样的话在办结之前只登记一件
#[utoipa::path(post, path = "/api/v1/objections", tag = "异议", request_body = ObjectionToFile,
    responses((status = 200, body = ObjectionFiled)))]
pub(super) async fn file(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<ObjectionToFile>,
) -> Answered<Json<ObjectionFiled>> {
    let household = place_of("household_code", &new.household_code, Level::Household)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(Object, village).await?;
    let month = month("month", &new.month)?;
    check_words(&new.words).map_err(|problem| wrong("words", problem.to_string()))?;
    let about = new.about.trim().to_owned();
    let new = NewObjection { month, about, words: new.words, phone: new.phone, address: None };
    let mut connection = state.database.connection().await?;
    let filed =
        file_objection(&mut connection, &allowed, &household, &new, &state.registrar, &state.moment())
            .await?;
    Ok(Json(ObjectionFiled {
        id: filed.id,
        objection_no: filed.number,
        decide_by: filed.decide_by.to_string(),
        in_time: filed.in_time,
    }))
}

/// The phone that was left with an objection.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ObjectionPhone {
    /// 电话；没有留或已依法删除即为空
    phone: Option<String>,
}

/// 显示提异议人留的电话（记入日志）
#[utoipa::path(post, path = "/api/v1/objections/{id}/reveal", tag = "异议",
    params(("id" = i64, Path, description = "异议在列表里的 id")),
    responses((status = 200, body = ObjectionPhone)))]
pub(super) async fn reveal(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answered<Response> {
    let allowed = caller.allow(Reveal, caller.reach()?).await?;
    let mut connection = state.database.connection().await?;
    let sealer = &state.registrar.sealer;
    let phone = reveal_phone(&mut connection, &allowed, id, sealer, &state.moment()).await?;
    let mut response = Json(ObjectionPhone { phone }).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(WithoutSecret(serde_json::json!({ "phone": null })));
    Ok(response)
}
