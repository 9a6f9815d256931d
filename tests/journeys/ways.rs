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
async fn a_refused_objection_says_why_and_leads_back_to_the_households_page() {
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
    let answer = post(&serving, &format!("{home}/objections"), "X-Nothing: here", "month=2026-01&words=");
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("请用几句话写明情况和理由"), "it says what is missing: {}", answer.body);
    assert!(answer.body.contains(&format!("href=\"{home}?large=1\"")), "it leads back: {}", answer.body);
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
