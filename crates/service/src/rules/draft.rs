//! Changing a catalogue: a complete list, checked and tried on past months, and handed in for approval or put in force.

use std::collections::BTreeSet;

use askama::Template;
use authz::{AdoptCatalogue, Read, SubmitCatalogue};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::{Catalogue, ChangeLine, Doer, difference_lines};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use records::catalogue::{Adoption, Submission, adopt_catalogue, catalogue_of, submit_catalogue};
use records::{Mode, places, tenancy};
use serde::Deserialize;

use super::editor::{EditorLine, Sums, assembled, banned, differ, lines_in, lines_of, with_more};
use super::grouped::{LineGroup, grouped};
use super::settings::check_level;
use super::trial::{Trial, trial};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs, month as month_in, short, wrong};
use crate::problem::{FieldProblem, Problem, in_words};
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

#[derive(Template)]
#[template(path = "rules/draft.html")]
struct DraftPage {
    shell: Shell,
    groups: Vec<LineGroup>,
    sums: Sums,
    /// From which month on it is to hold; the rows start from what is in force then.
    from: Month,
    /// The month in the field, as it was typed where it is none.
    to: String,
    meeting_on: String,
    attendance: String,
    reason: String,
    asks_override: bool,
    builds_on: i64,
    /// Whether the list waits for approval, or is in force at once.
    needs_approval: bool,
    /// What a check found: the sum, what is banned, what changes.
    checked: Option<Checked>,
}

struct Checked {
    sum: Points,
    banned: Vec<String>,
    /// The rows of what is banned.
    banned_at: BTreeSet<u32>,
    changes: Vec<ChangeLine>,
    /// Further, where it was tried.
    tried: Option<Tried>,
}

/// A list that was tried.
struct Tried {
    /// The name of the level above, empty for a county, and what differs from its list.
    above: String,
    changes: Vec<ChangeLine>,
    trial: Trial,
}

/// What was filled in besides the list.
#[derive(Default)]
struct Filled {
    lines: Option<Vec<EditorLine>>,
    from: String,
    /// The month to go to; empty for the one on the page.
    to: String,
    meeting_on: String,
    attendance: String,
    reason: String,
    asks_override: bool,
    builds_on: Option<i64>,
    /// The rows in which something is wrong.
    wrong: BTreeSet<u32>,
}

impl Filled {
    fn of(form: &Pairs) -> Self {
        Self {
            lines: Some(lines_in(form)),
            from: form.first("from").to_owned(),
            to: form.first("to").to_owned(),
            meeting_on: form.first("meeting_on").to_owned(),
            attendance: form.first("attendance").to_owned(),
            reason: form.first("reason").to_owned(),
            asks_override: form.filled("asks_override").is_some(),
            builds_on: form.first("builds_on").parse().ok(),
            wrong: BTreeSet::new(),
        }
    }
}

/// The rows that problems name.
fn rows_named(problems: &[FieldProblem]) -> BTreeSet<u32> {
    problems.iter().filter_map(|one| one.line).collect()
}

/// The rows that a refusal names.
fn rows_refused(error: &PageError) -> BTreeSet<u32> {
    match error {
        PageError::Problem(problem) => rows_named(problem.errors()),
        PageError::NotFound | PageError::LogIn | PageError::Fault(_) => BTreeSet::new(),
    }
}

/// From which month on the list is to hold; without one, from the month after the one on the page, and not before the
/// present one.
#[derive(Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    from: Option<String>,
}

/// `GET /rules/{place}/{month}/draft`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, PageError> {
    let mut visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &told).await?;
    caller.allow(SubmitCatalogue, visit.place).await?;
    check_level(&visit.place)?;
    let from = wanted.from.unwrap_or_default();
    let status = match month_in("from", &from) {
        Err(problem) if !from.is_empty() => {
            visit.shell.problem = problem.sentence();
            problem.status()
        }
        _ => StatusCode::OK,
    };
    shown(&state, visit, status, Filled { from, ..Filled::default() }, None).await
}

async fn shown(
    state: &State,
    visit: Visit,
    status: StatusCode,
    filled: Filled,
    checked: Option<Checked>,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    // What is over is not changed any more.
    let present = Month::of(state.moment().local().date()).unwrap_or(month);
    let from = month_in("from", filled.from.trim()).unwrap_or_else(|_| month.next().max(present));
    let stored = in_force(state, &visit.allowed, &place, from).await?;
    let in_force = stored.as_ref().map(|stored| lines_of(&stored.catalogue)).unwrap_or_default();
    let lines = filled.lines.unwrap_or_else(|| in_force.clone());
    let shown = DraftPage {
        sums: Sums::of(&lines),
        groups: grouped(with_more(lines), &in_force, &filled.wrong),
        from,
        to: if filled.to.is_empty() { from.to_string() } else { filled.to },
        meeting_on: filled.meeting_on,
        attendance: filled.attendance,
        reason: filled.reason,
        asks_override: filled.asks_override,
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

/// `POST /rules/{place}/{month}/draft`: goes to another month, checks, tries on past months, or hands in.
pub(crate) async fn submit(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let mut visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &Told::default()).await?;
    caller.allow(SubmitCatalogue, visit.place).await?;
    check_level(&visit.place)?;
    if let Some(to) = form.filled("to").filter(|to| *to != form.first("from").trim()) {
        return moved(&state, visit, &form, to).await;
    }
    let act = form.first("act");
    if matches!(act, "from" | "check" | "try") {
        let checked = check(&state, &visit, &form, act == "try").await;
        let (status, checked, wrong) = match checked {
            Ok(checked) => (StatusCode::OK, Some(checked), BTreeSet::new()),
            Err(error) => {
                let wrong = rows_refused(&error);
                let (status, words) = refused(error)?;
                visit.shell.problem = words;
                (status, None, wrong)
            }
        };
        let banned = checked.as_ref().map(|checked| checked.banned_at.clone());
        let filled = Filled { wrong: banned.unwrap_or(wrong), ..Filled::of(&form) };
        return shown(&state, visit, status, filled, checked).await;
    }
    match hand_in(&state, &caller, visit.place, &form).await {
        Ok(code) => Ok(done_at(&Section::Rules.at(&visit.place, visit.month), code)),
        Err(error) => {
            let wrong = rows_refused(&error);
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            shown(&state, visit, status, Filled { wrong, ..Filled::of(&form) }, None).await
        }
    }
}

/// What is said where the list that was opened is not in force any more: what was typed does not stand on the new one.
const CHANGED: &str =
    "这个月的项目已被别人改动，没有换月份；改过的内容还在下面，请记下，再重新打开本页，在新项目上修改";

/// The editor for another month: with that month's list, or with what was typed where it is not the list that was opened.
async fn moved(state: &State, mut visit: Visit, form: &Pairs, to: &str) -> Result<Response, PageError> {
    if let Err(problem) = month_in("from", to) {
        visit.shell.problem = problem.sentence();
        return shown(state, visit, problem.status(), Filled::of(form), None).await;
    }
    let opened = match month_in("from", form.first("from").trim()) {
        Ok(opened) => in_force(state, &visit.allowed, &visit.place, opened).await?,
        Err(_) => None,
    };
    if builds_on(form) != opened.as_ref().map_or(0, |stored| stored.id) {
        let problem = Problem::changed().because(CHANGED);
        visit.shell.problem = problem.sentence();
        return shown(state, visit, problem.status(), Filled::of(form), None).await;
    }
    let opened = opened.map(|stored| lines_of(&stored.catalogue)).unwrap_or_default();
    let lines = Some(lines_in(form)).filter(|lines| differ(lines, &opened));
    visit.shell.done = match (&lines, form.first("act")) {
        (Some(_), _) => "已换月份，还没有提交，改过的内容都保留着；请对照那个月执行的项目核对，再提交",
        (None, "submit") => "已换月份，还没有提交；下面是那个月执行的项目，请核对、修改，再提交",
        (None, _) => "",
    };
    let other = Filled { lines, from: to.to_owned(), to: String::new(), builds_on: None, ..Filled::of(form) };
    shown(state, visit, StatusCode::OK, other, None).await
}

/// The list that the editor was opened on; 0 where none was in force.
fn builds_on(form: &Pairs) -> i64 {
    form.first("builds_on").parse().unwrap_or(0)
}

async fn check(state: &State, visit: &Visit, form: &Pairs, is_tried: bool) -> Result<Checked, PageError> {
    let lines = lines_in(form);
    let catalogue = assembled(&lines)?;
    let from = month_in("from", form.first("from").trim())?;
    let stored = in_force(state, &visit.allowed, &visit.place, from).await?;
    let before = stored.map(|stored| stored.catalogue).unwrap_or_default();
    let tried = if is_tried { Some(tried(state, visit, &catalogue, form).await?) } else { None };
    let banned = banned(&lines, &catalogue);
    Ok(Checked {
        sum: catalogue.items.iter().map(|item| item.full).sum(),
        banned: banned.iter().map(in_words).collect(),
        banned_at: rows_named(&banned),
        changes: difference_lines(&before, &catalogue),
        tried,
    })
}

/// What the list changes against the level above, and what past months would have given under it.
async fn tried(
    state: &State,
    visit: &Visit,
    catalogue: &Catalogue,
    form: &Pairs,
) -> Result<Tried, PageError> {
    let (place, month) = (visit.place, visit.month);
    let from = month_in("from", form.first("from").trim())?;
    let parent = place.parent().filter(|_| place.level() != Level::County);
    // A year replayed is long work: a few at a time, so that the others keep their connections.
    let turn = state.decoding.acquire().await.map_err(|_| Problem::fault())?;
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let (mut list, mut above) = (None, String::new());
        if let Some(parent) = &parent {
            list = catalogue_of(connection, parent, from).await?.map(|stored| stored.catalogue);
            above = places::name_of(connection, parent).await?;
        }
        let trial = trial(connection, &place, catalogue, month).await?;
        Ok((list, above, trial))
    });
    let (list, above, trial) = loaded.await?;
    drop((connection, turn));
    let changes = list.map(|list| difference_lines(&list, catalogue)).unwrap_or_default();
    Ok(Tried { above, changes, trial })
}

/// A village's list goes to the town; a county's or town's own is in force. Returns what to tell.
async fn hand_in(
    state: &State,
    caller: &Caller,
    place: Place,
    form: &Pairs,
) -> Result<&'static str, PageError> {
    let lines = lines_in(form);
    let catalogue = assembled(&lines)?;
    let asks_override = place.level() == Level::Village && form.filled("asks_override").is_some();
    let banned = banned(&lines, &catalogue);
    if !banned.is_empty() && !asks_override {
        let remedy = match place.level() {
            Level::Village => "有不得扣分的内容，没有提交：请改掉；确需保留的，勾选“请县里审查放行”再提交",
            _ => "有不得扣分的内容，没有发布：请改掉",
        };
        return Err(Problem::invalid().because(remedy).with(banned).into());
    }
    let from = month_in("from", form.first("from").trim())?;
    let reason = form.filled("reason").map(str::to_owned);
    short("reason", reason.as_deref())?;
    short("attendance", form.filled("attendance"))?;
    let builds_on = Some(builds_on(form));
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
        asks_override,
    };
    let Doer { account, login } = caller.doer()?;
    let mut connection = state.database.connection().await?;
    submit_catalogue(&mut connection, &allowed, &submission, account, login, Mode::Apply, &moment).await?;
    Ok("submitted")
}
