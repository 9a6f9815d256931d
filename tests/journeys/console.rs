//! What the console's forms must not do: touch what nobody changed, sign what nobody saw, approve alone.

use authz::Role;
use domain::place::Place;
use serde_json::{Value, json};
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, call, run, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const PAGE: &str = "/scoring/440229100201/2026-01";

/// On what ground a clerk signs.
const ON_PAPER: &str = "据纸质签名代录";

struct World {
    database: TestDatabase,
    serving: Serving,
    cookie: String,
}

impl World {
    /// A county without cards, the 28th of January, and a village administrator.
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        let mut connection = database.database.connection().await.expect("a connection");
        County::new(60, "2026-01", 1).register(&mut connection).await;
        let village = Place::parse_code(VILLAGE).expect("a code");
        let number = account(&mut connection, "clerk", village).await;
        grant(&mut connection, number, Role::VillageAdministrator, village).await;
        drop(connection);
        let now = Some("2026-01-28T10:00:00+08:00");
        let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
        let cookie = log_in(&serving.pages, "clerk");
        Self { database, serving, cookie }
    }

    fn get(&self, path: &str) -> String {
        let answer = send(&self.serving.pages, "GET", path, &[&self.cookie], "");
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", path, &[kind, &self.cookie], &body.join("&"))
    }

    /// Enters cards of the village's first households through the API.
    fn enter(&self, cards: &[(&str, &str)]) {
        let panel = values(&self.get(&format!("{PAGE}/entry")), "panel")[0].clone();
        let row = |(household, findings): &(&str, &str)| {
            json!({
                "month": "2026-01", "household_code": household, "panel": panel, "scored_on": "2026-01-26",
                "findings": findings, "note": "照片在村里",
            })
        };
        let rows: Vec<Value> = cards.iter().map(row).collect();
        let body = json!({ "rows": rows });
        let answer = call(&self.serving.pages, "POST", "/api/v1/cards", &self.cookie, &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Sends the form of a signature.
    fn sign(&self, form: &[(String, String)]) -> Answer {
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&format!("{PAGE}/signatures"), &form)
    }

    /// The latest card of each household: its revision, day and note.
    async fn cards(&self) -> Vec<(String, i16, String, bool)> {
        let query = "select distinct on (h.code) h.code, c.revision, c.scored_on::text, r.note is not null
            from card c join household h on h.county_code = c.county_code and h.id = c.household_id
            left join card_remark r on r.county_code = c.county_code and r.month = c.month and r.card_id = c.id
            order by h.code, c.revision desc";
        let rows = superuser(&self.database).await.query(query, &[]).await.expect("the cards");
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
    }
}

/// The values of the fields of a name, in the order of the page.
fn values(page: &str, name: &str) -> Vec<String> {
    let field = format!("name=\"{name}\" value=\"");
    page.split(&field).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// What a sum sheet would send to be signed: everybody present, and on what ground.
fn signing(sheet: &str, on_behalf: &str) -> Vec<(String, String)> {
    let first = |name: &str| (name.to_owned(), values(sheet, name).first().cloned().unwrap_or_default());
    let mut form: Vec<(String, String)> = ["form_token", "panel", "seen", "revision"].map(first).into();
    form.extend(values(sheet, "present").into_iter().map(|number| ("present".to_owned(), number)));
    form.push(("on_behalf".to_owned(), on_behalf.to_owned()));
    form
}

/// What the entry page would send with some lines typed anew.
fn filled<'a>(page: &'a [(&'a str, Vec<String>)], typed: &'a [(usize, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = Vec::new();
    for (name, texts) in page {
        for (line, text) in texts.iter().enumerate() {
            let anew = typed.iter().find(|(at, _)| *name == "findings" && *at == line);
            fields.push((*name, anew.map_or(text.as_str(), |(_, text)| text)));
        }
    }
    fields.push(("scored_on", "2026-01-28"));
    fields
}

fn fields(page: &str) -> Vec<(&'static str, Vec<String>)> {
    ["form_token", "group", "panel", "household", "was", "base", "findings"]
        .map(|name| {
            let mut texts = values(page, name);
            if matches!(name, "form_token" | "group" | "panel") {
                texts.truncate(1);
            }
            (name, texts)
        })
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_the_entry_page_touches_only_the_lines_that_were_typed() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let households: Vec<&str> = page[3].1.iter().map(String::as_str).collect();
    world.enter(&[(households[0], "H1a"), (households[1], "H3b")]);

    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let answer = world.post(&format!("{PAGE}/entry"), &filled(&page, &[(2, "-")]));
    assert_eq!(answer.status, 303, "{}", answer.body);
    let cards = world.cards().await;
    let untouched = |at: usize| (households[at].to_owned(), 1, "2026-01-26".to_owned(), true);
    assert_eq!(cards[..2], [untouched(0), untouched(1)]);
    assert_eq!(cards[2], (households[2].to_owned(), 1, "2026-01-28".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_while_lines_are_saved_is_answered_as_one_and_the_lines_stay() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let broken = "alter table sheet add constraint broken check (false) not valid";
    superuser(&world.database).await.batch_execute(broken).await.expect("broken");
    let answer = world.post(&format!("{PAGE}/entry"), &filled(&page, &[(0, "H1a")]));
    assert!(answer.status == 500 && answer.body.contains("系统出错：已保存 0 户"), "{}", answer.body);
    assert_eq!(values(&answer.body, "findings")[0], "H1a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_typed_over_a_card_that_has_changed_meanwhile_is_kept_for_the_leader() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let households: Vec<&str> = page[3].1.iter().map(String::as_str).collect();
    world.enter(&[(households[0], "H1a")]);

    // The page was opened before that card came.
    let answer = world.post(&format!("{PAGE}/entry"), &filled(&page, &[(0, "H3b")]));
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("请组长取舍"), "{}", answer.body);
    assert_eq!(world.cards().await, [(households[0].to_owned(), 1, "2026-01-26".to_owned(), true)]);
    let open = world.get(PAGE);
    assert!(open.contains("要组长取舍的评分单"));

    let sheet = open.split("/sheets/").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
    let long = "x".repeat(201);
    let form = [("form_token", page[0].1[0].as_str()), ("take", "no"), ("reason", long.as_str())];
    let refused = world.post(&format!("{PAGE}/sheets/{sheet}"), &form);
    assert!(refused.status == 422 && refused.body.contains("至多 200 个字"), "{}", refused.body);
    assert_eq!(values(&refused.body, "reason"), [long], "what was typed stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_page_that_is_refused_as_a_whole_keeps_every_line() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let long = "x".repeat(201);
    let mut form = filled(&page, &[(0, "H3b"), (2, "-")]);
    form.push(("late_reason", long.as_str()));
    let refused = world.post(&format!("{PAGE}/entry"), &form);
    assert!(refused.status == 422 && refused.body.contains("至多 200 个字"), "{}", refused.body);
    let typed = values(&refused.body, "findings");
    assert_eq!((typed[0].as_str(), typed[2].as_str()), ("H3b", "-"));
    assert_eq!(values(&refused.body, "late_reason"), [long]);
    assert!(world.cards().await.is_empty(), "nothing was entered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_sheet_that_has_changed_since_it_was_shown_is_not_signed() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let (panel, households) = (page[2].1[0].as_str(), &page[3].1);
    world.enter(&[(&households[0], "")]);
    let shown = world.get(&format!("{PAGE}/panel?name={panel}"));
    let seen = values(&shown, "seen")[0].clone();
    world.enter(&[(&households[1], "H1a")]);
    let answer = world.sign(&signing(&shown, ON_PAPER));
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("没有签字"), "{}", answer.body);
    assert_eq!(values(&answer.body, "on_behalf"), [ON_PAPER], "what was typed stays");
    let now = world.get(&format!("{PAGE}/panel?name={panel}"));
    assert_ne!(values(&now, "seen")[0], seen);
    assert_eq!(world.sign(&signing(&now, ON_PAPER)).status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_sum_sheet_says_who_signed_and_is_signed_again_only_for_later_cards() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let (panel, households) = (page[2].1[0].as_str(), &page[3].1);
    let sheet = format!("{PAGE}/panel?name={panel}");
    let sign = |sheet: &str| assert_eq!(world.sign(&signing(sheet, ON_PAPER)).status, 303);
    world.enter(&[(&households[0], "H1a")]);
    let open = world.get(&sheet);
    assert!(open.contains("代组长签字</button>") && !open.contains("id=\"signed\""), "{open}");
    sign(&open);
    let signed = world.get(&sheet);
    assert!(signed.contains("id=\"signed\"") && signed.contains("村管理员"), "{signed}");
    assert!(!signed.contains("id=\"sign\""), "there is nothing new to sign");

    world.enter(&[(&households[1], "H3b")]);
    let more = world.get(&sheet);
    assert!(more.contains("又有 1 户") && more.contains("核对后再签一次</button>"), "{more}");
    sign(&more);
    assert!(!world.get(&sheet).contains("id=\"sign\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_signed_with_who_was_there_and_by_a_clerk_only_with_the_ground() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let (panel, households) = (page[2].1[0].as_str(), &page[3].1);
    let sheet = format!("{PAGE}/panel?name={panel}");
    world.enter(&[(&households[0], "H1a")]);
    let open = world.get(&sheet);
    let everybody = values(&open, "present");
    assert!(everybody.len() >= 3 && open.matches("checked>").count() == everybody.len(), "{open}");
    let as_clerk = signing(&open, "");
    let refused = world.sign(&as_clerk);
    assert!(refused.status == 422 && refused.body.contains("请写明凭什么代为签字"), "{}", refused.body);

    let mut few = signing(&open, ON_PAPER);
    few.retain(|(name, value)| name != "present" || *value == everybody[0]);
    let refused = world.sign(&few);
    assert!(refused.status == 422 && refused.body.contains("到场 1 人，不足 3 人"), "{}", refused.body);
    assert_eq!(refused.body.matches("checked>").count(), 1, "what was marked stays marked");
    few.push(("few_reason".to_owned(), "others-ill".to_owned()));
    let mut stranger = few.clone();
    stranger.push(("present".to_owned(), "99".to_owned()));
    assert!(world.sign(&stranger).body.contains("没有第 99 位"));
    let mut other_list = few.clone();
    other_list.iter_mut().filter(|(name, _)| name == "revision").for_each(|one| one.1 = "9".to_owned());
    let changed = world.sign(&other_list);
    assert!(changed.status == 422 && changed.body.contains("名单刚有变动"), "{}", changed.body);
    assert_eq!(
        changed.body.matches("checked>").count(),
        everybody.len(),
        "nobody is marked by an old number"
    );
    for kept in ["others-ill", ON_PAPER] {
        assert!(changed.body.contains(kept), "what was written stays: {}", changed.body);
    }
    assert_eq!(world.sign(&few).status, 303);

    let signed = world.get(&sheet);
    assert!(signed.contains("评分时到场 1 人：") && signed.contains("；未到："), "{signed}");
    assert!(signed.contains("到场人数不足的原因：others-ill。"), "{signed}");
    assert!(signed.contains(&format!("代签说明：{ON_PAPER}。")), "{signed}");
    let owner = superuser(&world.database).await;
    let row = "select count(*) from audit_event where act = 'sign_cards' and detail like '%\"present\":1%'
        and detail like '%\"words\":\"%' and detail not like '%others-ill%'";
    let told: i64 = owner.query_one(row, &[]).await.expect("a count").get(0);
    assert_eq!(told, 1, "the log counts, and holds the digest of the words");
    succeed(&world.database, &["verify", "--county", COUNTY]);
    owner.execute("update signature set on_behalf = 'x'", &[]).await.expect("changed");
    let changed = run(&world.database, &["verify", "--county", COUNTY]);
    assert!(changed.code == Some(1) && changed.err.contains("签字说明"), "{}", changed.err);
    let undigested = "update signature set said_salt = null, said_digest = null";
    assert!(owner.execute(undigested, &[]).await.is_err(), "no text stands without its digest");
    owner.batch_execute("alter table signature drop constraint signature_said").await.expect("dropped");
    owner.execute(undigested, &[]).await.expect("changed");
    let changed = run(&world.database, &["verify", "--county", COUNTY]);
    assert!(changed.code == Some(1) && changed.err.contains("签字说明"), "{}", changed.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_leader_signs_without_a_ground_and_a_closed_month_is_not_signed_any_more() {
    let mut world = World::new().await;
    let mut connection = world.database.database.connection().await.expect("a connection");
    let village = Place::parse_code(VILLAGE).expect("a code");
    let number = account(&mut connection, "leader", village).await;
    grant(&mut connection, number, Role::PanelLeader, village).await;
    drop(connection);
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let (panel, household) = (page[2].1[0].as_str(), page[3].1[0].as_str());
    let sheet = format!("{PAGE}/panel?name={panel}");
    world.enter(&[(household, "H1a")]);
    world.cookie = log_in(&world.serving.pages, "leader");
    let open = world.get(&sheet);
    assert!(open.contains("\"sign\">组长签字</button>") && !open.contains("name=\"on_behalf\""), "{open}");
    assert_eq!(world.sign(&signing(&open, "")).status, 303);
    let signed = world.get(&sheet);
    assert!(!signed.contains("id=\"closed\"") && !signed.contains("；未到："), "{signed}");

    // Only one panel has scored, so that the others leave nothing unsigned.
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&world.database, &close);
    let closed = world.get(&sheet);
    assert!(closed.contains("本月已结账，不再签字。") && !closed.contains("id=\"sign-form\""), "{closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_shown_as_they_are_typed_beside_the_words_of_their_rules() {
    let world = World::new().await;
    let page = fields(&world.get(&format!("{PAGE}/entry")));
    let (panel, household) = (page[2].1[0].as_str(), page[3].1[0].as_str());
    world.enter(&[(household, "H1a*2;H3b")]);
    let (item, rule) = ("院落与屋旁整洁", "院内或屋旁随意堆放杂物");

    let entry = world.get(&format!("{PAGE}/entry"));
    assert_eq!(values(&entry, "findings")[0], "H1a2 H3b");
    assert!(entry.contains(&format!("{item}：{rule}")), "{entry}");
    let sheet = world.get(&format!("{PAGE}/panel?name={panel}"));
    assert!(sheet.contains(&format!("H1a2（{item}）")) && sheet.contains(rule), "{sheet}");
    assert!(
        sheet.contains(&format!("小组 {}号", &household[15..])),
        "a number stands beside its group: {sheet}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_villages_catalogue_is_not_put_in_force_by_one_person() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(12, "2026-01", 1).register(&mut connection).await;
    let town = Place::parse_code("440229100000").expect("a code");
    let number = account(&mut connection, "town", town).await;
    grant(&mut connection, number, Role::TownAdministrator, town).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-01-10T10:00:00+08:00"), UNLIMITED);
    let cookie = log_in(&serving.pages, "town");
    let list = call(
        &serving.pages,
        "GET",
        "/api/v1/catalogues?place=440229100201&month=2026-01",
        &cookie,
        &Value::Null,
    );
    let rows = list.json()["rows"].clone();
    let body = json!({ "place": VILLAGE, "from": "2026-02", "rows": rows, "reason": "补充" });
    let answer = call(&serving.pages, "POST", "/api/v1/catalogues", &cookie, &body);
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("另一人审批"), "{}", answer.body);
}
