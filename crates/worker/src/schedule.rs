//! Asks the schedule, and writes the jobs that are due.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use authz::{Read, Remind};
use chrono::NaiveTime;
use domain::place::Place;
use futures_util::FutureExt;
use records::jobs::{counties, plan_county};

use tokio::time::MissedTickBehavior;

use crate::Worker;

/// How often the schedule is asked.
const EVERY: Duration = Duration::from_secs(10);

/// What asking the schedule came to.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    /// Jobs that are new.
    pub(crate) written: usize,
    /// The last county that could not be asked, and why; the others were.
    pub(crate) failed: Option<(Place, records::Error)>,
}

/// Writes what is due in every county now; a county that cannot be asked stops no other.
///
/// # Errors
/// The counties cannot be read.
pub(crate) async fn plan(worker: &Worker) -> records::Result<Planned> {
    let moment = worker.moment();
    let remind_at = NaiveTime::parse_from_str(&worker.settings.remind_at, "%H:%M").unwrap_or(NaiveTime::MIN);
    let mut planned = Planned::default();
    for county in counties(&worker.database).await? {
        let (read, remind) = (worker.allow(Read, county)?, worker.allow(Remind, county)?);
        match plan_county(&worker.database, (&read, &remind), remind_at, &moment).await {
            Ok(written) => planned.written += written,
            Err(error) => {
                tracing::error!(%error, %county, "the schedule of a county could not be asked");
                planned.failed = Some((county, error));
            }
        }
    }
    Ok(planned)
}

/// Asks again and again; a fault is logged, and the next time may be better.
pub(crate) async fn keep_planning(worker: Arc<Worker>) {
    let mut ticker = tokio::time::interval(EVERY);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticker.tick().await;
        match AssertUnwindSafe(plan(&worker)).catch_unwind().await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the schedule could not be asked"),
            Err(_panic) => tracing::error!("asking the schedule broke off"),
        }
    }
}
