//! Sheets through the API are received as from phones, decided by the leader, and signed for what was seen.

use authz::Role;
use serde_json::{Value, json};
use testkit::{County, TestDatabase};

use super::{UNLIMITED, field, keyed, person};
use crate::support::{Answer, Serving, call, send};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";

/// A county without cards on the 28th of January, with a panel and two of its households.
struct World {
    _database: TestDatabase,
    serving: Serving,
    member: String,
    leader: String,
    guidance: String,
    panel: String,
    households: Vec<String>,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        let mut connection = database.database.connection().await.expect("a connection");
        County::new(60, "2026-01", 1).register(&mut connection).await;
        drop(connection);
        let now = Some("2026-01-28T10:00:00+08:00");
        let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
        let mut who = Vec::new();
        for (login, role, place) in [
            ("member", Role::PanelMember, VILLAGE),
            ("leader", Role::PanelLeader, VILLAGE),
            ("guidance", Role::GuidanceMember, TOWN),
        ] {
            who.push(person(&database, &serving, (login, role, place)).await);
        }
        let [member, leader, guidance] = <[String; 3]>::try_from(who).expect("three");
        let get = |path: &str| call(&serving.pages, "GET", path, &leader, &Value::Null).json();
        let first = get(&format!("/api/v1/panels?place={VILLAGE}"))["items"][0].clone();
        let group = first["groups"][0].as_str().expect("a group");
        let register = get(&format!("/api/v1/households?place={group}"));
        let takes_part = |one: &&Value| {
            one["joined_month"].as_str().is_some_and(|joined| joined <= "2026-01")
                && one["left_month"].is_null()
        };
        let households = register["items"].as_array().expect("items").iter().filter(takes_part);
        let households = households.filter_map(|one| one["household_code"].as_str().map(str::to_owned));
        let households = households.collect();
        let panel = first["panel"].as_str().expect("a name").to_owned();
        Self { _database: database, serving, member, leader, guidance, panel, households }
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        call(&self.serving.pages, "GET", path, who, &Value::Null)
    }

    fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        call(&self.serving.pages, "POST", path, who, body)
    }

    fn sheet(&self, number: u32, household: usize, findings: &str) -> Value {
        json!({
            "key": format!("00000000-0000-4000-8000-{number:012}"), "month": "2026-01",
            "household_code": self.households[household], "panel": self.panel, "base_revision": 0,
            "scored_on": "2026-01-28", "status": "scored", "findings": findings, "note": "看过现场",
        })
    }

    /// Hands one sheet in. Returns its receipt.
    fn hand_in(&self, who: &str, sheet: &Value) -> Value {
        let answer = self.post(who, "/api/v1/sheets", &json!({ "sheets": [sheet] }));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["receipts"][0].clone()
    }

    /// What there is to sign.
    fn month_to_sign(&self) -> Value {
        let panel: String = self.panel.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/v1/signatures?village={VILLAGE}&month=2026-01&panel={panel}");
        let answer = self.get(&self.member, &path);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    fn to_sign(&self) -> String {
        self.month_to_sign()["digest"].as_str().expect("a digest").to_owned()
    }

    fn sign(&self, who: &str, seen: &str) -> Answer {
        let body = json!({ "village": VILLAGE, "month": "2026-01", "panel": self.panel, "seen": seen });
        self.post(who, "/api/v1/signatures", &body)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_received_once_and_a_contradicting_one_waits_for_the_leader() {
    let world = World::new().await;
    let first = world.hand_in(&world.member, &world.sheet(1, 0, "H1a"));
    assert_eq!((&first["outcome"], &first["revision"]), (&json!("entered"), &json!(1)), "{first}");
    assert_eq!(world.hand_in(&world.member, &world.sheet(1, 0, "H1a")), first, "the same receipt again");
    let other = world.hand_in(&world.leader, &world.sheet(2, 0, "H3b"));
    assert_eq!(other["outcome"], "conflict", "{other}");

    let list = || world.get(&world.member, &format!("/api/v1/sheets?place={VILLAGE}&month=2026-01")).json();
    let waiting = list()["items"].as_array().expect("items").clone();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!((&waiting[0]["receipt"], &waiting[0]["by"]), (&json!("conflict"), &json!("leader")));
    assert_eq!(waiting[0]["card"]["findings"], "H1a");

    let path = format!("/api/v1/sheets/{}/decision", waiting[0]["id"]);
    let take = json!({ "take": true, "reason": "组长现场核实" });
    assert_eq!(world.post(&world.member, &path, &take).status, 403);
    assert_eq!(field(&world.post(&world.leader, &path, &json!({ "take": true, "reason": " " }))), "reason");
    let taken = keyed(&world.serving, &world.leader, "k-1", &path, &take);
    assert_eq!((taken.status, &taken.json()["revision"]), (200, &json!(2)), "{}", taken.body);
    let again = keyed(&world.serving, &world.leader, "k-1", &path, &take);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (taken.json(), "true"));
    assert_eq!(world.post(&world.leader, &path, &take).json()["already"], true);
    let otherwise = world.post(&world.leader, &path, &json!({ "take": false, "reason": "不采用" }));
    assert_eq!((otherwise.status, &otherwise.json()["code"]), (422, &json!("refused")));
    assert_eq!(list()["items"], json!([]));
    let nothing = world.post(&world.leader, "/api/v1/sheets/999999/decision", &take);
    assert_eq!(nothing.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_decides_beside_the_card_that_was_looked_at() {
    let world = World::new().await;
    world.hand_in(&world.member, &world.sheet(1, 0, "H1a"));
    for (number, findings) in [(2, "H3b"), (3, "H3b*2")] {
        let receipt = world.hand_in(&world.leader, &world.sheet(number, 0, findings));
        assert_eq!(receipt["outcome"], "conflict", "{receipt}");
    }
    let waiting = || {
        let path = format!("/api/v1/sheets?place={VILLAGE}&month=2026-01");
        world.get(&world.leader, &path).json()["items"].as_array().expect("items").clone()
    };
    let both = waiting();
    assert_eq!((both.len(), &both[0]["card"]["revision"]), (2, &json!(1)), "{both:?}");
    let page = format!("/scoring/{VILLAGE}/2026-01");
    let shown = send(&world.serving.pages, "GET", &page, &[&world.leader], "").body;
    assert!(shown.contains("name=\"seen\" value=\"1\""), "{shown}");
    let token = shown.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("the field");
    let press = |sheet: &Value, typed: &str| {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let body = format!("form_token={token}&{typed}");
        let path = format!("{page}/sheets/{}", sheet["id"]);
        send(&world.serving.pages, "POST", &path, &[kind, &world.leader], &body)
    };
    let blind = press(&both[0], "take=yes");
    assert!(blind.status == 422 && blind.body.contains("页面已过期"), "{}", blind.body);
    assert_eq!(press(&both[0], "take=yes&seen=1").status, 303);

    let late = press(&both[1], "take=yes&seen=1");
    assert!(late.status == 422 && late.body.contains("积分卡又改过"), "{}", late.body);
    assert!(late.body.contains("name=\"seen\" value=\"2\""), "it shows the card of now: {}", late.body);
    let decide = |seen: i16| {
        let path = format!("/api/v1/sheets/{}/decision", both[1]["id"]);
        let body = json!({ "take": false, "reason": "组长现场核实", "seen_revision": seen });
        world.post(&world.leader, &path, &body).status
    };
    assert_eq!((decide(1), decide(2)), (422, 200));
    assert_eq!(waiting().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_read_page_by_page() {
    let world = World::new().await;
    for at in 0..2 {
        world.hand_in(&world.member, &world.sheet(10 + u32::from(at == 1), at, "H1a"));
        world.hand_in(&world.leader, &world.sheet(20 + u32::from(at == 1), at, "H3b"));
    }
    let page = |after: &str| {
        let path = format!("/api/v1/sheets?place={VILLAGE}&month=2026-01&limit=1{after}");
        world.get(&world.leader, &path).json()
    };
    let first = page("");
    let rest = page(&format!("&after={}", first["next"].as_str().expect("more")));
    assert_ne!(rest["items"][0]["household_code"], first["items"][0]["household_code"]);
    assert_eq!(rest["next"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_names_its_field() {
    let world = World::new().await;
    let refused = |change: &str, value: Value| {
        let mut sheet = world.sheet(1, 0, "H1a");
        sheet[change] = value;
        field(&world.post(&world.member, "/api/v1/sheets", &json!({ "sheets": [sheet] })))
    };
    assert_eq!(refused("month", json!("2026-13")), "month");
    assert_eq!(refused("household_code", json!(VILLAGE)), "household_code");
    assert_eq!(refused("scored_on", json!("-20000-01-01")), "scored_on");
    assert_eq!(refused("status", json!("gone")), "status");
    assert_eq!(refused("photos", json!(["zz"])), "photos");
    assert_eq!(refused("key", json!("评分单评分单评分单评分单")), "", "36 bytes that are not 36 characters");
    let group = format!("/api/v1/sheets?place={VILLAGE}001&month=2026-01");
    assert_eq!(field(&world.get(&world.leader, &group)), "place");
    let body = json!({ "village": TOWN, "month": "2026-01", "panel": world.panel });
    assert_eq!(field(&world.post(&world.leader, "/api/v1/signatures", &body)), "village");
    let beside =
        json!({ "village": VILLAGE, "month": "2026-01", "panel": world.panel, "few_reason": "外出" });
    assert_eq!(field(&world.post(&world.leader, "/api/v1/signatures", &beside)), "present");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_present_may_be_said_and_is_then_held_against_the_rule() {
    let world = World::new().await;
    world.hand_in(&world.member, &world.sheet(1, 0, "H1a"));
    let sign = |who: &str, beside: &Value| {
        let mut body = json!({ "village": VILLAGE, "month": "2026-01", "panel": world.panel });
        for (name, value) in beside.as_object().expect("fields") {
            body[name.as_str()] = value.clone();
        }
        world.post(who, "/api/v1/signatures", &body)
    };
    let list = world.month_to_sign()["revision"].as_i64().expect("the revision of the list");
    assert_eq!(field(&sign(&world.leader, &json!({ "present": [1, 2, 3] }))), "revision");
    let other = sign(&world.leader, &json!({ "present": [1, 2, 3], "revision": list + 1 }));
    assert!(other.status == 422 && other.body.contains("名单刚有变动"), "{}", other.body);
    let few = sign(&world.leader, &json!({ "present": [1, 2], "revision": list }));
    assert!(few.status == 422 && few.body.contains("到场 2 人，不足 3 人"), "{}", few.body);
    let ground = sign(&world.guidance, &json!({ "present": [1, 2, 3], "revision": list }));
    assert!(ground.status == 422 && ground.body.contains("请写明凭什么代为签字"), "{}", ground.body);
    let said = json!({ "present": [1, 2, 3], "revision": list, "on_behalf": "组长回避，由镇指导组签字" });
    let signed = sign(&world.guidance, &said);
    assert_eq!((signed.status, &signed.json()["already"]), (200, &json!(false)), "{}", signed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guidance_member_signs_what_was_seen_and_nothing_that_came_later() {
    let world = World::new().await;
    let nothing = world.sign(&world.guidance, &world.to_sign());
    assert_eq!((nothing.status, &nothing.json()["code"]), (422, &json!("refused")), "{}", nothing.body);
    world.hand_in(&world.member, &world.sheet(1, 0, ""));
    let seen = world.to_sign();
    world.hand_in(&world.member, &world.sheet(2, 1, "H1a"));
    let late = world.sign(&world.guidance, &seen);
    assert_eq!(late.status, 422);
    assert!(late.body.contains("没有签字"), "{}", late.body);

    let now = world.to_sign();
    assert_eq!(world.sign(&world.member, &now).status, 403);
    let signed = world.sign(&world.guidance, &now);
    assert_eq!(signed.status, 200, "{}", signed.body);
    assert_eq!(signed.json(), json!({ "cards": 2, "digest": now, "already": false }));
    assert_eq!(world.sign(&world.guidance, &now).json()["already"], true);
    let unknown = format!("/api/v1/signatures?village={VILLAGE}&month=2026-01&panel=x");
    assert_eq!(world.get(&world.member, &unknown).status, 404);
}
