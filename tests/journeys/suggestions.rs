//! Suggestions and complaints: who sees and answers them, what a look-up code tells, what the board shows, what is erased.

use authz::{Actor, Object, Role};
use domain::place::Place;
use domain::suggestions::{SuggestionKind, Topic};
use records::suggestions::{FiledSuggestion, NewSuggestion, Via, file_suggestion};
use serde_json::{Value, json};
use testkit::{COUNTY, County, TestDatabase, guard, moment, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, call, run, scored, send, succeed, superuser};

pub(super) const TOWN: &str = "440229100000";
pub(super) const VILLAGE: &str = "440229100201";
const NOW: &str = "2026-02-05T09:00:00+08:00";
pub(super) const BESIDE: &str = "440229100202";
pub(super) const KIND: &str = "Content-Type: application/x-www-form-urlencoded";

pub(super) struct World {
    pub(super) database: TestDatabase,
    county: County,
    pub(super) serving: Serving,
}

impl World {
    /// A county on the 5th of February, with officials of county, town and village.
    pub(super) async fn new() -> Self {
        Self::with(UNLIMITED).await
    }

    /// The same with other settings of its web process.
    pub(super) async fn with(environment: &[(&str, &str)]) -> Self {
        let (database, county) = scored(60, "2026-01", 1).await;
        let mut connection = database.database.connection().await.expect("a connection");
        for (login, role, code) in [
            ("county", Role::CountyAdministrator, COUNTY),
            ("town", Role::TownAdministrator, TOWN),
            ("village", Role::VillageAdministrator, VILLAGE),
        ] {
            let place = Place::parse_code(code).expect("a code");
            let number = account(&mut connection, login, place).await;
            grant(&mut connection, number, role, place).await;
        }
        drop(connection);
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(NOW), environment);
        Self { database, county, serving }
    }

    pub(super) fn get(&self, who: &str, path: &str) -> Answer {
        let who = if who.is_empty() { "X-Nobody: 1" } else { who };
        send(&self.serving.pages, "GET", path, &[who], "")
    }

    pub(super) fn post(&self, who: &str, path: &str, body: &str) -> Answer {
        let who = if who.is_empty() { "X-Nobody: 1" } else { who };
        send(&self.serving.pages, "POST", path, &[KIND, who], body)
    }

    /// Sends the form of the village's board with what was typed.
    fn bring(&self, typed: &str) -> (Answer, String) {
        let form = self.get("", &format!("/p/{VILLAGE}/suggestion"));
        assert_eq!((form.status, form.header("cache-control")), (200, "no-store"));
        let body = format!("key={}&{typed}", value(&form.body, "key"));
        (self.post("", &format!("/p/{VILLAGE}/suggestions"), &body), body)
    }

    /// Does something with the one at an address, as an official does it from its page.
    fn act(&self, who: &str, address: &str, typed: &str) -> Answer {
        let page = self.get(who, address).body;
        let body = format!("form_token={}&seen={}&{typed}", value(&page, "form_token"), value(&page, "seen"));
        self.post(who, address, &body)
    }

    pub(super) async fn log(&self) -> Vec<(String, String, String)> {
        let query =
            "select act, place, detail from audit_event where detail like '%\"suggestion\"%' order by number";
        let rows = superuser(&self.database).await.query(query, &[]).await.expect("the log");
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    pub(super) async fn count(&self, query: &str) -> i64 {
        superuser(&self.database).await.query_one(query, &[]).await.expect("a count").get(0)
    }
}

/// The value of the first field of a name.
pub(super) fn value(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    page.split(&field).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// The look-up code of a receipt.
pub(super) fn code(receipt: &str) -> String {
    let code = receipt.split("number code\">").nth(1).and_then(|rest| rest.split('<').next());
    code.unwrap_or_else(|| panic!("{receipt}")).to_owned()
}

/// The first link of a list that leads to one of it.
fn first(list: &str, page: &str) -> String {
    let link = page.split('"').find(|link| link.starts_with(&format!("{list}/")));
    link.unwrap_or_else(|| panic!("{list}: {page}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_about_officials_goes_past_the_village_to_the_town() {
    let world = World::new().await;
    let [town, village] = ["town", "village"].map(|login| log_in(&world.serving.pages, login));
    let typed = "kind=complaint&topic=officials&words=评分时态度不好&name=赖文&phone=19900000001";
    let (receipt, sent) = world.bring(typed);
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    assert!(receipt.body.contains("意2026-02-001") && receipt.body.contains("镇政府"), "{}", receipt.body);
    assert!(receipt.body.contains("2026年2月15日前"), "{}", receipt.body);
    let code = code(&receipt.body);
    let again = world.post("", &format!("/p/{VILLAGE}/suggestions"), &sent);
    assert_eq!(again.body, receipt.body, "the second click is the same one, with the same code");
    assert_eq!(world.count("select count(*) from suggestion").await, 1);
    let readable = "select count(*) from suggestion where suggestion::text like '%赖文%'
        or suggestion::text like '%19900000001%'";
    assert_eq!(world.count(readable).await, 0, "name and phone are sealed");

    let list = format!("/suggestions/{VILLAGE}/2026-02");
    let page = world.get(&town, &list).body;
    assert!(page.contains("意2026-02-001") && page.contains("干部作风"), "{page}");
    let address = first(&list, &page);
    assert!(!world.get(&village, &list).body.contains("意2026-02-001"), "the village does not see it");
    assert_eq!(world.get(&village, &address).status, 404);
    let token = value(&world.get(&village, "/account").body, "form_token");
    let tried = format!("form_token={token}&act=answer&seen=0&words=没有的事");
    assert_eq!(world.post(&village, &address, &tried).status, 404);
    let waiting = |who: &str| world.get(who, &format!("/objections/{VILLAGE}/2026-01")).body;
    assert!(waiting(&town).contains("1 件等待答复") && waiting(&village).contains("没有等待答复的"));

    let file = world.get(&town, &address).body;
    assert!(file.contains("评分时态度不好") && !file.contains("19900000001"), "{file}");
    let shown = world.act(&town, &address, "act=sender").body;
    assert!(shown.contains("赖文") && shown.contains("19900000001"), "{shown}");
    let answered = world.act(&town, &address, "act=answer&words=已批评教育，评分组已道歉&published=yes");
    assert_eq!(answered.status, 303, "{}", answered.body);

    let found = world.post("", "/answer", &format!("code={}", code.to_lowercase().replace('-', " "))).body;
    assert!(found.contains("已批评教育") && found.contains("2026年2月5日"), "{found}");
    assert!(!found.contains("评分时态度不好"), "the code tells the answer, not the words: {found}");
    let unknown = world.post("", "/answer", "code=440229-ABCD-EFGH-JKLM").body;
    assert!(unknown.contains("没有找到"), "{unknown}");
    let board = world.get("", &format!("/p/{VILLAGE}")).body;
    assert!(board.contains("已批评教育") && board.contains("投诉（干部作风）"), "{board}");
    assert!(!board.contains("态度不好") && !board.contains("赖文"), "{board}");
    let beside = world.get("", &format!("/p/{BESIDE}")).body;
    assert!(!beside.contains("已批评教育"), "{beside}");

    let log = world.log().await;
    let acts: Vec<&str> = log.iter().map(|(act, _, _)| act.as_str()).collect();
    assert_eq!(acts, ["object", "reveal", "decide_objection"]);
    for (_, place, detail) in &log {
        assert_eq!(place, "440229100", "the village's log tells nothing of it");
        assert!(
            !["态度", "赖文", "19900000001", "批评"].iter().any(|word| detail.contains(word)),
            "{detail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_village_answers_a_suggestion_and_corrects_only_what_it_has_seen() {
    let world = World::new().await;
    let [county, village] = ["county", "village"].map(|login| log_in(&world.serving.pages, login));
    let (refused, _) = world.bring("kind=suggestion&topic=redemption&words= ");
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("请用几句话写明"), "{}", refused.body);
    let (receipt, _) = world.bring("kind=suggestion&topic=redemption&words=多备些大米");
    assert!(receipt.body.contains("村委会"), "{}", receipt.body);
    let list = format!("/suggestions/{VILLAGE}/2026-02");
    let address = first(&list, &world.get(&village, &list).body);
    assert!(world.get(&village, &address).body.contains("多备些大米"));
    let token = value(&world.get(&village, "/account").body, "form_token");
    let answer = |words: &str, seen: usize| {
        let body = format!("form_token={token}&act=answer&seen={seen}&words={words}");
        world.post(&village, &address, &body).status
    };
    assert_eq!(answer("下月起多备", 0), 303);
    assert_eq!(answer("下月起多备", 0), 303, "the second click leaves nothing behind");
    assert_eq!(answer("三月起多备", 0), 422, "somebody else's answer is not corrected unseen");
    assert_eq!(answer("三月起多备", 1), 303);
    assert_eq!(world.count("select count(*) from suggestion_answer").await, 2);
    let code = code(&receipt.body);
    let found = world.post("", "/answer", &format!("code={code}")).body;
    assert!(found.contains("三月起多备") && !found.contains("下月起多备"), "the last one counts: {found}");
    assert!(!world.get("", &format!("/p/{VILLAGE}")).body.contains("三月起多备"), "it was not published");

    assert_eq!(world.act(&village, &address, "act=erase").status, 403, "the county erases");
    let owner = superuser(&world.database).await;
    let tamper = |words: &str| format!("update suggestion_answer set words = '{words}' where number = 2");
    owner.batch_execute(&tamper("四月起多备")).await.expect("tampered");
    let found = run(&world.database, &["verify", "--county", COUNTY]);
    assert!(found.code == Some(1) && found.err.contains("答复"), "{found:?}");
    owner.batch_execute(&tamper("三月起多备")).await.expect("as it was");
    assert_eq!(world.act(&county, &address, "act=erase").status, 422, "it is confirmed first");
    assert_eq!(world.act(&county, &address, "act=erase&sure=yes").status, 303);
    succeed(&world.database, &["verify", "--county", COUNTY]);
    let kept = "select count(*) from suggestion s join suggestion_answer a on a.suggestion_id = s.id
        where s.words is not null or a.words is not null or s.salt <> '' or a.salt <> ''";
    assert_eq!(world.count(kept).await, 0);
    assert!(world.post("", "/answer", &format!("code={code}")).body.contains("已依法删除"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_from_a_households_page_is_limited_and_erased_with_it() {
    let world = World::new().await;
    let village = demo::villages(&world.county.plan).next().expect("a village");
    let households = demo::households(&world.county.plan, &village);
    let household = households.iter().find(|one| one.participation.joined.is_none());
    let household = household.expect("one that never took part").household;
    let filed = async |words: &str, kind: SuggestionKind| -> Result<FiledSuggestion, String> {
        let town = Place::parse_code(TOWN).expect("a code");
        let allowed = guard().await.allow(&Actor::Holder, Object, town).expect("allowed");
        let new = NewSuggestion {
            kind,
            topic: Topic::Officials,
            words: words.to_owned(),
            name: Some("赖文".to_owned()),
            phone: None,
            key: "0f".repeat(16),
        };
        let mut connection = world.database.database.connection().await.expect("a connection");
        let (at, registrar) = (moment("2026-02-05 09:00"), registrar());
        let via = Via::Household(&household);
        file_suggestion(&mut connection, &allowed, &village.place, via, &new, &registrar, &at)
            .await
            .map_err(|error| error.to_string())
    };
    for number in 0..5 {
        filed(&format!("第{number}件"), SuggestionKind::Suggestion).await.expect("filed");
    }
    let refusal = filed("第六件", SuggestionKind::Suggestion).await.expect_err("refused");
    assert!(refusal.contains("本户已有 5 件"), "{refusal}");
    let again = filed("第0件", SuggestionKind::Suggestion).await.expect("the same form once more");
    assert_eq!(again.number, "意2026-02-001");
    filed("作风不好", SuggestionKind::Complaint).await.expect("the town's desk is another one");

    let county = log_in(&world.serving.pages, "county");
    let address = format!("/api/v1/households/{household}/erasure");
    let erase = || call(&world.serving.pages, "POST", &address, &county, &Value::Null);
    let erased = erase();
    assert_eq!((erased.status, &erased.json()["objections"]), (200, &json!(6)), "{}", erased.body);
    let named =
        "select count(*) from suggestion where words is not null or name_sealed is not null or salt <> ''";
    assert_eq!(world.count(named).await, 0, "at the village and at the town");
    assert_eq!(erase().json()["objections"], json!(0), "again is success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_households_page_leads_to_the_form_and_a_dead_token_nowhere() {
    let world = World::new().await;
    let village = demo::villages(&world.county.plan).next().expect("a village");
    let allowed =
        guard().await.allow(&testkit::operator(), authz::IssueTokens, village.place).expect("allowed");
    let mut connection = world.database.database.connection().await.expect("a connection");
    let (group, now) = (village.groups[0].place, moment("2026-02-05 09:00"));
    let sealer = registrar().sealer;
    let cards = records::forms::household_cards(&mut connection, &allowed, &group, &sealer, &now).await;
    let token = cards.expect("cards").remove(0).token;
    assert!(world.get("", &format!("/h/{token}")).body.contains(&format!("/h/{token}/suggestion")));
    let form = world.get("", &format!("/h/{token}/suggestion"));
    assert_eq!((form.status, form.header("cache-control")), (200, "no-store"));
    let body = format!("key={}&kind=suggestion&topic=other&words=x", value(&form.body, "key"));
    assert_eq!(world.post("", &format!("/h/{token}/suggestions"), &body).status, 200);
    let linked = "select count(*) from suggestion where household_id is not null and place = '440229100201'";
    assert_eq!(world.count(linked).await, 1);
    let dead = "0".repeat(38);
    assert_eq!(world.get("", &format!("/h/{dead}/suggestion")).status, 404);
    assert_eq!(world.post("", &format!("/h/{dead}/suggestions"), &body).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_households_page_and_file_hold_its_suggestions_but_no_complaint_that_the_village_may_not_see() {
    let world = World::new().await;
    let [county, official] = ["county", "village"].map(|login| log_in(&world.serving.pages, login));
    let village = demo::villages(&world.county.plan).next().expect("a village");
    let allowed =
        guard().await.allow(&testkit::operator(), authz::IssueTokens, village.place).expect("allowed");
    let mut connection = world.database.database.connection().await.expect("a connection");
    let (group, now) = (village.groups[0].place, moment("2026-02-05 09:00"));
    let sealer = registrar().sealer;
    let cards = records::forms::household_cards(&mut connection, &allowed, &group, &sealer, &now).await;
    let mut cards = cards.expect("cards");
    let (card, neighbour) = (cards.remove(0), cards.remove(0));
    drop(connection);
    let home = format!("/h/{}", card.token);
    let bring = |typed: &str| {
        let form = world.get("", &format!("{home}/suggestion"));
        let body = format!("key={}&{typed}", value(&form.body, "key"));
        assert_eq!(world.post("", &format!("{home}/suggestions"), &body).status, 200);
    };
    bring("kind=suggestion&topic=redemption&words=多备些大米&name=赖文&phone=19900000001");
    bring("kind=complaint&topic=officials&words=评分时态度不好");
    let page = world.get("", &home).body;
    assert!(page.contains("意2026-02-001") && page.contains("前答复"), "{page}");
    assert!(!page.contains("多备些大米"), "others may hold the card too: {page}");
    let list = format!("/suggestions/{VILLAGE}/2026-02");
    let address = first(&list, &world.get(&official, &list).body);
    assert_eq!(world.act(&official, &address, "act=answer&words=下月起多备").status, 303);
    let page = world.get("", &home).body;
    assert!(page.contains("下月起多备"), "{page}");
    assert!(!page.contains("干部作风"), "whoever holds the card is not told of complaints: {page}");
    assert!(!world.get("", &format!("/h/{}", neighbour.token)).body.contains("下月起多备"));

    let file = |who: &str| {
        let path = format!("/api/v1/households/{}/file", card.household.code());
        let answer = call(&world.serving.pages, "GET", &path, who, &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["suggestions"].as_array().expect("suggestions").clone()
    };
    let of_village = file(&official);
    assert_eq!(of_village.len(), 1, "the village is not told of complaints about it: {of_village:?}");
    assert_eq!(
        (&of_village[0]["words"], &of_village[0]["name"], &of_village[0]["answers"][0]["words"]),
        (&json!("多备些大米"), &json!("赖文"), &json!("下月起多备"))
    );
    let of_county: Vec<Value> = file(&county).iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(of_county, ["suggestion", "complaint"]);
}
