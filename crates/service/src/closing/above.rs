//! 结账 of a county or town: how many villages are closed, which are not and why; it follows a closing of the schedule
//! while that waits or runs.

use askama::Template;
use axum::response::Response;
use domain::place::Place;
use records::closing::obstacles;
use records::jobs::{ClosingJob, closing_job};
use records::tenancy;

use super::{Outcome, Standing};
use crate::error::{PageError, page};
use crate::overview::{Progress, named, progress_of};
use crate::problem::dates_in_words;
use crate::shell::{Section, Shell, Visit};
use crate::state::State;

/// How many open villages are listed with their reasons.
const LISTED: usize = 8;

#[derive(Template)]
#[template(path = "closing/above.html")]
struct AbovePage {
    shell: Shell,
    progress: Progress,
    may_close: bool,
    too_early: String,
    outcome: Option<Outcome>,
    job: Option<ClosingJob>,
    /// Villages that are not closed, the first of them.
    open: Vec<OpenVillage>,
    /// How many more there are.
    more: usize,
}

/// A village that is not closed.
struct OpenVillage {
    name: String,
    href: String,
    /// Why it cannot be closed; empty where nothing stands against it.
    reasons: Vec<String>,
}

impl AbovePage {
    /// Whether a closing of the schedule waits or runs: the page looks again by itself.
    fn is_under_way(&self) -> bool {
        self.job.as_ref().is_some_and(ClosingJob::is_under_way)
    }
}

/// The page of a county or town; `outcome` is what came of the form.
pub(super) async fn shown(
    state: &State,
    visit: Visit,
    standing: Standing,
    outcome: Option<Outcome>,
) -> Result<Response, PageError> {
    let progress = progress_of(state, &visit, Section::Closing).await?;
    let (place, month) = (visit.place, visit.month);
    let open: Vec<_> =
        progress.villages.iter().filter(|one| one.taking_part > 0 && one.closed.is_none()).collect();
    let more = open.len().saturating_sub(LISTED);
    let listed: Vec<_> = open.iter().take(LISTED).map(|one| one.village).collect();
    let (job, mut reasons) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let job = closing_job(connection, &place, month).await?;
            // Before its end nobody asks why, and while it is closed the answer changes from village to village.
            let is_asked =
                standing.too_early.is_empty() && !job.as_ref().is_some_and(ClosingJob::is_under_way);
            let villages: &[Place] = if is_asked { &listed } else { &[] };
            Ok((job, obstacles(connection, villages, month).await?))
        })
        .await?
    };
    let open = open.iter().take(LISTED).map(|one| OpenVillage {
        name: named(one, &place),
        href: Section::Closing.at(&one.village, month),
        reasons: reasons
            .remove(&one.village)
            .unwrap_or_default()
            .iter()
            .map(|reason| dates_in_words(reason))
            .collect(),
    });
    let open = open.collect();
    let shown = AbovePage {
        open,
        more,
        job,
        may_close: standing.may_close,
        too_early: standing.too_early,
        outcome,
        progress,
        shell: visit.shell,
    };
    Ok(page(standing.status, &shown))
}
