//! Panels give up their areas, swap them and are dissolved: history stays, and nobody's cards are left without a leader.

use authz::Role;
use domain::input::{Household, PanelMember};
use domain::place::Place;
use serde_json::{Value, json};
use testkit::{COUNTY, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Folder, Said, Serving, call, path, run, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const FIRST: &str = "第一评分组";
const SECOND: &str = "第二评分组";

/// January is closed; from February on each of two panels scores one group.
struct World {
    database: TestDatabase,
    groups: [Place; 2],
    /// Of the second group, taking part.
    household: Household,
}

impl World {
    async fn new() -> Self {
        let (database, county) = scored(60, "2026-01", 1).await;
        close(&database, "2026-01", "2026-02-04T00:30:00+08:00");
        let village = demo::villages(&county.plan).next().expect("a village");
        assert_eq!((village.place.code().as_str(), village.groups.len()), (VILLAGE, 2));
        let groups = [village.groups[0].place, village.groups[1].place];
        let takes_part = |one: &Household| {
            one.group == groups[1]
                && one.participation.covers(county.plan.first_month)
                && one.participation.left.is_none()
        };
        let household = demo::households(&county.plan, &village).into_iter().find(takes_part);
        let household = household.expect("one taking part");
        let world = Self { database, groups, household };
        world.split(&demo::panels(&county.plan, &village)[0]);

        let mut connection = world.database.database.connection().await.expect("a connection");
        let place = Place::parse_code(VILLAGE).expect("a code");
        let number = account(&mut connection, "clerk", place).await;
        grant(&mut connection, number, Role::VillageAdministrator, place).await;
        drop(connection);
        world
    }

    /// Two panels of one group each; the first has the head of a household of the second group among its members.
    fn split(&self, leader: &PanelMember) {
        let (head, [first, second]) = (&self.household.head_name, self.groups.map(|group| group.code()));
        let rows = [
            format!("{FIRST},{},{},{},{first}", leader.member, leader.capacity.name(), leader.is_leader),
            format!("{FIRST},{head},representative,false,{first}"),
            format!("{SECOND},甲一,cadre,true,{second}"),
            format!("{SECOND},乙一,representative,false,{second}"),
            format!("{SECOND},丙一,representative,false,{second}"),
        ];
        let rows = rows.map(|row| format!("{VILLAGE},{row}\n")).concat();
        let text = format!("village_code,panel,member,capacity,is_leader,groups\n{rows}");
        self.import("panels", &text, "2026-02-05T09:00:00+08:00", &[]);
    }

    fn import(&self, kind: &str, text: &str, now: &str, more: &[&str]) {
        let said = self.try_import(kind, text, now, more);
        assert_eq!(said.code, Some(0), "{}", said.err);
    }

    fn try_import(&self, kind: &str, text: &str, now: &str, more: &[&str]) -> Said {
        let folder = Folder::new();
        let file = folder.file("rows.csv", text);
        let base = ["import", kind, path(&file), "--county", COUNTY, "--now", now];
        run(&self.database, &[&base[..], more].concat())
    }

    /// A card of February by the second panel.
    fn card(&self) -> String {
        format!(
            "month,household_code,panel,scored_on,status,findings\n2026-02,{},{SECOND},2026-02-26,,H1a\n",
            self.household.household
        )
    }

    /// Who scored each group in the last revision of each panel: name, revision, month, groups.
    async fn panels(&self) -> Vec<(String, i32, i32, Vec<String>)> {
        let query =
            "select distinct on (name) name, revision, effective_month, groups from panel where place = $1
            order by name, revision desc";
        let rows = superuser(&self.database).await.query(query, &[&VILLAGE]).await.expect("the panels");
        let mut panels: Vec<(String, i32, i32, Vec<String>)> =
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
        panels.sort_by_key(|panel| panel.0 != FIRST);
        panels
    }

    fn serve(&self, now: &str) -> Office {
        let serving = Serving::start_at(&self.database, "127.0.0.1:0", Some(now), UNLIMITED);
        let cookie = log_in(&serving.pages, "clerk");
        Office { serving, cookie, page: format!("/panels/{VILLAGE}/{}", &now[..7]) }
    }
}

/// The village's office at a time.
struct Office {
    serving: Serving,
    cookie: String,
    page: String,
}

impl Office {
    fn get(&self, path: &str) -> Answer {
        send(&self.serving.pages, "GET", path, &[&self.cookie], "")
    }

    fn post(&self, what: &str, fields: &str) -> Answer {
        let token = value(&self.get(&self.page).body, "form_token");
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let body = format!("form_token={token}&{fields}");
        send(&self.serving.pages, "POST", &format!("{}/{what}", self.page), &[kind, &self.cookie], &body)
    }

    /// Gives the groups to panels, by the page as it is now.
    fn give(&self, groups: &[Place; 2], panels: [&str; 2], more: &str) -> Answer {
        let seen = value(&self.get(&self.page).body, "seen");
        self.give_seeing(&seen, groups, panels, more)
    }

    fn give_seeing(&self, seen: &str, groups: &[Place; 2], panels: [&str; 2], more: &str) -> Answer {
        let [first, second] = groups.map(|group| group.code());
        let [one, other] = panels;
        let fields = format!("seen={seen}&panel_{first}={one}&panel_{second}={other}{more}");
        self.post("areas", &fields)
    }
}

fn close(database: &TestDatabase, month: &str, now: &str) {
    succeed(database, &["close", "--county", COUNTY, "--month", month, "--now", now]);
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_panels_swap_their_areas_in_one_act_and_a_page_that_is_older_changes_nothing() {
    let world = World::new().await;
    let office = world.serve("2026-02-10T10:00:00+08:00");
    let seen = value(&office.get(&office.page).body, "seen");
    let [first, second] = world.groups.map(|group| group.digits().to_owned());
    let swapped = office.give_seeing(&seen, &world.groups, [SECOND, FIRST], "");
    assert_eq!(swapped.status, 303, "{}", swapped.body);
    let now = world.panels().await;
    assert_eq!((now[0].0.as_str(), now[0].2, &now[0].3), (FIRST, 202_602, &vec![second.clone()]));
    assert_eq!((now[1].0.as_str(), now[1].2, &now[1].3), (SECOND, 202_602, &vec![first]));
    let older = office.give_seeing(&seen, &world.groups, [FIRST, SECOND], "");
    assert_eq!(older.status, 412, "{}", older.body);
    assert!(older.body.contains("已被别人改动"), "{}", older.body);
    assert_eq!(world.panels().await, now);
    // What is so already is no change.
    assert_eq!(office.give(&world.groups, [SECOND, FIRST], "").status, 303);
    assert_eq!(world.panels().await, now);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_adjust_one_panel_the_second_is_told() {
    let world = World::new().await;
    let office = world.serve("2026-02-10T10:00:00+08:00");
    let group = world.groups[1].code();
    let adjust = |third: &str| {
        let fields = format!(
            "known={SECOND}&revision=1&group={group}&leader=1&member_1=甲一&capacity_1=cadre&member_2=乙一&\
             capacity_2=representative&member_3={third}&capacity_3=representative"
        );
        office.post("revisions", &fields)
    };
    assert_eq!(adjust("丁一").status, 303);
    let second = adjust("戊一");
    assert_eq!(second.status, 412, "{}", second.body);
    assert!(second.body.contains("已被别人改动") && second.body.contains("戊一"), "{}", second.body);
    assert_eq!(value(&second.body, "revision"), "2", "whoever has looked saves");
    assert_eq!(world.panels().await[1].1, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_is_dissolved_once_its_cards_are_signed_and_its_month_is_closed_and_its_past_stays() {
    let world = World::new().await;
    let groups = &world.groups;
    let card = world.card();
    world.import("scorecards", &card, "2026-02-27T09:00:00+08:00", &[]);
    let office = world.serve("2026-02-28T10:00:00+08:00");
    let unasked = office.give(groups, [FIRST, FIRST], "");
    assert!(unasked.status == 422 && unasked.body.contains("就此解散"), "{}", unasked.body);
    let unsigned = office.give(groups, [FIRST, FIRST], "&dissolve=1");
    assert_eq!(unsigned.status, 422, "{}", unsigned.body);
    assert!(unsigned.body.contains("还没有签字；请组长先在评分页签字"), "{}", unsigned.body);
    world.import("scorecards", &card, "2026-02-28T11:00:00+08:00", &["--signed"]);
    let scored = office.give(groups, [FIRST, FIRST], "&dissolve=1");
    assert!(scored.status == 422 && scored.body.contains("请等结账后再解散"), "{}", scored.body);
    drop(office);

    close(&world.database, "2026-02", "2026-03-04T00:30:00+08:00");
    let office = world.serve("2026-03-10T10:00:00+08:00");
    let dissolved = office.give(groups, [FIRST, FIRST], "&dissolve=1");
    assert_eq!(dissolved.status, 303, "{}", dissolved.body);
    let now = world.panels().await;
    assert_eq!((now[0].2, now[0].3.len()), (202_603, 2));
    assert_eq!((now[1].2, now[1].3.len()), (202_603, 0), "a revision says so; nothing is deleted");
    let page = office.get(&office.page).body;
    assert!(page.contains("已解散的评分组") && page.contains("第 1 版名单，3 人"), "{page}");
    let head = &world.household.head_name;
    assert!(page.contains(&format!("{head}：评到")), "who took over steps back where expected: {page}");
    let sheet = office.get(&format!("/scoring/{VILLAGE}/2026-02/panel?name={}", encoded(SECOND)));
    assert_eq!(sheet.status, 200, "its sheet of February can be read: {}", sheet.body);
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_file_nor_the_form_gives_a_group_away_while_cards_wait_for_their_leader() {
    let world = World::new().await;
    let card = world.card();
    world.import("scorecards", &card, "2026-02-27T09:00:00+08:00", &[]);
    let before = world.panels().await;
    let [first, second] = world.groups.map(|group| group.code());
    let swap = format!(
        "village_code,panel,member,capacity,is_leader,groups\n{VILLAGE},{FIRST},{},representative,false,{second}\n\
         {VILLAGE},{SECOND},乙一,representative,false,{first}\n",
        world.household.head_name
    );
    let refused = world.try_import("panels", &swap, "2026-02-28T09:00:00+08:00", &[]);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(refused.err.contains("还没有签字；请组长先在评分页签字"), "{}", refused.err);
    let office = world.serve("2026-02-28T10:00:00+08:00");
    let form = format!(
        "known={SECOND}&revision=1&group={first}&leader=1&member_1=甲一&capacity_1=cadre&member_2=乙一&\
         capacity_2=representative&member_3=丙一&capacity_3=representative"
    );
    let refused = office.post("revisions", &form);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("还没有签字；请组长先在评分页签字"), "{}", refused.body);
    assert_eq!(world.panels().await, before);

    world.import("scorecards", &card, "2026-02-28T11:00:00+08:00", &["--signed"]);
    world.import("panels", &swap, "2026-02-28T12:00:00+08:00", &[]);
    let now = world.panels().await;
    assert_eq!((&now[0].3, &now[1].3), (&before[1].3, &before[0].3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_goes_once_its_sheets_are_decided_and_one_that_comes_later_becomes_a_card_of_its_panel_now() {
    let world = World::new().await;
    let place = Place::parse_code(VILLAGE).expect("a code");
    let mut connection = world.database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "leader", place).await;
    grant(&mut connection, number, Role::PanelLeader, place).await;
    drop(connection);
    let (groups, card) = (&world.groups, world.card());
    world.import("scorecards", &card, "2026-02-27T09:00:00+08:00", &[]);
    let office = world.serve("2026-02-28T10:00:00+08:00");
    let leader = log_in(&office.serving.pages, "leader");
    let api = |method: &str, path: &str, body: &Value| {
        let answer = call(&office.serving.pages, method, path, &leader, body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let hand_in = |number: u32| {
        let sheet = json!({
            "key": format!("00000000-0000-4000-8000-{number:012}"), "month": "2026-02",
            "household_code": world.household.household.code(), "panel": SECOND, "base_revision": 0,
            "scored_on": "2026-02-28", "status": "scored", "findings": "H3b", "note": "看过现场",
        });
        api("POST", "/api/v1/sheets", &json!({ "sheets": [sheet] }))["receipts"][0].clone()
    };
    let decide = |take: bool| {
        let waiting = api("GET", &format!("/api/v1/sheets?place={VILLAGE}&month=2026-02"), &Value::Null);
        let path = format!("/api/v1/sheets/{}/decision", waiting["items"][0]["id"]);
        api("POST", &path, &json!({ "take": take, "reason": "组长现场核实" }))
    };

    assert_eq!(hand_in(1)["outcome"], "conflict");
    let waits = office.give(groups, [SECOND, FIRST], "");
    assert_eq!(waits.status, 422, "{}", waits.body);
    assert!(waits.body.contains("还有 1 份评分单等组长取舍"), "{}", waits.body);
    decide(false);
    world.import("scorecards", &card, "2026-02-28T10:00:00+08:00", &["--signed"]);
    let given = office.give(groups, [SECOND, FIRST], "");
    assert_eq!(given.status, 303, "{}", given.body);

    let late = hand_in(2);
    assert_eq!(late["outcome"], "unclear", "{late}");
    assert_eq!(decide(true)["revision"], 2);
    let query =
        "select p.name from card c join panel p on p.county_code = c.county_code and p.id = c.panel_id
        where c.month = 202602 order by c.id desc limit 1";
    let row = superuser(&world.database).await.query_one(query, &[]).await.expect("the card");
    assert_eq!(row.get::<_, &str>(0), FIRST, "whose leader signs for it");
}

/// A text in an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}
