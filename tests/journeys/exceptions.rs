//! After entry has ended: the village asks, the town grants, and exactly that is opened until its day has ended.

use authz::Role;
use domain::place::Place;
use serde_json::{Value, json};
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, call, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const GROUP: &str = "440229100201001";
const PAGE: &str = "/scoring/440229100201/2026-01";

/// A web process at a stated time, with a village's clerk and somebody of its town.
struct Desk {
    serving: Serving,
    clerk: String,
    town: String,
}

impl Desk {
    fn at(database: &TestDatabase, now: &str) -> Self {
        let serving = Serving::start_at(database, "127.0.0.1:0", Some(now), UNLIMITED);
        let [clerk, town] = ["clerk", "town"].map(|login| log_in(&serving.pages, login));
        Self { serving, clerk, town }
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        send(&self.serving.pages, "GET", path, &[who], "")
    }

    fn post(&self, who: &str, path: &str, fields: &str) -> Answer {
        let token = value(&self.get(who, "/account").body, "form_token");
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", path, &[kind, who], &format!("form_token={token}&{fields}"))
    }

    fn ask(&self, fields: &str) -> Answer {
        self.post(&self.clerk, &format!("{PAGE}/exceptions"), fields)
    }

    /// Enters a card through the API, which consults the same rule.
    fn enter(&self, panel: &str, number: &str, scored_on: &str, findings: &str) -> Answer {
        let row = row(panel, number, scored_on, findings);
        call(&self.serving.pages, "POST", "/api/v1/cards", &self.clerk, &json!({ "rows": [row] }))
    }

    /// The same, by somebody who asks for the group alone.
    fn enter_in_group(&self, who: &str, panel: &str, number: &str, findings: &str) -> Answer {
        let body = json!({ "place": GROUP, "rows": [row(panel, number, "2026-02-04", findings)] });
        call(&self.serving.pages, "POST", "/api/v1/cards", who, &body)
    }
}

fn row(panel: &str, number: &str, scored_on: &str, findings: &str) -> Value {
    json!({
        "month": "2026-01", "household_code": format!("{GROUP}{number}"), "panel": panel,
        "scored_on": scored_on, "findings": findings, "late_reason": "外出未归",
    })
}

async fn people(database: &TestDatabase) {
    let mut connection = database.database.connection().await.expect("a connection");
    for (login, role, at) in [
        ("clerk", Role::VillageAdministrator, VILLAGE),
        ("leader", Role::PanelLeader, VILLAGE),
        ("town", Role::TownAdministrator, TOWN),
    ] {
        let place = Place::parse_code(at).expect("a code");
        let number = account(&mut connection, login, place).await;
        grant(&mut connection, number, role, place).await;
    }
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_town_opens_one_household_for_some_days_and_nothing_else() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(60, "2026-01", 1).register(&mut connection).await;
    drop(connection);
    people(&database).await;
    let desk = Desk::at(&database, "2026-02-04T10:00:00+08:00");
    let panel = value(&desk.get(&desk.clerk, &format!("{PAGE}/entry")).body, "panel");
    let locked = desk.enter(&panel, "0001", "2026-01-28", "H1a");
    assert!(locked.status == 422 && locked.body.contains("需要镇批准的补录"), "{}", locked.body);

    let page = desk.get(&desk.clerk, PAGE).body;
    assert!(page.contains("录入已于2026年2月3日24时截止") && page.contains("申请补录"), "{page}");
    let nothing = ["href=\"/phone\"", "class=\"word-soon\">差"];
    assert!(!nothing.iter().any(|one| page.contains(one)), "nothing is to be entered: {page}");

    let far = desk.ask("group=440229100201001&number=0001&until=2026-02-15&reason=outage");
    assert!(far.status == 422 && far.body.contains("至多 10 天"), "{}", far.body);
    let request = "group=440229100201001&number=0001&until=2026-02-06&reason=outage";
    assert_eq!(desk.ask(request).status, 303);
    let twice = desk.ask(request);
    assert!(twice.status == 422 && twice.body.contains("不用再交"), "{}", twice.body);
    let waiting = desk.enter(&panel, "0001", "2026-01-28", "H1a");
    assert_eq!(waiting.status, 422, "a request opens nothing");

    let owner = superuser(&database).await;
    let id: i64 = owner.query_one("select id from lock_exception", &[]).await.expect("a request").get(0);
    let own = desk.post(&desk.clerk, &format!("{PAGE}/exceptions/{id}"), "act=grant");
    assert_eq!(own.status, 403, "the village does not grant what it asks");
    let at_town = format!("/scoring/{TOWN}/2026-01");
    assert!(desk.get(&desk.town, &at_town).body.contains("待批准"));
    let granted = desk.post(&desk.town, &format!("{at_town}/exceptions/{id}"), "act=grant");
    assert_eq!(granted.status, 303, "{}", granted.body);
    let again = desk.post(&desk.town, &format!("{at_town}/exceptions/{id}"), "act=refuse&reason=x");
    assert!(again.status == 422 && again.body.contains("补录中"), "{}", again.body);
    let page = desk.get(&desk.clerk, PAGE).body;
    assert!(page.contains("补录中") && page.contains("class=\"btn\" href=\"/phone\""), "{page}");

    let phone = desk.get(&desk.clerk, "/phone/month/current").json();
    let open = json!([{ "month": "2026-01", "title": "2026年1月", "opened_until": "2026-02-06" }]);
    assert_eq!((&phone["month"], &phone["open"]), (&json!("2026-01"), &open), "the phone offers it");

    let opened = desk.enter(&panel, "0001", "2026-02-04", "H1a");
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(desk.enter(&panel, "0002", "2026-01-28", "H1a").status, 422, "the neighbour stays locked");
    let leader = log_in(&desk.serving.pages, "leader");
    let in_group = desk.enter_in_group(&leader, &panel, "0001", "H1a*2");
    assert_eq!(in_group.status, 200, "the village's exception holds for its group: {}", in_group.body);
    let neighbour = desk.enter_in_group(&leader, &panel, "0002", "H1a");
    assert!(neighbour.status == 422 && neighbour.body.contains("需要镇批准的补录"), "{}", neighbour.body);
    let steps = "select count(*) from audit_event where act in ('ask_exception', 'grant_exception')
        and detail like '%\"exception\":%'";
    let told: i64 = owner.query_one(steps, &[]).await.expect("a count").get(0);
    assert_eq!(told, 2);

    let later = Desk::at(&database, "2026-02-07T00:00:00+08:00");
    let over = later.enter(&panel, "0001", "2026-02-04", "H1a*2");
    assert!(over.status == 422 && over.body.contains("需要镇批准的补录"), "{}", over.body);
    assert!(later.get(&later.clerk, PAGE).body.contains("已结束"));
    let phone = later.get(&later.clerk, "/phone/month/current").json();
    assert_eq!(phone["open"], json!([]), "and no longer than that");
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_decision_keeps_its_reason_and_people_read_dates_in_words() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(60, "2026-01", 1).register(&mut connection).await;
    drop(connection);
    people(&database).await;
    let desk = Desk::at(&database, "2026-02-04T10:00:00+08:00");
    let page = desk.get(&desk.clerk, PAGE).body;
    assert!(page.contains("2026年1月的评分已于2026年2月3日24时截止"), "{page}");
    let panel = value(&desk.get(&desk.clerk, &format!("{PAGE}/entry")).body, "panel");
    let told = desk.enter(&panel, "0001", "2026-01-28", "H1a").body;
    assert!(told.contains("2026-01 的评分已于 2026-02-03 24:00 截止"), "programs read as before: {told}");

    assert_eq!(desk.ask("until=2026-02-06&reason=outage").status, 303);
    let owner = superuser(&database).await;
    let id: i64 = owner.query_one("select id from lock_exception", &[]).await.expect("a request").get(0);
    let decision = format!("/scoring/{TOWN}/2026-01/exceptions/{id}");
    let long = "x".repeat(201);
    let refused = desk.post(&desk.town, &decision, &format!("act=refuse&reason={long}"));
    assert!(refused.status == 422 && refused.body.contains("至多 200 个字"), "{}", refused.body);
    assert_eq!(value(&refused.body, "reason"), long, "what was typed stays");
    assert_eq!(desk.post(&desk.town, &decision, "act=refuse&reason=late").status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_month_is_never_opened_again() {
    let (database, _) = scored(60, "2026-01", 1).await;
    people(&database).await;
    let before = Desk::at(&database, "2026-02-04T00:10:00+08:00");
    assert_eq!(before.ask("until=2026-02-06&reason=outage").status, 303);
    let owner = superuser(&database).await;
    let id: i64 = owner.query_one("select id from lock_exception", &[]).await.expect("a request").get(0);
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &close);
    let after = Desk::at(&database, "2026-02-04T10:00:00+08:00");
    let page = after.get(&after.clerk, PAGE).body;
    assert!(page.contains("本月已结账") && page.contains("更正为新版本"), "{page}");
    assert!(!page.contains("href=\"/phone\"") && !page.contains("/entry"), "{page}");
    let late = after.post(&after.town, &format!("{PAGE}/exceptions/{id}"), "act=grant");
    assert!(late.status == 422 && late.body.contains("已过期"), "{}", late.body);
    let refused = after.ask("until=2026-02-06&reason=outage");
    assert!(refused.status == 422 && refused.body.contains("请走更正"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clerk_takes_blank_sheets_out_and_the_log_says_so() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(60, "2026-01", 1).register(&mut connection).await;
    drop(connection);
    people(&database).await;
    let desk = Desk::at(&database, "2026-01-26T10:00:00+08:00");
    assert!(desk.get(&desk.clerk, PAGE).body.contains(&format!("blank.pdf?group={GROUP}")));
    let sheet = desk.get(&desk.clerk, &format!("{PAGE}/blank.pdf?group={GROUP}"));
    assert_eq!(sheet.status, 200);
    assert_eq!(sheet.header("content-type"), "application/pdf");
    assert!(sheet.body.starts_with("%PDF"));
    let elsewhere = desk.get(&desk.clerk, &format!("{PAGE}/blank.pdf?group=440229100202001"));
    assert_eq!(elsewhere.status, 422);
    let row = "select count(*) from audit_event where act = 'enter_cards' and detail like '%\"exported\":\"sheets\"%'";
    let told: i64 = superuser(&database).await.query_one(row, &[]).await.expect("a count").get(0);
    assert_eq!(told, 1, "what was refused is not logged as taken out");
}
