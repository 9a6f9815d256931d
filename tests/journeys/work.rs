//! Workers as processes: a slow job, a lost connection, a stop, and `kill -9` at any moment.

use std::process::Child;

use testkit::{COUNTY, TestDatabase};
use tokio_postgres::Client;

use crate::support::{jifen, results, scored, succeed, superuser, until};

/// February's fourth: January is closed by the schedule.
const NOW: &str = "2026-02-04T00:30:00+08:00";
const RUN_DUE: [&str; 3] = ["run-due", "--now", NOW];

/// A worker that stops with the test.
struct Process(Child);

impl Process {
    fn work(database: &TestDatabase) -> Self {
        let mut command = jifen(database, &["work", "--now", NOW]);
        let settings = [("LEASE_SECONDS", "1"), ("REMIND_AT", "23:00"), ("ATTEMPTS", "1000")];
        command.envs(settings.map(|(key, value)| (format!("JIFEN_WORKER__{key}"), value)));
        command.env("JIFEN_MAIL__WAY", "off");
        Self(command.spawn().expect("the program"))
    }

    fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("its end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits until the closing of January is done. Returns how often it was begun.
async fn closed(owner: &Client) -> i32 {
    let done = "select attempts from job_run where kind = 'close' and state = 'done'";
    until("January is closed", async || {
        owner.query_opt(done, &[]).await.expect("an answer").map(|row| row.get::<_, i32>(0))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_longer_than_its_lease_is_begun_once() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let (owner, mut blocker) = (superuser(&database).await, superuser(&database).await);
    let block = blocker.transaction().await.expect("a transaction");
    block.batch_execute("select from division for update").await.expect("every village locked");
    let _workers = [Process::work(&database), Process::work(&database)];
    let lease = "select extract(epoch from lease_until)::float8 from job_run where kind = 'close' and state = 'running'";
    let begun = until("a worker waits for the lock", async || {
        let row = owner.query_opt(lease, &[]).await.expect("an answer");
        row.map(|row| row.get::<_, f64>(0))
    })
    .await;
    until("its lease was renewed twice over", async || {
        let row = owner.query_opt(lease, &[]).await.expect("an answer")?;
        (row.get::<_, f64>(0) - begun >= 2.0).then_some(())
    })
    .await;
    block.rollback().await.expect("the lock released");
    assert_eq!(closed(&owner).await, 1);
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connections_are_cut_goes_on_with_new_ones() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let owner = superuser(&database).await;
    let mut command = jifen(&database, &["work", "--now", "2026-02-03T23:59:59+08:00"]);
    let _worker = Process(command.env("JIFEN_MAIL__WAY", "off").spawn().expect("the program"));
    let others = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and usename = 'jifen_program'
            and query like '%job_run%'";
    until("the worker is connected", async || {
        let cut: i64 = owner.query_one(others, &[]).await.expect("an answer").get(0);
        (cut > 0).then_some(())
    })
    .await;
    let insert = "insert into job_run (county_code, place, kind, period, revision, due_at, not_before)
        values ('440229', '440229', 'retain', 'after the cut', 0, '2026-01-01', '2026-01-01')";
    owner.execute(insert, &[]).await.expect("a job");
    until("it does what came after", async || {
        let done = "select 1 from job_run where period = 'after the cut' and state = 'done'";
        owner.query_opt(done, &[]).await.expect("an answer").map(drop)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_ends_cleanly_and_leaves_no_job_running() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let owner = superuser(&database).await;
    let mut worker = Process::work(&database);
    closed(&owner).await;
    let id = worker.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    assert_eq!(worker.0.wait().expect("its end").code(), Some(0));
    let running: i64 = owner
        .query_one("select count(*) from job_run where state = 'running'", &[])
        .await
        .expect("a count")
        .get(0);
    assert_eq!(running, 0);
}

/// How often workers are killed: 20 times, or as often as `JIFEN_KILLS` says, for a long run by hand.
fn kills() -> u32 {
    std::env::var("JIFEN_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_killed_at_any_moment_lose_nothing_and_double_nothing() {
    let (mut database, _) = scored(600, "2026-01", 1).await;
    let undisturbed = database.copied().await;
    let started = std::time::Instant::now();
    succeed(&undisturbed, &RUN_DUE);
    let takes = started.elapsed();
    let expected = results(&undisturbed, "2026-01");

    let (mut interrupted, mut seed) = (0, 20_260_204_u32);
    for _ in 0..kills() {
        let victim = database.copied().await;
        let owner = superuser(&victim).await;
        let mut workers = [Process::work(&victim), Process::work(&victim)];
        // A linear congruential generator: the same moments in every run.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        tokio::time::sleep(takes * (seed >> 16) / (1 << 16)).await;
        workers[(seed >> 8) as usize % 2].kill();
        let held: i64 = owner
            .query_one("select count(*) from job_run where state <> 'done'", &[])
            .await
            .expect("a count")
            .get(0);
        interrupted += i64::from(held > 0);
        // The other goes on, and takes over when the lease of the dead one is over.
        closed(&owner).await;
        assert_eq!(results(&victim, "2026-01"), expected);
        succeed(&victim, &["verify", "--county", COUNTY]);
    }
    println!("{interrupted} of {} workers died before the work was done", kills());
}
