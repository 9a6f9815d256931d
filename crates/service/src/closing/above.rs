//! 结账 of a county or town: how many villages are closed, which are not and why; it follows a closing of the schedule
//! while that waits or runs. That job is the county's: a town follows its villages while they can be at it.

use askama::Template;
use axum::response::Response;
use chrono::{NaiveDateTime, TimeDelta};
use domain::closing::scheduled_at;
use domain::month::local_time;
use domain::place::{Level, Place};
use records::closing::{last_closed_at, obstacles};
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

/// How long after its time the schedule begins at the latest, unless something is wrong.
const BEGINS_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// How long after a village the next one is closed at the latest.
const NEXT_WITHIN: TimeDelta = TimeDelta::minutes(2);

#[derive(Template)]
#[template(path = "closing/above.html")]
struct AbovePage {
    shell: Shell,
    progress: Progress,
    may_close: bool,
    too_early: String,
    outcome: Option<Outcome>,
    job: Option<ClosingJob>,
    /// Whether villages of a town can be closed at any moment.
    is_moving: bool,
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
    /// Whether a closing of the schedule waits or runs.
    fn is_under_way(&self) -> bool {
        self.job.as_ref().is_some_and(ClosingJob::is_under_way)
    }

    /// Whether the page looks again by itself.
    fn is_followed(&self) -> bool {
        self.is_moving || self.is_under_way()
    }
}

/// Whether villages can be closed at any moment: the schedule's time has just come, or one has just been closed.
fn moves(now: NaiveDateTime, scheduled: NaiveDateTime, last: Option<NaiveDateTime>) -> bool {
    let within = |since: NaiveDateTime, long: TimeDelta| (TimeDelta::zero()..long).contains(&(now - since));
    within(scheduled, BEGINS_WITHIN) || last.is_some_and(|last| within(last, NEXT_WITHIN))
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
    let is_town = place.level() == Level::Town;
    let (job, last, mut reasons) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let job = closing_job(connection, &place, month).await?;
            // Before its end nobody asks why, and while it is closed the answer changes from village to village.
            let is_asked =
                standing.too_early.is_empty() && !job.as_ref().is_some_and(ClosingJob::is_under_way);
            let villages: &[Place] = if is_asked { &listed } else { &[] };
            let last = if is_town { last_closed_at(connection, &place, month).await? } else { None };
            Ok((job, last, obstacles(connection, villages, month).await?))
        })
        .await?
    };
    let scheduled = scheduled_at(month, &visit.rulebook.closing);
    let last = last.map(|last| local_time(last, state.zone));
    let is_moving = is_town && !open.is_empty() && moves(state.moment().local(), scheduled, last);
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
        is_moving,
        may_close: standing.may_close,
        too_early: standing.too_early,
        outcome,
        progress,
        shell: visit.shell,
    };
    Ok(page(standing.status, &shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(now: &str, last: Option<&str>, expected: bool) {
        let at = |text: &str| format!("2026-11-04T{text}").parse::<NaiveDateTime>().expect("a time");
        assert_eq!(moves(at(now), at("00:30:00"), last.map(at)), expected, "{now}, {last:?}");
    }

    #[test]
    fn a_town_follows_its_villages_while_the_schedule_can_be_at_them() {
        check("00:29:59", None, false);
        check("00:30:00", None, true);
        check("00:44:59", None, true);
        check("00:45:00", None, false);
        check("00:50:00", Some("00:49:00"), true);
        check("00:51:00", Some("00:49:00"), false);
    }
}
