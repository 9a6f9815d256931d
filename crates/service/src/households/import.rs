//! Bringing in a file of households: first what it would do and which rows are wrong, then the doing.

use std::collections::BTreeMap;

use askama::Template;
use authz::{Allowed, RegisterHouseholds};
use axum::extract::{FromRequest, Multipart, Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use domain::input::{Household, Line, Problem as RowProblem};
use intake::{FileProblem, Limits, Parsed, Table};
use records::households::register_households;
use records::{Mode, Outcome, Refusal};

use super::{cells_of, csv_text, heading, registered_at};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::problem::{Problem, dates_in_words};
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

/// The most bytes of a file, with the form around it.
pub(crate) const UPLOAD_BYTES: usize = 12 << 20;

/// What one file may bring.
pub(crate) const LIMITS: Limits =
    Limits { bytes: 12 << 20, unpacked_bytes: 128 << 20, rows: 20_000, problems: 200 };

/// Up to so many bytes the page keeps the rows until they are confirmed; a larger file is chosen again.
const KEPT_BYTES: usize = 2 << 20;

#[derive(Template)]
#[template(path = "households/import.html")]
struct ImportPage {
    shell: Shell,
    preview: Option<Preview>,
}

/// What a file would do.
#[derive(Default)]
struct Preview {
    name: String,
    rows: usize,
    outcome: Outcome,
    warnings: Vec<String>,
    ignored: String,
    header: Vec<String>,
    bad: Vec<BadRow>,
    more_problems: usize,
    /// The rows to be confirmed; empty where there is something wrong, or too much of it.
    kept: String,
}

impl Preview {
    fn is_good(&self) -> bool {
        self.bad.is_empty() && self.rows > 0
    }
}

/// A line that is wrong: what it says, and what to mend.
struct BadRow {
    line: u32,
    cells: Vec<String>,
    problems: Vec<String>,
}

/// `GET /households/{place}/{month}/import`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Households, (&place, &month), &told).await?;
    caller.allow(RegisterHouseholds, registered_at(&place)?).await?;
    Ok(page(StatusCode::OK, &ImportPage { shell: visit.shell, preview: None }))
}

/// What the form of a file brings.
#[derive(Default)]
pub(crate) struct Upload {
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) confirmed: bool,
    /// Why, where the form asks for it.
    pub(crate) reason: String,
    /// What stood when the file was looked at, where the form keeps it.
    pub(crate) builds_on: Option<i64>,
}

/// `POST /households/{place}/{month}/import`: a file is only checked, rows that are confirmed are brought in.
pub(crate) async fn import(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    request: Request,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let allowed = caller.allow(RegisterHouseholds, registered_at(&place)?).await?;
    let upload = upload(request, &state).await?;
    FormToken::new(&upload.token).check(&caller)?;
    let mut visit =
        Visit::of(&state, &caller, Section::Households, (&place, &month), &Told::default()).await?;
    let confirmed = upload.confirmed;
    let (status, preview) = match previewed(&state, &allowed, upload).await? {
        Ok(preview) if preview.is_good() && confirmed => {
            return Ok(done_at(&Section::Households.at(&visit.place, visit.month), "imported"));
        }
        Ok(preview) if preview.is_good() => (StatusCode::OK, Some(preview)),
        Ok(preview) => (StatusCode::UNPROCESSABLE_ENTITY, Some(preview)),
        Err((status, words)) => {
            visit.shell.problem = words;
            (status, None)
        }
    };
    Ok(page(status, &ImportPage { shell: visit.shell, preview }))
}

/// Reads the form part by part.
pub(crate) async fn upload(request: Request, state: &State) -> Result<Upload, Problem> {
    let broken = |status: StatusCode| match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large().because("文件太大，请按村分成几个文件"),
        _ => Problem::malformed().because("表单不完整，请返回重新选择文件"),
    };
    let parts = Multipart::from_request(request, state).await;
    let mut parts = parts.map_err(|_| broken(StatusCode::BAD_REQUEST))?;
    let mut upload = Upload::default();
    while let Some(part) = parts.next_field().await.map_err(|error| broken(error.status()))? {
        let (field, file) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        let bytes = part.bytes().await.map_err(|error| broken(error.status()))?;
        match field.as_str() {
            "form_token" => upload.token = String::from_utf8_lossy(&bytes).into_owned(),
            "reason" => upload.reason = String::from_utf8_lossy(&bytes).trim().to_owned(),
            "builds_on" => upload.builds_on = str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()),
            "confirmed" => upload.confirmed = bytes[..] == *b"yes",
            "file" | "rows" if !bytes.is_empty() => {
                upload.name = file.unwrap_or_else(|| "已核对的内容.csv".to_owned());
                upload.bytes = bytes.to_vec();
            }
            _ => {}
        }
    }
    Ok(upload)
}

/// What the file would do, or did where it was confirmed; the status and words where it is none.
async fn previewed(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    upload: Upload,
) -> Result<Result<Preview, (StatusCode, String)>, PageError> {
    let Upload { name, bytes, confirmed, .. } = upload;
    if bytes.is_empty() {
        let words = "还没有选择文件：请选一个 CSV 或 XLSX 文件".to_owned();
        return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, words)));
    }
    let file = name.clone();
    // Unpacking a workbook takes seconds, in which others are to be answered.
    let read = tokio::task::spawn_blocking(move || read(&file, bytes)).await.map_err(|_| Problem::fault())?;
    let (table, parsed) = match read {
        Ok(read) => read,
        Err(problem) => return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()))),
    };
    let mut preview = Preview {
        name,
        rows: table.len(),
        header: table.header().to_vec(),
        more_problems: parsed.more_problems,
        ignored: parsed.ignored_columns.join("、"),
        ..Preview::default()
    };
    if !parsed.is_sound() {
        preview.bad = bad_rows(&parsed.problems, &table);
        return Ok(Ok(preview));
    }
    if parsed.rows.is_empty() {
        return Ok(Ok(preview));
    }
    let mode = if confirmed { Mode::Apply } else { Mode::DryRun };
    match register(state, allowed, &parsed.rows, mode).await {
        Ok(outcome) => {
            preview.warnings = outcome.warnings.iter().take(100).map(warning).collect();
            preview.outcome = outcome;
            preview.kept = kept(&parsed.rows);
        }
        Err(records::Error::Refused(Refusal::Problems(problems))) => {
            preview.more_problems = problems.len().saturating_sub(LIMITS.problems);
            preview.bad = bad_rows(&problems[..problems.len().min(LIMITS.problems)], &table);
        }
        Err(error) => return refused(error.into()).map(Err),
    }
    Ok(Ok(preview))
}

async fn register(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    rows: &[Line<Household>],
    mode: Mode,
) -> records::Result<Outcome> {
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    register_households(&mut connection, allowed, rows, registrar, mode, &moment).await
}

/// A file as a table, and its rows.
fn read(name: &str, bytes: Vec<u8>) -> Result<(Table, Parsed<Household>), FileProblem> {
    let table = intake::read_bytes(name, bytes, &LIMITS)?;
    let parsed = intake::households(&table)?;
    Ok((table, parsed))
}

/// Problems by line, with what the line says.
fn bad_rows(problems: &[RowProblem], table: &Table) -> Vec<BadRow> {
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for problem in problems {
        let words = format!("{}：{}", heading(problem.field), dates_in_words(&problem.message));
        rows.entry(problem.line).or_default().push(words);
    }
    rows.into_iter().map(|(line, problems)| BadRow { line, cells: table.cells_of(line), problems }).collect()
}

/// What is worth a look, with its line.
fn warning(problem: &RowProblem) -> String {
    format!("第 {} 行 {}：{}", problem.line, heading(problem.field), dates_in_words(&problem.message))
}

/// The rows as a text that is read again once they are confirmed.
fn kept(rows: &[Line<Household>]) -> String {
    let text = csv_text(rows.iter().map(|line| cells_of(&line.row))).unwrap_or_default();
    if text.len() <= KEPT_BYTES { text } else { String::new() }
}
