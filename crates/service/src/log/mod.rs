//! 日志: what was done at a place, by whom and when, for those who may read it.

mod actors;
mod details;
mod labels;
mod looked;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::{Act, Allowed, Attempt, ManageAccounts, ReadLog, Table};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::month::local_time;
use domain::place::{Level, Place};
use records::audit::{LogRow, Search, search};
use records::{places, tenancy};

use crate::accounts::holders_of;
use crate::api::{Page, page as page_of};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;
use details::{Reader, short_hash};
use looked::{Looked, address};

pub(crate) use actors::{account_of_actor, actor_words, household_named, named, now_in, place_of_actor};
pub(crate) use looked::beginning;

/// How many rows a page shows.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "log/log.html")]
struct LogPage {
    shell: Shell,
    asked: Looked,
    acts: Vec<ActChoice>,
    lines: Vec<Line>,
    links: Links,
    /// Whether something is looked for.
    narrowed: bool,
}

#[derive(Template)]
#[template(path = "log/closed.html")]
struct ClosedPage {
    shell: Shell,
    /// Who may read it.
    readers: String,
}

/// An act to look for.
struct ActChoice {
    name: String,
    title: String,
    chosen: bool,
}

/// A row of the log.
struct Line {
    number: i64,
    recorded: String,
    /// The time that rules saw, where it is another.
    stated: String,
    place: String,
    act: String,
    actor: String,
    /// The page of the actor's account, for those who may see it.
    account: String,
    what: String,
    from: String,
    hash: String,
    short_hash: String,
}

/// Where the page leads to.
struct Links {
    /// Without a search.
    all: String,
    /// The same search from its beginning, empty on its first page.
    first: String,
    /// Empty on its last page.
    next: String,
    this_month: String,
    csv: String,
}

/// `GET /log/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(asked): Asked<Looked>,
) -> Result<Response, PageError> {
    let mut visit = Visit::of(&state, &caller, Section::Log, (&place, &month), &Told::default()).await?;
    if !caller.may(ReadLog, visit.place) {
        let readers = holders_of(state.guard.table(), ReadLog::NAME);
        return Ok(page(StatusCode::OK, &ClosedPage { shell: visit.shell, readers }));
    }
    let allowed = caller.allow(ReadLog, visit.place).await?;
    let (wanted, status) = match asked.search(state.zone) {
        Ok(wanted) => (Some(wanted), StatusCode::OK),
        Err(problem) => {
            visit.shell.problem = problem.sentence();
            (None, problem.status())
        }
    };
    let (rows, names) = match &wanted {
        Some(wanted) => found(&state, &allowed, wanted).await?,
        None => (Page { items: Vec::new(), next: None }, BTreeMap::new()),
    };
    let links = links(&visit, &asked, &wanted.unwrap_or_default(), rows.next);
    let table = state.guard.table();
    let reader = Reader { table, zone: state.zone };
    let shown = LogPage {
        acts: choices(table, &asked.act),
        lines: rows.items.into_iter().map(|row| line(row, &reader, &names, &caller, &visit)).collect(),
        links,
        narrowed: !asked.pairs().is_empty(),
        asked,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// Every act that the log tells of, refusals last.
fn choices(table: &Table, chosen: &str) -> Vec<ActChoice> {
    let known = table.acts().iter().map(|(name, ..)| name.as_str());
    let choice = |name: &str| ActChoice {
        name: name.to_owned(),
        title: act_title(table, name),
        chosen: name == chosen,
    };
    known.chain([Attempt::NAME]).map(choice).collect()
}

fn act_title(table: &Table, act: &str) -> String {
    // What is refused needs no right, so that the table does not name it.
    if act == Attempt::NAME { "被拒绝的操作".to_owned() } else { table.act_title(act).to_owned() }
}

/// A page of rows, with the names of the places that they name.
async fn found(
    state: &State,
    allowed: &Allowed<ReadLog>,
    wanted: &Search,
) -> Result<(Page<LogRow>, BTreeMap<Place, String>), PageError> {
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, allowed, async |connection| {
        let rows = search(connection, &allowed.place(), wanted, ROWS + 1).await?;
        let mut named: BTreeSet<Place> = rows.iter().filter_map(|row| place_of_actor(&row.actor)).collect();
        named.extend(rows.iter().map(|row| row.place.ancestor(Level::Group).unwrap_or(row.place)));
        let names = places::names_of(connection, &named).await?;
        Ok((page_of(rows, ROWS, |row: &LogRow| row.number.to_string()), names))
    });
    Ok(found.await?)
}

fn links(visit: &Visit, asked: &Looked, wanted: &Search, next: Option<String>) -> Links {
    let (here, pairs) = (Section::Log.at(&visit.place, visit.month), asked.pairs());
    let next = next.map(|next| {
        let mut pairs = pairs.clone();
        pairs.push(("before", next));
        address(&here, &pairs)
    });
    let (first_day, last_day) = (visit.month.day(1).to_string(), visit.month.day(31).to_string());
    let instant = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339());
    let file = [
        ("place", Some(visit.place.code())),
        ("act", wanted.act.clone()),
        ("actor", wanted.actor.clone()),
        ("text", wanted.text.clone()),
        ("from", instant(wanted.from)),
        ("until", instant(wanted.until)),
    ];
    let file: Vec<(&str, String)> =
        file.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Links {
        first: if asked.before.is_empty() { String::new() } else { address(&here, &pairs) },
        next: next.unwrap_or_default(),
        this_month: address(&here, &[("from", first_day), ("until", last_day)]),
        csv: address("/api/v1/log.csv", &file),
        all: here,
    }
}

fn line(
    row: LogRow,
    reader: &Reader<'_>,
    names: &BTreeMap<Place, String>,
    caller: &Caller,
    visit: &Visit,
) -> Line {
    let time = |at| local_time(at, reader.zone).format("%Y-%m-%d %H:%M:%S").to_string();
    let (recorded, stated) = (time(row.recorded_at), time(row.stated_at));
    let told = reader.told(&row.detail);
    let home = place_of_actor(&row.actor).filter(|home| caller.may(ManageAccounts, *home));
    let account = home.zip(account_of_actor(&row.actor));
    Line {
        number: row.number,
        stated: if stated == recorded { String::new() } else { stated },
        recorded,
        place: named(&row.place, names),
        act: act_title(reader.table, &row.act),
        actor: actor_words(&row.actor, reader.table, names),
        account: account
            .map(|(home, account)| format!("{}/{account}", Section::Accounts.at(&home, visit.month)))
            .unwrap_or_default(),
        what: told.what,
        from: told.from,
        short_hash: short_hash(&row.hash),
        hash: row.hash,
    }
}
