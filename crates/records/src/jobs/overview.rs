//! What is waiting, running, done and given up: for the operations page and for metrics.

use authz::{Allowed, Operate};
use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::place::Place;
use domain::schedule::Kind;
use serde_json::json;

use crate::codec;
use crate::database::{Connection, Database};
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::schema::job_run;
use crate::tenancy::{self, Mode, Platform};

/// How many jobs of a kind are in a state.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Depth {
    /// What is done.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// `due`, `running`, `done` or `given_up`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub jobs: i64,
    /// How long those that ended took, in seconds by the database's clock, waiting not counted.
    #[diesel(sql_type = Double)]
    pub seconds: f64,
    /// Since when the oldest is due.
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
}

/// The platform's own counters, over all counties.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overview {
    /// By kind and state.
    pub depths: Vec<Depth>,
}

impl Overview {
    /// How many jobs are in a state.
    pub fn count(&self, state: &str) -> i64 {
        self.depths.iter().filter(|depth| depth.state == state).map(|depth| depth.jobs).sum()
    }

    /// Since when the oldest job that is not begun is due.
    pub fn oldest_due(&self) -> Option<DateTime<Utc>> {
        self.depths.iter().filter(|depth| depth.state == "due").map(|depth| depth.oldest).min()
    }
}

/// Counts jobs over all counties; it tells of no place and no person.
///
/// # Errors
/// Faults of the database.
pub async fn overview(database: &Database) -> Result<Overview> {
    let mut connection = database.connection().await?;
    tenancy::platform(&mut connection, Platform::Worker, async |connection| {
        let depths = diesel::sql_query(
            "select kind, state, count(*) as jobs, min(due_at) as oldest,
                coalesce(sum(extract(epoch from finished_at - started_at)), 0)::float8 as seconds
             from job_run group by kind, state order by kind, state",
        )
        .load(connection)
        .await?;
        Ok(Overview { depths })
    })
    .await
}

/// A job as the operations page shows it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct JobRow {
    /// Its row number.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What is done.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The digits of the place.
    #[diesel(sql_type = Text)]
    pub place: String,
    /// The name of the place.
    #[diesel(sql_type = Nullable<Text>)]
    pub place_name: Option<String>,
    /// The month, year, day or row it is for.
    #[diesel(sql_type = Text)]
    pub period: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Since when it is due.
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// After a fault: not before then.
    #[diesel(sql_type = Timestamptz)]
    pub not_before: DateTime<Utc>,
    /// How often it was begun.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// Who holds or held it.
    #[diesel(sql_type = Nullable<Text>)]
    pub worker: Option<String>,
    /// When it ended, by the database's clock.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
    /// What was done, or why it was not.
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
}

impl JobRow {
    /// What is done, for people.
    pub fn title(&self) -> &'static str {
        Kind::of_name(&self.kind).map_or("任务", Kind::title)
    }

    /// Where it stands, for people.
    pub fn state_title(&self) -> &'static str {
        match (self.state.as_str(), self.attempts) {
            ("due", 0) => "待办",
            ("due", _) => "延后",
            ("running", _) => "进行",
            ("done", _) => "完成",
            _ => "放弃",
        }
    }
}

/// The jobs inside `scope` that have not ended well, and then the latest of those that have, `limit` in all.
///
/// # Errors
/// Faults of the database.
pub async fn jobs_of(connection: &mut Connection, scope: &Place, limit: i64) -> Result<Vec<JobRow>> {
    let interval = scope.scope();
    Ok(diesel::sql_query(
        "select j.id, j.kind, j.place, d.name as place_name, j.period, j.state, j.due_at, j.not_before, j.attempts,
            j.worker, j.finished_at, j.outcome
         from job_run j left join division d on d.county_code = j.county_code and d.place = j.place
         where j.county_code = $1 and j.place >= $2 and j.place < $3
         order by (j.state = 'done'), coalesce(j.finished_at, j.due_at) desc, j.id desc limit $4",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<BigInt, _>(limit)
    .load(connection)
    .await?)
}

/// Whether a job of that number is inside `scope`.
///
/// # Errors
/// Faults of the database.
pub async fn job_exists(connection: &mut Connection, scope: &Place, id: i64) -> Result<bool> {
    let interval = scope.scope();
    let found: i64 = job_run::table
        .filter(job_run::county_code.eq(scope.county().digits()))
        .filter(job_run::id.eq(id))
        .filter(job_run::place.ge(interval.low))
        .filter(job_run::place.lt(interval.high))
        .count()
        .get_result(connection)
        .await?;
    Ok(found > 0)
}

/// Lets a job that was given up be begun again, from now on.
///
/// # Errors
/// A job that is not given up, or that is not there.
pub async fn run_again(
    connection: &mut Connection,
    allowed: &Allowed<Operate>,
    id: i64,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let county = allowed.place().county();
        let found = job_run::table
            .filter(job_run::county_code.eq(county.digits()))
            .filter(job_run::id.eq(id))
            .filter(job_run::state.eq("given_up"));
        let again = diesel::update(found)
            .set((
                job_run::state.eq("due"),
                job_run::attempts.eq(0),
                job_run::not_before.eq(moment.now),
                job_run::finished_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .await?;
        if again != 1 {
            return Err(Refusal::message(format!("任务 {id} 不在已放弃之列，不能重做；请刷新后再看")));
        }
        crate::audit::record(connection, allowed, json!({ "job": id }), moment).await
    })
    .await
}

/// The jobs of a county that were given up in the last two days, for its digest: kind, period and reason; older
/// ones are on the operations page.
pub(crate) async fn given_up(connection: &mut Connection, county: &Place) -> Result<Vec<(String, String)>> {
    let rows: Vec<(String, String, String, Option<String>)> = job_run::table
        .filter(job_run::county_code.eq(county.digits()))
        .filter(job_run::state.eq("given_up"))
        .filter(sql::<Bool>("finished_at > clock_timestamp() - interval '2 days'"))
        .order(job_run::finished_at.desc())
        .select((job_run::kind, job_run::place, job_run::period, job_run::outcome))
        .limit(10)
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(kind, place, period, outcome)| {
            let title = Kind::of_name(&kind).map_or("任务", Kind::title);
            Ok((format!("{} {title} {period}", codec::place(&place)?), outcome.unwrap_or_default()))
        })
        .collect()
}
