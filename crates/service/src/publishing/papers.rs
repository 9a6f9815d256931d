//! What is taken out of a village's closed month beside its notice: the forms and labels of a group, and the results as
//! rows. Each is logged before it is made.

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

use super::downloads::{attachment, printed};
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Asked, Named, place_of};
use crate::problem::{Answered, Problem};
use crate::shell::village_of;
use crate::state::State;

const PDF: &str = "application/pdf";
/// The media type of a workbook.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// A file that a group's month is taken out as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupFile {
    /// 附件3, to be signed.
    Form3Sheet,
    /// 附件3 as a workbook.
    Form3Workbook,
    /// 附件4, to be signed at the counter.
    Form4Sheet,
    /// 附件4 as a workbook.
    Form4Workbook,
    /// Labels to be stuck on the households' cards.
    Labels,
}

impl GroupFile {
    const ALL: [Self; 5] =
        [Self::Form3Sheet, Self::Form3Workbook, Self::Form4Sheet, Self::Form4Workbook, Self::Labels];

    /// What the log calls it, and how its name ends.
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Form3Sheet => ("form3", "pdf"),
            Self::Form3Workbook => ("form3", "xlsx"),
            Self::Form4Sheet => ("form4", "pdf"),
            Self::Form4Workbook => ("form4", "xlsx"),
            Self::Labels => ("labels", "pdf"),
        }
    }

    /// That of an address, such as `form3.pdf`.
    fn addressed(file: &str) -> Option<Self> {
        let (what, format) = file.split_once('.')?;
        Self::ALL.into_iter().find(|one| one.name() == (what, format))
    }
}

/// A file that a village's results are taken out as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ResultsFile {
    /// For programs.
    Csv,
    /// For people.
    Workbook,
}

impl ResultsFile {
    /// How its name ends, and its media type.
    fn format(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("csv", CSV),
            Self::Workbook => ("xlsx", XLSX),
        }
    }
}

/// Which group.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    group: String,
}

/// `GET /publication/{place}/{month}/groups/{file}`: `form3.pdf`, `form4.xlsx`, `labels.pdf` and so on of one group.
pub(crate) async fn of_group(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, file)): Named<(String, String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let file = GroupFile::addressed(&file).ok_or(PageError::NotFound)?;
    let (village, month) = (village_of(&place)?, month_of(&month)?);
    // First of all who asks: nobody else is told whether the group is well written.
    let _allowed = caller.allow(Export, village).await?;
    let group = place_of("group", &wanted.group, Level::Group)?;
    if !village.contains(&group) {
        return Err(Problem::refused().because("请选择本村的一个村小组").into());
    }
    Ok(group_file(&state, &caller, group, month, file).await?)
}

/// `GET /publication/{place}/{month}/results.csv`
pub(crate) async fn results_csv(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let (village, month) = (village_of(&place)?, month_of(&month)?);
    Ok(results_file(&state, &caller, village, month, ResultsFile::Csv).await?)
}

/// `GET /publication/{place}/{month}/results.xlsx`
pub(crate) async fn results_xlsx(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let (village, month) = (village_of(&place)?, month_of(&month)?);
    Ok(results_file(&state, &caller, village, month, ResultsFile::Workbook).await?)
}

fn month_of(month: &str) -> Result<Month, PageError> {
    Month::parse(month).map_err(|_| PageError::NotFound)
}

/// A group's month, in its latest version, as a file.
///
/// # Errors
/// No permission for the group's village, a month that is not closed, a file that cannot be made.
pub(crate) async fn group_file(
    state: &State,
    caller: &Caller,
    group: Place,
    month: Month,
    wanted: GroupFile,
) -> Answered<Response> {
    let form = group_taken(state, caller, group, month, wanted).await?;
    let (what, extension) = wanted.name();
    let name = format!("{what}-{}-{month}-v{}.{extension}", group.code(), form.version);
    let sheet = match wanted {
        GroupFile::Form3Workbook => {
            return Ok(attachment(written(reporting::form3_workbook(&form))?, XLSX, &name));
        }
        GroupFile::Form4Workbook => {
            return Ok(attachment(written(reporting::form4_workbook(&form))?, XLSX, &name));
        }
        GroupFile::Form3Sheet => paper::form3(&form),
        GroupFile::Form4Sheet => paper::form4(&form),
        GroupFile::Labels => paper::labels(&form),
    };
    let bytes = printed(state, move |printer| printer.pdf(&sheet)).await?;
    Ok(attachment(bytes, PDF, &name))
}

/// A group's month; that it is taken out is logged before it is. Panels and closed months belong to the village, and so
/// does the permission. Heads are named to whoever may take out what is known of households.
async fn group_taken(
    state: &State,
    caller: &Caller,
    group: Place,
    month: Month,
    wanted: GroupFile,
) -> Answered<GroupMonth> {
    let village = group.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let allowed = caller.allow(Export, village).await?;
    let (zone, (what, format)) = (state.zone, wanted.name());
    let mut connection = state.database.connection().await?;
    let form = tenancy::read(&mut connection, &allowed, async |connection| {
        group_month(connection, &group, month, zone).await
    })
    .await?;
    let mut form = form.ok_or_else(not_closed)?;
    let detail = json!({ "exported": what, "group": group.digits(), "month": month.to_string(),
        "version": form.version, "format": format });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    if !caller.may(ExportHousehold, village) {
        for row in form.rows.iter_mut().filter(|row| !row.head.is_empty()) {
            row.head = Masked::name(&row.head).to_string();
        }
    }
    Ok(form)
}

/// The results of a village's month, in its latest version, as a file.
///
/// # Errors
/// No permission, a month that is not closed, a file that cannot be written.
pub(crate) async fn results_file(
    state: &State,
    caller: &Caller,
    village: Place,
    month: Month,
    wanted: ResultsFile,
) -> Answered<Response> {
    let allowed = caller.allow(Export, village).await?;
    let (format, kind) = wanted.format();
    let sheet: Sheet = {
        let mut connection = state.database.connection().await?;
        let sheet = tenancy::read(&mut connection, &allowed, async |connection| {
            let rows = closing::results_of(connection, &village, month).await?;
            let name = places::name_of(connection, &village).await?;
            Ok(reporting::results(month, &name, &rows))
        })
        .await?;
        if sheet.rows() == 0 {
            return Err(not_closed().into());
        }
        let detail = json!({ "exported": "results", "month": month.to_string(), "format": format });
        audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
        sheet
    };
    let bytes = match wanted {
        ResultsFile::Csv => {
            let mut bytes = Vec::new();
            written(reporting::to_csv(&sheet, &mut bytes))?;
            bytes
        }
        ResultsFile::Workbook => written(reporting::to_xlsx(&sheet))?,
    };
    Ok(attachment(bytes, kind, &format!("results-{}-{month}.{format}", village.code())))
}

fn not_closed() -> Problem {
    Problem::refused().because("该月还没有结账，没有可导出的内容")
}

/// What was written; that it could not be is a fault of ours.
///
/// # Errors
/// A file that could not be written.
pub(crate) fn written<R>(file: Result<R, ReportError>) -> Result<R, Problem> {
    file.map_err(|error| {
        tracing::error!(%error, "a file was not written");
        Problem::fault().because("文件没有写成，请再试一次")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_file_is_known_by_its_name_and_ending() {
        for file in GroupFile::ALL {
            let (what, format) = file.name();
            assert_eq!(GroupFile::addressed(&format!("{what}.{format}")), Some(file));
        }
        for unknown in ["labels.xlsx", "form2.pdf", "form3", "form3.pdf.pdf", ""] {
            assert_eq!(GroupFile::addressed(unknown), None, "{unknown}");
        }
    }
}
