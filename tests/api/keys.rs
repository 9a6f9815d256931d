//! Idempotency keys, paging, versions and limits.

use serde_json::{Value, json};

use super::{administrator, keyed};
use crate::support::{Serving, call, send, superuser};

const TOWN: &str = "440229100000";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_has_one_effect_and_one_answer() {
    let (database, serving, cookie) = administrator().await;
    let body = json!({ "login": "wang.fang", "name": "王芳" });
    let first = keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &body);
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""), "{}", first.body);
    assert!(first.json()["password"].is_string());
    let again = keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &body);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.body);
    assert_eq!(again.json()["id"], first.json()["id"]);
    assert!(again.json()["password"].is_null(), "the secret is not kept");
    let other = json!({ "login": "li.qiang", "name": "李强" });
    let reused = keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &other);
    assert_eq!((reused.status, &reused.json()["code"]), (422, &json!("idempotency_key_reused")));
    for malformed in ["", "a key", &"k".repeat(256)] {
        let answer = keyed(&serving, &cookie, malformed, "/api/v1/accounts", &other);
        assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (400, &json!("Idempotency-Key")));
    }
    let owner = superuser(&database).await;
    let accounts: i64 = owner.query_one("select count(*) from account", &[]).await.expect("a count").get(0);
    assert_eq!(accounts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_under_way_or_was_cut_off_is_not_handled_twice() {
    let (database, serving, cookie) = administrator().await;
    let body = json!({ "login": "wang.fang", "name": "王芳" });
    assert_eq!(keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &body).status, 201);
    let owner = superuser(&database).await;
    // As it stands when the process dies between the effect and the answer.
    owner.batch_execute("update idempotency_key set status = null, answer = null").await.expect("cut off");
    let under_way = keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &body);
    assert_eq!((under_way.status, &under_way.json()["code"]), (409, &json!("in_flight")));
    owner
        .batch_execute("update idempotency_key set begun_at = begun_at - interval '3 minutes'")
        .await
        .expect("old");
    let cut_off = keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &body);
    assert_eq!((cut_off.status, &cut_off.json()["code"]), (409, &json!("answer_lost")));
    // One that died before its effect is handled by the next.
    owner
        .batch_execute(
            "update idempotency_key set took_effect = false; delete from account where login = 'wang.fang'",
        )
        .await
        .expect("no effect");
    assert_eq!(keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &body).status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn permission_is_checked_before_a_replay_and_refusals_keep_no_key() {
    let (database, serving, cookie) = administrator().await;
    let town = json!({ "place": TOWN, "login": "chen.jun", "name": "陈军" });
    assert_eq!(keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &town).status, 201);
    let weak = json!({ "place": TOWN, "login": "X", "name": "陈军" });
    assert_eq!(keyed(&serving, &cookie, "k-2", "/api/v1/accounts", &weak).status, 422);
    let mended = json!({ "place": TOWN, "login": "xu.hua", "name": "徐华" });
    assert_eq!(keyed(&serving, &cookie, "k-2", "/api/v1/accounts", &mended).status, 201, "the key is free");
    let owner = superuser(&database).await;
    owner.batch_execute("update role_grant set revoked_at = now()").await.expect("revoked");
    let replay = keyed(&serving, &cookie, "k-1", "/api/v1/accounts", &town);
    assert_eq!((replay.status, &replay.json()["code"]), (403, &json!("no_role")), "{}", replay.body);
    // What was refused for want of a permission is done once there is one.
    let late = json!({ "place": TOWN, "login": "he.ping", "name": "何平" });
    owner
        .batch_execute("update role_grant set revoked_at = null, role = 'county_viewer'")
        .await
        .expect("weaker");
    assert_eq!(keyed(&serving, &cookie, "k-3", "/api/v1/accounts", &late).status, 403);
    owner.batch_execute("update role_grant set role = 'county_administrator'").await.expect("as before");
    assert_eq!(keyed(&serving, &cookie, "k-3", "/api/v1/accounts", &late).status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_role_and_holds_no_password() {
    let (database, serving, cookie) = administrator().await;
    let owner = superuser(&database).await;
    let publish = json!({ "month": "2026-01" });
    assert_eq!(keyed(&serving, &cookie, "k-1", "/api/v1/publications", &publish).status, 200);
    let town = "update role_grant set place = '440229100', role = 'town_administrator'";
    owner.batch_execute(town).await.expect("another role");
    let elsewhere = keyed(&serving, &cookie, "k-1", "/api/v1/publications", &publish);
    assert_eq!((elsewhere.status, &elsewhere.json()["code"]), (422, &json!("idempotency_key_reused")));
    let secret = b"\n{\"old\":\"a\",\"new\":\"b\"}";
    let plain = domain::canonical::Digest::of(secret);
    let headers = ["Content-Type: application/json", cookie.as_str(), "Idempotency-Key: k-2"];
    send(&serving.pages, "PUT", "/api/v1/password", &headers, "{\"old\":\"a\",\"new\":\"b\"}");
    let kept: i64 = owner
        .query_one("select count(*) from idempotency_key where request_digest = $1", &[&plain.0.as_slice()])
        .await
        .expect("a count")
        .get(0);
    assert_eq!(kept, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn characters_and_dates_that_the_database_does_not_take_are_refused_and_no_faults() {
    let (_database, serving, cookie) = administrator().await;
    let post = |path: &str, body: &str| {
        send(&serving.pages, "POST", path, &["Content-Type: application/json", cookie.as_str()], body).status
    };
    assert_eq!(post("/api/v1/session", r#"{"login": "a\u0000b", "password": "x"}"#), 400);
    assert_eq!(post("/api/v1/accounts", r#"{"login": "lai.two", "name": "a\u0000b"}"#), 400);
    let grant = r#"{"account": 1, "role": "auditor", "place": "440229000000", "from": "-20000-01-01"}"#;
    assert_eq!(post("/api/v1/grants", grant), 422);
    assert_eq!(post("/api/v1/awards", r#"{"year": 1999}"#), 422);
    assert_eq!(call(&serving.pages, "GET", "/api/v1/log?act=%00", &cookie, &Value::Null).status, 400);
    let closing = json!({ "month": "2026-01", "without_unsigned": "长".repeat(201) });
    assert_eq!(post("/api/v1/closings", &closing.to_string()), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_body_is_not_read() {
    let (_database, serving, _) = administrator().await;
    let mut stream = std::net::TcpStream::connect(&serving.pages).expect("the server");
    let head = "POST /api/v1/cards HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n";
    std::io::Write::write_all(&mut stream, head.as_bytes()).expect("sent");
    let mut answer = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut answer).expect("an answer before any body");
    assert_eq!(&answer, b"HTTP/1.1 401");
    let long = json!({ "login": "x".repeat(20_000), "password": "x" });
    assert_eq!(call(&serving.pages, "POST", "/api/v1/session", "", &long).status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_page_by_page_to_their_end() {
    let (_database, serving, cookie) = administrator().await;
    let (mut codes, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/households?limit=7{after}");
        let page = call(&serving.pages, "GET", &path, &cookie, &Value::Null).json();
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 7);
        codes.extend(items.iter().map(|one| one["household_code"].as_str().expect("a code").to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(codes.len(), 60);
    assert!(codes.windows(2).all(|two| two[0] < two[1]), "in the order of codes, none twice");
    let names = call(&serving.pages, "GET", "/api/v1/households?limit=60", &cookie, &Value::Null).body;
    assert!(names.contains('*') && !names.contains("1990000"), "masked: {names}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_meanwhile_is_not_overwritten() {
    let (_database, serving, cookie) = administrator().await;
    let read = |month: &str| {
        let path = format!("/api/v1/rulebooks?month={month}");
        call(&serving.pages, "GET", &path, &cookie, &Value::Null)
    };
    let seen = read("2026-02").header("etag").to_owned();
    let set = |version: &str, places: u32| {
        let version = format!("If-Match: {version}");
        let headers = ["Content-Type: application/json", cookie.as_str(), version.as_str()];
        let toml = format!("[redemption]\nplaces = {places}\n");
        let body = json!({ "from": "2099-01", "toml": toml }).to_string();
        send(&serving.pages, "POST", "/api/v1/rulebooks", &headers, &body)
    };
    let first = set(&seen, 16);
    assert_eq!(first.status, 200, "{}", first.body);
    let second = set(&seen, 17);
    assert_eq!((second.status, &second.json()["code"]), (412, &json!("changed")));
    let fresh = read("2099-01").header("etag").to_owned();
    assert_ne!(fresh, seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_a_problem_that_names_field_and_row() {
    let (_database, serving, cookie) = administrator().await;
    let post = |path: &str, body: &str| {
        let headers = ["Content-Type: application/json", cookie.as_str()];
        let answer = send(&serving.pages, "POST", path, &headers, body);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.body);
        (answer.status, answer.json())
    };
    let (status, problem) = post("/api/v1/closings", "{ \"month\": 3 }");
    assert_eq!((status, &problem["code"]), (400, &json!("malformed")));
    assert_eq!(problem["errors"][0]["field"], "month");
    let (status, problem) = post("/api/v1/closings", "{ \"month\": \"2026-13\" }");
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("month")));
    let rows = json!({ "rows": [
        { "group_code": "440229100201001", "number": "0001", "head_name": "张三", "members_registered": 3,
          "members_resident": 2, "resident": true, "local": true },
        { "group_code": "440229100201001", "number": "12", "head_name": "李四", "members_registered": 3,
          "members_resident": 2, "resident": true, "local": true, "phone": "12" },
    ]});
    let (status, problem) = post("/api/v1/households", &rows.to_string());
    assert_eq!(status, 422, "{problem}");
    assert_eq!(
        (&problem["errors"][0]["field"], &problem["errors"][0]["line"]),
        (&json!("number"), &json!(2))
    );
    let large = format!("{{\"rows\": [\"{}\"]}}", "x".repeat(21 << 20));
    assert_eq!(post("/api/v1/households", &large).0, 413);
    let headers = ["Content-Type: text/csv", cookie.as_str()];
    assert_eq!(send(&serving.pages, "POST", "/api/v1/households", &headers, "x").status, 415);
    assert_eq!(send(&serving.pages, "PATCH", "/api/v1/households", &[&cookie], "").status, 405);
    let unknown = send(&serving.pages, "GET", "/api/v1/nothing", &[&cookie], "");
    assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("not_found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_take_everything() {
    let (database, _, _) = administrator().await;
    let few = [("JIFEN_HTTP__REQUESTS_PER_SECOND", "1"), ("JIFEN_HTTP__REQUESTS_AT_ONCE", "5")];
    let serving = Serving::start_with(&database, &few);
    let answers: Vec<_> = (0..20).map(|_| send(&serving.pages, "GET", "/", &[], "")).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() >= 10, "{}", refused.len());
    assert!(
        refused[0].body.contains("请求太频繁") && refused[0].body.contains("秒后再试"),
        "{}",
        refused[0].body
    );
    let api = send(&serving.pages, "GET", "/api/v1/session", &[], "");
    assert_eq!((api.status, &api.json()["code"]), (429, &json!("too_many_requests")));
    assert!(refused[0].header("retry-after").parse::<u32>().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_finish_its_request_is_left() {
    use std::io::{Read as _, Write as _};
    let (database, _, _) = administrator().await;
    let patient = [("JIFEN_HTTP__IDLE_SECONDS", "1"), ("JIFEN_HTTP__REQUEST_SECONDS", "1")];
    let serving = Serving::start_with(&database, &patient);
    let mut head = std::net::TcpStream::connect(&serving.pages).expect("the server");
    head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").expect("sent");
    let mut answer = Vec::new();
    head.read_to_end(&mut answer).expect("closed, not kept");
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    let mut body = std::net::TcpStream::connect(&serving.pages).expect("the server");
    let start = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    body.write_all(start.as_bytes()).expect("sent");
    let mut answer = String::new();
    body.read_to_string(&mut answer).expect("an answer, then closed");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
    assert_eq!(send(&serving.pages, "GET", "/healthz", &[], "").status, 200);
}
