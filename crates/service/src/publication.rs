//! The public notice board of a village: what the sheet on the wall says.

use askama::Template;
use authz::{Actor, Allowed, ReadPublic};
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::{Month, local_time};
use domain::place::{Level, Place};
use domain::points::Points;
use domain::publication::last_digits;
use records::closing::{ClosedMonth, PublicRow, board, closed_months};
use records::publication::{Published, published};
use records::{Connection, places, tenancy};

use crate::error::{PageError, page};
use crate::state::State;

/// The list of places is not public: whoever has the address of a village sees its board.
#[derive(Template)]
#[template(path = "publication/start.html")]
struct StartPage;

#[derive(Template)]
#[template(path = "publication/board.html")]
struct BoardPage {
    village: String,
    town: String,
    code: String,
    months: Vec<MonthLink>,
    shown: Option<Shown>,
    supervision_phone: String,
}

struct MonthLink {
    month: Month,
    current: bool,
}

struct Shown {
    month: Month,
    version: i16,
    published_on: String,
    object_until: String,
    check: String,
    taking_part: u32,
    scored: u32,
    carried_out: bool,
    groups: Vec<GroupTable>,
}

struct GroupTable {
    name: String,
    taking_part: usize,
    scored: usize,
    mean: String,
    /// Ranked with name and tier; those below the places only with number and score.
    rows: Vec<Row>,
    unscored: Vec<(String, &'static str)>,
}

struct Row {
    rank: String,
    tied: bool,
    number: String,
    head: String,
    score: String,
    total: String,
    tier: &'static str,
}

/// `/`
pub(crate) async fn villages() -> Response {
    page(StatusCode::OK, &StartPage)
}

/// `/p/{village}`: the board with the latest published month.
pub(crate) async fn latest(
    Extract(state): Extract<State>,
    Path(village): Path<String>,
) -> Result<Response, PageError> {
    show(&state, &village, None).await
}

/// `/p/{village}/{month}`: the board with a month.
pub(crate) async fn month(
    Extract(state): Extract<State>,
    Path((village, month)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    show(&state, &village, Some(month)).await
}

async fn show(state: &State, village: &str, month: Option<Month>) -> Result<Response, PageError> {
    let village = Place::parse_code(village).map_err(|_| PageError::NotFound)?;
    if village.level() != Level::Village {
        return Err(PageError::NotFound);
    }
    let allowed = state.guard.allow(&Actor::Visitor, ReadPublic, village).map_err(|_| PageError::NotFound)?;
    let now = local_time((state.now)(), state.zone);
    let oldest = Month::of(now.date()).and_then(|this| {
        std::iter::successors(Some(this), |month| Some(month.previous()))
            .nth(usize::try_from(state.http.public_months).ok()?)
    });
    let mut connection = state.database.connection().await?;
    let loaded = load(&mut connection, &allowed, month, oldest).await?;
    let mut board = loaded.ok_or(PageError::NotFound)?;
    board.supervision_phone.clone_from(&state.http.supervision_phone);
    Ok(page(StatusCode::OK, &board))
}

async fn load(
    connection: &mut Connection,
    allowed: &Allowed<ReadPublic>,
    asked: Option<Month>,
    oldest: Option<Month>,
) -> records::Result<Option<BoardPage>> {
    tenancy::read(connection, allowed, async |connection| {
        let village = allowed.place();
        let names = places::divisions(connection, &village).await?;
        let Some(name) = names.iter().find(|one| one.place == village).map(|one| one.name.clone()) else {
            return Ok(None);
        };
        let town = match village.parent() {
            Some(town) => places::name_of(connection, &town).await?,
            None => String::new(),
        };
        let published = published(connection, &village).await?;
        let mut shown_months: Vec<(ClosedMonth, Published)> = Vec::new();
        for closed in closed_months(connection, &village).await? {
            let Some(published) = published.get(&(village, closed.month, closed.version)) else { continue };
            let known = shown_months.last().is_some_and(|(last, _)| last.month == closed.month);
            if !known && oldest.is_none_or(|oldest| closed.month >= oldest) {
                shown_months.push((closed, *published));
            }
        }
        let chosen = match asked {
            Some(month) => match shown_months.iter().find(|(closed, _)| closed.month == month) {
                Some(found) => Some(found),
                None => return Ok(None),
            },
            None => shown_months.first(),
        };
        let months = shown_months.iter().map(|(closed, _)| MonthLink {
            month: closed.month,
            current: chosen.is_some_and(|(chosen, _)| chosen.month == closed.month),
        });
        let months = months.collect();
        let shown = match chosen {
            Some((closed, published)) => {
                let rows = board(connection, &village, closed.month, closed.closing_id).await?;
                let days = records::rulebook::of(connection, &village, closed.month).await?.objections;
                Some(shown(closed, published, &days, rows, &names))
            }
            None => None,
        };
        let page = BoardPage {
            village: name,
            town,
            code: village.code(),
            months,
            shown,
            supervision_phone: String::new(),
        };
        Ok(Some(page))
    })
    .await
}

fn shown(
    closed: &ClosedMonth,
    published: &Published,
    objections: &domain::rulebook::ObjectionRule,
    rows: Vec<PublicRow>,
    names: &[domain::input::Division],
) -> Shown {
    let mut groups: Vec<(Place, Vec<PublicRow>)> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some((group, rows)) if *group == row.result.group => rows.push(row),
            _ => groups.push((row.result.group, vec![row])),
        }
    }
    let name = |group: &Place| {
        names.iter().find(|one| one.place == *group).map(|one| one.name.clone()).unwrap_or_default()
    };
    let last = domain::publication::final_from(published.on, objections).pred_opt().unwrap_or(published.on);
    Shown {
        month: closed.month,
        version: closed.version,
        published_on: domain::month::date_title(published.on),
        object_until: domain::month::date_title(last),
        check: closed.hash.short(),
        taking_part: closed.taking_part,
        scored: closed.scored,
        carried_out: closed.carried_out,
        groups: groups.into_iter().map(|(group, rows)| group_table(name(&group), rows)).collect(),
    }
}

/// Who redeems stands by rank; the others by house number, with the score alone (红榜不黑榜).
fn group_table(name: String, mut all: Vec<PublicRow>) -> GroupTable {
    let in_sight = |row: &PublicRow| row.result.rank_in_group.filter(|_| row.result.qualifies);
    all.sort_by_key(|row| (in_sight(row).unwrap_or(u32::MAX), row.result.household));
    let scores: Vec<Points> = all.iter().filter_map(|row| row.result.score).collect();
    let ranks: Vec<_> = all.iter().filter_map(|row| row.result.rank_in_group).collect();
    let row = |row: &PublicRow| {
        let (rank, score) = (in_sight(row), row.result.score?);
        let in_sight = rank.is_some();
        Some(Row {
            rank: rank.map(|rank| rank.to_string()).unwrap_or_default(),
            tied: ranks.iter().filter(|other| Some(**other) == rank).count() > 1,
            number: last_digits(&row.result.household).to_owned(),
            head: if in_sight { row.head.to_string() } else { String::new() },
            score: score.short(),
            total: if in_sight { row.result.year_total.short() } else { String::new() },
            tier: row.result.tier.map(domain::closing::Tier::title).unwrap_or_default(),
        })
    };
    let unscored = all.iter().filter(|row| row.result.score.is_none());
    GroupTable {
        name,
        taking_part: all.len(),
        scored: scores.len(),
        mean: domain::points::mean(&scores).map(Points::short).unwrap_or_else(|| "—".into()),
        rows: all.iter().filter_map(row).collect(),
        unscored: unscored
            .map(|row| (last_digits(&row.result.household).to_owned(), row.result.status.title()))
            .collect(),
    }
}
