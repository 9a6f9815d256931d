//! Jobs are claimed by one worker at a time, kept by a lease, begun again after a crash, and given up when
//! they never end.

use std::time::Duration;

use authz::Operate;
use chrono::{DateTime, TimeDelta, Utc};
use domain::place::Place;
use domain::schedule::Kind;
use records::jobs::{Claim, Claimed, Ending, Lease, claim, end, overview, renew, run_again};
use testkit::{COUNTY, TestDatabase, at, guard, moment, operator};
use tokio_postgres::Client;

use crate::support::superuser;

const DUE: &str = "2026-11-04T00:30:00+08:00";

/// A database with jobs of a county: period, lane, due since so many minutes.
async fn with_jobs(jobs: &[(&str, Option<&str>, i64)]) -> (TestDatabase, Client) {
    let database = TestDatabase::empty().await;
    let owner = superuser(&database).await;
    for (period, lane, minutes) in jobs {
        let due = (now() - TimeDelta::minutes(*minutes)).to_rfc3339();
        owner
            .execute(
                "insert into job_run (county_code, place, kind, period, revision, lane, due_at, not_before)
                 values ('440229', '440229', 'close', $1, 0, $2, $3::text::timestamptz, $3::text::timestamptz)",
                &[period, lane, &due],
            )
            .await
            .expect("a job");
    }
    (database, owner)
}

fn now() -> DateTime<Utc> {
    at(DUE)
}

fn lease(worker: &str, attempts: i32) -> Lease {
    Lease { worker: worker.into(), kinds: vec![Kind::Close], length: Duration::from_secs(600), attempts }
}

async fn claimed(database: &TestDatabase, worker: &str) -> Option<Claimed> {
    match claim(&database.database, &lease(worker, 3), now()).await.expect("an answer") {
        Claim::Job(job) => Some(job),
        Claim::GivenUp(_) | Claim::Nothing { .. } => None,
    }
}

/// The worker of every running job has died: its lease is over.
async fn leases_over(owner: &Client) {
    owner.execute("update job_run set lease_until = now() - interval '1 second'", &[]).await.expect("over");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_workers_one_gets_the_job_and_the_other_sees_that_it_is_held() {
    let (database, _owner) = with_jobs(&[("2026-10", None, 1)]).await;
    let (one, other) = tokio::join!(claimed(&database, "one"), claimed(&database, "other"));
    assert_eq!(i32::from(one.is_some()) + i32::from(other.is_some()), 1);
    let again = claim(&database.database, &lease("third", 3), now()).await.expect("an answer");
    assert_eq!(again, Claim::Nothing { waiting: true });
    let job = one.or(other).expect("claimed");
    assert!(end(&database.database, &job, &Ending::Done("完成".into())).await.expect("ended"));
    let after = claim(&database.database, &lease("third", 3), now()).await.expect("an answer");
    assert_eq!(after, Claim::Nothing { waiting: false });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_lease_is_over_is_begun_again_and_its_first_holder_has_no_say() {
    let (database, owner) = with_jobs(&[("2026-10", None, 1)]).await;
    let first = claimed(&database, "one").await.expect("claimed");
    assert!(renew(&database.database, &first, Duration::from_secs(600)).await.expect("renewed"));
    leases_over(&owner).await;
    let second = claimed(&database, "other").await.expect("claimed again");
    assert_eq!((second.id, second.attempts, second.fence), (first.id, 2, first.fence + 1));
    assert!(!renew(&database.database, &first, Duration::from_secs(600)).await.expect("lost"));
    assert!(!end(&database.database, &first, &Ending::Done("迟了".into())).await.expect("lost"));
    assert!(end(&database.database, &second, &Ending::Done("完成".into())).await.expect("ended"));
    let outcome: String = owner.query_one("select outcome from job_run", &[]).await.expect("a row").get(0);
    assert_eq!(outcome, "完成");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_never_ends_is_given_up_is_counted_and_can_be_begun_again_by_hand() {
    let (database, owner) = with_jobs(&[("2026-10", None, 1)]).await;
    for attempt in 1..=3 {
        assert_eq!(claimed(&database, "one").await.map(|job| job.attempts), Some(attempt));
        leases_over(&owner).await;
    }
    let given_up = claim(&database.database, &lease("one", 3), now()).await.expect("an answer");
    let Claim::GivenUp(job) = given_up else { panic!("{given_up:?}") };
    assert_eq!(overview(&database.database).await.expect("counted").count("given_up"), 1);

    let county = Place::parse_code(COUNTY).expect("a code");
    let allowed = guard().await.allow(&operator(), Operate, county).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let later = moment("2026-11-04 09:00");
    run_again(&mut connection, &allowed, job.id, &later).await.expect("again");
    assert!(
        run_again(&mut connection, &allowed, job.id, &later).await.is_err(),
        "it is not given up any more"
    );
    let at_nine = claim(&database.database, &lease("one", 3), later.now).await.expect("an answer");
    assert!(matches!(at_nine, Claim::Job(job) if job.attempts == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_waits_for_its_time() {
    let (database, _owner) = with_jobs(&[("2026-10", None, 1)]).await;
    let job = claimed(&database, "one").await.expect("claimed");
    let later = now() + TimeDelta::minutes(5);
    assert!(end(&database.database, &job, &Ending::Again("服务器不通".into(), later)).await.expect("ended"));
    let early = claim(&database.database, &lease("one", 3), later - TimeDelta::seconds(1)).await;
    assert_eq!(early.expect("an answer"), Claim::Nothing { waiting: false });
    let in_time = claim(&database.database, &lease("one", 3), later).await.expect("an answer");
    assert!(matches!(in_time, Claim::Job(again) if again.attempts == 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_lane_run_one_after_another_in_the_order_of_their_time() {
    let lane = Some("county");
    let (database, owner) =
        with_jobs(&[("2026-10", lane, 1), ("2026-09", lane, 9), ("2026-08", None, 5)]).await;
    let first = claimed(&database, "one").await.expect("claimed");
    assert_eq!(first.period, "2026-09");
    assert_eq!(claimed(&database, "other").await.expect("outside the lane").period, "2026-08");
    assert_eq!(claimed(&database, "third").await, None, "its turn has not come");
    assert!(end(&database.database, &first, &Ending::Done("完成".into())).await.expect("ended"));
    assert_eq!(claimed(&database, "third").await.expect("its turn").period, "2026-10");

    // A job that comes in late with an older time waits while another of its lane runs.
    let late = "insert into job_run (county_code, place, kind, period, revision, lane, due_at, not_before)
        values ('440229', '440229', 'close', '2026-07', 0, 'county', '2026-01-01', '2026-01-01')";
    owner.batch_execute(late).await.expect("a job");
    assert_eq!(claimed(&database, "other").await, None, "two of a lane never run at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_for_its_next_try_does_not_hold_up_its_lane() {
    let lane = Some("county");
    let (database, _owner) = with_jobs(&[("2026-09", lane, 9), ("2026-10", lane, 1)]).await;
    let first = claimed(&database, "one").await.expect("claimed");
    let later = now() + TimeDelta::minutes(5);
    assert!(end(&database.database, &first, &Ending::Again("出错".into(), later)).await.expect("ended"));
    assert_eq!(claimed(&database, "one").await.expect("the next").period, "2026-10");
}
