//! A catalogue that was handed in: what changes, what it would have meant, and the decision of the level above.

use askama::Template;
use authz::{ApproveCatalogue, SubmitCatalogue};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::{Catalogue, ChangeLine, Doer, difference_lines, lint};
use domain::month::date_title;
use domain::place::{Level, Place};
use records::catalogue::{SubmissionFile, approve_submission, catalogue_of, send_back, submission, withdraw};
use records::{places, tenancy};
use serde::Deserialize;

use super::at;
use super::trial::{Trial, trial};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted};
use crate::problem::Problem;
use crate::shell::{Section, Shell, Told, Visit, done_at};
use crate::state::State;

#[derive(Template)]
#[template(path = "rules/submission.html")]
struct SubmissionPage {
    shell: Shell,
    id: i64,
    state: &'static str,
    open: bool,
    from: String,
    by: String,
    at: String,
    meeting: String,
    attendance: String,
    reason: String,
    steps: Vec<StepLine>,
    changes: Vec<ChangeLine>,
    /// The name of the level above, and what differs from its list.
    above: String,
    from_above: Vec<ChangeLine>,
    /// Where the list touches what may not be scored.
    banned: Vec<String>,
    /// Whether whoever looks may let that pass.
    may_override: bool,
    catalogue: Catalogue,
    what_if: Option<Trial>,
    may_approve: bool,
    may_withdraw: bool,
    own: bool,
    typed: Typed,
}

/// What was typed into the form of a decision that was refused.
#[derive(Default)]
struct Typed {
    reason: String,
    override_reason: String,
    /// Why it was not sent back, and why it was not approved.
    not_sent_back: String,
    not_approved: String,
}

impl Typed {
    fn of(form: DecisionForm, problem: &str) -> Self {
        let of_act = |act: &str| if form.act == act { problem.to_owned() } else { String::new() };
        Self {
            not_sent_back: of_act("send-back"),
            not_approved: of_act("approve"),
            reason: form.reason,
            override_reason: form.override_reason,
        }
    }
}

struct StepLine {
    what: &'static str,
    reason: String,
    by: String,
    at: String,
}

/// Whether the past is to be replayed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Replay {
    #[serde(default)]
    done: Option<String>,
    #[serde(default)]
    what_if: Option<String>,
}

/// `GET /rules/{place}/{month}/submissions/{submission}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Asked(asked): Asked<Replay>,
) -> Result<Response, PageError> {
    let told = Told { done: asked.done };
    let visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &told).await?;
    let concerns = caller.may(ApproveCatalogue, visit.place) || caller.may(SubmitCatalogue, visit.place);
    let replay = concerns && asked.what_if.is_some();
    shown(&state, &caller, visit, id, (StatusCode::OK, Typed::default()), replay).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    id: i64,
    (status, typed): (StatusCode, Typed),
    replay: bool,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    // A year replayed is long work: a few at a time, so that the others keep their connections.
    let turn =
        if replay { Some(state.decoding.acquire().await.map_err(|_| Problem::fault())?) } else { None };
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let Some(file) = submission(connection, &place, id).await? else { return Ok(None) };
        let (of, from) = (file.summary.place, file.summary.from);
        let before = catalogue_of(connection, &of, from.previous()).await?;
        let above = match of.parent() {
            Some(parent) => {
                let list = catalogue_of(connection, &parent, from).await?;
                Some((places::name_of(connection, &parent).await?, list))
            }
            None => None,
        };
        let replayed = match replay {
            true => Some(trial(connection, &of, &file.catalogue, month).await?),
            false => None,
        };
        Ok(Some((file, before, above, replayed)))
    });
    let (file, before, above, what_if) = loaded.await?.ok_or(PageError::NotFound)?;
    drop((connection, turn));
    let (above, list_above) = above.unwrap_or_default();
    let SubmissionFile { summary, catalogue, steps } = file;
    let before = before.map(|stored| stored.catalogue).unwrap_or_default();
    let banned = lint(&catalogue);
    let own =
        caller.logged_in().is_some_and(|person| Some(person.identity.account) == summary.submitted_account);
    let steps = steps.into_iter().map(|step| StepLine {
        what: step.kind.title(),
        reason: step.reason.unwrap_or_default(),
        by: step.by,
        at: at(state, step.at),
    });
    let shown = SubmissionPage {
        id,
        state: summary.state.title(),
        open: summary.state.is_open(),
        from: summary.from.title(),
        by: summary.submitted_by,
        at: at(state, summary.submitted_at),
        meeting: summary.meeting_on.map(date_title).unwrap_or_default(),
        attendance: summary.attendance,
        reason: summary.reason.unwrap_or_default(),
        steps: steps.collect(),
        changes: difference_lines(&before, &catalogue),
        from_above: list_above.map(|list| difference_lines(&list.catalogue, &catalogue)).unwrap_or_default(),
        above,
        banned: banned.iter().map(ToString::to_string).collect(),
        may_override: banned.is_empty() || caller.reach().is_ok_and(|reach| reach.level() == Level::County),
        catalogue,
        what_if,
        may_approve: caller.may(ApproveCatalogue, summary.place),
        may_withdraw: caller.may(SubmitCatalogue, summary.place),
        own,
        typed,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// What the form of a decision sends.
#[derive(Deserialize)]
pub(crate) struct DecisionForm {
    act: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    override_reason: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /rules/{place}/{month}/submissions/{submission}`
pub(crate) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(form): Posted<DecisionForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    match decided(&state, &caller, at, id, &form).await {
        Ok(code) => Ok(done_at(&format!("/rules/{place}/{month}/submissions/{id}"), code)),
        Err(error) => {
            let (status, visit) =
                Visit::again(&state, &caller, Section::Rules, (&place, &month), error).await?;
            let typed = Typed::of(form, &visit.shell.problem);
            shown(&state, &caller, visit, id, (status, typed), false).await
        }
    }
}

async fn decided(
    state: &State,
    caller: &Caller,
    place: Place,
    id: i64,
    form: &DecisionForm,
) -> Result<&'static str, PageError> {
    let (Doer { account, login }, moment) = (caller.doer()?, state.moment());
    if form.act == "withdraw" {
        let allowed = caller.allow(SubmitCatalogue, place).await?;
        let mut connection = state.database.connection().await?;
        withdraw(&mut connection, &allowed, id, account, login, &moment).await?;
        return Ok("withdrawn");
    }
    let allowed = caller.allow(ApproveCatalogue, place).await?;
    let mut connection = state.database.connection().await?;
    if form.act == "approve" {
        let override_reason = Some(form.override_reason.as_str());
        approve_submission(&mut connection, &allowed, id, override_reason, account, login, &moment).await?;
        return Ok("approved");
    }
    send_back(&mut connection, &allowed, id, &form.reason, account, login, &moment).await?;
    Ok("sent-back")
}
