//! Objections through the API: taken once, decided by somebody else, reviewed by the town.

use authz::Role;
use serde_json::{Value, json};
use testkit::{COUNTY, TestDatabase};

use super::{field, keyed, person, published};
use crate::support::{Answer, Serving, call, results, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";

/// A published month, those who deal with objections to it, and scored households of the village.
struct World {
    database: TestDatabase,
    serving: Serving,
    clerk: String,
    secretary: String,
    town: String,
    households: Vec<String>,
}

impl World {
    async fn new() -> Self {
        let (database, serving) = published().await;
        let mut who = Vec::new();
        for (login, role, place) in [
            ("clerk", Role::VillageAdministrator, VILLAGE),
            ("secretary", Role::VillageAdministrator, VILLAGE),
            ("town.admin", Role::TownAdministrator, TOWN),
        ] {
            who.push(person(&database, &serving, (login, role, place)).await);
        }
        let [clerk, secretary, town] = <[String; 3]>::try_from(who).expect("three");
        let households = results(&database, "2026-01")
            .lines()
            .filter(|line| line.contains(VILLAGE) && line.contains(",scored,"))
            .filter_map(|line| line.split(',').nth(4).map(str::to_owned))
            .collect();
        Self { database, serving, clerk, secretary, town, households }
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        call(&self.serving.pages, "GET", path, who, &Value::Null)
    }

    fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        call(&self.serving.pages, "POST", path, who, body)
    }

    fn about(&self, at: usize) -> Value {
        json!({ "household_code": self.households[at], "month": "2026-01", "words": "那天我家在修路" })
    }

    /// Files an objection as the clerk. Returns its number.
    fn file(&self, at: usize) -> i64 {
        let filed = self.post(&self.clerk, "/api/v1/objections", &self.about(at));
        assert_eq!(filed.status, 200, "{}", filed.body);
        filed.json()["id"].as_i64().expect("a number")
    }

    fn state(&self, id: i64) -> Value {
        let one = self.get(&self.clerk, &format!("/api/v1/objections/{id}"));
        assert_eq!(one.status, 200, "{}", one.body);
        one.json()["summary"]["state"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_is_taken_once_by_whoever_may() {
    let world = World::new().await;
    let path = "/api/v1/objections";
    let first = keyed(&world.serving, &world.clerk, "k-1", path, &world.about(0));
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.json()["objection_no"], "2026-01-001");
    let again = keyed(&world.serving, &world.clerk, "k-1", path, &world.about(0));
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(again.json(), first.json());
    let same = world.post(&world.clerk, path, &world.about(0)).json();
    assert_eq!(same["id"], first.json()["id"], "the same words are one objection");
    let owner = superuser(&world.database).await;
    let filed: i64 = owner.query_one("select count(*) from objection", &[]).await.expect("a count").get(0);
    assert_eq!(filed, 1);

    let scorer = person(&world.database, &world.serving, ("scorer", Role::PanelMember, VILLAGE)).await;
    assert_eq!(world.post(&scorer, path, &world.about(1)).status, 403);
    let beside = "insert into division (county_code, place, name) values ('440229', '440229109', '邻镇')";
    owner.batch_execute(beside).await.expect("a town beside");
    let elsewhere = ("elsewhere", Role::TownAdministrator, "440229109000");
    let foreign = person(&world.database, &world.serving, elsewhere).await;
    assert_eq!(world.post(&foreign, path, &world.about(1)).status, 404);
    let id = first.json()["id"].as_i64().expect("a number");
    assert_eq!(world.get(&foreign, &format!("{path}/{id}")).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_names_its_field() {
    let world = World::new().await;
    let refused = |change: &str, value: Value| {
        let mut body = world.about(0);
        body[change] = value;
        field(&world.post(&world.clerk, "/api/v1/objections", &body))
    };
    assert_eq!(refused("household_code", json!("4402291002010010001x")), "household_code");
    assert_eq!(refused("household_code", json!(VILLAGE)), "household_code");
    assert_eq!(refused("month", json!("2026-13")), "month");
    assert_eq!(refused("words", json!("  ")), "words");
    assert_eq!(field(&world.get(&world.clerk, "/api/v1/objections?state=lost")), "state");
    assert_eq!(field(&world.get(&world.clerk, "/api/v1/objections?after=lost")), "after");

    let path = format!("/api/v1/objections/{}/decision", world.file(0));
    let decide = |body: Value| field(&world.post(&world.secretary, &path, &body));
    assert_eq!(decide(json!({ "outcome": "rejected", "reason": "" })), "reason");
    let card = |status: &str, findings: &str| json!({ "outcome": "upheld", "reason": "核实", "correction": { "status": status, "findings": findings } });
    assert_eq!(decide(card("gone", "")), "correction.status");
    assert_eq!(decide(card("scored", "7")), "correction.findings");
    let unknown = json!({ "outcome": "lost", "reason": "x" });
    let unknown = world.post(&world.secretary, &path, &unknown);
    assert_eq!((unknown.status, &unknown.json()["errors"][0]["field"]), (400, &json!("outcome")));
}

#[tokio::test(flavor = "multi_thread")]
async fn objections_are_read_page_by_page_and_by_their_state() {
    let world = World::new().await;
    let filed: Vec<i64> = (0..3).map(|at| world.file(at)).collect();
    let page = |query: &str| world.get(&world.town, &format!("/api/v1/objections?{query}")).json();
    let ids = |page: &Value| -> Vec<i64> {
        page["items"].as_array().expect("items").iter().filter_map(|one| one["id"].as_i64()).collect()
    };
    let first = page("limit=2");
    assert_eq!(ids(&first), filed[..2]);
    let rest = page(&format!("limit=2&after={}", first["next"].as_str().expect("more")));
    assert_eq!((ids(&rest), &rest["next"]), (vec![filed[2]], &Value::Null));
    assert!(ids(&page("month=2026-02")).is_empty());

    let withdrawn = format!("/api/v1/objections/{}/withdrawal", filed[1]);
    let done = world.post(&world.secretary, &withdrawn, &json!({ "reason": "村民不再提" }));
    assert_eq!((done.status, &done.json()["new_version"]), (200, &Value::Null), "{}", done.body);
    assert_eq!(ids(&page("state=open")), [filed[0], filed[2]]);
    assert_eq!(ids(&page("state=decided")), [filed[1]]);
    assert_eq!(page("state=decided")["items"][0]["outcome"], "withdrawn");
    let head = first["items"][0]["head"].as_str().expect("a head");
    assert!(head.contains('*'), "masked: {head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_looked_at_first_corrects_the_month_and_is_reviewed_by_the_town() {
    let world = World::new().await;
    let id = world.file(0);
    let path = |what: &str| format!("/api/v1/objections/{id}/{what}");
    let mut body = json!({
        "outcome": "upheld", "reason": "现场核实", "dry_run": true,
        "correction": { "status": "scored", "findings": "H1a*2;W1a" },
    });
    let own = world.post(&world.clerk, &path("decision"), &body);
    assert_eq!(
        (own.status, &own.json()["code"]),
        (422, &json!("refused")),
        "whoever took it does not decide it"
    );
    let looked = world.post(&world.secretary, &path("decision"), &body);
    assert_eq!((looked.status, &looked.json()["new_version"]), (200, &json!(2)), "{}", looked.body);
    let moved = looked.json()["moved"].as_array().expect("households").clone();
    assert!(moved.iter().any(|one| one["household_code"] == world.households[0].as_str()), "{moved:?}");
    assert_eq!(world.state(id), "open", "a look changes nothing");

    body["dry_run"] = json!(false);
    let decided = keyed(&world.serving, &world.secretary, "d-1", &path("decision"), &body);
    assert_eq!((decided.status, &decided.json()["moved"]), (200, &json!(moved)), "{}", decided.body);
    let again = keyed(&world.serving, &world.secretary, "d-1", &path("decision"), &body);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (decided.json(), "true"));
    assert_eq!(world.state(id), "decided");

    let why = json!({ "reason": "户主仍不服" });
    assert_eq!(world.post(&world.secretary, &path("review"), &why).status, 403, "a review is the town's");
    assert_eq!(world.post(&world.secretary, &path("review-request"), &why).status, 204);
    assert_eq!(world.post(&world.secretary, &path("notes"), &json!({ "reason": "已通知镇里" })).status, 204);
    let reviewed = world.post(&world.town, &path("review"), &json!({ "reason": "维持" }));
    assert_eq!((reviewed.status, &reviewed.json()["new_version"]), (200, &Value::Null), "{}", reviewed.body);
    let file = world.get(&world.town, &format!("/api/v1/objections/{id}")).json();
    assert_eq!((&file["summary"]["state"], &file["latest_version"]), (&json!("reviewed"), &json!(2)));
    let kinds: Vec<&str> =
        file["steps"].as_array().expect("steps").iter().filter_map(|step| step["kind"].as_str()).collect();
    assert_eq!(kinds, ["upheld", "review_asked", "noted", "review_confirmed"]);
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_stands_on_the_version_that_was_looked_at() {
    let world = World::new().await;
    let (first, second) = (world.file(0), world.file(1));
    let decide = |id: i64, body: &Value| {
        world.post(&world.secretary, &format!("/api/v1/objections/{id}/decision"), body)
    };
    let upheld = json!({
        "outcome": "upheld", "reason": "现场核实", "seen_version": 1,
        "correction": { "status": "scored", "findings": "H1a*2;W1a" },
    });
    assert_eq!(decide(first, &upheld).json()["new_version"], 2);
    let mut rejected = json!({ "outcome": "rejected", "reason": "属实", "seen_version": 1 });
    let late = decide(second, &rejected);
    assert_eq!((late.status, &late.json()["code"]), (422, &json!("refused")), "{}", late.body);
    assert!(late.body.contains("现在已有第2版"), "{}", late.body);
    assert_eq!(world.state(second), "open", "nothing was decided");
    rejected["seen_version"] =
        world.get(&world.secretary, &format!("/api/v1/objections/{second}")).json()["latest_version"].clone();
    assert_eq!(decide(second, &rejected).status, 200);

    let why = json!({ "reason": "户主仍不服" });
    let asked = world.post(&world.secretary, &format!("/api/v1/objections/{second}/review-request"), &why);
    assert_eq!(asked.status, 204, "{}", asked.body);
    let review = |seen: u8| {
        let body = json!({ "reason": "维持", "seen_version": seen });
        world.post(&world.town, &format!("/api/v1/objections/{second}/review"), &body).status
    };
    assert_eq!((review(1), review(2)), (422, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_objection_sends_back_the_version_that_it_showed() {
    let world = World::new().await;
    let (first, second) = (world.file(0), world.file(1));
    let path = |id: i64| format!("/objections/{VILLAGE}/2026-01/{id}");
    let page = send(&world.serving.pages, "GET", &path(second), &[&world.secretary], "").body;
    let field = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
        rest.split('"').next().expect("its value").to_owned()
    };
    assert_eq!(field("seen"), "1");
    let token = field("form_token");
    let post = |id: i64, body: &str| {
        let body = format!("form_token={token}&reason=x&{body}");
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&world.serving.pages, "POST", &path(id), &[kind, &world.secretary], &body)
    };
    let corrected = post(first, "act=decide&outcome=upheld&seen=1&card=H1a*2%3BW1a");
    assert_eq!(corrected.status, 303, "{}", corrected.body);
    let late = post(second, "act=decide&outcome=rejected&seen=1");
    assert!(late.status == 422 && late.body.contains("现在已有第2版"), "{}", late.body);
    assert!(late.body.contains("name=\"seen\" value=\"2\""), "it shows the new version: {}", late.body);
    let nothing = post(second, "act=decide&outcome=rejected");
    assert!(nothing.status == 422 && nothing.body.contains("页面已过期"), "{}", nothing.body);
    assert_eq!(post(second, "act=note").status, 303, "a note needs no version");
    assert_eq!(post(second, "act=decide&outcome=rejected&seen=2").status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_left_is_shown_alone_and_the_log_tells_who_saw_it() {
    let world = World::new().await;
    let scorer = person(&world.database, &world.serving, ("scorer", Role::PanelMember, VILLAGE)).await;
    let mut about = world.about(0);
    about["phone"] = json!("199-0000 0001");
    let filed = world.post(&world.clerk, "/api/v1/objections", &about);
    let id = filed.json()["id"].as_i64().expect("a number");
    let without = world.file(1);
    let path = |id: i64| format!("/api/v1/objections/{id}/reveal");
    assert_eq!(world.post(&scorer, &path(id), &Value::Null).status, 403);
    let shown = world.post(&world.town, &path(id), &Value::Null);
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"), "{}", shown.body);
    assert_eq!(shown.json(), json!({ "phone": "19900000001" }));
    assert_eq!(world.post(&world.clerk, &path(without), &Value::Null).json(), json!({ "phone": null }));

    let page = |id: i64, who: &str| {
        let path = format!("/objections/{VILLAGE}/2026-01/{id}");
        send(&world.serving.pages, "GET", &path, &[who], "").body
    };
    let before = page(id, &world.secretary);
    assert!(before.contains("看电话") && !before.contains("19900000001"), "{before}");
    assert!(!page(without, &world.secretary).contains("看电话"), "none was left");
    assert!(!page(id, &scorer).contains("看电话"), "who scores sees no phones");
    let token = before.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let body = format!("form_token={}&act=phone", token.expect("the field"));
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let at = format!("/objections/{VILLAGE}/2026-01/{id}");
    let shown = send(&world.serving.pages, "POST", &at, &[kind, &world.secretary], &body);
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"), "{}", shown.body);
    assert!(shown.body.contains("19900000001"), "{}", shown.body);

    let owner = superuser(&world.database).await;
    let query = "select place, detail from audit_event where act = 'reveal' order by number";
    let rows = owner.query(query, &[]).await.expect("the log");
    assert_eq!(rows.len(), 3, "each look is a row of its own");
    for row in rows {
        let (place, detail): (String, String) = (row.get(0), row.get(1));
        assert_eq!(place, VILLAGE, "the village sees who looked, also where the town did");
        assert!(detail.contains("objection_phone") && !detail.contains("19900000001"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_is_what_is_done_by_the_village_and_by_the_town() {
    let world = World::new().await;
    let id = world.file(0);
    let path = format!("/objections/{VILLAGE}/2026-01/{id}");
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let field = |page: &str, name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
        rest.split('"').next().expect("its value").to_owned()
    };
    // Sends the form of a page with what was typed, as a browser does.
    let press = |who: &str, page: &str, typed: &str| {
        let [token, seen, tried] = ["form_token", "seen", "tried"].map(|name| field(page, name));
        let tried = tried.replace(';', "%3B");
        let body = format!("form_token={token}&seen={seen}&tried={tried}&reason=x&{typed}");
        send(&world.serving.pages, "POST", &path, &[kind, who], &body)
    };
    let open = |who: &str| send(&world.serving.pages, "GET", &path, &[who], "").body;
    let page = open(&world.secretary);
    assert_eq!(field(&page, "tried"), "");
    let tried = press(&world.secretary, &page, "act=check&outcome=upheld&card=H1a*2%3BW1a");
    assert!(tried.status == 200 && tried.body.contains("id=\"preview\""), "{}", tried.body);
    for other in ["outcome=upheld&card=H1a*3%3BW1a", "outcome=partly&card=H1a*2%3BW1a", "outcome=rejected"] {
        let refused = press(&world.secretary, &tried.body, &format!("act=decide&{other}"));
        assert!(refused.status == 422 && refused.body.contains("请再看一次影响"), "{}", refused.body);
        let again = press(&world.secretary, &refused.body, &format!("act=decide&{other}"));
        assert!(
            again.status == 422 && again.body.contains("请再看一次影响"),
            "pressed again: {}",
            again.body
        );
    }
    assert_eq!(world.state(id), "open", "nothing was decided");
    let decided = press(&world.secretary, &tried.body, "act=decide&outcome=upheld&card=H1a2+W1a");
    assert_eq!(decided.status, 303, "the same card, typed otherwise: {}", decided.body);

    let why = json!({ "reason": "户主仍不服" });
    let asked = format!("/api/v1/objections/{id}/review-request");
    assert_eq!(world.post(&world.secretary, &asked, &why).status, 204);
    let page = open(&world.town);
    let tried = press(&world.town, &page, "act=check-review&card=H1a*3%3BW1a");
    assert!(tried.status == 200 && tried.body.contains("id=\"preview\""), "{}", tried.body);
    assert_eq!(world.state(id), "under_review", "a look changes nothing");
    let refused = press(&world.town, &tried.body, "act=review&card=");
    assert!(refused.status == 422 && refused.body.contains("请再看一次影响"), "{}", refused.body);
    assert_eq!(press(&world.town, &tried.body, "act=review&card=H1a*3%3BW1a").status, 303);
    assert_eq!(world.state(id), "reviewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_the_phone_keeps_what_was_typed_and_what_was_tried() {
    let world = World::new().await;
    let mut about = world.about(0);
    about["phone"] = json!("199-0000 0001");
    let filed = world.post(&world.clerk, "/api/v1/objections", &about);
    let id = filed.json()["id"].as_i64().expect("a number");
    let path = format!("/objections/{VILLAGE}/2026-01/{id}");
    let page = send(&world.serving.pages, "GET", &path, &[&world.secretary], "").body;
    assert_eq!(page.matches("看电话").count(), 1, "{page}");
    let form = page.split("<form").find(|form| form.contains("看电话")).expect("the form");
    assert!(
        form.contains("name=\"outcome\"") && form.contains("name=\"card\""),
        "with what is typed: {form}"
    );
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let typed = "seen=1&tried=upheld:scored:W1a&outcome=upheld&card=W1a&reason=to-be-asked";
    let body = format!("form_token={}&act=phone&{typed}", token.expect("the field"));
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let shown = send(&world.serving.pages, "POST", &path, &[kind, &world.secretary], &body);
    assert_eq!(shown.status, 200, "{}", shown.body);
    for kept in [
        "19900000001",
        "value=\"upheld\" selected",
        "name=\"card\" value=\"W1a\"",
        ">to-be-asked</textarea>",
        "name=\"tried\" value=\"upheld:scored:W1a\"",
    ] {
        assert!(shown.body.contains(kept), "{kept}: {}", shown.body);
    }
    assert!(!shown.body.contains("看电话"), "it is shown already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_sent_twice_is_one_note() {
    let world = World::new().await;
    let id = world.file(0);
    let note = |who: &str, words: &str| {
        let path = format!("/api/v1/objections/{id}/notes");
        let noted = world.post(who, &path, &json!({ "reason": words }));
        assert_eq!(noted.status, 204, "{}", noted.body);
        let file = world.get(&world.clerk, &format!("/api/v1/objections/{id}")).json();
        file["steps"].as_array().expect("steps").len()
    };
    assert_eq!(note(&world.secretary, "已到现场"), 1);
    assert_eq!(note(&world.secretary, " 已到现场 "), 1, "the second click");
    assert_eq!(note(&world.clerk, "已到现场"), 2, "somebody else was there too");
    assert_eq!(note(&world.secretary, "已到现场"), 3, "and went there again");
    let owner = superuser(&world.database).await;
    let query = "select count(*) from audit_event where detail like '%\"noted\"%'";
    let logged: i64 = owner.query_one(query, &[]).await.expect("a count").get(0);
    assert_eq!(logged, 3);
}
