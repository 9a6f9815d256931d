//! Bringing in divisions, panels or a catalogue: first what the file would do and which lines are wrong, then the doing.

use askama::Template;
use authz::{AdoptCatalogue, Allowed, FormPanels, RegisterDivisions};
use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use domain::input::Problem as RowProblem;
use domain::month::Month;
use domain::place::Place;
use intake::{Parsed, Table, title_of};
use records::catalogue::{Adoption, adopt_catalogue, catalogue_of};
use records::panels::form_panels;
use records::places::register_divisions;
use records::{Mode, Outcome, Refusal, tenancy};

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::households::{LIMITS, Upload, upload};
use crate::http::input::{Asked, Named, short};
use crate::problem::{Problem, dates_in_words};
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

/// Up to so many bytes the page keeps the rows until they are confirmed; a larger file is chosen again.
const KEPT_BYTES: usize = 2 << 20;

#[derive(Template)]
#[template(path = "start/import.html")]
struct ImportPage {
    shell: Shell,
    kind: String,
    title: &'static str,
    preview: Option<Preview>,
    /// Why, as it was typed.
    reason: String,
}

/// What a file would do.
#[derive(Default)]
struct Preview {
    name: String,
    rows: usize,
    outcome: Outcome,
    ignored: String,
    /// What is wrong, line by line.
    wrong: Vec<String>,
    /// The rows to be confirmed; empty where there are too many.
    kept: String,
    /// The catalogue in force when the file was looked at; 0 for none.
    builds_on: i64,
}

impl Preview {
    fn is_good(&self) -> bool {
        self.wrong.is_empty() && self.rows > 0
    }
}

/// A kind of file, with the permission to bring it in.
enum Kind {
    Divisions(Allowed<RegisterDivisions>),
    Panels(Allowed<FormPanels>),
    Catalogue(Allowed<AdoptCatalogue>),
}

impl Kind {
    async fn of(caller: &Caller, name: &str, place: Place) -> Result<Self, PageError> {
        Ok(match name {
            "divisions" => Self::Divisions(caller.allow(RegisterDivisions, place).await?),
            "panels" => Self::Panels(caller.allow(FormPanels, place).await?),
            "catalogue" => Self::Catalogue(caller.allow(AdoptCatalogue, place).await?),
            _ => return Err(PageError::NotFound),
        })
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Divisions(_) => "行政区划",
            Self::Panels(_) => "评分组",
            Self::Catalogue(_) => "积分项目",
        }
    }
}

/// `GET /start/{place}/{month}/import/{kind}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, name)): Named<(String, String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let kind = Kind::of(&caller, &name, at).await?;
    let visit = Visit::of(&state, &caller, Section::Overview, (&place, &month), &told).await?;
    let reason = String::new();
    let shown = ImportPage { shell: visit.shell, kind: name, title: kind.title(), preview: None, reason };
    Ok(page(StatusCode::OK, &shown))
}

/// `POST /start/{place}/{month}/import/{kind}`: a file is only checked, rows that are confirmed are brought in.
pub(crate) async fn import(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, name)): Named<(String, String, String)>,
    request: Request,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let kind = Kind::of(&caller, &name, at).await?;
    let upload = upload(request, &state).await?;
    FormToken::new(&upload.token).check(&caller)?;
    let mut visit = Visit::of(&state, &caller, Section::Overview, (&place, &month), &Told::default()).await?;
    let (confirmed, reason) = (upload.confirmed, upload.reason.clone());
    let (status, preview) = match previewed(&state, &kind, visit.month, upload).await {
        Ok(preview) if preview.is_good() && confirmed => {
            return Ok(done_at(&format!("/start/{}/{}", visit.place.code(), visit.month), "saved"));
        }
        Ok(preview) if preview.is_good() => (StatusCode::OK, Some(preview)),
        Ok(preview) => (StatusCode::UNPROCESSABLE_ENTITY, Some(preview)),
        Err(error) => {
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            (status, None)
        }
    };
    let shown = ImportPage { shell: visit.shell, kind: name, title: kind.title(), preview, reason };
    Ok(page(status, &shown))
}

/// What the file would do, or did where it was confirmed.
async fn previewed(state: &State, kind: &Kind, month: Month, upload: Upload) -> Result<Preview, PageError> {
    let Upload { name, bytes, confirmed, reason, builds_on, .. } = upload;
    short("reason", Some(&reason))?;
    if bytes.is_empty() {
        return Err(Problem::refused().because("还没有选择文件：请选一个 CSV 或 XLSX 文件").into());
    }
    let file = name.clone();
    // Unpacking a workbook takes seconds, in which others are to be answered.
    let read = tokio::task::spawn_blocking(move || intake::read_bytes(&file, bytes, &LIMITS)).await;
    let table = read.map_err(|_| Problem::fault())?;
    let table = table.map_err(|problem| Problem::refused().because(problem.to_string()))?;
    let mut preview = Preview { name, rows: table.len(), ..Preview::default() };
    if table.is_empty() {
        preview.wrong.push("表头下面没有内容，请填好后再选".to_owned());
        return Ok(preview);
    }
    let mode = if confirmed { Mode::Apply } else { Mode::DryRun };
    match bring(state, kind, month, &table, &mut preview, (builds_on, reason), mode).await {
        Ok(outcome) => {
            preview.outcome = outcome;
            preview.kept = kept(&table);
        }
        Err(records::Error::Refused(Refusal::Problems(problems))) => {
            preview.wrong = problems.iter().take(LIMITS.problems).map(in_words).collect();
        }
        Err(error) => return Err(error.into()),
    }
    Ok(preview)
}

async fn bring(
    state: &State,
    kind: &Kind,
    month: Month,
    table: &Table,
    preview: &mut Preview,
    (builds_on, reason): (Option<i64>, String),
    mode: Mode,
) -> records::Result<Outcome> {
    let moment = state.moment();
    match kind {
        Kind::Divisions(allowed) => {
            let rows = sound(intake::divisions(table), preview)?;
            let mut connection = state.database.connection().await?;
            register_divisions(&mut connection, allowed, &rows, mode, &moment).await
        }
        Kind::Panels(allowed) => {
            let rows = sound(intake::panels(table), preview)?;
            let mut connection = state.database.connection().await?;
            form_panels(&mut connection, allowed, &rows, &state.registrar.salts, mode, &moment).await
        }
        Kind::Catalogue(allowed) => {
            let rows = sound(intake::catalogue(table), preview)?;
            let catalogue = intake::assemble_catalogue(&rows).map_err(of_rows)?;
            let mut connection = state.database.connection().await?;
            let place = allowed.place();
            let stored = tenancy::read(&mut connection, allowed, async |connection| {
                catalogue_of(connection, &place, month).await
            });
            preview.builds_on = stored.await?.map_or(0, |stored| stored.id);
            let reason = Some(reason).filter(|reason| !reason.is_empty());
            let adoption = Adoption { catalogue, year: month.year(), from: month, reason, builds_on };
            adopt_catalogue(&mut connection, allowed, &adoption, mode, &moment).await
        }
    }
}

/// The rows of a file in which nothing is wrong.
fn sound<T>(
    parsed: Result<Parsed<T>, intake::FileProblem>,
    preview: &mut Preview,
) -> records::Result<Vec<domain::input::Line<T>>> {
    let parsed = parsed.map_err(|problem| Refusal::message(problem.to_string()))?;
    preview.ignored = parsed.ignored_columns.join("、");
    if parsed.is_sound() { Ok(parsed.rows) } else { Err(of_rows(parsed.problems)) }
}

fn of_rows(problems: Vec<RowProblem>) -> records::Error {
    records::Error::Refused(Refusal::Problems(problems))
}

fn in_words(problem: &RowProblem) -> String {
    let title = title_of(problem.field).map(|title| format!("{title}：")).unwrap_or_default();
    match problem.line {
        0 => format!("{title}{}", dates_in_words(&problem.message)),
        line => format!("第 {line} 行 {title}{}", dates_in_words(&problem.message)),
    }
}

/// The rows as a text that is read again once they are confirmed.
fn kept(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = writer.write_record(table.header()).is_ok();
    for cells in table.all_cells() {
        written = written && writer.write_record(&cells).is_ok();
    }
    let text = writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    if written && text.len() <= KEPT_BYTES { text } else { String::new() }
}
