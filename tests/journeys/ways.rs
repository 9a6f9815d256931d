//! Where pages lead: to the log-in and back, on from a refusal, and never past what somebody looked through.

use authz::Role;
use records::forms::household_cards;
use testkit::{COUNTY, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{PASSWORD, account, grant, log_in};
use crate::support::{Answer, Serving, scored, send, succeed};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn post(serving: &Serving, path: &str, cookie: &str, body: &str) -> Answer {
    send(&serving.pages, "POST", path, &[FORM, cookie], body)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_log_in_comes_back_to_the_page_and_to_no_other_site() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let mut connection = database.database.connection().await.expect("a connection");
    let clerk = account(&mut connection, "clerk", village).await;
    grant(&mut connection, clerk, Role::VillageAdministrator, village).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", None, UNLIMITED);
    let path = format!("/scoring/{village}/2026-01");
    let sent = send(&serving.pages, "GET", &path, &[], "");
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, format!("/login?next=%2Fscoring%2F{village}%2F2026-01").as_str())
    );
    let form = send(&serving.pages, "GET", sent.header("location"), &[], "");
    assert!(form.body.contains(&format!("name=\"next\" value=\"{path}\"")), "{}", form.body);
    for (next, target) in
        [(path.as_str(), path.as_str()), ("//evil.example", "/"), ("https://evil.example", "/")]
    {
        let body = format!("login=clerk&password={}&next={}", PASSWORD.replace(' ', "+"), next);
        let answer = post(&serving, "/login", "X-Nothing: here", &body);
        assert_eq!((answer.status, answer.header("location")), (303, target), "{next}");
    }
    assert_eq!(send(&serving.pages, "GET", "/phone", &[], "").header("location"), "/login?next=%2Fphone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_objection_says_why_and_the_households_page_keeps_what_was_typed() {
    let (database, county) = scored(60, "2026-01", 1).await;
    for (act, now) in [("close", "2026-02-04T00:30:00+08:00"), ("publish", "2026-02-05T09:00:00+08:00")] {
        succeed(&database, &[act, "--county", COUNTY, "--month", "2026-01", "--now", now]);
    }
    let village = demo::villages(&county.plan).next().expect("a village");
    let allowed = guard().await.allow(&operator(), authz::IssueTokens, village.place).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let now = moment("2026-02-05 09:00");
    let group = village.groups[0].place;
    let cards =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-06T10:00:00+08:00"), UNLIMITED);
    let home = format!("/h/{}", cards[0].token);
    let answer = post(&serving, &format!("{home}/objections"), "X-Nothing: here", "what=2026-01&words=");
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("请用几句话写明情况和理由"), "it says what is missing: {}", answer.body);
    let typed = "what=2026-01&words=那天我家在修路&phone=138";
    let answer = post(&serving, &format!("{home}/objections"), "X-Nothing: here", typed);
    assert_eq!((answer.status, answer.header("cache-control")), (422, "no-store"), "{}", answer.body);
    assert!(answer.body.contains("电话应为"), "{}", answer.body);
    assert!(answer.body.contains(">那天我家在修路</textarea>"), "the words are kept: {}", answer.body);
    assert!(answer.body.contains("name=\"phone\" value=\"138\""), "and the phone: {}", answer.body);
    let mended = typed.replace("phone=138", "phone=");
    let answer = post(&serving, &format!("{home}/objections"), "X-Nothing: here", &mended);
    assert!(answer.status == 200 && answer.body.contains("2026-01-001"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_that_the_village_takes_gives_a_receipt_to_print() {
    let (database, county) = scored(60, "2026-01", 1).await;
    for (act, now) in [("close", "2026-02-04T00:30:00+08:00"), ("publish", "2026-02-05T09:00:00+08:00")] {
        succeed(&database, &[act, "--county", COUNTY, "--month", "2026-01", "--now", now]);
    }
    let village = demo::villages(&county.plan).next().expect("a village");
    let mut connection = database.database.connection().await.expect("a connection");
    let clerk = account(&mut connection, "clerk", village.place).await;
    grant(&mut connection, clerk, Role::VillageAdministrator, village.place).await;
    let allowed = guard().await.allow(&operator(), authz::IssueTokens, village.place).expect("allowed");
    let (now, group) = (moment("2026-02-05 09:00"), village.groups[0].place);
    let cards =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-06T10:00:00+08:00"), UNLIMITED);
    let cookie = log_in(&serving.pages, "clerk");
    let path = format!("/objections/{}/2026-01", village.place);
    let page = send(&serving.pages, "GET", &path, &[&cookie], "").body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let number = domain::publication::last_digits(&cards[0].household);
    let typed = format!("group={}&number={number}&words=那天我家在修路", group.code());
    let body = format!("form_token={}&{typed}", token.expect("the field"));
    let taken = post(&serving, &path, &cookie, &body);
    let receipt = taken.header("location");
    assert!(taken.status == 303 && receipt.starts_with(&path) && receipt.ends_with("/receipt"), "{receipt}");
    let paper = send(&serving.pages, "GET", receipt, &[&cookie], "");
    assert_eq!(paper.status, 200, "{}", paper.body);
    for said in
        ["2026-01-001", number, "2026年2月6日", "2026年2月16日前", "2026年1月的积分、名次", "查办理情况"]
    {
        assert!(paper.body.contains(said), "{said}: {}", paper.body);
    }
    assert!(!paper.body.contains("那天我家在修路"), "the slip tells nobody what was said");
    assert_eq!(send(&serving.pages, "GET", receipt, &[], "").status, 303, "it is behind the log-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_that_a_code_did_not_confirm_is_offered_again() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let mut connection = database.database.connection().await.expect("a connection");
    let clerk = account(&mut connection, "clerk", village).await;
    grant(&mut connection, clerk, Role::VillageAdministrator, village).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", None, UNLIMITED);
    let cookie = log_in(&serving.pages, "clerk");
    let field = |page: &str, name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
        rest.split('"').next().expect("its value").to_owned()
    };
    let page = send(&serving.pages, "GET", "/account", &[&cookie], "").body;
    let form = format!("form_token={}", field(&page, "form_token"));
    let offered = post(&serving, "/account/second-factor", &cookie, &form);
    let secret = field(&offered.body, "secret");
    let wrong = format!("{form}&secret={secret}&code=abc");
    let refused = post(&serving, "/account/second-factor", &cookie, &wrong);
    assert!(refused.status == 422 && refused.body.contains("动态口令不对"), "{}", refused.body);
    assert_eq!(field(&refused.body, "secret"), secret, "the phone holds it already");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_version_that_was_looked_through_is_published() {
    let (database, county) = scored(60, "2026-01", 1).await;
    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let mut connection = database.database.connection().await.expect("a connection");
    let clerk = account(&mut connection, "clerk", village).await;
    grant(&mut connection, clerk, Role::VillageAdministrator, village).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-05T10:00:00+08:00"), UNLIMITED);
    let cookie = log_in(&serving.pages, "clerk");
    let path = format!("/publication/{village}/2026-01");
    let page = send(&serving.pages, "GET", &path, &[&cookie], "").body;
    let field = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
        rest.split('"').next().expect("its value").to_owned()
    };
    assert_eq!(field("version"), "1");
    let token = field("form_token");
    let other = post(&serving, &path, &cookie, &format!("form_token={token}&version=2"));
    assert!(other.status == 422 && other.body.contains("现在已有第1版"), "{}", other.body);
    let missing = post(&serving, &path, &cookie, &format!("form_token={token}"));
    assert!(missing.status == 422 && missing.body.contains("页面已过期"), "{}", missing.body);
    assert_eq!(
        send(&serving.pages, "GET", &format!("/p/{village}/2026-01"), &[], "").status,
        404,
        "nothing was"
    );
    let seen = post(&serving, &path, &cookie, &format!("form_token={token}&version=1"));
    assert_eq!((seen.status, seen.header("location")), (303, format!("{path}?done=published").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_download_that_a_villages_page_offers_is_given_under_a_name() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let now = "2026-02-04T00:30:00+08:00";
    succeed(&database, &["close", "--county", COUNTY, "--month", "2026-01", "--now", now]);
    let village = demo::villages(&county.plan).next().expect("a village");
    let (at, group) = (village.place, village.groups[0].place.code());
    let mut connection = database.database.connection().await.expect("a connection");
    for (login, role) in [("clerk", Role::VillageAdministrator), ("scorer", Role::PanelMember)] {
        let number = account(&mut connection, login, at).await;
        grant(&mut connection, number, role, at).await;
    }
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-05T10:00:00+08:00"), UNLIMITED);
    let cookie = log_in(&serving.pages, "clerk");
    let path = format!("/publication/{at}/2026-01");
    let page = send(&serving.pages, "GET", &path, &[&cookie], "").body;
    let offered = |before: &str| -> Vec<String> {
        let of_village = format!("{before}=\"{path}/");
        page.split(&of_village).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    let of_village: Vec<String> = offered("href")
        .into_iter()
        .filter(|file| file.contains('.'))
        .map(|file| format!("{path}/{file}"))
        .collect();
    let of_group: Vec<String> =
        offered("formaction").into_iter().map(|file| format!("{path}/{file}?group={group}")).collect();
    assert_eq!((of_village.len(), of_group.len()), (6, 5), "{page}");
    for file in of_village.iter().chain(&of_group) {
        let answer = send(&serving.pages, "GET", file, &[&cookie], "");
        assert_eq!(answer.status, 200, "{file}: {}", answer.body);
        assert!(answer.header("content-disposition").starts_with("attachment; filename="), "{file}");
    }
    for wrong in ["groups/form3.pdf", "groups/form3.pdf?group=440229100202001"] {
        let answer = send(&serving.pages, "GET", &format!("{path}/{wrong}"), &[&cookie], "");
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.body);
    }
    let unknown =
        send(&serving.pages, "GET", &format!("{path}/groups/form9.pdf?group={group}"), &[&cookie], "");
    assert_eq!(unknown.status, 404);
    let scorer = log_in(&serving.pages, "scorer");
    assert!(!send(&serving.pages, "GET", &path, &[&scorer], "").body.contains("id=\"downloads\""));
    assert_eq!(send(&serving.pages, "GET", &of_group[0], &[&scorer], "").status, 403);
}
