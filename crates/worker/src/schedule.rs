//! Asks the schedule, and writes the jobs that are due.

use std::sync::Arc;
use std::time::Duration;

use authz::{Read, Remind};
use chrono::NaiveTime;
use records::jobs::{counties, plan_county};

use crate::Worker;

/// How often the schedule is asked.
const EVERY: Duration = Duration::from_secs(10);

/// Writes what is due in every county now. Returns how many jobs are new.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn plan(worker: &Worker) -> records::Result<usize> {
    let moment = worker.moment();
    let remind_at = NaiveTime::parse_from_str(&worker.settings.remind_at, "%H:%M").unwrap_or(NaiveTime::MIN);
    let mut written = 0;
    for county in counties(&worker.database).await? {
        let (read, remind) = (worker.allow(Read, county)?, worker.allow(Remind, county)?);
        written += plan_county(&worker.database, (&read, &remind), remind_at, &moment).await?;
    }
    Ok(written)
}

/// Asks again and again; a fault is logged, and the next time may be better.
pub(crate) async fn keep_planning(worker: Arc<Worker>) {
    let mut ticker = tokio::time::interval(EVERY);
    loop {
        ticker.tick().await;
        if let Err(error) = plan(&worker).await {
            tracing::warn!(%error, "the schedule could not be asked");
        }
    }
}
