//! One objection: what was said, what was done, who would flip, and the decision.

use askama::Template;
use authz::{DecideObjection, EnterCards, ReviewObjection};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::canonical::Digest;
use domain::catalogue::Catalogue;
use domain::month::date_title;
use domain::objections::{Decision, ObjectionState};
use domain::place::{Level, Place};
use domain::scoring::{Finding, Pictured, Status, parse_findings, parse_typed};
use records::catalogue::catalogue_of;
use records::closing::{StoredDifference, seal_months};
use records::objections::{
    Decided, NewDecision, NewReview, RightCard, ask_review, decide_objection, note_investigation, objection,
    review_objection,
};
use records::photos::{ShownPhoto, photos_shown};
use records::{Mode, places, tenancy};
use serde::Deserialize;

use super::preview::{Preview, preview};
use super::{Row, row};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted, wrong};
use crate::photos::Thumbs;
use crate::problem::Problem;
use crate::scoring::codes::{CodeLine, codes_of, with_items};
use crate::shell::{Section, Shell, Told, Visit, done_at, village_of};
use crate::state::State;

#[derive(Template)]
#[template(path = "objections/file.html")]
struct FilePage {
    shell: Shell,
    one: Row,
    id: i64,
    household_code: String,
    words: String,
    version: i16,
    /// The latest version of the month that the page shows, as the forms send it back.
    seen: String,
    card: String,
    /// What the codes on the page stand for.
    codes: Vec<CodeLine>,
    /// Of the household's month, for those who may score it.
    photos: Thumbs,
    steps: Vec<StepLine>,
    form: DecisionForm,
    /// Whether the caller may decide now, ask for a review, review.
    may: (bool, bool, bool),
    preview: Option<Preview>,
}

/// What was done.
struct StepLine {
    what: &'static str,
    reason: String,
    by: String,
    on: String,
}

/// What the form of a decision sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DecisionForm {
    /// `check`, `decide`, `note`, `ask`, `review`.
    #[serde(default)]
    act: String,
    #[serde(default)]
    outcome: String,
    /// The corrected card as a clerk types one.
    #[serde(default)]
    card: String,
    #[serde(default)]
    reason: String,
    /// The latest version of the month that the page showed.
    #[serde(default)]
    seen: String,
    #[serde(default)]
    form_token: String,
}

/// `GET /objections/{place}/{month}/{objection}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Objections, (&place, &month), &told).await?;
    shown(&state, &caller, visit, id, (StatusCode::OK, None), DecisionForm::default()).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    id: i64,
    (status, moved): (StatusCode, Option<Vec<StoredDifference>>),
    form: DecisionForm,
) -> Result<Response, PageError> {
    let (place, now) = (visit.place, state.moment().local());
    let sees_photos = caller.may(EnterCards, place);
    let found = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let Some(file) = objection(connection, &place, id, now).await? else { return Ok(None) };
            let (village, month) = (file.summary.village, file.summary.month);
            let catalogue = catalogue_of(connection, &village, month).await?;
            let names = places::names_in(connection, &village).await?;
            let photos = match sees_photos {
                true => photos_shown(connection, &file.summary.household, (month, month)).await?,
                false => Vec::new(),
            };
            Ok(Some((file, catalogue.map(|stored| stored.catalogue).unwrap_or_default(), names, photos)))
        })
        .await?
    };
    let (file, catalogue, names, photos) = found.ok_or(PageError::NotFound)?;
    let (code, month) = (file.summary.household.code(), file.summary.month);
    // What was objected to, or the whole month.
    let meant = |photo: &&ShownPhoto| match &photo.pictured {
        Pictured::Act(act) => file.summary.about.is_empty() || *act == file.summary.about,
        Pictured::House | Pictured::Item(_) => true,
    };
    let address = |hash: &Digest| format!("/household/{code}/{month}/photos/{}", hash.hex());
    let photos = Thumbs::of(photos.iter().filter(meant), "评分", address);
    let (village, objection_state) = (file.summary.village, file.summary.state);
    let may = (
        matches!(objection_state, ObjectionState::Open { .. }) && caller.may(DecideObjection, village),
        matches!(objection_state, ObjectionState::Decided(_)) && caller.may(DecideObjection, village),
        matches!(objection_state, ObjectionState::UnderReview(_)) && caller.may(ReviewObjection, village),
    );
    let findings = file.card.iter().flat_map(|(_, findings)| findings);
    let about = parse_findings(&file.summary.about).unwrap_or_default();
    let codes = codes_of(findings.chain(&about), &catalogue);
    let latest = file.latest_version.map(|version| version.to_string()).unwrap_or_default();
    // What was tried was tried on the version that was shown before: what follows counts for no other.
    let seen = if moved.is_some() { form.seen.clone() } else { latest };
    let steps = file.steps.into_iter().map(|step| StepLine {
        what: step.kind.title(),
        reason: filled(step.reason.unwrap_or_else(|| "已依法删除".to_owned())),
        by: step.by,
        on: date_title(step.on),
    });
    let shown = FilePage {
        id,
        household_code: file.summary.household.code(),
        words: file.words.unwrap_or_else(|| "已依法删除".to_owned()),
        version: file.version,
        seen,
        card: card_words(file.card.as_ref(), &catalogue),
        codes,
        photos,
        steps: steps.collect(),
        one: row(file.summary, caller.may(DecideObjection, village), &names),
        form,
        may,
        preview: moved.map(|moved| preview(&moved, &names)),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// What the card says that counts now.
fn card_words(card: Option<&(Status, Vec<Finding>)>, catalogue: &Catalogue) -> String {
    match card {
        None => "没有积分卡（未评）".to_owned(),
        Some((Status::Scored, findings)) if findings.is_empty() => "无扣分".to_owned(),
        Some((Status::Scored, findings)) => with_items(findings, catalogue),
        Some((status, _)) => status.title().to_owned(),
    }
}

/// A text, or a dash where nothing was written.
fn filled(text: String) -> String {
    if text.trim().is_empty() { "—".to_owned() } else { text }
}

/// `POST /objections/{place}/{month}/{objection}`
pub(crate) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(form): Posted<DecisionForm>,
) -> Result<Response, PageError> {
    FormToken::new(&form.form_token).check(&caller)?;
    let village = village_of(&place)?;
    let address = format!("/objections/{place}/{month}/{id}");
    let done = match form.act.as_str() {
        "review" => review(&state, &caller, village, id, &form).await,
        "note" | "ask" => note(&state, &caller, village, id, &form).await.map(|()| None),
        _ => decision(&state, &caller, village, id, &form).await,
    };
    let at = (place.as_str(), month.as_str());
    let (status, moved, visit) = match done {
        Ok(Some(decided)) if form.act == "check" => {
            let visit = Visit::of(&state, &caller, Section::Objections, at, &Told::default()).await?;
            (StatusCode::OK, Some(decided.movements), visit)
        }
        Ok(Some(decided)) => {
            let code = if decided.new_version.is_some() { "corrected" } else { "decided" };
            return Ok(done_at(&address, code));
        }
        Ok(None) => return Ok(done_at(&address, "noted")),
        Err(error) => {
            let (status, visit) = Visit::again(&state, &caller, Section::Objections, at, error).await?;
            (status, None, visit)
        }
    };
    shown(&state, &caller, visit, id, (status, moved), form).await
}

/// The corrected card as it was typed, none where nothing was.
fn right_card(form: &DecisionForm) -> Result<Option<RightCard>, PageError> {
    Ok(parse_typed(&form.card).map_err(|error| wrong("card", error.to_string()))?)
}

/// The version of the month that was on the screen.
fn seen(form: &DecisionForm) -> Result<i16, PageError> {
    let expired = || Problem::refused().because("页面已过期，请刷新后核对，再作出处理");
    Ok(form.seen.trim().parse().map_err(|_| expired())?)
}

async fn decision(
    state: &State,
    caller: &Caller,
    village: Place,
    id: i64,
    form: &DecisionForm,
) -> Result<Option<Decided>, PageError> {
    let allowed = caller.allow(DecideObjection, village).await?;
    let outcome = Decision::from_name(&form.outcome);
    let outcome = outcome.ok_or_else(|| wrong("outcome", "请选处理结果".to_owned()))?;
    let correction = if outcome.corrects() { right_card(form)? } else { None };
    let new = NewDecision { outcome, reason: form.reason.clone(), correction, seen: Some(seen(form)?) };
    let mode = if form.act == "check" { Mode::DryRun } else { Mode::Apply };
    let moment = state.moment();
    let decided = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        decide_objection(&mut connection, &allowed, id, &new, salts, mode, &moment).await?
    };
    sealed(state, &allowed, &decided, mode).await?;
    Ok(Some(decided))
}

async fn review(
    state: &State,
    caller: &Caller,
    village: Place,
    id: i64,
    form: &DecisionForm,
) -> Result<Option<Decided>, PageError> {
    // A review is the town's: whoever reviews acts with the permission of the own place.
    let reach = caller.reach()?;
    let at = if reach.contains(&village) && reach.level() != Level::Village { reach } else { village };
    let allowed = caller.allow(ReviewObjection, at).await?;
    let new =
        NewReview { reason: form.reason.clone(), correction: right_card(form)?, seen: Some(seen(form)?) };
    let moment = state.moment();
    let decided = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        review_objection(&mut connection, &allowed, id, &new, salts, Mode::Apply, &moment).await?
    };
    sealed(state, &allowed, &decided, Mode::Apply).await?;
    Ok(Some(decided))
}

async fn note(
    state: &State,
    caller: &Caller,
    village: Place,
    id: i64,
    form: &DecisionForm,
) -> Result<(), PageError> {
    let allowed = caller.allow(DecideObjection, village).await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    match form.act.as_str() {
        "ask" => ask_review(&mut connection, &allowed, id, &form.reason, salts, &moment).await?,
        _ => note_investigation(&mut connection, &allowed, id, &form.reason, salts, &moment).await?,
    }
    Ok(())
}

/// A new version makes the county's seal of the month an old one.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn sealed<A: authz::Act>(
    state: &State,
    allowed: &authz::Allowed<A>,
    decided: &Decided,
    mode: Mode,
) -> records::Result<()> {
    if mode == Mode::Apply && decided.new_version.is_some() {
        seal_months(&state.database, allowed, &state.moment()).await?;
    }
    Ok(())
}
