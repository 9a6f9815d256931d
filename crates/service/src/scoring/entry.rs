//! Typing in paper sheets: one line per household, codes and counts, no mouse.

use std::collections::BTreeMap;

use askama::Template;
use authz::{Allowed, EnterCards};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::catalogue::Catalogue;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use domain::scoring::{Card, Finding, Receipt, ScoringTable, Status, parse_typed, write_findings};
use records::catalogue::catalogue_of;
use records::households::{RegisterEntry, register_of};
use records::panels::{ListedPanel, panels_of};
use records::scoring::cards_page;
use records::sealing::random;
use records::sheets::{Sheet, hand_in};
use records::tenancy;
use serde::Deserialize;

use super::phone::catalogue_json;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs, place_of, short};
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
    caller.allow(EnterCards, visit.place).await?;
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
        typed,
        was: on_record,
        base: card.map_or(0, |card| card.revision),
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
    short("late_reason", form.filled("late_reason"))?;
    let group = form.first("group").to_owned();
    let mut kept = Kept {
        scored_on: Some(form.first("scored_on").to_owned()),
        late_reason: form.first("late_reason").to_owned(),
        ..Kept::default()
    };
    let visit = Visit::of(&state, &caller, Section::Scoring, (&place, &month), &Told::default()).await?;
    let catalogue = loaded(&state, &visit, Some(&group)).await?.catalogue.unwrap_or_default();
    let sheets = sheets(&form, of_month, &catalogue, &mut kept)?;
    let saved = match sheets.is_empty() {
        true => 0,
        false => hand_in_all(&state, &caller, &allowed, &sheets, &form, &mut kept).await?,
    };
    let asked = OfGroup { group: Some(group.clone()), saved: Some(saved) };
    if kept.lines.is_empty() && kept.problem.is_empty() {
        let address =
            format!("{}/entry?group={group}&saved={saved}", Section::Scoring.at(&village, of_month));
        return Ok(done_at(&address, "saved"));
    }
    if kept.problem.is_empty() {
        kept.problem = format!("已保存 {saved} 户；还有 {} 户没有入账，原因写在行末", kept.lines.len());
    }
    shown(&state, &caller, (&place, &month), asked, kept, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// The lines that were changed, as sheets; what cannot be read is kept with what is wrong.
fn sheets(
    form: &Pairs,
    month: Month,
    catalogue: &Catalogue,
    kept: &mut Kept,
) -> Result<Vec<Sheet>, PageError> {
    let lines = form.all("household").zip(form.all("findings")).zip(form.all("was").zip(form.all("base")));
    let changed = lines.filter(|((_, typed), (was, _))| typed.trim() != was.trim());
    let Ok(scored_on) = form.first("scored_on").parse::<NaiveDate>() else {
        kept.problem = "评分日期不对，请填成 2026-10-28 的样子".to_owned();
        for ((code, typed), _) in changed {
            if let Ok(household) = Place::parse_code(code) {
                kept.lines.insert(household, (typed.to_owned(), String::new()));
            }
        }
        return Ok(Vec::new());
    };
    let mut sheets = Vec::new();
    for ((code, typed), (_, base)) in changed {
        let household = place_of("household", code, Level::Household)?;
        match read(typed, catalogue) {
            Err(problem) => drop(kept.lines.insert(household, (typed.to_owned(), problem))),
            Ok((status, findings)) => sheets.push(Sheet {
                key: new_key()?,
                month,
                household,
                panel: form.first("panel").to_owned(),
                scored_on,
                status,
                findings: write_findings(&findings),
                late_reason: form.filled("late_reason").map(str::to_owned),
                note: None,
                seen_on_paper: true,
                catalogue: None,
                base_revision: base.parse().unwrap_or(0),
                photos: Vec::new(),
            }),
        }
    }
    Ok(sheets)
}

/// What was typed into a line, or what is wrong with it.
fn read(typed: &str, catalogue: &Catalogue) -> Result<(Status, Vec<Finding>), String> {
    let read = parse_typed(typed).map_err(|error| error.to_string())?;
    let (status, findings) = read.ok_or("积分卡录入后不能清空；改错请填正确的内容，没有扣分填 -")?;
    let known = |code: &str| catalogue.rules().any(|(_, rule)| rule.code == code);
    if let Some(code) = findings.iter().flat_map(Finding::rules).find(|code| !known(code)) {
        return Err(format!("扣分代码“{code}”不在当月生效的积分项目里"));
    }
    Ok((status, findings))
}

/// A key as phones choose them: a line sent twice is the same card twice, which changes nothing.
fn new_key() -> records::Result<String> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    let hex = hex::encode(bytes);
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// Hands sheets in as a phone does: against a card that the page did not show, both are kept. Returns how many stand.
async fn hand_in_all(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<EnterCards>,
    sheets: &[Sheet],
    form: &Pairs,
    kept: &mut Kept,
) -> Result<usize, PageError> {
    let identity = caller.logged_in().map(|person| person.identity.clone()).ok_or(PageError::LogIn)?;
    let received = {
        let mut connection = state.database.connection().await?;
        let (salts, moment) = (&state.registrar.salts, state.moment());
        hand_in(&mut connection, allowed, identity.account, &identity.login, sheets, salts, &moment).await?
    };
    let typed: BTreeMap<&str, &str> = form.all("household").zip(form.all("findings")).collect();
    let mut saved = 0;
    for (sheet, receipt) in sheets.iter().zip(received) {
        if matches!(receipt.receipt, Receipt::Entered | Receipt::Same) {
            saved += 1;
        } else {
            let text = typed.get(sheet.household.code().as_str()).copied().unwrap_or_default();
            kept.lines.insert(sheet.household, (text.to_owned(), receipt.message));
        }
    }
    Ok(saved)
}
