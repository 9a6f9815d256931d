//! Suggestions and complaints taken at the office, and how much of a village's day one network address may take.

use crate::api::UNLIMITED;
use crate::people::log_in;
use crate::support::{Answer, send};

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
