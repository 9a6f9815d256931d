//! Jobs: what verbs and the schedule want done later, claimed by workers one at a time.
//!
//! Every effect of a job has a key of its own in the database, so that a job that runs twice does its work
//! once. A claim counts as an attempt, so that a crash does too.

mod claim;
mod closing;
mod overview;
mod plan;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::place::Place;
use domain::schedule::Kind;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};

pub use claim::{Claim, Lease, claim, end, renew};
pub use closing::{ClosingJob, closing_job};
pub(crate) use overview::given_up;
pub use overview::{Depth, JobRow, Overview, job_exists, jobs_of, overview, run_again};
pub use plan::{counties, plan_county};

/// The lane in which a county's months go on, one job after another.
pub const COUNTY_LANE: &str = "county";

/// A job to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What to do.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// The month, year, day or row it is for.
    pub period: String,
    /// Which of its occasions.
    pub revision: i32,
    /// Jobs of one county and lane run one after another.
    pub lane: Option<&'static str>,
    /// From when on.
    pub due_at: DateTime<Utc>,
}

/// A job that this worker holds until its lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its row number.
    pub id: i64,
    /// What to do.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// The month, year, day or row it is for.
    pub period: String,
    /// Which of its occasions.
    pub revision: i32,
    /// Since when it is due.
    pub due_at: DateTime<Utc>,
    /// How often it was begun, this time included.
    pub attempts: i32,
    /// Tells this claim from every other of the same job.
    pub fence: i64,
}

/// What became of a claimed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was done; what was done, in words.
    Done(String),
    /// It cannot be done, and trying again would not help.
    GivenUp(String),
    /// It failed; try again, not before then.
    Again(String, DateTime<Utc>),
}

/// Writes jobs in the transaction of a verb; those that are there already stay as they are. Returns how many
/// are new.
pub(crate) async fn enqueue(connection: &mut Connection, jobs: &[NewJob]) -> Result<usize> {
    let mut written = 0;
    for job in jobs {
        written += diesel::sql_query(
            "insert into job_run (county_code, place, kind, period, revision, lane, due_at, not_before)
             values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing",
        )
        .bind::<Text, _>(job.place.county().digits())
        .bind::<Text, _>(job.place.digits())
        .bind::<Text, _>(job.kind.name())
        .bind::<Text, _>(&job.period)
        .bind::<Integer, _>(job.revision)
        .bind::<Nullable<Text>, _>(job.lane)
        .bind::<Timestamptz, _>(job.due_at)
        .execute(connection)
        .await?;
    }
    Ok(written)
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    period: String,
    #[diesel(sql_type = Integer)]
    revision: i32,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Text)]
    state: String,
}

impl ClaimedRow {
    fn claimed(self) -> Result<Claimed> {
        Ok(Claimed {
            id: self.id,
            kind: Kind::of_name(&self.kind).ok_or_else(|| Error::Corrupt(format!("任务 {}", self.kind)))?,
            place: codec::place(&self.place)?,
            period: self.period,
            revision: self.revision,
            due_at: self.due_at,
            attempts: self.attempts,
            fence: self.fence,
        })
    }
}
