//! A month is closed, once, in order, and only what is ready.

use authz::Role;
use domain::place::Place;
use serde_json::json;
use testkit::COUNTY;

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Serving, call, results, run, scored, succeed, superuser};

const CLOSING: &str = "2026-02-04T00:30:00+08:00";

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_month_is_exported_with_every_household_and_verifies() {
    let (database, county) = scored(300, "2026-01", 1).await;
    succeed(&database, &["close", "--county", COUNTY, "--month", "2026-01", "--now", CLOSING]);
    let csv = results(&database, "2026-01");
    let header = "month,version,village_code,group_code,household_code,status,score,rank_in_group,rank_in_village,\
                  year_total,qualifies,tier";
    assert_eq!(csv.lines().next(), Some(header));
    let households: usize = demo::villages(&county.plan)
        .map(|village| {
            let households = demo::households(&county.plan, &village);
            households.iter().filter(|one| one.participation.covers(county.plan.first_month)).count()
        })
        .sum();
    assert_eq!(csv.lines().count(), households + 1);
    let mut sorted: Vec<_> = csv.lines().skip(1).collect();
    sorted.sort_unstable();
    assert_eq!(sorted, csv.lines().skip(1).collect::<Vec<_>>());
    let said = succeed(&database, &["verify", "--county", COUNTY]);
    assert!(said.contains("0 处不符"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_again_is_success_without_a_new_version() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", CLOSING, "--json"];
    let first: serde_json::Value = serde_json::from_str(&succeed(&database, &close)).expect("JSON");
    let before = results(&database, "2026-01");
    let again: serde_json::Value = serde_json::from_str(&succeed(&database, &close)).expect("JSON");
    assert_eq!((&first["closed"], &again["closed"], &again["already"]), (&2.into(), &0.into(), &2.into()));
    assert_eq!(results(&database, "2026-01"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_closings_at_once_give_one_result() {
    let (mut database, _) = scored(600, "2026-01", 1).await;
    let copy = database.copied().await;
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", CLOSING];
    succeed(&copy, &close);
    let both = [0, 1].map(|_| crate::support::jifen(&database, &close).spawn().expect("the program"));
    for process in both {
        let said = crate::support::said(process.wait_with_output().expect("its end"));
        assert_eq!(said.code, Some(0), "{}", said.err);
    }
    assert_eq!(results(&database, "2026-01"), results(&copy, "2026-01"));
    assert!(results(&database, "2026-01").lines().skip(1).all(|line| line.starts_with("2026-01,1,")));
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_closes_only_after_the_one_before_it_and_after_its_end() {
    let (database, _) = scored(60, "2026-01", 2).await;
    let early = run(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-02", "--now", "2026-02-28T23:59:59+08:00"],
    );
    assert_eq!(
        (early.code, early.err.contains("2026-02 还没有结束，最早 2026-03-01")),
        (Some(1), true),
        "{}",
        early.err
    );
    let skipped = run(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-02", "--now", "2026-03-04T00:30:00+08:00"],
    );
    assert_eq!(
        (skipped.code, skipped.err.contains("2026-01 尚未结账，请按月份先后结账")),
        (Some(1), true),
        "{}",
        skipped.err
    );
    for (month, now) in [("2026-01", CLOSING), ("2026-02", "2026-03-04T00:30:00+08:00")] {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", now]);
    }
    let february = results(&database, "2026-02");
    let total = |line: &str| line.split(',').nth(9).map(str::to_owned);
    assert!(february.lines().skip(1).filter_map(total).any(|total| total.len() == 5), "totals of two months");
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_village_is_named_and_does_not_stop_the_others() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let (owner, connection) =
        tokio_postgres::connect(&database.url(local_postgres::Role::Superuser), tokio_postgres::NoTls)
            .await
            .expect("owner");
    tokio::spawn(connection);
    owner.execute("delete from signature where place = $1", &[&village.digits()]).await.expect("unsigned");
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", CLOSING];
    let said = run(&database, &close);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains(&format!("村 {village}：评分组“")) && said.err.contains("未签字"),
        "{}",
        said.err
    );
    assert!(said.out.contains("1 个村"), "{}", said.out);

    let too_early = [&close[..], &["--without-unsigned", "组长生病"]].concat();
    assert_eq!(run(&database, &too_early).code, Some(1), "the county waits until the 6th");
    let without = [
        "close",
        "--county",
        COUNTY,
        "--month",
        "2026-01",
        "--now",
        "2026-02-06T08:00:00+08:00",
        "--without-unsigned",
        "组长生病",
    ];
    succeed(&database, &without);
    let csv = results(&database, "2026-01");
    let of_village = csv.lines().filter(|line| line.contains(&village.code()));
    assert!(
        of_village.clone().count() > 0 && of_village.clone().all(|line| line.contains(",unscored,")),
        "{csv}"
    );
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_that_closes_one_village_without_a_panel_waits_for_its_own_day() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let town = village.parent().expect("a town");
    let owner = superuser(&database).await;
    owner.execute("delete from signature where place = $1", &[&village.digits()]).await.expect("unsigned");
    let mut connection = database.database.connection().await.expect("a connection");
    let officials: [(&str, Role, Place); 2] =
        [("town", Role::TownAdministrator, town), ("village", Role::VillageAdministrator, village)];
    for (login, role, place) in officials {
        let number = account(&mut connection, login, place).await;
        grant(&mut connection, number, role, place).await;
    }
    drop(connection);
    let close = |login: &str, now: &str| {
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
        let who = log_in(&serving.pages, login);
        let body = json!({ "month": "2026-01", "place": village.code(), "without_unsigned": "组长生病" });
        let answer = call(&serving.pages, "POST", "/api/v1/closings", &who, &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let count = |field: &str| answer.json()[field].as_array().map(Vec::len);
        (count("closed"), count("blocked"))
    };
    let fourth = "2026-02-04T09:00:00+08:00";
    assert_eq!(close("town", fourth), (Some(0), Some(1)), "from the 6th only, whatever the page");
    assert_eq!(close("village", fourth), (Some(1), Some(0)), "the village may from the 4th");
    succeed(&database, &["verify", "--county", COUNTY]);
}
