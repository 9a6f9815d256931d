//! The town's sample: fixed before anybody signs, drawn after, checked blind; anybody can draw it again.

use authz::Role;
use domain::place::Place;
use domain::scoring::commitment;
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, run, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";

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
        let account = send(&self.serving.pages, "GET", "/account", &[&self.member], "").body;
        let body = format!("form_token={}&{fields}", value(&account, "form_token"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let path = format!("/samples/{place}/{month}/{noun}");
        send(&self.serving.pages, "POST", &path, &[kind, &self.member], &body)
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
