//! The closing of a county's month by the schedule, as its page follows it.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::schedule::Kind;

use crate::database::Connection;
use crate::error::Result;
use crate::schema::job_run;

/// A closing of the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingJob {
    /// `due`, `running`, `done` or `given_up`.
    pub state: String,
    /// Since when it is due.
    pub due_at: DateTime<Utc>,
    /// What was done, or why it was not.
    pub outcome: Option<String>,
}

impl ClosingJob {
    /// Whether it waits or runs.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state.as_str(), "due" | "running")
    }

    /// Whether a worker is at it.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

/// The closing of a month that waits or runs, else the latest; none where the schedule has not asked for it. It is the
/// county's: from a town it is not seen.
///
/// # Errors
/// Faults of the database.
pub async fn closing_job(
    connection: &mut Connection,
    county: &Place,
    month: Month,
) -> Result<Option<ClosingJob>> {
    let row: Option<(String, DateTime<Utc>, Option<String>)> = job_run::table
        .filter(job_run::county_code.eq(county.county().digits()))
        .filter(job_run::kind.eq(Kind::Close.name()))
        .filter(job_run::place.eq(county.digits()))
        .filter(job_run::period.eq(month.to_string()))
        .order((sql::<Bool>("(state in ('due', 'running')) desc"), job_run::id.desc()))
        .select((job_run::state, job_run::due_at, job_run::outcome))
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|(state, due_at, outcome)| ClosingJob { state, due_at, outcome }))
}
