//! What is taken at the office, what digests tell an office, and how much of a village's day one network address may take.

use authz::{Actor, Object};
use domain::month::Month;
use domain::place::Place;
use records::objections::{NewObjection, file_objection};
use testkit::{COUNTY, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::log_in;
use crate::support::{Answer, Folder, jifen, path, said, scored, send, succeed, superuser};

use super::suggestions::{BESIDE, KIND, TOWN, VILLAGE, World, code, value};

const LIST: &str = "/suggestions/440229100201/2026-02";

/// Has an official write down what a villager says. Returns the answer, and what was sent.
fn take(world: &World, who: &str, typed: &str) -> (Answer, String) {
    let page = world.get(who, LIST).body;
    let body = format!("form_token={}&key={}&{typed}", value(&page, "form_token"), value(&page, "key"));
    (world.post(who, LIST, &body), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clerk_writes_down_stands_under_the_clerks_log_in_and_its_code_leads_to_the_answer() {
    let world = World::new().await;
    let village = log_in(&world.serving.pages, "village");
    let (refused, _) = take(&world, &village, "kind=suggestion&topic=other&words= ");
    assert!(refused.status == 422 && refused.body.contains("请用几句话写明"), "{}", refused.body);
    let typed = "kind=suggestion&topic=redemption&words=多备些大米&name=赖文&phone=19900000001";
    let (receipt, sent) = take(&world, &village, typed);
    assert_eq!((receipt.status, receipt.header("cache-control")), (200, "no-store"), "{}", receipt.body);
    assert!(
        receipt.body.contains("意2026-02-001") && receipt.body.contains("打印给村民"),
        "{}",
        receipt.body
    );
    assert_eq!(world.post(&village, LIST, &sent).body, receipt.body, "the second click is the same one");
    let stored = "select count(*) from suggestion where taken_by = 'village' and household_id is null";
    assert_eq!(world.count(stored).await, 1);
    let page = world.get(&village, LIST).body;
    assert!(page.contains("村里登记（village）"), "{page}");
    let found = world.post("", "/answer", &format!("code={}", code(&receipt.body))).body;
    assert!(found.contains("待答复") && found.contains("2026年2月15日"), "{found}");
    let log = world.log().await;
    assert_eq!(log.len(), 1);
    let (act, place, detail) = &log[0];
    assert_eq!((act.as_str(), place.as_str()), ("object", VILLAGE));
    assert!(detail.contains("\"via\":\"staff\"") && !detail.contains("赖文"), "{detail}");
    let forged = format!("form_token=0&{typed}");
    assert_eq!(world.post(&village, LIST, &forged).status, 403, "only from its page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_about_officials_that_a_clerk_wrote_down_is_the_towns_and_the_clerk_sees_it_no_more() {
    let world = World::new().await;
    let [town, village] = ["town", "village"].map(|login| log_in(&world.serving.pages, login));
    let (receipt, _) = take(&world, &village, "kind=complaint&topic=officials&words=评分时态度不好");
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    assert!(receipt.body.contains("镇政府") && receipt.body.contains("请替村民保密"), "{}", receipt.body);
    assert!(!receipt.body.contains("态度不好"), "the receipt says nothing of it: {}", receipt.body);
    let page = world.get(&village, LIST).body;
    assert!(!page.contains("意2026-02-001") && !page.contains("态度不好"), "{page}");
    let page = world.get(&town, LIST).body;
    assert!(page.contains("意2026-02-001") && page.contains("村里登记（village）"), "{page}");
    let log = world.log().await;
    assert_eq!(log.len(), 1);
    let (act, place, detail) = &log[0];
    assert_eq!(
        (act.as_str(), place.as_str()),
        ("object", &TOWN[..9]),
        "the village's log tells nothing of it"
    );
    assert!(detail.contains("village_administrator@440229100201"), "who wrote it down: {detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_takes_a_share_of_a_villages_day_and_leaves_the_rest_to_others() {
    let proxied = [UNLIMITED, &[("JIFEN_HTTP__TRUSTED_PROXIES", "127.0.0.0/8")]].concat();
    let world = World::with(&proxied).await;
    let from = |village: &str, address: &str, number: u32| {
        let body = format!("key={number:032x}&kind=suggestion&topic=other&words=x");
        let forwarded = format!("X-Forwarded-For: {address}");
        send(&world.serving.pages, "POST", &format!("/p/{village}/suggestions"), &[KIND, &forwarded], &body)
    };
    for number in 0..25 {
        let taken = from(VILLAGE, "192.0.2.7", number);
        assert_eq!(taken.status, 200, "{number}: {}", taken.body);
    }
    let refused = from(VILLAGE, "192.0.2.7", 25);
    assert_eq!(refused.status, 422);
    for said in ["25 件", "2026年2月6日", "村委会", "打电话"] {
        assert!(refused.body.contains(said), "{said}: {}", refused.body);
    }
    assert_eq!(from(VILLAGE, "192.0.2.7", 3).status, 200, "the same form once more is no new one");
    assert_eq!(from(VILLAGE, "198.51.100.4", 26).status, 200, "another address has a share of its own");
    assert_eq!(from(BESIDE, "192.0.2.7", 27).status, 200, "as the next village has");
    assert_eq!(world.count("select count(*) from suggestion").await, 27);
    let village = log_in(&world.serving.pages, "village");
    let (taken, _) = take(&world, &village, "kind=suggestion&topic=other&words=x");
    assert_eq!(taken.status, 200, "the office takes what comes in person");
    let readable = "select count(*) from login_attempt where encode(subject, 'escape') like '%192.0.2.7%'";
    assert_eq!(world.count(readable).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_name_what_waits_for_an_answer_to_its_office_and_to_nobody_else() {
    let world = World::new().await;
    let village = log_in(&world.serving.pages, "village");
    for typed in [
        "kind=suggestion&topic=other&words=one",
        "kind=suggestion&topic=other&words=two",
        "kind=complaint&topic=officials&words=three",
    ] {
        assert_eq!(take(&world, &village, typed).0.status, 200, "{typed}");
    }
    let (folder, mail) = (Folder::new(), Folder::new());
    let contacts = format!(
        "division_code,name,duty,email,webhook,reminded\n{VILLAGE},赖文,村文书,lai@jifen.example,,\n\
         {TOWN},钟秀,镇经办,zhong@jifen.example,,\n{COUNTY},罗明,县经办,luo@jifen.example,,\n"
    );
    let file = folder.file("contacts.csv", contacts);
    succeed(&world.database, &["import", "contacts", path(&file), "--county", COUNTY]);
    let owner = superuser(&world.database).await;
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for day in ["2026-02-11", "2026-02-12", "2026-02-16"] {
        let mut due = jifen(&world.database, &["run-due", "--now", &format!("{day}T08:00:00+08:00")]);
        let ran = said(due.env("JIFEN_MAIL__FOLDER", path(&mail.0)).output().expect("the program"));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let query =
            "select m.name, i ->> 'missing' from message m, json_array_elements(m.content::json -> 'items') i
            where m.day = $1::text::date and i ->> 'about' = '建议和投诉' order by m.address";
        let rows = owner.query(query, &[&day]).await.expect("the digests");
        let line = |row: &tokio_postgres::Row| format!("{} {}", row.get::<_, &str>(0), row.get::<_, &str>(1));
        told.push((day.to_owned(), rows.iter().map(line).collect()));
    }
    let of = |late: [&str; 2]| {
        let two = format!("赖文 2 件建议、投诉等待答复（意2026-02-001、意2026-02-002）{}，请答复", late[0]);
        let one = format!("钟秀 1 件建议、投诉等待答复（意2026-02-001）{}，请答复", late[1]);
        vec![two, one]
    };
    let expected = [
        ("2026-02-11", Vec::new()),
        ("2026-02-12", of(["", ""])),
        ("2026-02-16", of(["，其中 2 件已逾期", "，其中 1 件已逾期"])),
    ];
    assert_eq!(told, expected.map(|(day, lines)| (day.to_owned(), lines)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_takes_a_share_of_a_villages_objections_and_staff_take_what_comes_in_person() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let month = ["--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &[&["close"], month.as_slice()].concat());
    succeed(&database, &[&["publish"], month.as_slice()].concat());
    let query = "select h.code from household h join card c on c.county_code = h.county_code and c.household_id = h.id
        where left(h.place, 12) = '440229100201' and c.status = 0 and c.revision = 1 order by h.code limit 3";
    let rows = superuser(&database).await.query(query, &[]).await.expect("households");
    let households: Vec<Place> =
        rows.iter().map(|row| Place::from_digits(row.get(0)).expect("a household")).collect();
    let guard = guard().await;
    let village = Place::parse_code(VILLAGE).expect("a code");
    let (registrar, now) = (registrar(), moment("2026-02-06 09:00"));
    let mut connection = database.database.connection().await.expect("a connection");
    let mut file = async |actor: &Actor, address: Option<&str>, number: usize| -> Result<(), String> {
        let allowed = guard.allow(actor, Object, village).expect("allowed");
        let new = NewObjection {
            month: Month::parse("2026-01").expect("a month"),
            about: String::new(),
            words: format!("第{number}件"),
            phone: None,
            address: address.map(str::to_owned),
        };
        let household = households[number / 20];
        let filed =
            file_objection(&mut connection, &allowed, &household, &new, &registrar, &now).await.map(drop);
        filed.map_err(|error| error.to_string())
    };
    for number in 0..50 {
        file(&Actor::Visitor, Some("192.0.2.7"), number).await.expect("filed");
    }
    let refused = file(&Actor::Visitor, Some("192.0.2.7"), 50).await.expect_err("refused");
    assert!(refused.contains("50 件") && refused.contains("2026年2月7日"), "{refused}");
    file(&Actor::Visitor, Some("192.0.2.7"), 7).await.expect("the same words once more are no new one");
    file(&Actor::Visitor, Some("198.51.100.4"), 51).await.expect("another address has a share of its own");
    file(&Actor::Holder, Some("192.0.2.7"), 52).await.expect("as what comes from households' pages has");
    file(&operator(), None, 53).await.expect("the office takes it");
}
