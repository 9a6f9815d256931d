//! Claims a job, keeps it, and lets it go.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::schedule::Kind;

use super::{Claimed, ClaimedRow, Ending};
use crate::database::Database;
use crate::error::Result;
use crate::tenancy::{self, Platform};

/// How a worker claims.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The worker's name, for people.
    pub worker: String,
    /// What it does.
    pub kinds: Vec<Kind>,
    /// For how long a claim holds unless it is renewed, by the database's clock.
    pub length: Duration,
    /// How often a job is begun before it is given up.
    pub attempts: i32,
}

/// What a claim came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// A job to do now.
    Job(Claimed),
    /// A job that was begun too often without an end: it is given up, and the next one may be claimed.
    GivenUp(Claimed),
    /// Nothing that could be begun at that time.
    Nothing {
        /// Whether something due waits for a job that another worker holds.
        waiting: bool,
    },
}

/// The first job that is due: never begun, or begun by a worker whose lease is over. In a lane no two jobs run at
/// once, and an earlier one goes first unless it waits for its next try.
const CLAIM: &str = "
    update job_run set
        state = case when attempts >= $3 then 'given_up' else 'running' end,
        outcome = case when attempts >= $3 then coalesce(outcome || '；', '') || '多次开始都没有结束，已放弃' end,
        attempts = attempts + 1, fence = fence + 1, worker = $1,
        started_at = clock_timestamp(),
        finished_at = case when attempts >= $3 then clock_timestamp() end,
        lease_until = clock_timestamp() + make_interval(secs => $4)
    where (county_code, id) = (
        select county_code, id from job_run j
        where j.kind = any($2) and j.due_at <= $5 and (
                (j.state = 'due' and j.not_before <= $5)
                or (j.state = 'running' and j.lease_until < clock_timestamp()))
            and not exists (
                select from job_run e
                where e.county_code = j.county_code and e.lane = j.lane and e.id <> j.id
                    and ((e.state = 'running' and e.lease_until >= clock_timestamp())
                        or ((e.due_at, e.id) < (j.due_at, j.id)
                            and (e.state = 'running' or (e.state = 'due' and e.not_before <= $5)))))
        order by j.due_at, j.id
        for update skip locked limit 1)
    returning id, kind, place, period, revision, due_at, attempts, fence, state";

const WAITING: &str = "
    select exists (
        select from job_run
        where kind = any($1) and state = 'running' and due_at <= $2 and lease_until >= clock_timestamp()) as found";

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Claims the first job that is due at `now`.
///
/// # Errors
/// Faults of the database.
pub async fn claim(database: &Database, lease: &Lease, now: DateTime<Utc>) -> Result<Claim> {
    let mut connection = database.connection().await?;
    let kinds: Vec<_> = lease.kinds.iter().map(|kind| kind.name()).collect();
    tenancy::platform(&mut connection, Platform::Worker, async |connection| {
        let claimed: Vec<ClaimedRow> = diesel::sql_query(CLAIM)
            .bind::<Text, _>(&lease.worker)
            .bind::<Array<Text>, _>(&kinds)
            .bind::<Integer, _>(lease.attempts)
            .bind::<Double, _>(lease.length.as_secs_f64())
            .bind::<Timestamptz, _>(now)
            .load(connection)
            .await?;
        if let Some(row) = claimed.into_iter().next() {
            let given_up = row.state == "given_up";
            let job = row.claimed()?;
            return Ok(if given_up { Claim::GivenUp(job) } else { Claim::Job(job) });
        }
        let waiting: Found = diesel::sql_query(WAITING)
            .bind::<Array<Text>, _>(&kinds)
            .bind::<Timestamptz, _>(now)
            .get_result(connection)
            .await?;
        Ok(Claim::Nothing { waiting: waiting.found })
    })
    .await
}

/// Makes a claim hold for another lease. Returns whether it still held: otherwise another worker has, or may
/// have, begun the job, and this one must stop.
///
/// # Errors
/// Faults of the database.
pub async fn renew(database: &Database, job: &Claimed, length: Duration) -> Result<bool> {
    let mut connection = database.connection().await?;
    tenancy::platform(&mut connection, Platform::Worker, async |connection| {
        let renewed = diesel::sql_query(
            "update job_run set lease_until = clock_timestamp() + make_interval(secs => $4)
             where county_code = $1 and id = $2 and fence = $3 and state = 'running'",
        )
        .bind::<Text, _>(job.place.county().digits())
        .bind::<BigInt, _>(job.id)
        .bind::<BigInt, _>(job.fence)
        .bind::<Double, _>(length.as_secs_f64())
        .execute(connection)
        .await?;
        Ok(renewed == 1)
    })
    .await
}

/// Lets a claimed job go with what became of it. Returns whether the claim still held; otherwise nothing is
/// written, and whoever holds it now says what became of it.
///
/// # Errors
/// Faults of the database.
pub async fn end(database: &Database, job: &Claimed, ending: &Ending) -> Result<bool> {
    let (state, outcome, not_before) = match ending {
        Ending::Done(outcome) => ("done", outcome, None),
        Ending::GivenUp(reason) => ("given_up", reason, None),
        Ending::Again(reason, not_before) => ("due", reason, Some(*not_before)),
    };
    let mut connection = database.connection().await?;
    tenancy::platform(&mut connection, Platform::Worker, async |connection| {
        let ended = diesel::sql_query(
            "update job_run set state = $4, outcome = $5, not_before = coalesce($6, not_before),
                finished_at = clock_timestamp(), lease_until = null
             where county_code = $1 and id = $2 and fence = $3 and state = 'running'",
        )
        .bind::<Text, _>(job.place.county().digits())
        .bind::<BigInt, _>(job.id)
        .bind::<BigInt, _>(job.fence)
        .bind::<Text, _>(state)
        .bind::<Text, _>(outcome)
        .bind::<Nullable<Timestamptz>, _>(not_before)
        .execute(connection)
        .await?;
        Ok(ended == 1)
    })
    .await
}
