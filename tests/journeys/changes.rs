//! Rules, panels and the register change while months go on.

use authz::Role;
use demo::Plan;
use serde_json::Value;
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Folder, Said, Serving, call, jifen, path, results, run, said, scored, succeed};

const CLOSING: [&str; 7] =
    ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];

/// Puts settings in force for a place from a month on.
fn adopt(database: &TestDatabase, settings: &str, place: &str, from: &str, now: &str) -> Said {
    let folder = Folder::new();
    let file = folder.file("rulebook.toml", settings);
    let arguments = [
        &["import", "rulebook", path(&file), "--county", COUNTY, "--division", place][..],
        &["--from", from, "--now", now],
    ];
    run(database, &arguments.concat())
}

fn town_of(plan: &Plan) -> String {
    demo::villages(plan).next().expect("a village").place.parent().expect("its town").code()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_county_must_fit_those_of_the_towns() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let (town, now) = (town_of(&county.plan), "2026-01-10T09:00:00+08:00");
    let towns = adopt(&database, "[closing]\nday = 5\n", &town, "2026-03", now);
    assert_eq!(towns.code, Some(0), "{}", towns.err);
    let clash = "[scoring]\nuntil_day = 6\n[closing]\nday = 7\n";
    let refused = adopt(&database, clash, COUNTY, "2026-02", now);
    assert_eq!(refused.code, Some(1), "{}", refused.out);
    assert!(refused.err.contains("closing.day") && refused.err.contains("自己在 2026-03"), "{}", refused.err);
    let fits = adopt(&database, "[scoring]\nuntil_day = 4\n[closing]\nday = 7\n", COUNTY, "2026-02", now);
    assert_eq!(fits.code, Some(0), "{}", fits.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_begins_before_its_month_and_never_in_a_scored_one() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let rule = "[objections]\ndays = 9\n";
    let scored_month = adopt(&database, rule, COUNTY, "2026-01", "2026-01-30T09:00:00+08:00");
    assert!(
        scored_month.err.contains("规则设置不能从 2026-01 起更换；请从 2026-02 起"),
        "{}",
        scored_month.err
    );
    succeed(&database, &CLOSING);
    let begun = adopt(&database, rule, &town_of(&county.plan), "2026-02", "2026-02-05T09:00:00+08:00");
    assert!(
        begun.code == Some(1) && begun.err.contains("2026-02 已经开始；请从 2026-03 起"),
        "{}",
        begun.err
    );
    let in_time = adopt(&database, rule, &town_of(&county.plan), "2026-03", "2026-02-05T09:00:00+08:00");
    assert_eq!(in_time.code, Some(0), "{}", in_time.err);
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_does_not_name_stays_for_a_county_and_is_inherited_below() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let now = "2026-01-10T09:00:00+08:00";
    let town = town_of(&county.plan);
    for (settings, place) in
        [("[objections]\ndays = 9\n", COUNTY), ("[redemption]\nties = \"chain\"\n", &town)]
    {
        assert_eq!(adopt(&database, settings, place, "2026-02", now).code, Some(0));
    }
    let again = adopt(&database, "[closing]\nday = 5\n", COUNTY, "2026-03", now);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    let stored = latest_settings(&database, &county.plan.county).await;
    assert!(stored.contains("objections.days=9\n") && stored.contains("closing.day=5\n"), "{stored}");
    assert_eq!(stored.lines().count(), domain::rulebook::KEYS.len(), "a county's settings are complete");

    let of_town = adopt(&database, "[objections]\ndays = 8\n", &town, "2026-03", now);
    assert!(of_town.err.contains("redemption.ties") && of_town.err.contains("沿用上级"), "{}", of_town.err);
}

async fn latest_settings(database: &TestDatabase, place: &domain::place::Place) -> String {
    let url = database.url(local_postgres::Role::Superuser);
    let (client, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    let query = "select settings from rulebook where place = $1 order by id desc limit 1";
    client.query_one(query, &[&place.digits()]).await.expect("settings").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_replaced_under_a_newer_panel_can_be_signed() {
    let (database, county) = scored(60, "2026-01", 1).await;
    succeed(&database, &CLOSING);
    let village = demo::villages(&county.plan).next().expect("a village");
    let panel = demo::panels(&county.plan, &village).remove(0);
    let household = demo::households(&county.plan, &village)
        .into_iter()
        .find(|one| {
            panel.groups.contains(&one.group) && one.participation.covers(county.plan.first_month.next())
        })
        .expect("one taking part");
    let folder = Folder::new();
    let import = |kind: &str, content: String, more: &[&str]| {
        let file = folder.file("rows.csv", content);
        let base = ["import", kind, path(&file), "--county", COUNTY, "--now", "2026-02-27T09:00:00+08:00"];
        succeed(&database, &[&base[..], more].concat());
    };
    let card = |findings: &str| {
        let header = "month,household_code,panel,scored_on,status,findings";
        format!("{header}\n2026-02,{},{},2026-02-26,,{findings}\n", household.household, panel.panel)
    };
    import("scorecards", card("H1a"), &[]);
    let header = "village_code,panel,member,capacity,is_leader,groups";
    let member = format!("{header}\n{},{},新评委,representative,false,\n", village.place, panel.panel);
    import("panels", member, &[]);
    import("scorecards", card("H1a*2"), &[]);
    import("scorecards", card("H1a*2"), &["--signed"]);
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_that_left_joins_again_and_its_closed_months_stay() {
    let (database, county) = scored(60, "2026-01", 1).await;
    succeed(&database, &CLOSING);
    let before = results(&database, "2026-01");
    let village = demo::villages(&county.plan).next().expect("a village");
    let household = demo::households(&county.plan, &village)
        .into_iter()
        .find(|one| one.participation.covers(county.plan.first_month) && one.participation.left.is_none())
        .expect("one taking part");
    let folder = Folder::new();
    let register = |joined: &str, left: &str, now: &str| {
        let header = "group_code,number,head_name,members_registered,members_resident,resident,local,joined_month,left_month";
        let number = &household.household.digits()[15..];
        let row = format!("{},{number},{},3,3,是,是,{joined},{left}", household.group, household.head_name);
        let file = folder.file("households.csv", format!("{header}\n{row}\n"));
        run(&database, &["import", "households", path(&file), "--county", COUNTY, "--now", now])
    };
    let joined = household.participation.joined.expect("a month").to_string();
    let left = register(&joined, "2026-02", "2026-02-05T09:00:00+08:00");
    assert_eq!(left.code, Some(0), "{}", left.err);
    let closed = register("2025-12", "", "2026-02-06T09:00:00+08:00");
    assert!(closed.err.contains("该月已结账"), "{}", closed.err);
    let again = register("2026-04", "", "2026-02-07T09:00:00+08:00");
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(results(&database, "2026-01"), before);
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_is_enough_for_every_import() {
    let (database, _) = scored(60, "2026-01", 1).await;
    succeed(&database, &CLOSING);
    let household = results(&database, "2026-01")
        .lines()
        .find(|line| line.contains(",scored,"))
        .and_then(|line| line.split(',').nth(4).map(str::to_owned))
        .expect("a scored household");
    let folder = Folder::new();
    let rules = folder.file("rulebook.toml", "[objections]\ndays = 9\n");
    let header = "month,household_code,status,findings,reason,decided_by,decided_on,objection_no";
    let corrections = folder.file(
        "corrections.csv",
        format!("{header}\n2026-01,{household},scored,H1a*3,复核,王主任,2026-02-10,\n"),
    );
    let now = ["--county", COUNTY, "--now", "2026-02-10T09:00:00+08:00"];
    for arguments in [
        [&["import", "rulebook", path(&rules), "--from", "2026-03"][..], &now].concat(),
        [&["import", "corrections", path(&corrections)][..], &now].concat(),
    ] {
        let mut command = jifen(&database, &arguments);
        command.env("JIFEN_DATABASE__CONNECTIONS", "1");
        let said = said(command.output().expect("the program"));
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
    }
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_village_or_a_group_is_refused_and_not_passed_over() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let group = demo::villages(&county.plan).next().expect("a village").groups[0].place.code();
    let unknown = "440229100999";
    for command in ["close", "publish"] {
        for (division, message) in [(unknown, "没有登记"), (&group, "以村为单位")] {
            let said = run(
                &database,
                &[
                    command,
                    "--county",
                    COUNTY,
                    "--month",
                    "2026-01",
                    "--division",
                    division,
                    "--now",
                    "2026-02-04T00:30:00+08:00",
                ],
            );
            assert!(said.code == Some(1) && said.err.contains(message), "{command} {division}: {}", said.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_opens_the_month_that_can_be_entered_and_is_offered_both_where_two_can() {
    let database = TestDatabase::empty().await;
    let county = County::new(60, "2026-01", 1);
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    let member = account(&mut connection, "member", village).await;
    grant(&mut connection, member, Role::PanelMember, village).await;
    drop(connection);
    let before = "2025-12-20T09:00:00+08:00";
    let early = adopt(&database, "[scoring]\nopens_on_day = 1\n", COUNTY, "2026-01", before);
    assert_eq!(early.code, Some(0), "{}", early.err);
    for (now, opened, offered) in [
        ("2026-02-02T10:00:00+08:00", "2026-01", &["2026-01", "2026-02"][..]),
        ("2026-02-10T10:00:00+08:00", "2026-02", &["2026-02"][..]),
    ] {
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
        let who = log_in(&serving.pages, "member");
        let month = |name: &str| {
            let answer = call(&serving.pages, "GET", &format!("/phone/month/{name}"), &who, &Value::Null);
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()
        };
        let current = month("current");
        assert_eq!(current["month"], opened, "{now}");
        let open = current["open"].as_array().expect("months").iter();
        let open: Vec<&str> = open.filter_map(|one| one["month"].as_str()).collect();
        assert_eq!(open, offered, "{now}");
        let other = month("2026-02");
        assert_eq!((&other["month"], &other["open"]), (&Value::from("2026-02"), &current["open"]));
    }
}
