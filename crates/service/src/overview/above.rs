//! 总览 of a county or town: the places below it, the worst first, what is late, and the last twelve months.

use askama::Template;
use authz::{Export, Remind};
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::Place;
use records::messages::{Urged, last_urged};
use records::objections::{ObjectionFilter, objections_of};
use records::progress::{TrendMonth, VillageCounts, trend};
use records::tenancy;

use super::{Progress, named, progress_of};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::shell::{Section, Shell, Visit};
use crate::state::State;

/// How many late villages are listed.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "overview/above.html")]
struct AbovePage {
    shell: Shell,
    progress: Progress,
    /// The longest first.
    late: Vec<LateVillage>,
    /// How many more are late than are listed.
    more: usize,
    trend: Vec<TrendMonth>,
    /// Objections that wait for a decision longer than they may.
    overdue: usize,
    may_remind: bool,
    may_export: bool,
    /// What came of urging.
    urged: Option<Urged>,
}

/// A village that is late.
struct LateVillage {
    village: Place,
    name: String,
    href: String,
    /// Its steps that are late.
    steps: String,
    /// Since when the oldest of them is.
    days: i64,
    /// When it was last urged, empty where it never was.
    urged: String,
}

/// The page of a county or town; `urged` is what came of the form.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    urged: Option<Urged>,
) -> Result<Response, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    // Both read a whole county: side by side the page waits for one of them.
    let (progress, (trend, last, overdue)) =
        tokio::try_join!(progress_of(state, &visit, Section::Overview), async {
            let mut connection = state.database.connection().await?;
            let read = tenancy::read(&mut connection, &visit.allowed, async |connection| {
                let filter = ObjectionFilter { month: Some(month), only_open: true };
                let open = objections_of(connection, &place, filter, now).await?;
                let overdue = open.iter().filter(|one| one.overdue).count();
                let trend = trend(connection, &place, month).await?;
                Ok((trend, last_urged(connection, &place, month).await?, overdue))
            });
            Ok::<_, PageError>(read.await?)
        })?;
    let line = |one: &VillageCounts| LateVillage {
        village: one.village,
        name: named(one, &place),
        href: Section::Overview.at(&one.village, month),
        steps: one.late.iter().map(|late| late.what.title()).collect::<Vec<_>>().join("、"),
        days: one.late.iter().map(|late| late.days).max().unwrap_or_default(),
        urged: last.get(&one.village).map(|at| state.short_time(*at)).unwrap_or_default(),
    };
    let mut late: Vec<LateVillage> =
        progress.villages.iter().filter(|one| !one.late.is_empty()).map(line).collect();
    late.sort_by_key(|one| std::cmp::Reverse(one.days));
    let more = late.len().saturating_sub(LISTED);
    late.truncate(LISTED);
    let shown = AbovePage {
        late,
        more,
        trend,
        overdue,
        may_remind: caller.may(Remind, place),
        may_export: caller.may(Export, place),
        urged,
        progress,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}
