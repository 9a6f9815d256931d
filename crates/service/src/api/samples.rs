//! The town's blind sample (抽查复核): how it stands, fixing it, drawing it, and handing in what was found.

use authz::{Read, Sample};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::place::Level;
use domain::scoring::{Status, parse_findings};
use records::samples::{SampleFinding, Sampled, VillageSample, draw, fix_samples, hand_in_check, samples_of};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cards::MonthPart;
use super::rows::{Page, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input, date, month, place_of, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A village's sample of a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SampleOfVillage {
    /// 村代码
    village: String,
    /// 抽几户
    size: usize,
    /// 签字之前公开的承诺：秘密数的 SHA-256
    commitment: String,
    /// 抽签时公开的秘密数；还没有抽即为空
    secret: Option<String>,
    /// 已签字积分卡的摘要
    signed: Option<String>,
    /// 由两者得出的种子
    seed: Option<String>,
    /// 抽签时间
    drawn_at: Option<String>,
    /// 已复核的户数
    checked: usize,
    /// 能与评分组比较的户数
    compared: usize,
    /// 相差超过允许范围的户数
    beyond: usize,
    /// 抽中的户，按抽出的先后
    households: Vec<SampledHousehold>,
}

/// A household that was drawn.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SampledHousehold {
    /// 农户代码
    household_code: String,
    /// 复核日期；还没有复核即为空
    checked_on: Option<String>,
    /// 复核的状态
    status: Option<String>,
    /// 复核的扣分
    findings: Option<String>,
    /// 复核的得分，一位小数
    score: Option<String>,
    /// 复核人登录名
    checked_by: Option<String>,
    /// 评分组的扣分；复核交出之前为空
    panel_findings: Option<String>,
    /// 评分组的得分；复核交出之前为空
    panel_score: Option<String>,
    /// 是否相差超过允许范围；不能比较即为空
    beyond: Option<bool>,
}

impl From<Sampled> for SampledHousehold {
    fn from(one: Sampled) -> Self {
        let (panel_score, panel_findings) = match one.panel {
            Some((score, findings)) => (score, Some(findings)),
            None => (None, None),
        };
        let check = one.check.as_ref();
        Self {
            household_code: one.household.code(),
            checked_on: check.map(|check| check.checked_on.to_string()),
            status: check.map(|check| check.status.name().to_owned()),
            findings: check.map(|check| check.findings.clone()),
            score: check.and_then(|check| check.score).map(|score| score.to_string()),
            checked_by: check.map(|check| check.by.clone()),
            panel_findings,
            panel_score: panel_score.map(|score| score.to_string()),
            beyond: one.beyond,
        }
    }
}

impl From<VillageSample> for SampleOfVillage {
    fn from(one: VillageSample) -> Self {
        let (checked, compared, beyond) = one.counts();
        Self {
            village: one.village.code(),
            size: one.size,
            commitment: one.commitment.hex(),
            secret: one.drawn.map(|(secret, ..)| hex::encode(secret)),
            signed: one.drawn.map(|(_, signed, _)| signed.hex()),
            seed: one.drawn.map(|(.., seed)| seed.hex()),
            drawn_at: one.drawn_at.map(|at| at.to_rfc3339()),
            checked,
            compared,
            beyond,
            households: one.households.into_iter().map(SampledHousehold::from).collect(),
        }
    }
}

/// 一个月的抽查复核，各村一项；没有定抽查的村不列
#[utoipa::path(get, path = "/api/v1/samples", tag = "评分", params(MonthPart),
    responses((status = 200, body = Page<SampleOfVillage>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<MonthPart>,
) -> Answered<Json<Page<SampleOfVillage>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let of_month = month("month", &part.month)?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        samples_of(connection, &allowed.place(), of_month).await
    })
    .await?;
    let rows = all.into_iter().map(SampleOfVillage::from);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), |row: &SampleOfVillage| {
        row.village.clone()
    })?))
}

/// Samples to fix.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SamplesToFix {
    /// 哪个地方的各村；不写即自己角色所在的地方
    #[serde(default)]
    place: Option<String>,
    /// 月份 YYYY-MM，须在评分组签字之前
    #[schema(example = "2026-10")]
    month: String,
    /// 每村抽几户
    #[schema(minimum = 1, example = 5)]
    size: u16,
}

/// What was fixed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SamplesFixed {
    /// 新定抽查的村数；早已定的不变
    villages: usize,
}

/// 定抽查：在评分组签字之前，为各村定下户数和秘密数的承诺
#[utoipa::path(post, path = "/api/v1/samples", tag = "评分", request_body = SamplesToFix,
    responses((status = 200, body = SamplesFixed)))]
pub(super) async fn fix(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<SamplesToFix>,
) -> Answered<Json<SamplesFixed>> {
    let at = caller.at(new.place.as_deref())?;
    let allowed = caller.allow(Sample, at).await?;
    if at.level() > Level::Village {
        return Err(wrong("place", "抽查以村为单位，应是县、镇或村代码".to_owned()).into());
    }
    let (month, login) = (month("month", &new.month)?, caller.doer()?.login);
    let (sealer, moment) = (&state.registrar.sealer, state.moment());
    let mut connection = state.database.connection().await?;
    let size = usize::from(new.size);
    let villages = fix_samples(&mut connection, &allowed, month, size, login, sealer, &moment).await?;
    Ok(Json(SamplesFixed { villages }))
}

/// A sample to draw.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SampleToDraw {
    /// 村代码
    village: String,
    /// 月份 YYYY-MM，须已签字
    #[schema(example = "2026-10")]
    month: String,
}

/// What was drawn.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SampleDrawn {
    /// 抽中的户数
    households: usize,
    /// 是否早已抽过；再抽不变
    already: bool,
}

/// 抽签：由秘密数和已签字积分卡的摘要抽出要复核的户
#[utoipa::path(post, path = "/api/v1/samples/draws", tag = "评分", request_body = SampleToDraw,
    responses((status = 200, body = SampleDrawn)))]
pub(super) async fn draw_one(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<SampleToDraw>,
) -> Answered<Json<SampleDrawn>> {
    let village = place_of("village", &new.village, Level::Village)?;
    let allowed = caller.allow(Sample, village).await?;
    let (month, login) = (month("month", &new.month)?, caller.doer()?.login);
    let (sealer, moment) = (&state.registrar.sealer, state.moment());
    let mut connection = state.database.connection().await?;
    let drawn = draw(&mut connection, &allowed, (&village, month), login, sealer, &moment).await?;
    Ok(Json(SampleDrawn { households: drawn.households, already: drawn.already }))
}

/// What the town found at a household.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckToHandIn {
    /// 农户代码，须是抽中的
    household_code: String,
    /// 月份 YYYY-MM
    #[schema(example = "2026-10")]
    month: String,
    /// 复核日期
    #[schema(example = "2026-11-02")]
    checked_on: String,
    /// 状态：scored、away、refused、unreached；空即已评
    #[serde(default)]
    status: String,
    /// 扣分，写法同导入文件
    #[serde(default)]
    #[schema(example = "H1a*2;H3b")]
    findings: String,
}

/// 交复核结果，一户一次；交出之后才看得到评分组的评分
#[utoipa::path(post, path = "/api/v1/samples/checks", tag = "评分", request_body = CheckToHandIn,
    responses((status = 204, description = "已登记")))]
pub(super) async fn check(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(new): Input<CheckToHandIn>,
) -> Answered<StatusCode> {
    let household = place_of("household_code", &new.household_code, Level::Household)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(Sample, village).await?;
    let stated = new.status.trim();
    let status = if stated.is_empty() { Some(Status::Scored) } else { Status::stated(stated) };
    let unknown = || wrong("status", "应为 scored、away、refused、unreached 之一".to_owned());
    let findings = parse_findings(&new.findings);
    let found = SampleFinding {
        household,
        month: month("month", &new.month)?,
        checked_on: date("checked_on", &new.checked_on)?,
        status: status.ok_or_else(unknown)?,
        findings: findings.map_err(|error| wrong("findings", error.to_string()))?,
    };
    let by = caller.doer()?;
    let mut connection = state.database.connection().await?;
    hand_in_check(&mut connection, &allowed, &found, &by, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}
