//! The register as it is listed: numbers above the village, households with search and filters below.

use std::collections::BTreeMap;

use askama::Template;
use authz::{EnterCards, IssueTokens, RegisterHouseholds};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::{Masked, last_digits};
use records::households::{
    RegisterCounts, RegisterLine, RegisterSearch, TakingPart, open_queries, register_counts, search_register,
};
use records::{places, tenancy};
use serde::Deserialize;

use super::Choice;
use super::query::{OpenLine, open_lines};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

/// Households of a page, where nobody chose.
const PAGE: u32 = 50;

/// What one can choose.
const SIZES: [u32; 3] = [20, PAGE, 100];

#[derive(Template)]
#[template(path = "households/above.html")]
struct AbovePage {
    shell: Shell,
    level: &'static str,
    rows: Vec<Part>,
    queries: Vec<OpenLine>,
    totals: RegisterCounts,
    may_register: bool,
}

/// A place one level below.
struct Part {
    name: String,
    href: String,
    counts: RegisterCounts,
}

#[derive(Template)]
#[template(path = "households/list.html")]
struct ListPage {
    shell: Shell,
    totals: RegisterCounts,
    search: Search,
    groups: Vec<Choice>,
    parts: Vec<Choice>,
    residents: Vec<Choice>,
    /// How many households a page can have.
    sizes: Vec<Choice>,
    rows: Vec<Row>,
    queries: Vec<OpenLine>,
    found: u32,
    /// The first and the last of the found on this page, from 1 on.
    span: (u32, u32),
    page: u32,
    pages: u32,
    /// Empty on the first page.
    before: String,
    /// Empty on the last page.
    after: String,
    may_register: bool,
    may_print: bool,
    /// Whether a name is looked for in full.
    sees_names: bool,
}

/// A household.
struct Row {
    number: String,
    href: String,
    head: String,
    group: String,
    line: RegisterLine,
    part: &'static str,
    joined: String,
    left: String,
}

/// Which households, and which page of them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    part: String,
    #[serde(default)]
    resident: String,
    #[serde(default)]
    size: Option<u32>,
    #[serde(default)]
    page: Option<u32>,
    #[serde(default)]
    done: Option<String>,
}

impl Search {
    fn wanted(&self, sees_names: bool) -> RegisterSearch {
        RegisterSearch {
            text: self.q.clone(),
            sees_names,
            taking_part: TakingPart::from_name(&self.part),
            resident: match self.resident.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
        }
    }

    /// How many households a page has.
    fn size(&self) -> u32 {
        self.size.filter(|size| SIZES.contains(size)).unwrap_or(PAGE)
    }

    /// The address of another page of the same search, on the list at `list`.
    fn at(&self, list: &str, page: u32) -> String {
        let (page, size) = (page.to_string(), self.size().to_string());
        let pairs = [
            ("q", self.q.as_str()),
            ("group", self.group.as_str()),
            ("part", self.part.as_str()),
            ("resident", self.resident.as_str()),
            ("size", size.as_str()),
            ("page", page.as_str()),
        ];
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        format!("{list}?{query}")
    }

    fn is_plain(&self) -> bool {
        [&self.q, &self.group, &self.part, &self.resident].iter().all(|text| text.is_empty())
    }
}

/// `GET /households/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(search): Asked<Search>,
) -> Result<Response, PageError> {
    let told = Told { done: search.done.clone() };
    let visit = Visit::of(&state, &caller, Section::Households, (&place, &month), &told).await?;
    match visit.place.level() {
        Level::County | Level::Town => above(&state, &caller, visit).await,
        Level::Village | Level::Group => listed(&state, &caller, visit, search).await,
        Level::Household => Err(PageError::NotFound),
    }
}

async fn above(state: &State, caller: &Caller, visit: Visit) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    let (mut counts, below, open) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let counts = register_counts(connection, &place, month).await?;
            let below = places::divisions_below(connection, &place).await?;
            Ok((counts, below, open_queries(connection, &place).await?))
        })
        .await?
    };
    let (level, title) = match place.level() {
        Level::County => (Level::Town, "镇"),
        _ => (Level::Village, "村"),
    };
    let names: BTreeMap<Place, String> = below.iter().cloned().collect();
    let rows = below.into_iter().map(|(below, name)| Part {
        name,
        href: Section::Households.at(&below, month),
        counts: counts.remove(&below).unwrap_or_default(),
    });
    let rows: Vec<Part> = rows.collect();
    let shown = AbovePage {
        level: title,
        queries: open_lines(&open, &names, (level, month)),
        totals: rows.iter().map(|row| row.counts).sum(),
        rows,
        may_register: caller.may(RegisterHouseholds, place),
        shell: visit.shell,
    };
    Ok(page(StatusCode::OK, &shown))
}

async fn listed(state: &State, caller: &Caller, visit: Visit, search: Search) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    let group: Option<Place> = search.group.parse().ok();
    let scope = group.filter(|group| place.contains(group)).unwrap_or(place);
    let at = search.page.unwrap_or(1).clamp(1, 100_000);
    let size = search.size();
    let village = place.ancestor(Level::Village).unwrap_or(place);
    // The list masks names; whoever finds them in full in a household's file may look for them.
    let sees_names = caller.may(RegisterHouseholds, village) || caller.may(EnterCards, village);
    let (wanted, offset) = (search.wanted(sees_names), (at - 1) * size);
    let (counts, divisions, (lines, found), open) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let counts = register_counts(connection, &place, month).await?;
            let divisions = places::divisions(connection, &place).await?;
            let lines = search_register(connection, &scope, month, &wanted, (size, offset)).await?;
            Ok((counts, divisions, lines, open_queries(connection, &place).await?))
        })
        .await?
    };
    let names: BTreeMap<Place, String> = divisions
        .into_iter()
        .filter(|one| one.level == Level::Group)
        .map(|one| (one.place, one.name))
        .collect();
    let pages = found.div_ceil(size).max(1);
    let list = Section::Households.at(&place, month);
    let shown = ListPage {
        totals: counts.values().copied().sum(),
        groups: groups(&names, &counts, &search),
        parts: TakingPart::ALL.map(|part| choice(part.name(), part.title(), &search.part)).into(),
        residents: [("yes", "常住"), ("no", "不常住")]
            .map(|(value, title)| choice(value, title, &search.resident))
            .into(),
        sizes: SIZES.map(|one| choice(&one.to_string(), &format!("{one} 户"), &size.to_string())).into(),
        rows: lines.into_iter().map(|line| row(line, &names, month)).collect(),
        queries: open_lines(&open, &names, (Level::Group, month)),
        found,
        span: (offset + 1, offset.saturating_add(size).min(found)),
        page: at,
        pages,
        before: if at > 1 { search.at(&list, at - 1) } else { String::new() },
        after: if at < pages { search.at(&list, at + 1) } else { String::new() },
        may_register: caller.may(RegisterHouseholds, village),
        may_print: caller.may(IssueTokens, village) && !counts.is_empty(),
        sees_names,
        search,
        shell: visit.shell,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// The groups of a village with the number of their households.
fn groups(
    names: &BTreeMap<Place, String>,
    counts: &BTreeMap<Place, RegisterCounts>,
    search: &Search,
) -> Vec<Choice> {
    let choice = |(group, name): (&Place, &String)| {
        let households = counts.get(group).map_or(0, |counts| counts.households);
        let title = format!("{name}（{households} 户）");
        Choice { selected: group.code() == search.group, value: group.code(), title }
    };
    names.iter().map(choice).collect()
}

fn choice(value: &str, title: &str, chosen: &str) -> Choice {
    Choice { value: value.to_owned(), title: title.to_owned(), selected: value == chosen }
}

fn row(line: RegisterLine, names: &BTreeMap<Place, String>, month: Month) -> Row {
    let text = |month: Option<Month>| month.map(|month| month.to_string()).unwrap_or_default();
    let head = line.head_name.as_deref().map(|name| Masked::name(name).to_string());
    Row {
        number: last_digits(&line.household).to_owned(),
        href: format!("/household/{}/{month}", line.household.code()),
        head: head.unwrap_or_else(|| "（已依法删除）".to_owned()),
        group: names.get(&line.group).cloned().unwrap_or_else(|| line.group.code()),
        part: TakingPart::of(line.participation, month).title(),
        joined: text(line.participation.joined),
        left: text(line.participation.left),
        line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_page_keeps_what_is_looked_for_and_how_many_stand_on_a_page() {
        let search = Search {
            q: "李".to_owned(),
            part: "yes".to_owned(),
            size: Some(20),
            page: Some(1),
            ..Search::default()
        };
        let expected = "/households/1/2026-01?q=%E6%9D%8E&group=&part=yes&resident=&size=20&page=2";
        assert_eq!(search.at("/households/1/2026-01", 2), expected);
    }

    #[test]
    fn a_page_has_a_size_that_can_be_chosen() {
        let size = |size| Search { size, ..Search::default() }.size();
        assert_eq!((size(None), size(Some(100)), size(Some(100_000))), (50, 100, 50));
    }
}
