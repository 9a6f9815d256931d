//! Changing a catalogue: a complete list, checked, and handed in for approval or put in force.

use askama::Template;
use authz::{AdoptCatalogue, Read, SubmitCatalogue};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::{ChangeLine, difference_lines, lint};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use records::catalogue::{Adoption, Submission, adopt_catalogue, catalogue_of, submit_catalogue};
use records::{Mode, tenancy};

use crate::account::FormToken;
use crate::api::{CatalogueRow, assembled, rows_of};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs, short, wrong};
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

/// Empty lines at the end, for what is added.
const MORE: usize = 3;

#[derive(Template)]
#[template(path = "rules/draft.html")]
struct DraftPage {
    shell: Shell,
    rows: Vec<CatalogueRow>,
    from: String,
    meeting_on: String,
    attendance: String,
    reason: String,
    builds_on: i64,
    /// Whether the list waits for approval, or is in force at once.
    needs_approval: bool,
    /// What a check found: the sum, what is banned, what changes.
    checked: Option<Checked>,
}

struct Checked {
    sum: Points,
    banned: Vec<String>,
    changes: Vec<ChangeLine>,
}

/// What was filled in besides the list.
#[derive(Default)]
struct Filled {
    rows: Option<Vec<CatalogueRow>>,
    from: String,
    meeting_on: String,
    attendance: String,
    reason: String,
    builds_on: Option<i64>,
}

impl Filled {
    fn of(form: &Pairs) -> Self {
        Self {
            rows: Some(rows_in(form)),
            from: form.first("from").to_owned(),
            meeting_on: form.first("meeting_on").to_owned(),
            attendance: form.first("attendance").to_owned(),
            reason: form.first("reason").to_owned(),
            builds_on: form.first("builds_on").parse().ok(),
        }
    }
}

/// The rows of a form; a line without a rule code is left out.
fn rows_in(form: &Pairs) -> Vec<CatalogueRow> {
    let column = |name| form.all(name).map(|text| text.trim().to_owned()).collect::<Vec<_>>();
    let names =
        ["item_code", "category", "item", "full_points", "rule_code", "rule", "points", "unit", "evidence"];
    let columns = names.map(column);
    let cell = |at: usize, line: usize| columns[at].get(line).cloned().unwrap_or_default();
    let row = |line| CatalogueRow {
        item_code: cell(0, line),
        category: cell(1, line),
        item: cell(2, line),
        full_points: cell(3, line),
        rule_code: cell(4, line),
        rule: cell(5, line),
        points: cell(6, line),
        unit: cell(7, line),
        evidence_required: cell(8, line) == "yes",
    };
    (0..columns[4].len()).map(row).filter(|row| !row.rule_code.is_empty()).collect()
}

/// `GET /rules/{place}/{month}/draft`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &told).await?;
    caller.allow(SubmitCatalogue, visit.place).await?;
    shown(&state, visit, StatusCode::OK, Filled::default(), None).await
}

async fn shown(
    state: &State,
    visit: Visit,
    status: StatusCode,
    filled: Filled,
    checked: Option<Checked>,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    let stored = in_force(state, &visit.allowed, &place, month).await?;
    let in_force = stored.as_ref().map(|stored| rows_of(&stored.catalogue)).unwrap_or_default();
    let mut rows = filled.rows.unwrap_or(in_force);
    rows.extend((0..MORE).map(|_| CatalogueRow::default()));
    let from = if filled.from.is_empty() { month.next().to_string() } else { filled.from };
    let shown = DraftPage {
        rows,
        from,
        meeting_on: filled.meeting_on,
        attendance: filled.attendance,
        reason: filled.reason,
        builds_on: filled.builds_on.or(stored.map(|stored| stored.id)).unwrap_or(0),
        needs_approval: place.level() == Level::Village,
        checked,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

async fn in_force(
    state: &State,
    allowed: &authz::Allowed<Read>,
    place: &Place,
    month: Month,
) -> Result<Option<records::catalogue::Stored>, PageError> {
    let mut connection = state.database.connection().await?;
    let stored = tenancy::read(&mut connection, allowed, async |connection| {
        catalogue_of(connection, place, month).await
    });
    Ok(stored.await?)
}

/// `POST /rules/{place}/{month}/draft`: checks, or hands in.
pub(crate) async fn submit(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let mut visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &Told::default()).await?;
    caller.allow(SubmitCatalogue, visit.place).await?;
    if form.first("act") == "check" {
        let checked = check(&state, &visit, &form).await;
        let (status, checked) = match checked {
            Ok(checked) => (StatusCode::OK, Some(checked)),
            Err(error) => {
                let (status, words) = refused(error)?;
                visit.shell.problem = words;
                (status, None)
            }
        };
        return shown(&state, visit, status, Filled::of(&form), checked).await;
    }
    match hand_in(&state, &caller, visit.place, &form).await {
        Ok(code) => Ok(done_at(&Section::Rules.at(&visit.place, visit.month), code)),
        Err(error) => {
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            shown(&state, visit, status, Filled::of(&form), None).await
        }
    }
}

async fn check(state: &State, visit: &Visit, form: &Pairs) -> Result<Checked, PageError> {
    let catalogue = assembled(&rows_in(form))?;
    let stored = in_force(state, &visit.allowed, &visit.place, visit.month).await?;
    let before = stored.map(|stored| stored.catalogue).unwrap_or_default();
    let sum = catalogue.items.iter().map(|item| item.full.tenths()).sum();
    Ok(Checked {
        sum: Points::from_tenths(sum),
        banned: lint(&catalogue).iter().map(ToString::to_string).collect(),
        changes: difference_lines(&before, &catalogue),
    })
}

/// A village's list goes to the town; a county's or town's own is in force. Returns what to tell.
async fn hand_in(
    state: &State,
    caller: &Caller,
    place: Place,
    form: &Pairs,
) -> Result<&'static str, PageError> {
    let catalogue = assembled(&rows_in(form))?;
    let from = crate::http::input::month("from", form.first("from").trim())?;
    let reason = form.filled("reason").map(str::to_owned);
    short("reason", reason.as_deref())?;
    short("attendance", form.filled("attendance"))?;
    let builds_on = Some(form.first("builds_on").parse().unwrap_or(0));
    let moment = state.moment();
    if place.level() != Level::Village {
        let allowed = caller.allow(AdoptCatalogue, place).await?;
        let adoption = Adoption { catalogue, year: from.year(), from, reason, builds_on };
        let mut connection = state.database.connection().await?;
        adopt_catalogue(&mut connection, &allowed, &adoption, Mode::Apply, &moment).await?;
        return Ok("approved");
    }
    let allowed = caller.allow(SubmitCatalogue, place).await?;
    let meeting_on = form.filled("meeting_on").map(str::parse).transpose();
    let meeting_on = meeting_on.map_err(|_| wrong("meeting_on", "请填会议日期，如 2026-10-20".to_owned()))?;
    let submission = Submission {
        catalogue,
        year: from.year(),
        from,
        meeting_on,
        attendance: form.first("attendance").trim().to_owned(),
        reason,
        builds_on,
    };
    let identity = caller.logged_in().map(|person| person.identity.clone()).ok_or(PageError::LogIn)?;
    let mut connection = state.database.connection().await?;
    let (account, login) = (Some(identity.account), identity.login.as_str());
    submit_catalogue(&mut connection, &allowed, &submission, account, login, Mode::Apply, &moment).await?;
    Ok("submitted")
}
