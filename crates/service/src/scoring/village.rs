//! The month's cards of a village: by group, what contradicts them, and who signs.

use std::collections::BTreeMap;

use askama::Template;
use authz::{EnterCards, SignCards};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::Catalogue;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::Status;
use records::catalogue::catalogue_of;
use records::panels::panels_in;
use records::progress::GroupProgress;
use records::sheets::{Decision, OpenSheet, decide_sheet, open_sheets};
use records::tenancy;
use serde::Deserialize;

use super::codes::text_with_items;
use super::exceptions::{AskForm, Exceptions, listed};
use super::standing::Entry;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted, short};
use crate::log::{household_named, named};
use crate::overview::{Progress, group_page, progress_of, village_progress};
use crate::problem::{Problem, dates_in_words};
use crate::shell::{Section, Shell, Told, Visit, done_at, head_for, village_of};
use crate::state::State;

/// What was typed into the forms of the page that was refused.
#[derive(Default)]
pub(super) struct Typed {
    /// Of a village's request for an exception.
    pub(super) ask: AskForm,
    /// The reason of a decision about such a request.
    pub(super) exception: Option<Reason>,
    /// The reason of a decision about a sheet.
    pub(super) sheet: Option<Reason>,
}

/// The reason of a decision, as it was typed; empty where none was.
#[derive(Debug, Clone, Default)]
pub(super) struct Reason {
    /// The number of the row that was decided about.
    pub(super) row: i64,
    pub(super) words: String,
    /// Why it was refused.
    pub(super) problem: String,
}

impl Reason {
    /// What was typed, where it is about this row.
    pub(super) fn of_row(typed: Option<&Self>, row: i64) -> Self {
        typed.filter(|typed| typed.row == row).cloned().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "scoring/village.html")]
struct VillagePage {
    shell: Shell,
    groups: Vec<GroupProgress>,
    panels: Vec<PanelLine>,
    open: Vec<OpenLine>,
    exceptions: Exceptions,
    entry: Entry,
    /// How many households have no card.
    without: usize,
    may_enter: bool,
    may_sign: bool,
}

/// A panel with what it has signed.
struct PanelLine {
    name: String,
    leader: String,
    members: usize,
    with_card: usize,
    taking_part: usize,
    signed: bool,
    href: String,
}

/// A sheet that somebody has to decide about.
struct OpenLine {
    id: i64,
    /// Group and number.
    household: String,
    head: String,
    by: String,
    received: String,
    kind: &'static str,
    problem: String,
    says: String,
    stands: String,
    /// The reason of a decision that was refused.
    typed: Reason,
    /// The revision of the card that stands, 0 where there is none, as the form sends it back.
    seen: i16,
}

#[derive(Template)]
#[template(path = "scoring/above.html")]
struct AbovePage {
    shell: Shell,
    progress: Progress,
    exceptions: Exceptions,
}

/// `GET /scoring/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Scoring, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, Typed::default()).await
}

/// The page with what was typed into a form of it that was refused.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    typed: Typed,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    if matches!(place.level(), Level::County | Level::Town) {
        let progress = progress_of(state, &visit, Section::Scoring).await?;
        let exceptions = listed(state, caller, &visit, typed.ask, typed.exception.as_ref()).await?;
        return Ok(page(status, &AbovePage { shell: visit.shell, progress, exceptions }));
    }
    if place.level() != Level::Village {
        return Ok(group_page(status, visit.shell));
    }
    let groups = village_progress(state, &visit).await?.groups;
    let exceptions = listed(state, caller, &visit, typed.ask, typed.exception.as_ref()).await?;
    let (panels, open, catalogue) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            Ok((
                panels_in(connection, &place, month).await?,
                open_sheets(connection, &place, month).await?,
                catalogue_of(connection, &place, month).await?,
            ))
        })
        .await?
    };
    let address = Section::Scoring.at(&place, month);
    let catalogue = catalogue.map(|stored| stored.catalogue).unwrap_or_default();
    let names: BTreeMap<Place, String> =
        groups.iter().map(|group| (group.group, group.name.clone())).collect();
    let in_full = caller.may(EnterCards, place);
    let open = open.into_iter().map(|sheet| OpenLine {
        typed: Reason::of_row(typed.sheet.as_ref(), sheet.id),
        ..open_line(state, sheet, in_full, &names, &catalogue)
    });
    let open = open.collect();
    let panels = panels.into_iter().map(|listed| {
        let own: Vec<&GroupProgress> =
            groups.iter().filter(|group| listed.panel.groups.contains(&group.group)).collect();
        let leader = listed.panel.members.iter().position(|member| member.is_leader);
        PanelLine {
            leader: leader.and_then(|at| listed.names.get(at).cloned().flatten()).unwrap_or_default(),
            members: listed.panel.members.len(),
            with_card: own.iter().map(|group| group.with_card).sum(),
            taking_part: own.iter().map(|group| group.taking_part).sum(),
            signed: !own.is_empty() && own.iter().all(|group| group.signed || group.with_card == 0),
            href: {
                let name = serde_urlencoded::to_string([("name", listed.panel.name.as_str())]);
                format!("{address}/panel?{}", name.unwrap_or_default())
            },
            name: listed.panel.name,
        }
    });
    let shown = VillagePage {
        panels: panels.collect(),
        without: groups.iter().map(|group| group.taking_part.saturating_sub(group.with_card)).sum(),
        open,
        groups,
        entry: exceptions.entry.unwrap_or(Entry::Open),
        exceptions,
        may_enter: caller.may(EnterCards, place),
        may_sign: caller.may(SignCards, place),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// A sheet's result in words, with what was found as people read it: `93 分：H1a2`.
pub(crate) fn in_words(status: Status, score: Option<Points>, findings: &str) -> String {
    match (status, score) {
        (Status::Scored, Some(score)) if findings.is_empty() => format!("{} 分，无扣分", score.short()),
        (Status::Scored, Some(score)) => format!("{} 分：{findings}", score.short()),
        (Status::Scored, None) => findings.to_owned(),
        (other, _) => other.title().to_owned(),
    }
}

fn open_line(
    state: &State,
    open: OpenSheet,
    in_full: bool,
    names: &BTreeMap<Place, String>,
    catalogue: &Catalogue,
) -> OpenLine {
    let told = |status, score, findings: &str| in_words(status, score, &text_with_items(findings, catalogue));
    OpenLine {
        id: open.id,
        seen: open.current.as_ref().map_or(0, |card| card.revision),
        household: match &open.group {
            Some(group) => household_named(&open.sheet.household, group, names),
            None => named(&open.sheet.household, names),
        },
        head: head_for(open.head_name, in_full),
        by: open.by_login,
        received: state.short_time(open.received_at),
        kind: open.receipt.title(),
        problem: open.problem.map(|problem| dates_in_words(&problem)).unwrap_or_default(),
        says: told(open.sheet.status, open.score, &open.sheet.findings),
        stands: open
            .current
            .map(|card| told(card.status, card.score, &card.findings))
            .unwrap_or_else(|| "没有积分卡".to_owned()),
        typed: Reason::default(),
    }
}

/// What the form of a decision sends.
#[derive(Deserialize)]
pub(crate) struct DecisionForm {
    take: String,
    #[serde(default)]
    reason: String,
    /// The revision of the card that the page showed.
    #[serde(default)]
    seen: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /scoring/{place}/{month}/sheets/{sheet}`: the leader takes a sheet, or keeps the card that stands.
pub(crate) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, sheet)): Named<(String, String, i64)>,
    Posted(form): Posted<DecisionForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(SignCards, village).await?;
    let decided = async {
        let login = caller.doer()?.login;
        short("reason", Some(&form.reason))?;
        let reason = form.reason.trim();
        let reason = if reason.is_empty() { "经组长核实" } else { reason };
        let expired = || Problem::refused().because("页面已过期，请刷新后核对，再作取舍");
        let seen: i16 = form.seen.trim().parse().map_err(|_| expired())?;
        let decision = Decision { sheet, take: form.take == "yes", reason, login, seen: Some(seen) };
        let mut connection = state.database.connection().await?;
        decide_sheet(&mut connection, &allowed, &decision, &state.registrar.salts, &state.moment()).await?;
        Ok::<_, PageError>(())
    };
    match decided.await {
        Ok(()) => Ok(done_at(&format!("/scoring/{place}/{month}"), "noted")),
        Err(error) => {
            let (status, visit) =
                Visit::again(&state, &caller, Section::Scoring, (&place, &month), error).await?;
            let typed = Reason { row: sheet, words: form.reason, problem: visit.shell.problem.clone() };
            shown(&state, &caller, visit, status, Typed { sheet: Some(typed), ..Typed::default() }).await
        }
    }
}
