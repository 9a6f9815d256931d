//! 总览: where the month stands, from the county down to a village's next step.

mod above;
mod change;
mod export;
mod reminders;
mod village;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::{Level, Place};
use records::objections::open_objections;
use records::progress::{Totals, VillageCounts, counts_of, sum, taking_part_closed};
use records::tenancy;

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

use change::Change;

pub(crate) use export::{csv, xlsx};
pub(crate) use reminders::remind;
pub(crate) use village::village_progress;

/// Where every place one level below stands.
pub(crate) struct Progress {
    pub(crate) rows: Vec<ProgressRow>,
    pub(crate) totals: Totals,
    /// Whether something is known of the month before.
    pub(crate) is_compared: bool,
    /// What the rows are: 镇 or 村.
    pub(crate) level: &'static str,
    /// Every village, in the order of codes.
    pub(crate) villages: Vec<VillageCounts>,
}

/// A place one level below.
pub(crate) struct ProgressRow {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) totals: Totals,
    /// How many more households take part than in the month before; none where that is not known.
    pub(crate) change: Option<Change>,
}

#[derive(Template)]
#[template(path = "overview/group.html")]
struct GroupPage {
    shell: Shell,
    /// The code of the village, whose board it is.
    board: String,
}

/// `GET /overview/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Overview, (&place, &month), &told).await?;
    match visit.place.level() {
        Level::County | Level::Town => above::shown(&state, &caller, visit, StatusCode::OK, None).await,
        Level::Village => village::shown(&state, &caller, visit).await,
        Level::Group | Level::Household => Ok(group_page(StatusCode::OK, visit.shell)),
    }
}

/// The page of a group, where the month is the village's.
pub(crate) fn group_page(status: StatusCode, shell: Shell) -> Response {
    let board = shell.place.ancestor(Level::Village).map(|village| village.code()).unwrap_or_default();
    page(status, &GroupPage { shell, board })
}

/// Where every town or village below a place stands, with links to one section; the worst ones first.
pub(crate) async fn progress_of(
    state: &State,
    visit: &Visit,
    section: Section,
) -> Result<Progress, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let (counts, names, before) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let open = open_objections(connection, &place).await?;
            let counts = counts_of(connection, &place, month, &open, now).await?;
            let before = if section == Section::Overview {
                taking_part_closed(connection, &place, month.previous()).await?
            } else {
                BTreeMap::new()
            };
            Ok((counts, records::places::divisions_below(connection, &place).await?, before))
        })
        .await?
    };
    let totals = sum(&counts);
    let (level, title) =
        if place.level() == Level::County { (Level::Town, "镇") } else { (Level::Village, "村") };
    let mut below: BTreeMap<Place, Vec<VillageCounts>> = BTreeMap::new();
    for one in counts {
        below.entry(one.village.ancestor(level).unwrap_or(one.village)).or_default().push(one);
    }
    let row = |(below_place, name): (Place, String)| {
        let villages = below.get(&below_place).map(Vec::as_slice).unwrap_or_default();
        let (totals, change) = (sum(villages), Change::of(villages, &before));
        ProgressRow { name, href: section.at(&below_place, month), totals, change }
    };
    let mut rows: Vec<ProgressRow> = names.into_iter().map(row).collect();
    rows.sort_by_key(|row| urgency(&row.totals));
    let is_compared = !before.is_empty();
    let villages = below.into_values().flatten().collect();
    Ok(Progress { rows, totals, is_compared, level: title, villages })
}

/// Late villages come first, then what is least published, closed and scored; where nobody takes part, last.
fn urgency(totals: &Totals) -> (bool, Reverse<u32>, u64, u64, u64) {
    let share = |part: u32, whole: u32| u64::from(part).saturating_mul(1000) / u64::from(whole.max(1));
    (
        totals.villages == 0,
        Reverse(totals.late),
        share(totals.published, totals.villages),
        share(totals.closed, totals.villages),
        share(totals.with_card, totals.taking_part),
    )
}

/// What of a whole, in percent; a dash where there is no whole.
pub(crate) fn percent(part: &u32, whole: &u32) -> String {
    match (u64::from(*part) * 100).checked_div(u64::from(*whole)) {
        Some(percent) => format!("{percent}%"),
        None => "—".to_owned(),
    }
}

/// A village's name; on a page of the county with its town's.
pub(crate) fn named(one: &VillageCounts, place: &Place) -> String {
    if place.level() == Level::County { format!("{}{}", one.town, one.name) } else { one.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first_and_nobody_last() {
        let town = |late, published| Totals { villages: 10, late, published, ..Totals::default() };
        let mut towns = [town(0, 10), Totals::default(), town(2, 8), town(0, 3)];
        towns.sort_by_key(urgency);
        let order: Vec<_> = towns.iter().map(|town| (town.villages, town.late, town.published)).collect();
        assert_eq!(order, [(10, 2, 8), (10, 0, 3), (10, 0, 10), (0, 0, 0)]);
    }

    #[test]
    fn a_share_is_in_percent_and_of_nothing_a_dash() {
        assert_eq!((percent(&47, &50), percent(&0, &0)), ("94%".to_owned(), "—".to_owned()));
    }
}
