//! The town's sample: fixed before anybody signs, drawn after, checked blind; anybody can draw it again.

use authz::Role;
use domain::place::Place;
use domain::scoring::commitment;
use serde_json::json;
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, call, results, run, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";

/// What the town finds, as it is typed: 20 points are left, which no panel gives.
const FOUND: &str = "H1a9 H2a9 H3a9 H4a9 H5a9 H6a9 H7a9 H8c W1b";

/// A web process at a stated time, with a member of the town's guidance group.
struct Desk {
    serving: Serving,
    member: String,
}

impl Desk {
    fn at(database: &TestDatabase, now: &str) -> Self {
        let serving = Serving::start_at(database, "127.0.0.1:0", Some(now), UNLIMITED);
        let member = log_in(&serving.pages, "member");
        Self { serving, member }
    }

    fn page(&self, place: &str) -> String {
        let path = format!("/samples/{place}/2026-01");
        let answer = send(&self.serving.pages, "GET", &path, &[&self.member], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    fn post(&self, place: &str, noun: &str, fields: &str) -> Answer {
        self.post_of(place, "2026-01", noun, fields)
    }

    fn post_of(&self, place: &str, month: &str, noun: &str, fields: &str) -> Answer {
        self.post_as(&self.member, &format!("/samples/{place}/{month}/{noun}"), fields)
    }

    fn get_as(&self, who: &str, path: &str) -> Answer {
        send(&self.serving.pages, "GET", path, &[who], "")
    }

    fn post_as(&self, who: &str, path: &str, fields: &str) -> Answer {
        let account = self.get_as(who, "/account").body;
        let body = format!("form_token={}&{fields}", value(&account, "form_token"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", path, &[kind, who], &body)
    }
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_town_draws_what_nobody_could_steer_and_checks_it_blind() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    let county = County::new(60, "2026-01", 1);
    county.register(&mut connection).await;
    let town = Place::parse_code(TOWN).expect("a code");
    let number = account(&mut connection, "member", town).await;
    grant(&mut connection, number, Role::GuidanceMember, town).await;

    let before = Desk::at(&database, "2026-01-28T10:00:00+08:00");
    assert_eq!(before.post(TOWN, "commitments", "size=21").status, 422);
    assert_eq!(before.post(TOWN, "commitments", "size=2").status, 303);
    assert_eq!(before.post(TOWN, "commitments", "size=3").status, 303, "what is fixed stays");
    let early = before.post(VILLAGE, "draws", "");
    assert!(early.status == 422 && early.body.contains("户没有积分卡"), "{}", early.body);
    assert!(!before.page(VILLAGE).contains("公开的密数"));

    county.score(&mut connection, county.plan.first_month).await;
    drop(connection);
    let signed = Desk::at(&database, "2026-02-03T22:00:00+08:00");
    let early = signed.post(VILLAGE, "draws", "");
    assert!(
        early.status == 422 && early.body.contains("户没有积分卡"),
        "some are not scored: {}",
        early.body
    );
    let month = ["--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &[&["close"], month.as_slice()].concat());
    let desk = Desk::at(&database, "2026-02-04T09:00:00+08:00");
    let far = desk.post_of(TOWN, "2026-04", "commitments", "size=1");
    assert!(far.status == 422 && far.body.contains("还太早"), "{}", far.body);
    for _ in 0..2 {
        assert_eq!(desk.post(VILLAGE, "draws", "").status, 303, "drawn once, however often");
    }
    let owner = superuser(&database).await;
    let row = "select c.size, c.commitment, d.secret from sample_commitment c join sample_draw d using (place, month)";
    let row = owner.query_one(row, &[]).await.expect("one draw");
    let (size, committed, secret): (i16, Vec<u8>, Vec<u8>) = (row.get(0), row.get(1), row.get(2));
    let secret: [u8; 32] = secret.try_into().expect("32 bytes");
    assert_eq!((size, committed.as_slice()), (2, commitment(&secret).0.as_slice()));

    let page = desk.page(VILLAGE);
    assert_eq!(page.matches("交卡后显示").count(), 2, "the panel's cards are not shown");
    let household = value(&page, "household");
    let check = |findings: &str| {
        let fields = format!("household={household}&checked_on=2026-02-03&findings={findings}");
        desk.post(VILLAGE, "cards", &fields)
    };
    assert_eq!(check("ZZ").status, 422);
    assert_eq!(check("-").status, 303);
    assert_eq!(check("-").status, 303, "the same again is success");
    let again = check("H1a");
    assert!(again.status == 422 && again.body.contains("不能再改"), "{}", again.body);
    assert_eq!(desk.page(VILLAGE).matches("交卡后显示").count(), 1);
    assert!(desk.page(TOWN).contains("1 / 2"));
    let cards: i64 =
        owner.query_one("select count(*) from card where revision > 1", &[]).await.expect("a count").get(0);
    assert_eq!(cards, 0, "the panel's card stays as it was");

    succeed(&database, &[&["publish"], month.as_slice()].concat());
    let board = send(&desk.serving.pages, "GET", &format!("/p/{VILLAGE}/2026-01"), &[], "").body;
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(board.contains(&digits), "the notice makes the secret known");

    succeed(&database, &["verify", "--county", COUNTY]);
    owner.batch_execute("update sample_draw set secret = sha256('another')").await.expect("tampered");
    let found = run(&database, &["verify", "--county", COUNTY]);
    assert!(found.code == Some(1) && found.err.contains("抽查"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_signature_no_sample_is_fixed_any_more() {
    let (database, _) = crate::support::scored(60, "2026-01", 1).await;
    let mut connection = database.database.connection().await.expect("a connection");
    let town = Place::parse_code(TOWN).expect("a code");
    let number = account(&mut connection, "member", town).await;
    grant(&mut connection, number, Role::GuidanceMember, town).await;
    drop(connection);
    let desk = Desk::at(&database, "2026-02-03T22:00:00+08:00");
    let late = desk.post(TOWN, "commitments", "size=2");
    assert!(late.status == 422 && late.body.contains("评分组已签字"), "{}", late.body);
    let draw = desk.post(VILLAGE, "draws", "");
    assert!(draw.status == 422 && draw.body.contains("不能补抽"), "{}", draw.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_that_counts_is_corrected_by_what_the_town_found() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    let county = County::new(60, "2026-01", 1);
    county.register(&mut connection).await;
    for (login, role, at) in [
        ("member", Role::GuidanceMember, TOWN),
        ("clerk", Role::VillageAdministrator, VILLAGE),
        ("scorer", Role::VillageAdministrator, VILLAGE),
        ("author", Role::VillageAdministrator, VILLAGE),
        ("boss", Role::CountyAdministrator, COUNTY),
    ] {
        let place = Place::parse_code(at).expect("a code");
        let number = account(&mut connection, login, place).await;
        grant(&mut connection, number, role, place).await;
    }
    let before = Desk::at(&database, "2026-01-28T10:00:00+08:00");
    let refused = before.post(TOWN, "commitments", "size=21");
    assert!(refused.status == 422 && value(&refused.body, "size") == "21", "what was typed stays");
    assert_eq!(before.post(TOWN, "commitments", "size=1").status, 303);
    county.score(&mut connection, county.plan.first_month).await;
    drop(connection);
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &close);

    let desk = Desk::at(&database, "2026-02-04T09:00:00+08:00");
    let clerk = log_in(&desk.serving.pages, "clerk");
    assert_eq!(desk.post(VILLAGE, "draws", "").status, 303);
    let household = value(&desk.page(VILLAGE), "household");
    let form = format!("/samples/{VILLAGE}/2026-01/corrections/{household}");
    assert_eq!(desk.get_as(&clerk, &form).status, 422, "nothing was found yet");
    let check = |findings: &str| {
        let fields = format!("household={household}&checked_on=2026-02-03&findings={findings}");
        desk.post(VILLAGE, "cards", &fields)
    };
    let refused = check("ZZ").body;
    assert_eq!(
        (value(&refused, "checked_on").as_str(), value(&refused, "findings").as_str()),
        ("2026-02-03", "ZZ")
    );
    assert_eq!(check(&FOUND.replace(' ', "+")).status, 303);

    let page = desk.page(VILLAGE);
    assert!(
        page.contains("本月已结账：由") && !page.contains(&form),
        "the town's group does not correct: {page}"
    );
    assert_eq!(desk.get_as(&desk.member, &form).status, 403);
    let page = desk.get_as(&clerk, &format!("/samples/{VILLAGE}/2026-01")).body;
    assert!(page.contains("本月成为新版本") && page.contains(&form), "{page}");
    let shown = desk.get_as(&clerk, &form);
    assert_eq!((shown.status, value(&shown.body, "card").as_str()), (200, FOUND), "{}", shown.body);
    assert!(shown.body.contains("按镇复核 20") && shown.body.contains("抽查复核：20 分"), "{}", shown.body);
    assert_eq!(value(&shown.body, "seen"), "1");

    let correct = |act: &str, card: &str, seen: &str| {
        let card = card.replace(' ', "+");
        let fields = format!("act={act}&card={card}&seen={seen}&reason=镇复核属实");
        desk.post_as(&clerk, &form, &fields)
    };
    let tried = correct("check", FOUND, "1");
    assert!(tried.status == 200 && tried.body.contains("→ 20<"), "{}", tried.body);
    let meant = value(&tried.body, "tried");
    assert!(value(&shown.body, "tried").is_empty() && meant.starts_with("corrected:scored:"), "{meant}");
    let other = format!("act=correct&card=-&seen=1&tried={}&reason=x", meant.replace(';', "%3B"));
    for _ in 0..2 {
        let refused = desk.post_as(&clerk, &form, &other);
        assert!(refused.status == 422 && refused.body.contains("请再看一次影响"), "{}", refused.body);
        assert_eq!(value(&refused.body, "tried"), meant, "pressed again, it is refused again");
    }
    let owner = superuser(&database).await;
    let corrections = "select count(*) from card where is_correction";
    let none: i64 = owner.query_one(corrections, &[]).await.expect("a count").get(0);
    assert_eq!(none, 0, "trying keeps nothing");
    let far = correct("correct", "-", "1");
    assert!(far.status == 422 && far.body.contains("仍相差超过 5 分"), "{}", far.body);
    assert_eq!(value(&far.body, "card"), "-", "what was typed stays");
    let stale = correct("correct", FOUND, "2");
    assert!(stale.status == 422 && stale.body.contains("现在已有第1版"), "{}", stale.body);
    let sheet = "insert into sheet (county_code, place, month, household_id, household_code, account, key, by_login,
            panel_name, base_revision, scored_on, status, findings, seen_on_paper, outcome, received_at)
        select county_code, place, 202601, id, code, id, '00000000-0000-4000-8000-000000000000', 'scorer', '第一评分组',
            0, '2026-01-28', 0, '', false, 1, now()
        from household where code = $1";
    owner.execute(sheet, &[&household]).await.expect("the sheet that became the card");
    // Another contradicted it, from before the household was registered, and the leader took it.
    let sheet = "insert into sheet (county_code, place, month, household_code, account, key, by_login, panel_name,
            base_revision, scored_on, status, findings, seen_on_paper, outcome, received_at)
        select county_code, $2::text, 202601, code, id, '00000000-0000-4000-8000-000000000001', 'author', '第一评分组',
            0, '2026-01-28', 0, '', false, 3, now()
        from household where code = $1";
    owner.execute(sheet, &[&household, &VILLAGE]).await.expect("the sheet that was taken");
    let taken = "insert into sheet_decision
            (county_code, sheet_id, place, taken, by_login, salt, reason_digest, decided_at)
        select county_code, id, place, true, 'leader', '', sha256(''), now() from sheet where by_login = 'author'";
    owner.batch_execute(taken).await.expect("the leader's decision");
    let author = log_in(&desk.serving.pages, "author");
    let fields = format!("act=correct&card={}&seen=1&reason=镇复核属实", FOUND.replace(' ', "+"));
    let own = desk.post_as(&author, &form, &fields);
    assert!(own.status == 422 && own.body.contains("更正须由别人办理"), "{}", own.body);
    let scorer = log_in(&desk.serving.pages, "scorer");
    for act in ["check", "correct"] {
        let fields = format!("act={act}&card={}&seen=1&reason=镇复核属实", FOUND.replace(' ', "+"));
        let own = desk.post_as(&scorer, &form, &fields);
        assert!(own.status == 422 && own.body.contains("更正须由别人办理"), "{act}: {}", own.body);
    }
    let rows = |reason: &str| {
        json!({ "place": VILLAGE, "rows": [{ "month": "2026-01", "household_code": household, "status": "scored",
            "findings": FOUND.replace(' ', ";"), "reason": reason, "decided_by": "王主任", "decided_on": "2026-02-04" }] })
    };
    let own = call(&desk.serving.pages, "POST", "/api/v1/corrections", &scorer, &rows("自己更正"));
    assert!(own.status == 422 && own.body.contains("更正须由别人办理"), "{}", own.body);
    assert_eq!(own.json()["errors"][0]["field"], "household_code", "{}", own.body);
    let none: i64 = owner.query_one(corrections, &[]).await.expect("a count").get(0);
    assert_eq!(none, 0, "whoever scored the card does not correct it, neither here nor there");
    let boss = log_in(&desk.serving.pages, "boss");
    let fields = format!("act=correct&card={}&seen=1&reason=镇复核属实", FOUND.replace(' ', "+"));
    assert_eq!(desk.post_as(&boss, &form, &fields).status, 303);
    let seals = "select count(*) from county_seal where month = 202601";
    let seals: i64 = owner.query_one(seals, &[]).await.expect("a count").get(0);
    assert_eq!(seals, 2, "the county seals what it does in a village");
    for _ in 0..2 {
        let done = correct("correct", FOUND, "1");
        assert_eq!(done.status, 303, "the same again is success: {}", done.body);
        assert!(done.header("location").ends_with("done=sample-corrected"), "{}", done.head);
    }
    let others = format!("act=correct&card={}&seen=1&reason=另一位办理", FOUND.replace(' ', "+"));
    assert_eq!(desk.post_as(&clerk, &form, &others).status, 303, "it is corrected so already");
    let otherwise = correct("correct", "-", "2");
    assert!(otherwise.status == 422 && otherwise.body.contains("已经更正过"), "{}", otherwise.body);
    let one: i64 = owner.query_one(corrections, &[]).await.expect("a count").get(0);
    assert_eq!(one, 1);

    let page = desk.get_as(&clerk, &format!("/samples/{VILLAGE}/2026-01")).body;
    assert!(page.contains("已更正") && page.contains("现在：20 分") && !page.contains(&form), "{page}");
    assert!(page.contains("1 / 1"), "the difference is counted as before");
    let again = desk.get_as(&clerk, &form);
    assert!(again.status == 422 && again.body.contains("没有抽查差别要更正"), "{}", again.body);
    let csv = results(&database, "2026-01");
    let line = csv.lines().find(|line| line.contains(&household)).expect("its result");
    assert_eq!(line.split(',').nth(1), Some("2"), "{line}");
    let told = "select count(*) from audit_event where act = 'correct' and detail like '%\"corrected\":%'";
    let told: i64 = owner.query_one(told, &[]).await.expect("a count").get(0);
    assert_eq!(told, 1);
    succeed(&database, &["verify", "--county", COUNTY]);
}
