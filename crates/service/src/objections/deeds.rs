//! What the forms of an objection's page do: decide, note, ask for a review, review, and show the phone that was left.

use authz::{DecideObjection, Reveal, ReviewObjection};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::objections::Decision;
use domain::place::{Level, Place};
use domain::scoring::parse_typed;
use records::Mode;
use records::closing::seal_months;
use records::objections::{
    Decided, NewDecision, NewReview, RightCard, ask_review, decide_objection, note_investigation,
    reveal_phone, review_objection,
};
use serde::Deserialize;

use super::file::{Answered, shown};
use super::tried::{meant, refuse_untried};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Posted, wrong};
use crate::problem::Problem;
use crate::shell::{Section, Told, Visit, done_at, village_of};
use crate::state::State;

/// What the form of a decision sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DecisionForm {
    /// `check`, `decide`, `note`, `ask`, `check-review`, `review`, `phone`.
    #[serde(default)]
    act: String,
    #[serde(default)]
    pub(super) outcome: String,
    /// The corrected card as a clerk types one.
    #[serde(default)]
    pub(super) card: String,
    #[serde(default)]
    pub(super) reason: String,
    /// The latest version of the month that the page showed.
    #[serde(default)]
    pub(super) seen: String,
    /// What was tried before, as [`meant`] writes it; empty where nothing was.
    #[serde(default)]
    pub(super) tried: String,
    #[serde(default)]
    form_token: String,
}

/// What a form did.
enum Done {
    /// It is on record; the page tells so by this word.
    Recorded(&'static str),
    /// The page shows it.
    Shown(Answered),
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
    let done = match form.act.as_str() {
        "review" | "check-review" => review(&state, &caller, village, id, &form).await,
        "note" | "ask" => note(&state, &caller, village, id, &form).await,
        "phone" => phone(&state, &caller, village, id).await,
        _ => decision(&state, &caller, village, id, &form).await,
    };
    let at = (place.as_str(), month.as_str());
    let (status, answered, visit) = match done {
        Ok(Done::Recorded(code)) => return Ok(done_at(&format!("/objections/{place}/{month}/{id}"), code)),
        Ok(Done::Shown(answered)) => {
            let visit = Visit::of(&state, &caller, Section::Objections, at, &Told::default()).await?;
            (StatusCode::OK, answered, visit)
        }
        Err(error) => {
            let (status, visit) = Visit::again(&state, &caller, Section::Objections, at, error).await?;
            (status, Answered::Nothing, visit)
        }
    };
    shown(&state, &caller, visit, id, (status, answered), form).await
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
) -> Result<Done, PageError> {
    let allowed = caller.allow(DecideObjection, village).await?;
    let outcome = Decision::from_name(&form.outcome);
    let outcome = outcome.ok_or_else(|| wrong("outcome", "请选处理结果".to_owned()))?;
    let correction = if outcome.corrects() { right_card(form)? } else { None };
    let mode = if form.act == "check" { Mode::DryRun } else { Mode::Apply };
    let meant = meant(outcome.name(), correction.as_ref());
    refuse_untried(&form.tried, &meant, mode)?;
    let new = NewDecision { outcome, reason: form.reason.clone(), correction, seen: Some(seen(form)?) };
    let moment = state.moment();
    let decided = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        decide_objection(&mut connection, &allowed, id, &new, salts, mode, &moment).await?
    };
    sealed(state, &allowed, &decided, mode).await?;
    Ok(done(decided, meant, mode))
}

async fn review(
    state: &State,
    caller: &Caller,
    village: Place,
    id: i64,
    form: &DecisionForm,
) -> Result<Done, PageError> {
    // A review is the town's: whoever reviews acts with the permission of the own place.
    let reach = caller.reach()?;
    let at = if reach.contains(&village) && reach.level() != Level::Village { reach } else { village };
    let allowed = caller.allow(ReviewObjection, at).await?;
    let mode = if form.act == "check-review" { Mode::DryRun } else { Mode::Apply };
    let correction = right_card(form)?;
    let meant = meant("review", correction.as_ref());
    refuse_untried(&form.tried, &meant, mode)?;
    let new = NewReview { reason: form.reason.clone(), correction, seen: Some(seen(form)?) };
    let moment = state.moment();
    let decided = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        review_objection(&mut connection, &allowed, id, &new, salts, mode, &moment).await?
    };
    sealed(state, &allowed, &decided, mode).await?;
    Ok(done(decided, meant, mode))
}

/// What became of a decision, or would.
fn done(decided: Decided, meant: String, mode: Mode) -> Done {
    match (mode, decided.new_version) {
        (Mode::DryRun, _) => Done::Shown(Answered::Tried { moved: decided.movements, meant }),
        (Mode::Apply, Some(_)) => Done::Recorded("corrected"),
        (Mode::Apply, None) => Done::Recorded("decided"),
    }
}

async fn note(
    state: &State,
    caller: &Caller,
    village: Place,
    id: i64,
    form: &DecisionForm,
) -> Result<Done, PageError> {
    let allowed = caller.allow(DecideObjection, village).await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    match form.act.as_str() {
        "ask" => ask_review(&mut connection, &allowed, id, &form.reason, salts, &moment).await?,
        _ => note_investigation(&mut connection, &allowed, id, &form.reason, salts, &moment).await?,
    }
    Ok(Done::Recorded("noted"))
}

async fn phone(state: &State, caller: &Caller, village: Place, id: i64) -> Result<Done, PageError> {
    let allowed = caller.allow(Reveal, village).await?;
    let mut connection = state.database.connection().await?;
    let sealer = &state.registrar.sealer;
    let phone = reveal_phone(&mut connection, &allowed, id, sealer, &state.moment()).await?;
    Ok(Done::Shown(Answered::Phone(phone.unwrap_or_else(|| "没有留".to_owned()))))
}

/// A new version makes the county's seal of the month an old one; whoever reaches the county renews it, wherever the
/// decision was made.
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
        seal_months(&state.database, &allowed.widened(), &state.moment()).await?;
    }
    Ok(())
}
