//! Files of a month or year for people and programs: the notice, the honour roll, the three forms, labels, the results.

use authz::ExportHousehold;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::place::{Level, Place};
use reporting::paper;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::households::year_taken;
use crate::http::input::{Asked, month, place_of, wrong};
use crate::problem::{Answered, Problem};
use crate::publishing::{
    GroupFile, NoticeFile, ResultsFile, XLSX, attachment, group_file, notice_file, printed, results_file,
    written,
};
use crate::state::State;

const PDF: &str = "application/pdf";

/// Which village's month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct VillageMonth {
    /// 村代码
    village: String,
    /// 月份 YYYY-MM
    #[param(example = "2026-10")]
    month: String,
}

/// Which group's month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfGroupMonth {
    /// 村小组代码，15 位
    group_code: String,
    /// 月份 YYYY-MM
    #[param(example = "2026-10")]
    month: String,
}

/// Which household's year.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfHouseholdYear {
    /// 农户代码，19 位
    household_code: String,
    /// 年度
    #[param(minimum = 2000, maximum = 2099)]
    year: i32,
}

/// 公示单 PDF，A3；公示之前是预览（记入日志）
#[utoipa::path(get, path = "/api/v1/files/notice.pdf", tag = "文件", params(VillageMonth),
    responses((status = 200, body = String, content_type = "application/pdf",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn notice_pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<VillageMonth>,
) -> Answered<Response> {
    notice(&state, &caller, &of, NoticeFile::Sheet).await
}

/// 公示图片 PNG，发群用；公示之前是预览（记入日志）
#[utoipa::path(get, path = "/api/v1/files/notice.png", tag = "文件", params(VillageMonth),
    responses((status = 200, body = String, content_type = "image/png",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn notice_png(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<VillageMonth>,
) -> Answered<Response> {
    notice(&state, &caller, &of, NoticeFile::Picture).await
}

/// 公示广播稿；公示之前是预览（记入日志）
#[utoipa::path(get, path = "/api/v1/files/notice.txt", tag = "文件", params(VillageMonth),
    responses((status = 200, body = String, content_type = "text/plain",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn notice_txt(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<VillageMonth>,
) -> Answered<Response> {
    notice(&state, &caller, &of, NoticeFile::Text).await
}

/// 光荣榜 PDF；公示之前是预览（记入日志）
#[utoipa::path(get, path = "/api/v1/files/honours.pdf", tag = "文件", params(VillageMonth),
    responses((status = 200, body = String, content_type = "application/pdf",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn honours_pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<VillageMonth>,
) -> Answered<Response> {
    notice(&state, &caller, &of, NoticeFile::Honours).await
}

async fn notice(state: &State, caller: &Caller, of: &VillageMonth, wanted: NoticeFile) -> Answered<Response> {
    let village = place_of("village", &of.village, Level::Village)?;
    let month = month("month", &of.month)?;
    notice_file(state, caller, village, month, wanted).await
}

/// 附件2 农户积分档案 PDF，一户一年（记入日志）
#[utoipa::path(get, path = "/api/v1/files/form2.pdf", tag = "文件", params(OfHouseholdYear),
    responses((status = 200, body = String, content_type = "application/pdf",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn form2_pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfHouseholdYear>,
) -> Answered<Response> {
    let (household, village) = household_of(&of)?;
    let allowed = caller.allow(ExportHousehold, village).await?;
    let year = year_of(&of)?;
    let sheet = paper::form2(&year_taken(&state, &allowed, &household, year).await?);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(attachment(bytes, PDF, &format!("form2-{}-{year}.pdf", household.code())))
}

/// 附件2 农户积分档案 XLSX，一户一年（记入日志）
#[utoipa::path(get, path = "/api/v1/files/form2.xlsx", tag = "文件", params(OfHouseholdYear),
    responses((status = 200, body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn form2_xlsx(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfHouseholdYear>,
) -> Answered<Response> {
    let (household, village) = household_of(&of)?;
    let allowed = caller.allow(ExportHousehold, village).await?;
    let year = year_of(&of)?;
    let form = year_taken(&state, &allowed, &household, year).await?;
    let bytes = written(reporting::form2_workbook(&form))?;
    Ok(attachment(bytes, XLSX, &format!("form2-{}-{year}.xlsx", household.code())))
}

fn household_of(of: &OfHouseholdYear) -> Result<(Place, Place), Problem> {
    let household = place_of("household_code", &of.household_code, Level::Household)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    Ok((household, village))
}

fn year_of(of: &OfHouseholdYear) -> Result<i32, Problem> {
    if (2000..=2099).contains(&of.year) {
        Ok(of.year)
    } else {
        Err(wrong("year", "年度应在 2000 到 2099 之间".into()))
    }
}

/// 附件3 村小组积分汇总 PDF（记入日志）；姓名对无权导出农户资料的角色遮掩
#[utoipa::path(get, path = "/api/v1/files/form3.pdf", tag = "文件", params(OfGroupMonth),
    responses((status = 200, body = String, content_type = "application/pdf",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn form3_pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfGroupMonth>,
) -> Answered<Response> {
    group(&state, &caller, &of, GroupFile::Form3Sheet).await
}

/// 附件3 村小组积分汇总 XLSX（记入日志）；姓名对无权导出农户资料的角色遮掩
#[utoipa::path(get, path = "/api/v1/files/form3.xlsx", tag = "文件", params(OfGroupMonth),
    responses((status = 200, body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn form3_xlsx(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfGroupMonth>,
) -> Answered<Response> {
    group(&state, &caller, &of, GroupFile::Form3Workbook).await
}

/// 附件4 村小组兑换签领表 PDF（记入日志）；姓名对无权导出农户资料的角色遮掩
#[utoipa::path(get, path = "/api/v1/files/form4.pdf", tag = "文件", params(OfGroupMonth),
    responses((status = 200, body = String, content_type = "application/pdf",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn form4_pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfGroupMonth>,
) -> Answered<Response> {
    group(&state, &caller, &of, GroupFile::Form4Sheet).await
}

/// 附件4 村小组兑换签领表 XLSX（记入日志）；姓名对无权导出农户资料的角色遮掩
#[utoipa::path(get, path = "/api/v1/files/form4.xlsx", tag = "文件", params(OfGroupMonth),
    responses((status = 200, body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn form4_xlsx(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfGroupMonth>,
) -> Answered<Response> {
    group(&state, &caller, &of, GroupFile::Form4Workbook).await
}

/// 村小组积分标签 PDF，贴在户卡上；姓名遮掩（记入日志）
#[utoipa::path(get, path = "/api/v1/files/labels.pdf", tag = "文件", params(OfGroupMonth),
    responses((status = 200, body = String, content_type = "application/pdf",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn labels_pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<OfGroupMonth>,
) -> Answered<Response> {
    group(&state, &caller, &of, GroupFile::Labels).await
}

async fn group(state: &State, caller: &Caller, of: &OfGroupMonth, wanted: GroupFile) -> Answered<Response> {
    let group = place_of("group_code", &of.group_code, Level::Group)?;
    let month = month("month", &of.month)?;
    group_file(state, caller, group, month, wanted).await
}

/// 一个村一个月的结果 CSV（最新版本，记入日志）
#[utoipa::path(get, path = "/api/v1/files/results.csv", tag = "文件", params(VillageMonth),
    responses((status = 200, body = String, content_type = "text/csv",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn results_csv(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<VillageMonth>,
) -> Answered<Response> {
    results(&state, &caller, &of, ResultsFile::Csv).await
}

/// 一个村一个月的结果 XLSX（最新版本，记入日志）
#[utoipa::path(get, path = "/api/v1/files/results.xlsx", tag = "文件", params(VillageMonth),
    responses((status = 200, body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers(("Content-Disposition" = String, description = "文件名")))))]
pub(super) async fn results_xlsx(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(of): Asked<VillageMonth>,
) -> Answered<Response> {
    results(&state, &caller, &of, ResultsFile::Workbook).await
}

async fn results(
    state: &State,
    caller: &Caller,
    of: &VillageMonth,
    wanted: ResultsFile,
) -> Answered<Response> {
    let village = place_of("village", &of.village, Level::Village)?;
    let month = month("month", &of.month)?;
    results_file(state, caller, village, month, wanted).await
}
