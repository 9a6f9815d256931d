//! Households move, split and merge from a month on; the town asks about them and the village answers.

use authz::{RegisterHouseholds, Role};
use domain::input::Household;
use domain::month::Month;
use domain::place::Place;
use records::Mode;
use records::households::{
    Changed, Merger, Move, Split, merge_households, move_household, register_entry, split_household,
};
use records::tenancy;
use serde_json::json;
use testkit::{COUNTY, County, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, call, results, run, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";

fn place(code: &str) -> Place {
    Place::parse_code(code).expect("a code")
}

fn month(text: &str) -> Month {
    Month::parse(text).expect("a month")
}

fn close(database: &TestDatabase, month: &str, now: &str) {
    succeed(database, &["close", "--county", COUNTY, "--month", month, "--now", now]);
}

/// A county of which January is closed and February scored, in February.
struct Register {
    database: TestDatabase,
    /// Households of the first group that take part in both months, the first ones.
    first: Vec<Household>,
    other_group: Place,
}

impl Register {
    async fn new() -> Self {
        let (database, county) = scored(60, "2026-01", 1).await;
        close(&database, "2026-01", "2026-02-04T00:30:00+08:00");
        let village = demo::villages(&county.plan).next().expect("a village");
        assert_eq!(village.place.code(), VILLAGE);
        let groups: Vec<Place> = village.groups.iter().map(|group| group.place).collect();
        assert!(groups.len() > 1, "households move between groups");
        let takes_part = |one: &Household| {
            one.group == groups[0]
                && one.resident
                && one.participation.covers(month("2026-01"))
                && one.participation.left.is_none()
        };
        let first = demo::households(&county.plan, &village).into_iter().filter(takes_part).collect();
        Self { database, first, other_group: groups[1] }
    }

    async fn moved(&self, household: Place, from: &str, mode: Mode) -> Result<Changed, String> {
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(COUNTY)).expect("allowed");
        let new = Move {
            household,
            group: self.other_group,
            from: month(from),
            reason: "迁居".to_owned(),
            builds_on: None,
        };
        let now = moment("2026-02-10 09:00");
        let moved = move_household(&mut connection, &allowed, &new, &registrar(), mode, &now).await;
        moved.map_err(|refusal| refusal.to_string())
    }

    async fn merged(&self, leaving: Place, staying: Place) -> Result<Changed, String> {
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(COUNTY)).expect("allowed");
        let (from, reason) = (month("2026-02"), "父子两户合灶".to_owned());
        let merger = Merger { leaving, staying, members: (6, 5), from, reason, builds_on: None };
        let now = moment("2026-02-10 09:00");
        let merged =
            merge_households(&mut connection, &allowed, &merger, &registrar(), Mode::Apply, &now).await;
        merged.map_err(|refusal| refusal.to_string())
    }

    async fn split(&self, household: Place, number: &str) -> Result<Changed, String> {
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(COUNTY)).expect("allowed");
        let group = household.parent().expect("its group");
        let mut new = self.first[0].clone();
        new.household = place(&format!("{}{number}", group.code()));
        new.group = group;
        new.head_name = "分新立".to_owned();
        new.participation.joined = Some(month("2026-02"));
        let (from, reason) = (month("2026-02"), "儿子成家".to_owned());
        let split = Split { household, members: (2, 2), new, from, reason, builds_on: None };
        let now = moment("2026-02-10 09:00");
        let split = split_household(&mut connection, &allowed, &split, &registrar(), Mode::Apply, &now).await;
        split.map_err(|refusal| refusal.to_string())
    }

    /// The group, score and total of a household in a month's results, none where it has none.
    fn result(&self, at: &str, household: &Place) -> Option<(String, String, String)> {
        let text = results(&self.database, at);
        let mut lines = text.trim_start_matches('\u{feff}').lines();
        let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let cell = |line: &str, name: &str| {
            let column = header.iter().position(|one| *one == name).expect("a column");
            line.split(',').nth(column).expect("a cell").to_owned()
        };
        let line = lines.find(|line| cell(line, "household_code") == household.code())?;
        Some((cell(line, "group_code"), cell(line, "score"), cell(line, "year_total")))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_moves_from_the_open_month_on_and_takes_its_total_along() {
    let register = Register::new().await;
    let household = register.first[0].household;
    let closed = register.moved(household, "2026-01", Mode::Apply).await.expect_err("a closed month");
    assert_eq!(closed, "2026-01 该月已结账，不能再改；请从 2026-02 起");
    let looked = register.moved(household, "2026-02", Mode::DryRun).await.expect("it can be done");
    let moved = register.moved(household, "2026-02", Mode::Apply).await.expect("moved");
    assert_eq!(looked, moved);
    let again = register.moved(household, "2026-02", Mode::Apply).await.expect_err("the second click");
    assert!(again.contains("不用再迁"), "{again}");

    let january = register.result("2026-01", &household).expect("its January");
    close(&register.database, "2026-02", "2026-03-04T00:30:00+08:00");
    let february = register.result("2026-02", &household).expect("its February");
    assert_eq!(january.0, household.parent().expect("a group").code(), "the closed month stays");
    assert_eq!(february.0, register.other_group.code());
    assert_eq!(february.2, january.2, "the total goes along");
    succeed(&register.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_names_a_moved_household_does_not_move_it_back() {
    let register = Register::new().await;
    let household = &register.first[0];
    register.moved(household.household, "2026-02", Mode::Apply).await.expect("moved");
    let folder = crate::support::Folder::new();
    let text = format!(
        "group_code,number,head_name,phone,members_registered,members_resident,resident,local,address,joined_month,\
         left_month\n{},{},新户主,,3,3,1,1,,{},\n",
        household.group.code(),
        domain::publication::last_digits(&household.household),
        household.participation.joined.expect("it takes part"),
    );
    let file = folder.file("households.csv", text);
    let now = "2026-02-11T09:00:00+08:00";
    let file = crate::support::path(&file);
    let said = run(&register.database, &["import", "households", file, "--county", COUNTY, "--now", now]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mut connection = register.database.database.connection().await.expect("a connection");
    let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
    let entry = tenancy::read(&mut connection, &allowed, async |connection| {
        register_entry(connection, &household.household).await
    });
    let entry = entry.await.expect("the register").expect("the household");
    assert_eq!((entry.group, entry.head_name.as_deref()), (register.other_group, Some("新户主")));
    succeed(&register.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_split_off_begins_at_zero_and_the_old_household_goes_on() {
    let register = Register::new().await;
    let household = register.first[0].household;
    register.split(household, "9001").await.expect("split");
    let again = register.split(household, "9001").await.expect_err("the second click");
    assert!(again.contains("户号 9001 已有人用"), "{again}");
    let new = place(&format!("{}9001", household.parent().expect("a group").code()));
    close(&register.database, "2026-02", "2026-03-04T00:30:00+08:00");
    assert_eq!(register.result("2026-01", &new), None);
    let total = |found: Option<(String, String, String)>| found.expect("a result").2;
    assert_eq!(total(register.result("2026-02", &new)), "0.0");
    assert_eq!(
        total(register.result("2026-02", &household)),
        total(register.result("2026-01", &household)),
        "nothing of the total went away"
    );
    succeed(&register.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_where_nobody_lives_may_move_as_any_other() {
    let register = Register::new().await;
    let household = register.first[0].household;
    let empty = "update household_version set resident = false, members_registered = 0, members_resident = 0
        where household_id = (select id from household where code = $1)";
    let owner = superuser(&register.database).await;
    owner.execute(empty, &[&household.digits()]).await.expect("nobody lives there");
    register.moved(household, "2026-02", Mode::Apply).await.expect("moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_merged_households_one_leaves_and_the_other_keeps_its_own_total() {
    let register = Register::new().await;
    let (leaving, staying) = (register.first[0].household, register.first[1].household);
    register.merged(leaving, staying).await.expect("merged");
    let again = register.merged(leaving, staying).await.expect_err("the second click");
    assert!(again.contains("已并入他户"), "{again}");
    let moved = register.moved(leaving, "2026-02", Mode::Apply).await.expect_err("nobody is left to move");
    let split = register.split(leaving, "9001").await.expect_err("nobody is left to split off");
    assert!(moved.contains("已并入他户") && split.contains("已并入他户"), "{moved} {split}");
    let before = register.result("2026-01", &staying).expect("its January");
    close(&register.database, "2026-02", "2026-03-04T00:30:00+08:00");
    assert_eq!(register.result("2026-02", &leaving), None);
    assert!(register.result("2026-01", &leaving).is_some(), "what was closed stays");
    let after = register.result("2026-02", &staying).expect("its February");
    assert_eq!(after.2, before.2, "nobody's total is added");
    succeed(&register.database, &["verify", "--county", COUNTY]);
}

/// The pages of a county in January, for a clerk of the village, a member of the town's guidance group and a group leader.
struct World {
    database: TestDatabase,
    serving: Serving,
    household: Place,
    groups: Vec<Place>,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        let county = County::new(60, "2026-01", 1);
        let mut connection = database.database.connection().await.expect("a connection");
        county.register(&mut connection).await;
        let village = demo::villages(&county.plan).next().expect("a village");
        let groups: Vec<Place> = village.groups.iter().map(|group| group.place).collect();
        let household = demo::households(&county.plan, &village).remove(0).household;
        for (login, role, at) in [
            ("clerk", Role::VillageAdministrator, VILLAGE.to_owned()),
            ("guide", Role::GuidanceMember, TOWN.to_owned()),
            ("leader", Role::GroupLeader, groups[1].code()),
        ] {
            let number = account(&mut connection, login, place(&at)).await;
            grant(&mut connection, number, role, place(&at)).await;
        }
        drop(connection);
        let now = Some("2026-01-20T10:00:00+08:00");
        let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
        Self { database, serving, household, groups }
    }

    fn address(&self, more: &str) -> String {
        format!("/household/{}/2026-01{more}", self.household.code())
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        send(&self.serving.pages, "GET", path, &[who], "")
    }

    fn post(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(who, &self.address(""));
        let token = value(&page.body, "form_token");
        let mut body = vec![format!("form_token={token}")];
        body.extend(fields.iter().map(|(name, value)| format!("{name}={value}")));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", path, &[kind, who], &body.join("&"))
    }
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let rest = page.split(&field).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_a_move_does_before_it_is_registered() {
    let world = World::new().await;
    let clerk = log_in(&world.serving.pages, "clerk");
    let group = world.groups[1].code();
    let fields = |act: &'static str, revision: &'static str| {
        [("group", group.clone()), ("from", "2026-02".to_owned()), ("reason", "x".to_owned())]
            .into_iter()
            .chain([("act", act.to_owned()), ("revision", revision.to_owned())])
            .collect::<Vec<_>>()
    };
    let send = |act, revision| {
        let fields = fields(act, revision);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        world.post(&clerk, &world.address("/moves"), &fields)
    };
    let looked = send("check", "1");
    assert_eq!(looked.status, 200, "{}", looked.body);
    assert!(looked.body.contains("从 2026年2月 起") && looked.body.contains("登记迁组"), "{}", looked.body);
    assert_eq!(send("save", "1").status, 303);
    let again = send("save", "1");
    assert_eq!(again.status, 412, "the second click builds on what is no longer so");
    let page = world.get(&clerk, &world.address("")).body;
    assert!(page.contains("历次变动") && page.contains("迁组") && page.contains("clerk，"), "{page}");
    let leader = log_in(&world.serving.pages, "leader");
    assert_eq!(world.get(&leader, &world.address("")).status, 200, "its new group's leader sees it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_town_asks_the_village_answers_and_the_town_closes() {
    let world = World::new().await;
    let [clerk, guide] = ["clerk", "guide"].map(|login| log_in(&world.serving.pages, login));
    let (queries, answers) = (world.address("/queries"), world.address("/answers"));
    assert_eq!(world.post(&clerk, &queries, &[("act", "ask")]).status, 403, "the village asks nothing");
    let asked = [("act", "ask"), ("about", "resident"), ("reason", "x")];
    for _ in 0..2 {
        assert_eq!(world.post(&guide, &queries, &asked).status, 303);
    }
    let owner = superuser(&world.database).await;
    let count = owner.query_one("select count(*) from household_query", &[]).await.expect("a count");
    assert_eq!(count.get::<_, i64>(0), 1, "the second click asks nothing new");
    let list = world.get(&clerk, &format!("/households/{VILLAGE}/2026-01")).body;
    assert!(list.contains("1 件没有办结"), "{list}");

    let id = value(&world.get(&clerk, &world.address("")).body, "query");
    let answer = |act| world.post(&clerk, &answers, &[("act", act), ("query", id.as_str()), ("reason", "y")]);
    let unchanged = answer("changed");
    assert_eq!(unchanged.status, 422);
    assert!(unchanged.body.contains("还没有改动"), "{}", unchanged.body);
    assert_eq!(world.post(&guide, &answers, &[("act", "confirmed"), ("query", id.as_str())]).status, 403);
    assert_eq!(answer("confirmed").status, 303);
    assert_eq!(answer("confirmed").status, 422, "answered once");
    let close = [("act", "closed"), ("query", id.as_str()), ("reason", "z")];
    assert_eq!(world.post(&guide, &queries, &close).status, 303);
    let list = world.get(&clerk, &format!("/households/{VILLAGE}/2026-01")).body;
    assert!(!list.contains("件没有办结"), "{list}");
    let logged = "select count(*) from audit_event where act in ('query_eligibility', 'register_households')
        and detail like '%\"query\"%'";
    let logged = owner.query_one(logged, &[]).await.expect("a count");
    assert_eq!(logged.get::<_, i64>(0), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_into_a_query_stays_where_it_is_refused() {
    let world = World::new().await;
    let [clerk, guide] = ["clerk", "guide"].map(|login| log_in(&world.serving.pages, login));
    let (queries, answers) = (world.address("/queries"), world.address("/answers"));
    let check = |answer: Answer, kept: &[&str]| {
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(kept.iter().all(|kept| answer.body.contains(kept)), "{kept:?}: {}", answer.body);
    };
    let unchosen = world.post(&guide, &queries, &[("act", "ask"), ("about", ""), ("reason", "whose")]);
    check(unchosen, &[">whose</textarea>", "<span class=\"word-late\">请选择</span>"]);
    let silent = world.post(&guide, &queries, &[("act", "ask"), ("about", "resident"), ("reason", "")]);
    check(
        silent,
        &["value=\"resident\" selected", "<span class=\"word-late lines\">请用几句话写明情况和理由</span>"],
    );
    let asked = [("act", "ask"), ("about", "resident"), ("reason", "x")];
    assert_eq!(world.post(&guide, &queries, &asked).status, 303);

    let id = value(&world.get(&clerk, &world.address("")).body, "query");
    let changed = [("act", "changed"), ("query", id.as_str()), ("reason", "counted")];
    check(world.post(&clerk, &answers, &changed), &[">counted</textarea>", "还没有改动"]);
    let again = [("act", "asked_again"), ("query", id.as_str()), ("reason", "early")];
    check(world.post(&guide, &queries, &again), &[">early</textarea>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_moves_splits_and_merges_by_the_same_rules() {
    let world = World::new().await;
    let clerk = log_in(&world.serving.pages, "clerk");
    let code = world.household.code();
    let post = |what: &str, body: &serde_json::Value| {
        call(&world.serving.pages, "POST", &format!("/api/v1/households/{code}/{what}"), &clerk, body)
    };
    let far = json!({ "group_code": world.groups[1].code(), "from_month": "2026-09", "reason": "迁居" });
    let refused = post("moves", &far);
    assert!(refused.status >= 400 && refused.body.contains("太远"), "{}", refused.body);
    let split = json!({
        "stay_registered": 1, "stay_resident": 1, "from_month": "2026-02", "reason": "成家",
        "new": {
            "group_code": world.groups[0].code(), "number": "9001", "head_name": "分新立",
            "members_registered": 2, "members_resident": 2, "resident": true, "local": true,
            "joined_month": "2026-02",
        },
    });
    let done = post("splits", &split);
    assert_eq!(
        (done.status, done.json()["households"].as_array().map(Vec::len)),
        (200, Some(2)),
        "{}",
        done.body
    );
    let into = format!("{}9001", world.groups[0].code());
    let merger = json!({
        "household_code": into, "stay_registered": 3, "stay_resident": 3, "from_month": "2026-02", "reason": "合户",
    });
    assert_eq!(post("mergers", &merger).status, 200);
}
