//! Files of a month or year for people and programs: the notice, the three forms, the results.

use authz::{Export, ExportHousehold};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::forms::GroupMonth;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::Masked;
use records::forms::group_month;
use records::{audit, closing, places, tenancy};
use reporting::paper;
use reporting::{ReportError, Sheet};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::households::year_taken;
use crate::http::input::{Asked, month, place_of, wrong};
use crate::problem::{Answered, Problem};
use crate::publishing::{NoticeFile, attachment, notice_file, printed};
use crate::state::State;

const PDF: &str = "application/pdf";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv; charset=utf-8";

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
    let (form, name) = group_taken(&state, &caller, &of, ("form3", "pdf")).await?;
    let sheet = paper::form3(&form);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(attachment(bytes, PDF, &name))
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
    let (form, name) = group_taken(&state, &caller, &of, ("form3", "xlsx")).await?;
    Ok(attachment(written(reporting::form3_workbook(&form))?, XLSX, &name))
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
    let (form, name) = group_taken(&state, &caller, &of, ("form4", "pdf")).await?;
    let sheet = paper::form4(&form);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(attachment(bytes, PDF, &name))
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
    let (form, name) = group_taken(&state, &caller, &of, ("form4", "xlsx")).await?;
    Ok(attachment(written(reporting::form4_workbook(&form))?, XLSX, &name))
}

/// A group's month with the name of its file; that it is taken out is logged before it is. Panels and closed months belong
/// to the village, and so does the permission. Heads are named to whoever may take out what is known of households.
async fn group_taken(
    state: &State,
    caller: &Caller,
    of: &OfGroupMonth,
    (what, format): (&str, &str),
) -> Answered<(GroupMonth, String)> {
    let group = place_of("group_code", &of.group_code, Level::Group)?;
    let village = group.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(Export, village).await?;
    let (month, zone) = (month("month", &of.month)?, state.zone);
    let mut connection = state.database.connection().await?;
    let form = tenancy::read(&mut connection, &allowed, async |connection| {
        group_month(connection, &group, month, zone).await
    })
    .await?;
    let nothing = || Problem::refused().because("该月还没有结账，没有可导出的内容");
    let mut form = form.ok_or_else(nothing)?;
    let detail = json!({ "exported": what, "group": group.digits(), "month": month.to_string(),
        "version": form.version, "format": format });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    if !caller.may(ExportHousehold, village) {
        for row in form.rows.iter_mut().filter(|row| !row.head.is_empty()) {
            row.head = Masked::name(&row.head).to_string();
        }
    }
    let name = format!("{what}-{}-{month}-v{}.{format}", group.code(), form.version);
    Ok((form, name))
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
    let (sheet, name) = results(&state, &caller, &of, "csv").await?;
    let mut bytes = Vec::new();
    written(reporting::to_csv(&sheet, &mut bytes))?;
    Ok(attachment(bytes, CSV, &name))
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
    let (sheet, name) = results(&state, &caller, &of, "xlsx").await?;
    Ok(attachment(written(reporting::to_xlsx(&sheet))?, XLSX, &name))
}

async fn results(
    state: &State,
    caller: &Caller,
    of: &VillageMonth,
    format: &str,
) -> Answered<(Sheet, String)> {
    let village = place_of("village", &of.village, Level::Village)?;
    let allowed = caller.allow(Export, village).await?;
    let month: Month = month("month", &of.month)?;
    let mut connection = state.database.connection().await?;
    let sheet = tenancy::read(&mut connection, &allowed, async |connection| {
        let rows = closing::results_of(connection, &village, month).await?;
        let name = places::name_of(connection, &village).await?;
        Ok(reporting::results(month, &name, &rows))
    })
    .await?;
    if sheet.rows() == 0 {
        return Err(Problem::refused().because("该月还没有结账，没有可导出的内容").into());
    }
    let detail = json!({ "exported": "results", "month": month.to_string(), "format": format });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    Ok((sheet, format!("results-{}-{month}.{format}", village.code())))
}

/// What was written; that it could not be is a fault of ours.
fn written<R>(file: Result<R, ReportError>) -> Result<R, Problem> {
    file.map_err(|error| {
        tracing::error!(%error, "a file was not written");
        Problem::fault().because("文件没有写成，请再试一次")
    })
}
