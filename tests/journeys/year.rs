//! A year that runs by itself: closed, published, reminded, awarded, by moving the time only.

use std::collections::BTreeSet;

use testkit::{COUNTY, TestDatabase};

use crate::support::{Folder, jifen, path, said, succeed, superuser};

/// Runs what is due at a time, with mail into a folder.
fn run_due(database: &TestDatabase, mail: &Folder, now: &str) -> String {
    let mut command = jifen(database, &["run-due", "--now", now]);
    command.env("JIFEN_MAIL__FOLDER", path(&mail.0));
    let said = said(command.output().expect("the program"));
    assert_eq!(said.code, Some(0), "{now}: {}", said.err);
    said.out
}

fn demo(database: &TestDatabase, months: &str) {
    succeed(database, &["demo", "--county", COUNTY, "--households", "60", "--months", months, "--seed", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_months_are_closed_published_and_reminded_of_and_the_year_is_awarded() {
    let (database, mail) = (TestDatabase::empty().await, Folder::new());
    demo(&database, "12");
    for month in 1..=12 {
        let (year, next) = if month == 12 { (2027, 1) } else { (2026, month + 1) };
        run_due(&database, &mail, &format!("2026-{month:02}-25T08:00:00+08:00"));
        let closing = run_due(&database, &mail, &format!("{year}-{next:02}-04T00:30:00+08:00"));
        assert!(closing.contains("结账：完成 1") && closing.contains("公示：完成"), "{month}: {closing}");
        let again = run_due(&database, &mail, &format!("{year}-{next:02}-04T00:30:00+08:00"));
        assert_eq!(again.trim(), "没有到期的任务", "what is done is done once");
        run_due(&database, &mail, &format!("{year}-{next:02}-10T09:00:00+08:00"));
    }
    let last = run_due(&database, &mail, "2027-01-20T09:00:00+08:00");
    assert!(last.contains("年终评比：完成"), "{last}");

    let owner = superuser(&database).await;
    let count = async |query: &str| -> i64 { owner.query_one(query, &[]).await.expect("a count").get(0) };
    let villages = count("select count(*) from division where length(place) = 12").await;
    assert_eq!(count("select count(*) from month_closing where version = 1").await, villages * 12);
    assert_eq!(count("select count(*) from publication").await, villages * 12);
    assert_eq!(count("select count(*) from award_run").await, villages);
    assert_eq!(count("select count(*) from job_run where state <> 'done'").await, 0);
    let messages = count("select count(*) from message").await;
    let files: BTreeSet<_> = std::fs::read_dir(&mail.0)
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name())
        .collect();
    assert_eq!((i64::try_from(files.len()).expect("few"), messages > 24), (messages, true));
    assert_eq!(count("select count(*) from message where sent_at is null").await, 0);
    let one_a_day =
        "select count(*) from (select from message group by address, day having count(*) > 1) twice";
    assert_eq!(count(one_a_day).await, 0);
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_months_of_rest_everything_is_made_up_once_in_order_and_told_to_be_late() {
    let (database, mail) = (TestDatabase::empty().await, Folder::new());
    demo(&database, "3");
    run_due(&database, &mail, "2026-04-20T09:00:00+08:00");
    let owner = superuser(&database).await;
    let closings = owner
        .query("select period, due_at::text from job_run where kind = 'close' order by finished_at", &[])
        .await
        .expect("the closings");
    let periods: Vec<String> = closings.iter().map(|row| row.get(0)).collect();
    assert_eq!(periods, ["2026-01", "2026-02", "2026-03"]);
    let reminded: i64 = owner
        .query_one("select count(*) from job_run where kind = 'remind'", &[])
        .await
        .expect("a count")
        .get(0);
    assert_eq!(reminded, 1, "one digest, as it stands now");
    let late: i64 = owner
        .query_one(
            "select count(*) from audit_event where act = 'close' and actor = 'schedule'
             and detail::jsonb ->> 'due_at' is not null and detail::jsonb ? 'closed'",
            &[],
        )
        .await
        .expect("a count")
        .get(0);
    assert_eq!(late, 3, "the log says of each that it was late");
    succeed(&database, &["verify", "--county", COUNTY]);
}
