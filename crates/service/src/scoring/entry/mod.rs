//! Typing in paper sheets: one line per household, codes and counts, no mouse.

mod save;

use std::collections::BTreeMap;

use askama::Template;
use authz::EnterCards;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::Catalogue;
use domain::panels::is_expected_to_step_back;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use domain::scoring::{Card, ScoringTable, Status, typed_findings};
use records::catalogue::catalogue_of;
use records::households::{RegisterEntry, register_for};
use records::panels::{ListedPanel, panels_of};
use records::scoring::cards_page;
use records::tenancy;
use serde::Deserialize;

use super::codes::{CodeLine, every_code};
use super::phone::catalogue_json;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, place_of};
use crate::shell::{Link, Section, Shell, Told, Visit, said_of};
use crate::state::State;

pub(crate) use save::save;

#[derive(Template)]
#[template(path = "scoring/entry.html")]
struct EntryPage {
    shell: Shell,
    groups: Vec<Link>,
    group: Place,
    panel: String,
    scored_on: String,
    today: String,
    late_reason: String,
    /// What is wrong with that reason.
    wrong_reason: String,
    rows: Vec<Row>,
    codes: Vec<CodeLine>,
    catalogue: String,
    saved: usize,
    /// Whose lines the browser keeps until they are saved.
    account: i64,
}

/// One sheet.
struct Row {
    code: String,
    number: String,
    head: String,
    /// Whether the head bears the name of a member of the panel, who is expected to step back.
    is_members: bool,
    /// What stands in the line: what was typed and not saved, else the card on record.
    typed: String,
    /// The card on record as a clerk would type it, and its revision; 0 for none.
    was: String,
    base: i16,
    score: String,
    problem: String,
}

/// Which group.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct OfGroup {
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    saved: Option<usize>,
}

/// What was typed, by household, with what is wrong with it.
#[derive(Default)]
struct Kept {
    lines: BTreeMap<Place, (String, String)>,
    scored_on: Option<String>,
    late_reason: String,
    problem: String,
    /// Whether the system broke, and not what was typed.
    is_fault: bool,
}

/// `GET /scoring/{place}/{month}/entry`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(asked): Asked<OfGroup>,
) -> Result<Response, PageError> {
    shown(&state, &caller, (&place, &month), asked, Kept::default(), StatusCode::OK).await
}

/// What the lines of a group stand on.
struct Loaded {
    groups: Vec<(Place, String)>,
    group: Place,
    register: Vec<RegisterEntry>,
    cards: BTreeMap<Place, Card>,
    panels: Vec<ListedPanel>,
    catalogue: Option<Catalogue>,
}

async fn loaded(state: &State, visit: &Visit, group: Option<&str>) -> Result<Loaded, PageError> {
    let group = group.map(|code| place_of("group", code, Level::Group)).transpose()?;
    let (place, month) = (visit.place, visit.month);
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let divisions = records::places::divisions(connection, &place).await?;
        let groups: Vec<_> = divisions.into_iter().filter(|one| one.level == Level::Group).collect();
        let groups: Vec<(Place, String)> = groups.into_iter().map(|one| (one.place, one.name)).collect();
        let known = |group: &Place| groups.iter().any(|(one, _)| one == group);
        let group = group.filter(known).or_else(|| groups.first().map(|(one, _)| *one)).unwrap_or(place);
        let register = register_for(connection, &group, month).await?;
        let mut cards = cards_page(connection, &place, month, None, usize::MAX).await?;
        cards.retain(|card| register.iter().any(|entry| entry.household == card.household));
        let panels = panels_of(connection, &place).await?;
        let catalogue = catalogue_of(connection, &place, month).await?.map(|stored| stored.catalogue);
        let cards = cards.into_iter().map(|card| (card.household, card)).collect();
        Ok(Loaded { groups, group, register, cards, panels, catalogue })
    });
    Ok(found.await?)
}

async fn shown(
    state: &State,
    caller: &Caller,
    (place, month): (&str, &str),
    asked: OfGroup,
    kept: Kept,
    status: StatusCode,
) -> Result<Response, PageError> {
    let mut visit = Visit::of(state, caller, Section::Scoring, (place, month), &Told::default()).await?;
    caller.allow(EnterCards, visit.place).await?;
    if visit.place.level() != Level::Village {
        return Err(PageError::NotFound);
    }
    let loaded = loaded(state, &visit, asked.group.as_deref()).await?;
    let catalogue = loaded.catalogue.unwrap_or_default();
    let table = ScoringTable::new(&catalogue);
    let taking_part = loaded.register.iter().filter(|entry| entry.participation.covers(visit.month));
    let covering = loaded.panels.iter().find(|one| one.panel.groups.contains(&loaded.group));
    let members: Vec<&str> =
        covering.iter().flat_map(|one| one.names.iter().flatten()).map(String::as_str).collect();
    let rows = taking_part
        .map(|entry| row(entry, loaded.cards.get(&entry.household), &kept, &table).among(&members));
    let rows = rows.collect();
    let address = format!("{}/entry?group=", Section::Scoring.at(&visit.place, visit.month));
    let link = |(group, name): &(Place, String)| Link {
        name: name.clone(),
        href: format!("{address}{}", group.code()),
        current: *group == loaded.group,
    };
    let today = state.moment().local().date();
    let scored_on = kept.scored_on.unwrap_or_else(|| today.to_string());
    let wrong_reason = said_of(&kept.problem, "逾期原因").to_owned();
    visit.shell.problem = kept.problem;
    let shown = EntryPage {
        groups: loaded.groups.iter().map(link).collect(),
        group: loaded.group,
        panel: covering.map(|one| one.panel.name.clone()).unwrap_or_default(),
        scored_on,
        today: today.to_string(),
        late_reason: kept.late_reason,
        wrong_reason,
        rows,
        codes: every_code(&catalogue),
        catalogue: catalogue_json(&catalogue),
        saved: asked.saved.unwrap_or(0),
        account: caller.logged_in().map_or(0, |person| person.identity.account),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

fn row(entry: &RegisterEntry, card: Option<&Card>, kept: &Kept, table: &ScoringTable) -> Row {
    let on_record = card.map(typed_of).unwrap_or_default();
    let kept = kept.lines.get(&entry.household).cloned();
    let (typed, problem) = kept.unwrap_or_else(|| (on_record.clone(), String::new()));
    let score = match card {
        Some(card) if card.status == Status::Scored => {
            table.score(&card.findings).map(|score| score.total.short()).unwrap_or_default()
        }
        Some(card) => card.status.title().to_owned(),
        None => String::new(),
    };
    Row {
        code: entry.household.code(),
        number: last_digits(&entry.household).to_owned(),
        head: entry.head_name.clone().unwrap_or_default(),
        is_members: false,
        typed,
        was: on_record,
        base: card.map_or(0, |card| card.revision),
        score,
        problem,
    }
}

impl Row {
    /// Marks the household of a member of the panel.
    fn among(self, members: &[&str]) -> Self {
        let is_members = members.iter().any(|member| is_expected_to_step_back(member, &self.head));
        Self { is_members, ..self }
    }
}

/// A card as a clerk would type it.
fn typed_of(card: &Card) -> String {
    match card.status {
        Status::Scored if card.findings.is_empty() => "-".to_owned(),
        Status::Scored => typed_findings(&card.findings),
        other => other.title().to_owned(),
    }
}
