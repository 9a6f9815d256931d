//! 补录: after entry has ended the village asks for it and the town decides; both see the list.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, AskException, GrantException};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::month::date_title;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use domain::scoring::{ExceptionState, Lock};
use records::households::household_numbered;
use records::scoring::{
    ExceptionDecision, ExceptionRequest, ListedException, ask_exception, decide_exception, entry_lock,
    exceptions_of, withdraw_exception,
};
use records::{places, tenancy};
use serde::Deserialize;

use super::standing::Entry;
use super::village::{Reason, Typed, shown};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Posted, day, place_of, short};
use crate::problem::{Problem, dates_in_words};
use crate::shell::{Link, Section, Visit, done_at, village_of};
use crate::state::State;

/// The requests of a place's month, and the form of a village that may ask.
pub(super) struct Exceptions {
    pub(super) lines: Vec<ExceptionLine>,
    pub(super) waiting: usize,
    /// How far entry is; of a village only.
    pub(super) entry: Option<Entry>,
    /// What keeps entry closed; empty where nobody may ask.
    pub(super) lock: String,
    pub(super) groups: Vec<Link>,
    pub(super) today: String,
    pub(super) form: AskForm,
}

/// A request in the list.
pub(super) struct ExceptionLine {
    pub(super) id: i64,
    pub(super) opens: String,
    pub(super) until: String,
    pub(super) reason: String,
    pub(super) asked: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) decided: String,
    pub(super) may_decide: bool,
    pub(super) may_withdraw: bool,
    /// The reason of a decision, where it was refused.
    pub(super) typed: Reason,
}

/// What the form of a village sends.
#[derive(Default, Deserialize)]
pub(crate) struct AskForm {
    #[serde(default)]
    group: String,
    #[serde(default)]
    pub(super) number: String,
    #[serde(default)]
    pub(super) until: String,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    form_token: String,
}

/// The requests of the visited place and month.
pub(super) async fn listed(
    state: &State,
    caller: &Caller,
    visit: &Visit,
    form: AskForm,
    decision: Option<&Reason>,
) -> Result<Exceptions, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let is_village = place.level() == Level::Village;
    let (found, names, lock, groups) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let found = exceptions_of(connection, &place, month, now).await?;
            let mut wanted: BTreeSet<Place> = found.iter().map(|one| one.village).collect();
            wanted.extend(found.iter().filter_map(|one| one.opens.ancestor(Level::Group)));
            let names = places::names_of(connection, &wanted).await?;
            let (lock, groups) = if is_village {
                let rule = &visit.rulebook.scoring;
                let lock = entry_lock(connection, &place, month, rule, now).await?;
                (lock, places::divisions_below(connection, &place).await?)
            } else {
                (None, Vec::new())
            };
            Ok((found, names, lock, groups))
        })
        .await?
    };
    let entry = is_village.then(|| Entry::of(lock.as_ref(), &found));
    let may_ask = is_village && caller.may(AskException, place);
    let lock = lock.filter(|lock| may_ask && matches!(lock, Lock::Past { .. }));
    let link = |(group, name): (Place, String)| Link {
        current: group.code() == form.group,
        href: group.code(),
        name,
    };
    Ok(Exceptions {
        waiting: found.iter().filter(|one| one.state == ExceptionState::Waiting).count(),
        entry,
        lines: found
            .into_iter()
            .map(|one| ExceptionLine {
                typed: Reason::of_row(decision, one.id),
                ..line(state, caller, one, &names, is_village)
            })
            .collect(),
        lock: lock.map(|lock| dates_in_words(&lock.to_string())).unwrap_or_default(),
        groups: groups.into_iter().map(link).collect(),
        today: now.date().to_string(),
        form,
    })
}

fn line(
    state: &State,
    caller: &Caller,
    one: ListedException,
    names: &BTreeMap<Place, String>,
    is_village: bool,
) -> ExceptionLine {
    let waiting = one.state == ExceptionState::Waiting;
    let own = caller.logged_in().is_some_and(|person| Some(person.identity.account) == one.asked_account);
    let may_decide = waiting && !own && caller.may(GrantException, one.village);
    let name = |place: Place| names.get(&place).cloned().unwrap_or_else(|| place.code());
    let village = if is_village { String::new() } else { name(one.village) };
    let group = one.opens.ancestor(Level::Group).map(name).unwrap_or_default();
    let opens = match one.opens.level() {
        Level::Household => format!("{village}{group} {} 户", last_digits(&one.opens)),
        Level::Group => format!("{village}{group}"),
        Level::County | Level::Town | Level::Village => format!("{village}全村"),
    };
    let decided = one.step.map(|step| {
        let reason = step.reason.map(|reason| format!("：{reason}")).unwrap_or_default();
        format!("{} {}{}{reason}", state.short_time(step.at), step.by, step.kind.title())
    });
    ExceptionLine {
        id: one.id,
        opens,
        until: date_title(one.until),
        reason: one.reason.unwrap_or_default(),
        asked: format!("{} {}", state.short_time(one.asked_at), one.asked_by),
        state: one.state.title(),
        class: match one.state {
            ExceptionState::Waiting => "word-soon",
            ExceptionState::Open => "word-fine",
            ExceptionState::Refused => "word-late",
            ExceptionState::Lapsed | ExceptionState::Over | ExceptionState::Withdrawn => "word-soft",
        },
        decided: decided.unwrap_or_default(),
        may_withdraw: waiting && !may_decide && caller.may(AskException, one.village),
        may_decide,
        typed: Reason::default(),
    }
}

/// `POST /scoring/{place}/{month}/exceptions`: the village asks.
pub(crate) async fn ask(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<AskForm>,
) -> Result<Response, PageError> {
    FormToken::new(&form.form_token).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(AskException, village).await?;
    match asked(&state, &caller, &allowed, &month, &form).await {
        Ok(()) => Ok(done_at(&format!("/scoring/{place}/{month}"), "submitted")),
        Err(error) => {
            let (status, visit) =
                Visit::again(&state, &caller, Section::Scoring, (&place, &month), error).await?;
            let typed = Typed { ask: form, ..Typed::default() };
            shown(&state, &caller, visit, status, typed).await
        }
    }
}

async fn asked(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<AskException>,
    month: &str,
    form: &AskForm,
) -> Result<(), PageError> {
    short("reason", Some(&form.reason))?;
    let by = caller.doer()?;
    let until = day("补录截止日期", &form.until)?;
    let mut connection = state.database.connection().await?;
    let opens = opens(&mut connection, allowed, form).await?;
    let request = ExceptionRequest {
        month: crate::http::input::month("month", month)?,
        opens,
        until: until.ok_or_else(|| Problem::invalid().because("请填补录截止日期"))?,
        reason: form.reason.clone(),
    };
    let (salts, moment) = (&state.registrar.salts, state.moment());
    ask_exception(&mut connection, allowed, &request, &by, salts, &moment).await?;
    Ok(())
}

/// The whole village where nothing is chosen, a group, or one household of it.
async fn opens(
    connection: &mut records::Connection,
    allowed: &Allowed<AskException>,
    form: &AskForm,
) -> Result<Place, PageError> {
    let (group, number) = (form.group.trim(), form.number.trim());
    if group.is_empty() && number.is_empty() {
        return Ok(allowed.place());
    }
    let missing = || Problem::invalid().because("只补录一户的，请选村小组，并填四位户号");
    let group = place_of("group", group, Level::Group).map_err(|_| missing())?;
    if number.is_empty() {
        return Ok(group);
    }
    let household = tenancy::read(connection, allowed, async |connection| {
        household_numbered(connection, &group, number).await
    })
    .await?;
    Ok(household.ok_or_else(missing)?)
}

/// What the form of a decision sends.
#[derive(Deserialize)]
pub(crate) struct DecideForm {
    act: String,
    #[serde(default)]
    reason: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /scoring/{place}/{month}/exceptions/{exception}`: the town decides, or the village takes its request back.
pub(crate) async fn decide_asked(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(form): Posted<DecideForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    match decided(&state, &caller, at, id, &form).await {
        Ok(code) => Ok(done_at(&format!("/scoring/{place}/{month}"), code)),
        Err(error) => {
            let (status, visit) =
                Visit::again(&state, &caller, Section::Scoring, (&place, &month), error).await?;
            let typed = Reason { row: id, words: form.reason, problem: visit.shell.problem.clone() };
            shown(&state, &caller, visit, status, Typed { exception: Some(typed), ..Typed::default() }).await
        }
    }
}

async fn decided(
    state: &State,
    caller: &Caller,
    at: Place,
    id: i64,
    form: &DecideForm,
) -> Result<&'static str, PageError> {
    let by = caller.doer()?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    if form.act == "withdraw" {
        let allowed = caller.allow(AskException, at).await?;
        let mut connection = state.database.connection().await?;
        withdraw_exception(&mut connection, &allowed, id, &by, salts, &moment).await?;
        return Ok("withdrawn");
    }
    let allowed = caller.allow(GrantException, at).await?;
    short("reason", Some(&form.reason))?;
    let decision = ExceptionDecision { id, grant: form.act == "grant", reason: &form.reason };
    let mut connection = state.database.connection().await?;
    decide_exception(&mut connection, &allowed, &decision, &by, salts, &moment).await?;
    Ok(if decision.grant { "exception-granted" } else { "exception-refused" })
}
