//! Typing in paper sheets: one line per household, codes and counts, no mouse.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::EnterCards;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::Catalogue;
use domain::input::{Line, Scorecard};
use domain::place::{Level, Place};
use domain::publication::last_digits;
use domain::scoring::{Card, ScoringTable, Status, parse_typed, write_findings};
use records::catalogue::catalogue_of;
use records::households::{RegisterEntry, register_of};
use records::panels::{ListedPanel, panels_of};
use records::scoring::{Signed, cards_page, enter_cards};
use records::{Mode, Refusal, tenancy};
use serde::Deserialize;

use super::phone::catalogue_json;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs, place_of};
use crate::shell::{Link, Section, Shell, Told, Visit, done_at};
use crate::state::State;

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
    rows: Vec<Row>,
    catalogue: String,
    saved: usize,
}

/// One sheet.
struct Row {
    code: String,
    number: String,
    head: String,
    /// What stands in the line: what was typed and not saved, else the card on record.
    typed: String,
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
        let register = register_of(connection, &group).await?;
        let mut cards = cards_page(connection, &place, month, None, usize::MAX).await?;
        cards.retain(|card| group.contains(&card.household));
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
    if visit.place.level() != Level::Village {
        return Err(PageError::NotFound);
    }
    let loaded = loaded(state, &visit, asked.group.as_deref()).await?;
    let catalogue = loaded.catalogue.unwrap_or_default();
    let table = ScoringTable::new(&catalogue);
    let taking_part = loaded.register.iter().filter(|entry| entry.participation.covers(visit.month));
    let rows = taking_part.map(|entry| row(entry, loaded.cards.get(&entry.household), &kept, &table));
    let rows = rows.collect();
    let address = format!("{}/entry?group=", Section::Scoring.at(&visit.place, visit.month));
    let link = |(group, name): &(Place, String)| Link {
        name: name.clone(),
        href: format!("{address}{}", group.code()),
        current: *group == loaded.group,
    };
    let today = state.moment().local().date();
    let covering = loaded.panels.iter().find(|one| one.panel.groups.contains(&loaded.group));
    let scored_on = kept.scored_on.unwrap_or_else(|| today.to_string());
    visit.shell.problem = kept.problem;
    let shown = EntryPage {
        groups: loaded.groups.iter().map(link).collect(),
        group: loaded.group,
        panel: covering.map(|one| one.panel.name.clone()).unwrap_or_default(),
        scored_on,
        today: today.to_string(),
        late_reason: kept.late_reason,
        rows,
        catalogue: catalogue_json(&catalogue),
        saved: asked.saved.unwrap_or(0),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

fn row(entry: &RegisterEntry, card: Option<&Card>, kept: &Kept, table: &ScoringTable) -> Row {
    let on_record = card.map(typed_of).unwrap_or_default();
    let (typed, problem) = kept.lines.get(&entry.household).cloned().unwrap_or((on_record, String::new()));
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
        typed,
        score,
        problem,
    }
}

/// A card as a clerk would type it.
fn typed_of(card: &Card) -> String {
    match card.status {
        Status::Scored if card.findings.is_empty() => "-".to_owned(),
        Status::Scored => write_findings(&card.findings),
        other => other.title().to_owned(),
    }
}

/// `POST /scoring/{place}/{month}/entry`: saves what is valid and keeps the rest in its lines.
pub(crate) async fn save(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let village = place_of("place", &place, Level::Village).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(EnterCards, village).await?;
    let of_month = crate::http::input::month("month", &month).map_err(|_| PageError::NotFound)?;
    let group = form.first("group").to_owned();
    let mut kept = Kept {
        scored_on: Some(form.first("scored_on").to_owned()),
        late_reason: form.first("late_reason").to_owned(),
        ..Kept::default()
    };
    let typed: Vec<(Place, String)> = form
        .all("household")
        .zip(form.all("findings"))
        .filter_map(|(code, typed)| Some((Place::parse_code(code).ok()?, typed.to_owned())))
        .collect();
    let Ok(scored_on) = form.first("scored_on").parse() else {
        kept.problem = "评分日期不对，请填成 2026-10-28 的样子".to_owned();
        kept.lines = typed.into_iter().map(|(one, typed)| (one, (typed, String::new()))).collect();
        let asked = OfGroup { group: Some(group), saved: None };
        return shown(&state, &caller, (&place, &month), asked, kept, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let sheet = |household: Place, status, findings| Scorecard {
        month: of_month,
        household,
        panel: form.first("panel").to_owned(),
        scored_on,
        status,
        findings,
        late_reason: form.filled("late_reason").map(str::to_owned),
        note: None,
    };
    let mut lines = Vec::new();
    for (number, (household, typed)) in (1..).zip(&typed) {
        match parse_typed(typed) {
            Ok(Some((status, findings))) => {
                lines.push(Line { number, row: sheet(*household, status, findings) });
            }
            Ok(None) => {}
            Err(error) => drop(kept.lines.insert(*household, (typed.clone(), error.to_string()))),
        }
    }
    let saved = {
        let mut connection = state.database.connection().await?;
        save_valid(&state, &mut connection, &allowed, lines, &typed, &mut kept).await?
    };
    let asked = OfGroup { group: Some(group.clone()), saved: Some(saved) };
    if kept.lines.is_empty() {
        let address =
            format!("{}/entry?group={group}&saved={saved}", Section::Scoring.at(&village, of_month));
        return Ok(done_at(&address, "saved"));
    }
    kept.problem = format!("已保存 {saved} 户；还有 {} 户没有保存，原因写在行末", kept.lines.len());
    shown(&state, &caller, (&place, &month), asked, kept, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Enters the lines that can stand, and keeps the others with what is wrong. Returns how many stand.
async fn save_valid(
    state: &State,
    connection: &mut records::Connection,
    allowed: &authz::Allowed<EnterCards>,
    mut lines: Vec<Line<Scorecard>>,
    typed: &[(Place, String)],
    kept: &mut Kept,
) -> Result<usize, PageError> {
    let (salts, moment) = (&state.registrar.salts, state.moment());
    // What is wrong with some is told at once; the second time only what is right is there.
    for _ in 0..2 {
        if lines.is_empty() {
            return Ok(0);
        }
        let entered = enter_cards(connection, allowed, &lines, Signed::No, salts, Mode::Apply, &moment).await;
        let problems = match entered {
            Ok(outcome) => return Ok(outcome.added + outcome.changed),
            Err(records::Error::Refused(Refusal::Problems(problems))) => problems,
            Err(error) => return Err(error.into()),
        };
        let wrong: BTreeSet<u32> = problems.iter().map(|problem| problem.line).collect();
        for problem in problems {
            let at = usize::try_from(problem.line).unwrap_or(0).checked_sub(1);
            if let Some((household, typed)) = at.and_then(|at| typed.get(at)) {
                kept.lines.insert(*household, (typed.clone(), problem.message));
            }
        }
        lines.retain(|line| !wrong.contains(&line.number));
    }
    Ok(0)
}
