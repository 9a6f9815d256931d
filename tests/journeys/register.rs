//! The register under several hands: nobody writes over what somebody else has written meanwhile.

use authz::{RegisterHouseholds, Role};
use domain::households::Participation;
use domain::input::Household;
use domain::month::Month;
use domain::place::Place;
use domain::publication::Masked;
use records::Mode;
use records::households::{Merger, RegisterEntry, merge_households, register_entry, register_household};
use records::tenancy;
use serde_json::Value;
use testkit::{COUNTY, County, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Folder, Serving, call, path, scored, send, succeed};

const VILLAGE: &str = "440229100201";
const GROUP: &str = "440229100201001";

/// A number that no invented household has.
const FREE: &str = "4402291002010019001";

fn place(code: &str) -> Place {
    Place::parse_code(code).expect("a code")
}

/// A county in January, without cards.
struct World {
    database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        let mut connection = database.database.connection().await.expect("a connection");
        County::new(60, "2026-01", 1).register(&mut connection).await;
        drop(connection);
        Self { database }
    }

    /// Registers or changes the free number under a head, as whoever saw a revision of it does.
    async fn write(&self, head: &str, builds_on: i32) -> Result<(), String> {
        let row = Household {
            household: place(FREE),
            group: place(GROUP),
            head_name: head.to_owned(),
            phone: None,
            members_registered: 3,
            members_resident: 2,
            resident: true,
            local: true,
            address: None,
            participation: Participation::default(),
        };
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
        let (registrar, now) = (registrar(), moment("2026-01-20 10:00"));
        let done = register_household(&mut connection, &allowed, row, builds_on, &registrar, &now).await;
        done.map(drop).map_err(|refusal| refusal.to_string())
    }

    async fn entry(&self) -> RegisterEntry {
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
        let household = place(FREE);
        let entry = tenancy::read(&mut connection, &allowed, async |connection| {
            register_entry(connection, &household).await
        });
        entry.await.expect("the register").expect("the household")
    }
}

/// Of two who write at the same time one is told so, and what the other wrote stands. Returns the head that stands.
fn one_of(first: Result<(), String>, second: Result<(), String>) -> &'static str {
    let (refusal, stands) = match (first, second) {
        (Ok(()), Err(refusal)) => (refusal, "甲"),
        (Err(refusal), Ok(())) => (refusal, "乙"),
        both => panic!("one of them is refused: {both:?}"),
    };
    assert_eq!(refusal, "内容已被别人改动，请重新读取后再改");
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clerks_who_give_out_one_number_at_once_the_second_does_not_change_the_firsts_household() {
    let world = World::new().await;
    let (first, second) = tokio::join!(world.write("甲", 0), world.write("乙", 0));
    let stands = one_of(first, second);
    let entry = world.entry().await;
    assert_eq!((entry.revision, entry.head_name.as_deref()), (1, Some(stands)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clerks_who_change_one_household_at_once_the_second_is_told() {
    let world = World::new().await;
    world.write("原户主", 0).await.expect("registered");
    let (first, second) = tokio::join!(world.write("甲", 1), world.write("乙", 1));
    let stands = one_of(first, second);
    let entry = world.entry().await;
    assert_eq!((entry.revision, entry.head_name.as_deref()), (2, Some(stands)));
    world.write("丙", 2).await.expect("whoever has read it again writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_refuses_a_number_that_is_taken_and_keeps_what_was_typed() {
    let world = World::new().await;
    let mut connection = world.database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "clerk", place(VILLAGE)).await;
    grant(&mut connection, number, Role::VillageAdministrator, place(VILLAGE)).await;
    drop(connection);
    let now = Some("2026-01-20T10:00:00+08:00");
    let serving = Serving::start_at(&world.database, "127.0.0.1:0", now, UNLIMITED);
    let clerk = log_in(&serving.pages, "clerk");
    let list = format!("/households/{VILLAGE}/2026-01");
    let page = send(&serving.pages, "GET", &format!("{list}/new"), &[&clerk], "").body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("the token").to_owned();
    let register = |head: &str| {
        let body = format!(
            "form_token={token}&group={GROUP}&number=9001&head_name={head}&members_registered=3&\
             members_resident=2&resident=1&local=1"
        );
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&serving.pages, "POST", &format!("{list}/registrations"), &[kind, &clerk], &body)
    };
    assert_eq!(register("Lai").status, 303);
    let taken = register("Luo");
    assert_eq!(taken.status, 422, "{}", taken.body);
    assert!(
        taken.body.contains("本组已有这个户号") && taken.body.contains("value=\"Luo\""),
        "{}",
        taken.body
    );
    let entry = world.entry().await;
    assert_eq!((entry.revision, entry.head_name.as_deref()), (1, Some("Lai")));
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// A county of which January is closed and published, with two households of its first village that take part.
async fn january() -> (TestDatabase, [Household; 2], String) {
    let (database, county) = scored(60, "2026-01", 1).await;
    for (act, now) in [("close", "2026-02-04T00:30:00+08:00"), ("publish", "2026-02-05T09:00:00+08:00")] {
        succeed(&database, &[act, "--county", COUNTY, "--month", "2026-01", "--now", now]);
    }
    let village = demo::villages(&county.plan).next().expect("a village");
    let takes_part = |one: &Household| {
        one.participation.covers(county.plan.first_month) && one.participation.left.is_none()
    };
    let all = demo::households(&county.plan, &village);
    let mut two = all.into_iter().filter(takes_part);
    let two = [two.next().expect("one"), two.next().expect("another")];
    let panel = demo::panels(&county.plan, &village).remove(0).panel;
    (database, two, panel)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_with_a_card_of_the_month_is_merged_from_the_next_month_on() {
    let (database, [leaving, staying], panel) = january().await;
    let folder = Folder::new();
    let header = "month,household_code,panel,scored_on,status,findings";
    let card = format!("{header}\n2026-02,{},{panel},2026-02-26,,H1a\n", leaving.household);
    let file = folder.file("cards.csv", card);
    let now = "2026-02-27T09:00:00+08:00";
    succeed(&database, &["import", "scorecards", path(&file), "--county", COUNTY, "--now", now]);
    let merge = async |leaving: Place, staying: Place, from: &str| {
        let merger = Merger {
            leaving,
            staying,
            members: (6, 5),
            from: Month::parse(from).expect("a month"),
            reason: "合灶".to_owned(),
            builds_on: None,
        };
        let mut connection = database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
        let (registrar, now) = (registrar(), moment("2026-02-28 10:00"));
        let mode = Mode::Apply;
        let merged = merge_households(&mut connection, &allowed, &merger, &registrar, mode, &now).await;
        merged.map(drop).map_err(|refusal| refusal.to_string())
    };
    let dropped = merge(leaving.household, staying.household, "2026-02").await;
    let dropped = dropped.expect_err("its card would count for nobody");
    assert!(dropped.contains("2026-02 已有积分卡") && dropped.contains("请从 2026-03 起"), "{dropped}");
    merge(leaving.household, staying.household, "2026-03").await.expect("merged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_is_not_erased_while_an_objection_against_its_score_is_open() {
    let (database, [household, _], _) = january().await;
    let folder = Folder::new();
    let number = household.household.digits()[15..].to_owned();
    let joined = household.participation.joined.expect("it takes part");
    let header = "group_code,number,head_name,members_registered,members_resident,resident,local,joined_month,left_month";
    let row = format!("{},{number},{},3,3,是,是,{joined},2026-02", household.group, household.head_name);
    let file = folder.file("households.csv", format!("{header}\n{row}\n"));
    let now = "2026-02-06T08:00:00+08:00";
    succeed(&database, &["import", "households", path(&file), "--county", COUNTY, "--now", now]);
    let mut connection = database.database.connection().await.expect("a connection");
    for (login, role, at) in [
        ("clerk", Role::VillageAdministrator, VILLAGE),
        ("secretary", Role::VillageAdministrator, VILLAGE),
        ("county", Role::CountyAdministrator, COUNTY),
    ] {
        let number = account(&mut connection, login, place(at)).await;
        grant(&mut connection, number, role, place(at)).await;
    }
    drop(connection);
    let photos = Folder::new();
    let environment = [UNLIMITED, &[("JIFEN_PHOTOS__FOLDER", path(&photos.0))]].concat();
    let now = Some("2026-02-06T10:00:00+08:00");
    let serving = Serving::start_at(&database, "127.0.0.1:0", now, &environment);
    let [clerk, secretary, county] =
        ["clerk", "secretary", "county"].map(|login| log_in(&serving.pages, login));
    let get = |who: &str, path: &str| send(&serving.pages, "GET", path, &[who], "").body;
    let post = |who: &str, path: &str, fields: &str| {
        let page = get(who, path);
        let (token, seen) = (value(&page, "form_token"), value(&page, "seen"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let body = format!("form_token={token}&seen={seen}&{fields}");
        send(&serving.pages, "POST", path, &[kind, who], &body)
    };
    let list = format!("/objections/{VILLAGE}/2026-01");
    let filed = post(&clerk, &list, &format!("group={}&number={number}&words=x", household.group.code()));
    assert_eq!(filed.status, 303, "{}", filed.body);
    let address = format!("/api/v1/households/{}/erasure", household.household.code());
    let erase = || call(&serving.pages, "POST", &address, &county, &Value::Null);
    let refused = erase();
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("1 件异议没有办结；请先作出处理"), "{}", refused.body);

    let page = get(&clerk, &list);
    let id = page.split(&format!("href=\"{list}/")).nth(1).and_then(|rest| rest.split('"').next());
    let objection = format!("{list}/{}", id.expect("its page"));
    let decided = post(&secretary, &objection, "outcome=rejected&reason=x&act=decide");
    assert_eq!(decided.status, 303, "{}", decided.body);
    let erased = erase();
    assert_eq!(erased.status, 200, "{}", erased.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_masked_names_looks_for_masked_names() {
    let world = World::new().await;
    world.write("欧阳小文", 0).await.expect("registered");
    let mut connection = world.database.database.connection().await.expect("a connection");
    for (login, role) in [("clerk", Role::VillageAdministrator), ("watcher", Role::Supervisor)] {
        let number = account(&mut connection, login, place(VILLAGE)).await;
        grant(&mut connection, number, role, place(VILLAGE)).await;
    }
    drop(connection);
    let now = Some("2026-01-20T10:00:00+08:00");
    let serving = Serving::start_at(&world.database, "127.0.0.1:0", now, UNLIMITED);
    let [clerk, watcher] = ["clerk", "watcher"].map(|login| log_in(&serving.pages, login));
    let finds = |who: &str, text: &str| {
        let text: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let address = format!("/households/{VILLAGE}/2026-01?q={}", text.concat());
        let page = send(&serving.pages, "GET", &address, &[who], "");
        assert_eq!(page.status, 200, "{}", page.body);
        page.body.contains("/household/4402291002010019001/2026-01")
    };
    let masked = Masked::name("欧阳小文").to_string();
    assert!(finds(&clerk, "阳小"), "who registers looks for the name");
    assert!(!finds(&watcher, "阳小"), "who does not see a name cannot find it out letter by letter");
    assert!(finds(&watcher, &masked) && finds(&watcher, "9001"), "{masked}");
}
