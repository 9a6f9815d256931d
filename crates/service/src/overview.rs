//! 总览: where the month stands, from the county down to a village's next step.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::date_title;
use domain::place::{Level, Place};
use domain::points::Points;
use records::objections::open_objections;
use records::progress::{
    Stage, StageState, Totals, VillageCounts, VillageProgress, counts_of, sum, village_month,
};
use records::tenancy;

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

/// Where every place one level below stands.
pub(crate) struct Progress {
    pub(crate) rows: Vec<ProgressRow>,
    pub(crate) totals: Totals,
    /// What the rows are: 镇 or 村.
    pub(crate) level: &'static str,
    /// Villages that are late, with what is late.
    pub(crate) late: Vec<LateVillage>,
}

/// A place one level below.
pub(crate) struct ProgressRow {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) totals: Totals,
}

/// A village that is late.
pub(crate) struct LateVillage {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) what: String,
}

#[derive(Template)]
#[template(path = "overview/above.html")]
struct AbovePage {
    shell: Shell,
    progress: Progress,
}

#[derive(Template)]
#[template(path = "overview/village.html")]
struct VillagePage {
    shell: Shell,
    progress: VillageProgress,
    group_links: Vec<String>,
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
    let mut visit = Visit::of(&state, &caller, Section::Overview, (&place, &month), &told).await?;
    match visit.place.level() {
        Level::County | Level::Town => {
            let progress = progress_of(&state, &visit, Section::Overview).await?;
            Ok(page(StatusCode::OK, &AbovePage { shell: visit.shell, progress }))
        }
        Level::Village => {
            let progress = village_progress(&state, &visit).await?;
            visit.shell.due = progress.next.as_ref().map(|next| next.sentence()).unwrap_or_default();
            let link = |group: &Place| {
                format!("{}?group={}", Section::Households.at(&visit.place, visit.month), group.code())
            };
            let group_links = progress.groups.iter().map(|group| link(&group.group)).collect();
            Ok(page(StatusCode::OK, &VillagePage { shell: visit.shell, progress, group_links }))
        }
        Level::Group | Level::Household => Ok(group_page(StatusCode::OK, visit.shell)),
    }
}

/// The page of a group, where the month is the village's.
pub(crate) fn group_page(status: StatusCode, shell: Shell) -> Response {
    let board = shell.place.ancestor(Level::Village).map(|village| village.code()).unwrap_or_default();
    page(status, &GroupPage { shell, board })
}

/// Where a village's month stands.
pub(crate) async fn village_progress(state: &State, visit: &Visit) -> Result<VillageProgress, PageError> {
    let (village, month, moment) = (visit.place, visit.month, state.moment());
    let mut connection = state.database.connection().await?;
    let progress = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let open = open_objections(connection, &village).await?;
        let open = open.get(&(village, month)).copied().unwrap_or(0);
        village_month(connection, &village, month, open, &moment).await
    });
    Ok(progress.await?)
}

/// Where every town or village below a place stands, with links to one section; the latest ones first.
pub(crate) async fn progress_of(
    state: &State,
    visit: &Visit,
    section: Section,
) -> Result<Progress, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let (counts, names) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let open = open_objections(connection, &place).await?;
            let counts = counts_of(connection, &place, month, &open, now).await?;
            Ok((counts, records::places::divisions_below(connection, &place).await?))
        })
        .await?
    };
    let totals = sum(&counts);
    let late = counts.iter().filter(|one| !one.late.is_empty()).map(|one| LateVillage {
        name: if place.level() == Level::County {
            format!("{}{}", one.town, one.name)
        } else {
            one.name.clone()
        },
        href: Section::Overview.at(&one.village, month),
        what: one.late.iter().map(|late| late.sentence()).collect::<Vec<_>>().join("；"),
    });
    let late: Vec<LateVillage> = late.collect();
    let mut below: BTreeMap<Place, Vec<VillageCounts>> = BTreeMap::new();
    for one in counts {
        let level = if place.level() == Level::County { Level::Town } else { Level::Village };
        below.entry(one.village.ancestor(level).unwrap_or(one.village)).or_default().push(one);
    }
    let row = |(below_place, name): (Place, String)| ProgressRow {
        name,
        href: section.at(&below_place, month),
        totals: sum(below.get(&below_place).map(Vec::as_slice).unwrap_or_default()),
    };
    let mut rows: Vec<ProgressRow> = names.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.totals.late));
    let level = if place.level() == Level::County { "镇" } else { "村" };
    Ok(Progress { rows, totals, level, late })
}

/// What of a whole, in percent; a dash where there is no whole.
pub(crate) fn percent(part: &u32, whole: &u32) -> String {
    match u64::from(*part * 100).checked_div(u64::from(*whole)) {
        Some(percent) => format!("{percent}%"),
        None => "—".to_owned(),
    }
}

impl VillagePage {
    fn date(due: &Option<chrono::NaiveDate>) -> String {
        due.map(date_title).unwrap_or_default()
    }

    fn points(points: &Option<Points>) -> String {
        points.map(Points::short).unwrap_or_else(|| "—".to_owned())
    }

    /// The class of a state's word.
    fn class(state: &StageState) -> &'static str {
        match state {
            StageState::Done => "word-fine",
            StageState::Now => "word-soon",
            StageState::Waiting => "word-soft",
            StageState::Blocked | StageState::Late => "word-late",
        }
    }

    /// Where a step is worked on.
    fn link(&self, stage: &Stage) -> String {
        let section = match stage.title {
            "规则已生效" => Section::Rules,
            "评分组" => Section::Panels,
            "评分" | "组长签字" => Section::Scoring,
            "结账" => Section::Closing,
            "异议期" => Section::Objections,
            "已定" => Section::Awards,
            _ => Section::Publication,
        };
        section.at(&self.shell.place, self.shell.month)
    }
}
