//! Posting on the wall is recorded with place, person and version; late is late.

use std::collections::BTreeMap;

use authz::{Read, Role};
use domain::month::Month;
use domain::place::Place;
use domain::publication::BoardState;
use records::progress::{VillageCounts, counts_of, trend};
use records::tenancy;
use serde_json::json;
use testkit::{COUNTY, TestDatabase, guard, moment, operator};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{
    Folder, Serving, call, jifen, path, results, run, said, scored, send, succeed, superuser,
};

const MONTH: &str = "2026-01";

/// The first village's January, published on the 7th and posted on the 8th of February, corrected and published again
/// at a time. Returns the village.
async fn posted_and_corrected(again: &str) -> (TestDatabase, Place) {
    let (database, county) = scored(60, MONTH, 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let folder = Folder::new();
    let month = ["--county", COUNTY, "--month", MONTH, "--now"];
    succeed(&database, &[&["close"], &month[..], &["2026-02-04T00:30:00+08:00"]].concat());
    succeed(&database, &[&["publish"], &month[..], &["2026-02-07T09:00:00+08:00"]].concat());
    let posting = format!(
        "month,village_code,posted_on,board,posted_by\n{MONTH},{},2026-02-08,村委会公告栏,赖文\n",
        village.code()
    );
    let file = folder.file("postings.csv", posting);
    let import =
        ["import", "postings", path(&file), "--county", COUNTY, "--now", "2026-02-08T12:00:00+08:00"];
    assert!(succeed(&database, &import).contains("新增 1"));
    let results = results(&database, MONTH);
    let line = results.lines().find(|line| line.contains(&village.code()) && line.contains(",scored,"));
    let household = line.and_then(|line| line.split(',').nth(4)).expect("a scored household");
    let header = "month,household_code,status,findings,reason,decided_by,decided_on";
    let row = format!("{header}\n{MONTH},{household},scored,H1a*2;W1a,现场复核,王主任,2026-02-08\n");
    let file = folder.file("corrections.csv", row);
    let import = ["import", "corrections", path(&file), "--county", COUNTY, "--now", again];
    assert!(succeed(&database, &import).contains("更改 1"));
    succeed(&database, &[&["publish"], &month[..], &[again]].concat());
    (database, village)
}

/// Where the village's January stands, and how many villages were in time by the trend.
async fn standing(database: &TestDatabase, village: &Place, now: &str) -> (VillageCounts, u32) {
    let allowed = guard().await.allow(&operator(), Read, *village).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let (month, now) = (Month::parse(MONTH).expect("a month"), moment(now).local());
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        let counts = counts_of(connection, village, month, &BTreeMap::new(), now).await?;
        Ok((counts, trend(connection, village, month).await?))
    });
    let (mut counts, trend) = found.await.expect("read");
    (counts.pop().expect("the village"), trend.last().expect("January").in_time)
}

/// The page of the village's publication, seen by its clerk who then says that the sheet hangs.
async fn post_on_page(database: &TestDatabase, village: &Place, on: &str, now: &str) -> (String, String) {
    let mut connection = database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "clerk", *village).await;
    grant(&mut connection, number, Role::VillageAdministrator, *village).await;
    drop(connection);
    let serving = Serving::start_at(database, "127.0.0.1:0", Some(now), UNLIMITED);
    let cookie = log_in(&serving.pages, "clerk");
    let address = format!("/publication/{}/{MONTH}", village.code());
    let before = send(&serving.pages, "GET", &address, &[&cookie], "").body;
    let (_, token) = before.split_once("name=\"form_token\" value=\"").expect("a form");
    let token = token.split('"').next().expect("a value");
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let body = format!("form_token={token}&version=2&posted_on={on}&board=村委会公告栏&by=赖文");
    let answer = send(&serving.pages, "POST", &format!("{address}/posting"), &[kind, &cookie], &body);
    assert_eq!(answer.status, 303, "{}", answer.body);
    (before, send(&serving.pages, "GET", &address, &[&cookie], "").body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_version_waits_for_its_sheet_and_the_month_stays_in_time() {
    let (database, village) = posted_and_corrected("2026-02-24T09:00:00+08:00").await;
    let (counts, by_trend) = standing(&database, &village, "2026-02-24 10:00").await;
    assert!(counts.in_time && by_trend == 1, "the first sheet was in time");
    assert_eq!((counts.board_state(), counts.late.len()), (BoardState::Outdated, 0));
    let (counts, _) = standing(&database, &village, "2026-02-26 10:00").await;
    assert_eq!(counts.late.iter().map(|late| late.sentence()).collect::<Vec<_>>(), ["张贴已迟 2 天"]);

    let (before, after) = post_on_page(&database, &village, "2026-02-25", "2026-02-25T10:00:00+08:00").await;
    assert!(before.contains("张贴的是第1版") && before.contains("name=\"version\" value=\"2\""), "{before}");
    assert!(after.contains("已张贴，按时") && after.contains("2月25日，第2版，村委会公告栏"), "{after}");
    let (counts, by_trend) = standing(&database, &village, "2026-02-26 10:00").await;
    assert_eq!((counts.board_state(), counts.in_time, by_trend), (BoardState::Current, true, 1));
    assert!(counts.late.is_empty(), "{:?}", counts.late);
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_name_a_correction_of_an_older_month_until_its_sheet_hangs() {
    let (database, village) = posted_and_corrected("2026-03-24T09:00:00+08:00").await;
    let (folder, mail) = (Folder::new(), Folder::new());
    let contacts = format!(
        "division_code,name,duty,email,webhook,reminded\n{},赖文,村文书,lai@jifen.example,,\n\
         {COUNTY},罗明,县经办,luo@jifen.example,,\n",
        village.code()
    );
    let file = folder.file("contacts.csv", contacts);
    succeed(&database, &["import", "contacts", path(&file), "--county", COUNTY]);
    let owner = superuser(&database).await;
    let told = async |day: &str| {
        let mut due = jifen(&database, &["run-due", "--now", &format!("{day}T08:00:00+08:00")]);
        let ran = said(due.env("JIFEN_MAIL__FOLDER", path(&mail.0)).output().expect("the program"));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let query =
            "select m.name, i ->> 'missing' from message m, json_array_elements(m.content::json -> 'items') i
            where m.day = $1::text::date and i ->> 'month' = '2026年1月' order by m.address";
        let rows = owner.query(query, &[&day]).await.expect("the digests");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(String, String)>>()
    };
    let posting = "2026年3月24日公示了更正后的版本，公示栏上还是旧版，请换上新版并登记张贴";
    let late = "更正后的版本已公示，公示栏上还是旧版，已迟 17 天";
    let expected = [("赖文", posting), ("罗明", late)].map(|(who, what)| (who.to_owned(), what.to_owned()));
    assert_eq!(told("2026-04-10").await, expected, "villages that corrected nothing are not asked");

    let row = format!("{MONTH},{},2026-04-10,村委会公告栏,赖文\n", village.code());
    let file = folder.file("hangs.csv", format!("month,village_code,posted_on,board,posted_by\n{row}"));
    let now = "2026-04-10T12:00:00+08:00";
    succeed(&database, &["import", "postings", path(&file), "--county", COUNTY, "--now", now]);
    assert!(told("2026-04-11").await.is_empty(), "the sheet hangs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_version_posted_on_the_same_day_by_the_same_person_is_recorded() {
    let (database, village) = posted_and_corrected("2026-02-08T15:00:00+08:00").await;
    let folder = Folder::new();
    let row = format!("{MONTH},{},2026-02-08,村委会公告栏,赖文\n", village.code());
    let file = folder.file("again.csv", format!("month,village_code,posted_on,board,posted_by\n{row}"));
    let now = "2026-02-08T16:00:00+08:00";
    let again = ["import", "postings", path(&file), "--county", COUNTY, "--now", now];
    assert!(succeed(&database, &again).contains("不变 1"), "the same row again is not about what came since");
    let (before, after) = post_on_page(&database, &village, "2026-02-08", "2026-02-08T18:00:00+08:00").await;
    assert!(before.contains("张贴的是第1版"), "{before}");
    assert!(after.contains("已张贴，按时") && after.contains("第2版，村委会公告栏"), "{after}");
    let (counts, _) = standing(&database, &village, "2026-02-08 19:00").await;
    assert_eq!(counts.board.map(|board| board.version), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_may_name_its_version_and_one_that_could_not_hang_is_refused() {
    let (database, village) = posted_and_corrected("2026-02-24T09:00:00+08:00").await;
    let (folder, code) = (Folder::new(), village.code());
    let now = "2026-02-25T18:00:00+08:00";
    let import = |rows: &[(&str, &str)]| {
        let mut text = "month,village_code,posted_on,board,posted_by,version\n".to_owned();
        for (on, version) in rows {
            text.push_str(&format!("{MONTH},{code},{on},村委会公告栏,赖文,{version}\n"));
        }
        let file = folder.file("versions.csv", text);
        run(&database, &["import", "postings", path(&file), "--county", COUNTY, "--now", now])
    };
    for (rows, field, why) in [
        (&[("2026-02-25", "3")][..], "第 2 行 version", "第3版还没有公示"),
        (&[("2026-02-20", "2")][..], "第 2 行 posted_on", "2026-02-24 才公示"),
        (&[("2026-02-25", "2"), ("2026-02-25", "")][..], "第 3 行 version", "请只留一行"),
    ] {
        let refused = import(rows);
        assert_eq!(refused.code, Some(1), "{}", refused.out);
        assert!(refused.err.contains(field) && refused.err.contains(why), "{}", refused.err);
    }
    let both = import(&[("2026-02-25", "2"), ("2026-02-09", "1")]);
    assert!(both.out.contains("新增 1") && both.out.contains("更改 1"), "{}{}", both.out, both.err);
    let (counts, _) = standing(&database, &village, "2026-02-25 19:00").await;
    let board = counts.board.map(|board| (board.version, board.first_on.to_string()));
    assert_eq!(board, Some((2, "2026-02-09".to_owned())), "both versions have their day");
    assert!(import(&[("2026-02-25", "")]).out.contains("不变 1"), "without a version it is the newest");
    let late = import(&[("2026-02-12", "1")]);
    assert!(late.out.contains("更改 1") && late.err.contains("按逾期张贴登记"), "{}{}", late.out, late.err);
    let next = import(&[("2026-02-24", "2")]);
    assert!(next.out.contains("更改 1") && !next.err.contains("逾期"), "{}{}", next.out, next.err);

    let mut connection = database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "clerk", village).await;
    grant(&mut connection, number, Role::VillageAdministrator, village).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
    let cookie = log_in(&serving.pages, "clerk");
    let post = |version: i16| {
        let row = json!({ "month": MONTH, "village_code": code, "posted_on": "2026-02-10",
            "board": "村委会公告栏", "posted_by": "赖文", "version": version });
        call(&serving.pages, "POST", "/api/v1/postings", &cookie, &json!({ "rows": [row] }))
    };
    assert_eq!(post(3).json()["errors"][0]["field"], "version");
    let first = post(1);
    assert_eq!(first.status, 200, "{}", first.body);
    let (counts, _) = standing(&database, &village, "2026-02-25 19:00").await;
    assert_eq!(counts.board.map(|board| board.first_on.to_string()).as_deref(), Some("2026-02-10"));
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_is_recorded_once_late_ones_are_told_and_impossible_ones_refused() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place.code();
    let folder = Folder::new();
    let import = |on: &str, now: &str| {
        let header = "month,village_code,posted_on,board,posted_by";
        let file =
            folder.file("postings.csv", format!("{header}\n2026-01,{village},{on},村委会公告栏,赖文\n"));
        run(&database, &["import", "postings", path(&file), "--county", COUNTY, "--now", now])
    };
    let unpublished = import("2026-02-08", "2026-02-08T18:00:00+08:00");
    assert!(unpublished.code == Some(1) && unpublished.err.contains("还没有公示"), "{}", unpublished.err);
    let month = ["--county", COUNTY, "--month", "2026-01", "--now"];
    succeed(&database, &[&["close"], &month[..], &["2026-02-04T00:30:00+08:00"]].concat());
    succeed(&database, &[&["publish"], &month[..], &["2026-02-07T09:00:00+08:00"]].concat());

    let before = import("2026-02-06", "2026-02-08T18:00:00+08:00");
    assert!(before.code == Some(1) && before.err.contains("第 2 行 posted_on"), "{}", before.err);
    let future = import("2026-02-09", "2026-02-08T18:00:00+08:00");
    assert!(future.code == Some(1) && future.err.contains("在今天之后"), "{}", future.err);
    let in_time = import("2026-02-08", "2026-02-08T18:00:00+08:00");
    assert!(
        in_time.code == Some(0) && in_time.out.contains("新增 1") && in_time.err.is_empty(),
        "{}",
        in_time.err
    );
    assert!(import("2026-02-08", "2026-02-08T19:00:00+08:00").out.contains("不变 1"));
    let late = import("2026-02-11", "2026-02-11T18:00:00+08:00");
    assert!(late.out.contains("更改 1") && late.err.contains("按逾期张贴登记"), "{}{}", late.out, late.err);
    succeed(&database, &["verify", "--county", COUNTY]);
}
