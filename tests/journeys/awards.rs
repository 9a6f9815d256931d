//! Year-end awards wait for final months, freeze their base, and follow a corrected month.

use authz::{Actor, DecideObjection, IssueTokens, Object, Role};
use domain::month::Month;
use domain::objections::Decision;
use domain::place::{Level, Place};
use records::Mode;
use records::forms::household_cards;
use records::objections::{Filed, NewDecision, NewObjection, decide_objection, file_objection};
use testkit::{COUNTY, County, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Folder, Said, Serving, path, results, run, scored, send, succeed};

#[tokio::test(flavor = "multi_thread")]
async fn awards_wait_until_december_is_final_and_then_fill_their_quota() {
    let (database, county) = scored(120, "2026-11", 2).await;
    for (month, closing, publishing) in [
        ("2026-11", "2026-12-04T00:30:00+08:00", "2026-12-08T09:00:00+08:00"),
        ("2026-12", "2027-01-04T00:30:00+08:00", "2027-01-08T09:00:00+08:00"),
    ] {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", closing]);
        succeed(&database, &["publish", "--county", COUNTY, "--month", month, "--now", publishing]);
    }
    let awards = |now: &str| awards(&database, now);
    let early = awards("2027-01-15T23:59:00+08:00");
    assert!(
        early.code == Some(1) && early.err.contains("2026-12 还在公示期，2027-01-16 起可以评比"),
        "{}",
        early.err
    );
    let group = demo::villages(&county.plan).next().expect("a village").groups[0].place;
    let folder = Folder::new();
    let facts = folder.file(
        "facts.csv",
        format!("group_code,year,resident_households,source,certified_by\n{group},2026,10,统计站,王主任\n"),
    );
    let certify = ["import", "group-facts", path(&facts), "--county", COUNTY];
    succeed(&database, &certify);
    let done = awards("2027-01-16T00:00:00+08:00");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(awards("2027-01-17T00:00:00+08:00").out.contains("此前已算 2 个村"));

    let file = folder.0.join("awards.csv");
    succeed(&database, &["export", "awards", "--county", COUNTY, "--year", "2026", "--out", path(&file)]);
    let csv = std::fs::read_to_string(&file).expect("the file");
    let header = "year,version,group_code,household_code,months_counted,year_total,rank_in_group,prize,quota,\
                  quota_first,quota_second,quota_third";
    assert_eq!(csv.lines().next(), Some(header));
    let of_group: Vec<Vec<&str>> = csv
        .lines()
        .filter(|line| line.contains(&group.code()))
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(&of_group[0][8..], ["3", "1", "1", "1"], "10 certified households × 30 % = 3, split 1/1/1");
    assert_eq!(of_group.iter().filter(|cells| !cells[7].is_empty()).count(), 3);
    succeed(&database, &["verify", "--county", COUNTY]);

    let frozen = folder.file(
        "facts2.csv",
        format!("group_code,year,resident_households,source,certified_by\n{group},2026,90,统计站,王主任\n"),
    );
    let said = run(&database, &["import", "group-facts", path(&frozen), "--county", COUNTY]);
    assert!(said.code == Some(1) && said.err.contains("常住户数已锁定"), "{}", said.err);
}

fn close_and_publish(database: &TestDatabase, month: &str, closing: &str, publishing: &str) {
    succeed(database, &["close", "--county", COUNTY, "--month", month, "--now", closing]);
    succeed(database, &["publish", "--county", COUNTY, "--month", month, "--now", publishing]);
}

fn awards(database: &TestDatabase, now: &str) -> Said {
    run(database, &["awards", "--county", COUNTY, "--year", "2026", "--now", now])
}

/// Somebody in front of the board objects to a household's November.
async fn object(database: &TestDatabase, household: Place, now: &str) -> Result<Filed, String> {
    let village = household.ancestor(Level::Village).expect("its village");
    let allowed = guard().await.allow(&Actor::Visitor, Object, village).expect("allowed");
    let new = NewObjection {
        month: Month::parse("2026-11").expect("a month"),
        about: String::new(),
        words: "那天我家在修路".to_owned(),
        phone: None,
        address: Some("192.0.2.7".to_owned()),
    };
    let mut connection = database.database.connection().await.expect("a connection");
    file_objection(&mut connection, &allowed, &household, &new, &registrar(), &moment(now))
        .await
        .map_err(|refusal| refusal.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_after_its_time_holds_the_awards_until_it_is_decided_and_none_is_taken_after_them() {
    let (database, _) = scored(60, "2026-11", 2).await;
    close_and_publish(&database, "2026-11", "2026-12-04T00:30:00+08:00", "2026-12-08T09:00:00+08:00");
    close_and_publish(&database, "2026-12", "2027-01-04T00:30:00+08:00", "2027-01-08T09:00:00+08:00");
    let november = results(&database, "2026-11");
    let household = november.lines().find(|line| line.contains(",scored,"));
    let household = household.and_then(|line| line.split(',').nth(4)).expect("a scored household");
    let household = Place::parse_code(household).expect("a code");

    let filed = object(&database, household, "2027-01-17 09:00").await.expect("taken");
    assert!(!filed.in_time, "its time ended in December");
    let held = awards(&database, "2027-01-18T09:00:00+08:00");
    assert_eq!(held.code, Some(1), "{}", held.out);
    assert!(held.err.contains("2026-11 有 1 件异议待处理，办结后可以评比"), "{}", held.err);

    let village = household.ancestor(Level::Village).expect("its village");
    let allowed = guard().await.allow(&operator(), DecideObjection, village).expect("allowed");
    let reason = "现场核实，评分无误".to_owned();
    let decision = NewDecision { outcome: Decision::Rejected, reason, correction: None, seen: None };
    let (salts, now) = (registrar().salts, moment("2027-01-19 09:00"));
    let mut connection = database.database.connection().await.expect("a connection");
    decide_objection(&mut connection, &allowed, filed.id, &decision, &salts, Mode::Apply, &now)
        .await
        .expect("decided");
    let issuing = guard().await.allow(&operator(), IssueTokens, village).expect("allowed");
    let group = household.ancestor(Level::Group).expect("its group");
    let cards =
        household_cards(&mut connection, &issuing, &group, &registrar().sealer, &now).await.expect("cards");
    drop(connection);
    let card =
        cards.iter().find(|card| november.contains(&card.household.code())).expect("one with a November");
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2027-01-19T10:00:00+08:00"), UNLIMITED);
    let forms = [format!("/p/{}/objection", village.code()), format!("/h/{}", card.token)];
    let page = |path: &str| send(&serving.pages, "GET", path, &[], "").body;
    for path in &forms {
        let open = page(path);
        assert!(open.contains("<option value=\"2026-11\">") && !open.contains("不再受理"), "{path}: {open}");
    }
    let done = awards(&database, "2027-01-20T09:00:00+08:00");
    assert_eq!(done.code, Some(0), "{}", done.err);
    for path in &forms {
        let over = page(path);
        assert!(over.contains("2026年的年终评比已算出，不再受理2026年各月的异议。"), "{path}: {over}");
        assert!(!over.contains("<option value=\"2026-") && !over.contains("提交异议"), "{path}: {over}");
    }
    let over = object(&database, household, "2027-01-21 09:00").await.expect_err("the year is over");
    assert!(over.contains("2026 年的年终评比已经算出"), "{over}");
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_month_of_the_year_can_be_objected_to_as_long_as_its_own_rules_say() {
    let database = TestDatabase::empty().await;
    let county = County::new(60, "2026-11", 2);
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    let folder = Folder::new();
    for (days, from, now) in
        [(30, "2026-11", "2026-11-02T09:00:00+08:00"), (7, "2026-12", "2026-11-20T09:00:00+08:00")]
    {
        let file = folder.file("rulebook.toml", format!("[objections]\ndays = {days}\n"));
        let adopt = ["import", "rulebook", path(&file), "--county", COUNTY, "--from", from, "--now", now];
        succeed(&database, &adopt);
    }
    for month in county.plan.span() {
        county.score(&mut connection, month).await;
    }
    drop(connection);
    close_and_publish(&database, "2026-11", "2026-12-04T00:30:00+08:00", "2027-01-05T09:00:00+08:00");
    close_and_publish(&database, "2026-12", "2027-01-05T09:30:00+08:00", "2027-01-08T09:00:00+08:00");
    let early = awards(&database, "2027-01-20T09:00:00+08:00");
    assert_eq!(early.code, Some(1), "{}", early.out);
    assert!(early.err.contains("2026-11 还在公示期，2027-02-05 起可以评比"), "{}", early.err);
    let mut connection = database.database.connection().await.expect("a connection");
    let place = Place::parse_code(COUNTY).expect("a code");
    let number = account(&mut connection, "bureau", place).await;
    grant(&mut connection, number, Role::CountyAdministrator, place).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2027-01-20T09:00:00+08:00"), UNLIMITED);
    let cookie = log_in(&serving.pages, "bureau");
    let page = send(&serving.pages, "GET", &format!("/awards/{COUNTY}/2026-12"), &[&cookie], "").body;
    assert!(page.contains("公示期未满，2027年2月5日起可以评比"), "{page}");
    let done = awards(&database, "2027-02-05T00:00:00+08:00");
    assert_eq!(done.code, Some(0), "{}", done.err);
}
