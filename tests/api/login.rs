//! Logging in: attempts are limited, names are not told, the first password is changed, a second factor is asked for.

use std::time::{Duration, Instant};

use domain::place::Place;
use serde_json::{Value, json};
use testkit::{COUNTY, County, TestDatabase};

use super::UNLIMITED;
use crate::people::{PASSWORD, account, log_in};
use crate::support::{Answer, Serving, call, run, send, succeed, superuser};

async fn county() -> (TestDatabase, Place) {
    let database = TestDatabase::empty().await;
    let county = County::new(12, "2026-01", 1);
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    (database, Place::parse_code(COUNTY).expect("a code"))
}

fn attempt(serving: &Serving, login: &str, password: &str) -> Answer {
    call(&serving.pages, "POST", "/api/v1/session", "", &json!({ "login": login, "password": password }))
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_ten_tries_a_minute_reach_the_password_check() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let trusting = [UNLIMITED, &[("JIFEN_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")]].concat();
    let replicas = [Serving::start_with(&database, &trusting), Serving::start_with(&database, &trusting)];
    let (mut reached, mut refused) = (0, 0);
    for try_number in 0..60 {
        // Each from another address: the log-in itself is counted.
        let from = format!("X-Forwarded-For: 192.0.2.{try_number}");
        let headers = ["Content-Type: application/json", from.as_str()];
        let body = json!({ "login": "lai.wen", "password": "wrong password number" }).to_string();
        let answer = send(&replicas[try_number % 2].pages, "POST", "/api/v1/session", &headers, &body);
        match answer.status {
            401 => reached += 1,
            429 => {
                refused += 1;
                assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{}", answer.head);
            }
            status => panic!("{status}: {}", answer.body),
        }
    }
    println!("{reached} of 60 tries reached the password check, {refused} were refused before");
    assert!((1..=10).contains(&reached), "{reached}");
    // The right password does not pass a locked account either.
    assert_eq!(attempt(&replicas[0], "lai.wen", PASSWORD).status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_does_not_spray_many_log_ins() {
    let (database, _) = county().await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let statuses: Vec<_> =
        (0..30).map(|number| attempt(&serving, &format!("name.{number}"), "wrong password").status).collect();
    let reached = statuses.iter().filter(|status| **status == 401).count();
    assert!((1..=10).contains(&reached), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist_is_answered_alike_and_takes_as_long() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let owner = superuser(&database).await;
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    let mut bodies = Vec::new();
    for _ in 0..9 {
        for (at, login) in ["lai.wen", "nobody.here"].into_iter().enumerate() {
            // What is measured is the password check, not the limit.
            owner.batch_execute("delete from login_attempt").await.expect("no attempts");
            let began = Instant::now();
            let answer = attempt(&serving, login, "wrong password number");
            times[at].push(began.elapsed());
            assert_eq!(answer.status, 401);
            bodies.push(answer.json());
        }
    }
    assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{bodies:?}");
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let [known, unknown] = times.each_mut().map(median);
    println!("a known name {known:.4} s, an unknown one {unknown:.4} s");
    // Both take the fixed time of a failure; neither tells what was done in it.
    assert!((0.9..1.1).contains(&(unknown / known)), "{known} and {unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_log_in_changes_the_password_before_anything_else() {
    let (database, _) = county().await;
    let add = [
        "user",
        "add",
        "wang.fang",
        "--name",
        "王芳",
        "--place",
        COUNTY,
        "--role",
        "county_viewer",
        "--json",
    ];
    let added: Value = serde_json::from_str(&succeed(&database, &add)).expect("JSON");
    let first = added["password"].as_str().expect("a password");
    let serving = Serving::start_with(&database, UNLIMITED);
    let answer = attempt(&serving, "wang.fang", first);
    assert_eq!(
        (answer.status, &answer.json()["must_change_password"]),
        (200, &json!(true)),
        "{}",
        answer.body
    );
    let cookie = format!("Cookie: {}", answer.cookie());
    let get = |path: &str| call(&serving.pages, "GET", path, &cookie, &Value::Null);
    let barred = get("/api/v1/divisions");
    assert_eq!((barred.status, &barred.json()["code"]), (403, &json!("password_change_required")));
    let change = |new: &str| {
        call(&serving.pages, "PUT", "/api/v1/password", &cookie, &json!({ "old": first, "new": new }))
    };
    assert_eq!(change("password123").status, 422, "a password from the lists");
    assert_eq!(change("短").status, 422);
    let changed = change(PASSWORD);
    assert_eq!(changed.status, 204);
    assert_eq!(get("/api/v1/divisions").status, 401, "a copy of the cookie has ended");
    let cookie = format!("Cookie: {}", changed.cookie());
    let get = |path: &str| call(&serving.pages, "GET", path, &cookie, &Value::Null);
    assert_eq!(get("/api/v1/divisions").status, 200);
    assert_eq!(
        get("/api/v1/sessions").json()["items"].as_array().map(Vec::len),
        Some(1),
        "no other is listed"
    );
    assert_eq!(attempt(&serving, "wang.fang", first).status, 401, "the first password is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_from_the_shell_ends_the_sessions() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let cookie = log_in(&serving.pages, "lai.wen");
    assert_eq!(call(&serving.pages, "GET", "/api/v1/session", &cookie, &Value::Null).status, 200);
    succeed(&database, &["user", "passwd", "lai.wen", "--county", COUNTY]);
    assert_eq!(call(&serving.pages, "GET", "/api/v1/session", &cookie, &Value::Null).status, 401);
    let unknown = run(&database, &["user", "passwd", "nobody", "--county", COUNTY]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("nobody"), "{}", unknown.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn own_sessions_are_listed_and_ended_one_by_one() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    account(&mut connection, "wang.fang", county).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let [here, there, other] = ["lai.wen", "lai.wen", "wang.fang"].map(|login| log_in(&serving.pages, login));
    let sessions = call(&serving.pages, "GET", "/api/v1/sessions", &here, &Value::Null).json();
    let items = sessions["items"].as_array().expect("sessions");
    assert_eq!(items.len(), 2, "{sessions}");
    let elsewhere = items.iter().find(|one| one["current"] == false).expect("the other one");
    let path = format!("/api/v1/sessions/{}", elsewhere["id"].as_str().expect("a number"));
    assert_eq!(
        call(&serving.pages, "DELETE", &path, &other, &Value::Null).status,
        404,
        "not somebody else's"
    );
    assert_eq!(call(&serving.pages, "DELETE", &path, &here, &Value::Null).status, 204);
    assert_eq!(call(&serving.pages, "GET", "/api/v1/session", &there, &Value::Null).status, 401);
    assert_eq!(call(&serving.pages, "DELETE", "/api/v1/session", &here, &Value::Null).status, 204);
    assert_eq!(call(&serving.pages, "GET", "/api/v1/session", &here, &Value::Null).status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_old_sessions_end_by_themselves() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let owner = superuser(&database).await;
    for aged in [
        "update session set seen_at = now() - interval '61 minutes'",
        "update session set expires_at = now() - interval '1 second'",
    ] {
        let cookie = log_in(&serving.pages, "lai.wen");
        assert_eq!(call(&serving.pages, "GET", "/api/v1/session", &cookie, &Value::Null).status, 200);
        owner.batch_execute(aged).await.expect("aged");
        assert_eq!(
            call(&serving.pages, "GET", "/api/v1/session", &cookie, &Value::Null).status,
            401,
            "{aged}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_or_another_session_is_refused() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let cookie = log_in(&serving.pages, "lai.wen");
    let form = "Content-Type: application/x-www-form-urlencoded";
    let foreign = ["Sec-Fetch-Site: cross-site", form, cookie.as_str()];
    assert_eq!(send(&serving.pages, "POST", "/logout", &foreign, "form_token=x").status, 403);
    let kind = "Content-Type: application/json";
    for site in ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example"] {
        let answer =
            send(&serving.pages, "POST", "/api/v1/second-factor", &[site, kind, cookie.as_str()], "{}");
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("foreign_origin")), "{site}");
    }
    let wrong = ["Sec-Fetch-Site: same-origin", form, cookie.as_str()];
    assert_eq!(send(&serving.pages, "POST", "/logout", &wrong, "form_token=x").status, 403);
    let page = send(&serving.pages, "GET", "/account", &[&cookie], "");
    assert_eq!(page.status, 200);
    let token =
        page.body.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let right = format!("form_token={}", token.expect("a token"));
    assert_eq!(send(&serving.pages, "POST", "/logout", &wrong, &right).status, 303);
    assert_eq!(send(&serving.pages, "GET", "/account", &[&cookie], "").status, 303, "logged out");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_and_headers_keep_pages_to_themselves() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let tls = [UNLIMITED, &[("JIFEN_HTTP__PUBLIC_URL", "https://jifen.example.cn")]].concat();
    let serving = Serving::start_with(&database, &tls);
    let answer = attempt(&serving, "lai.wen", PASSWORD);
    let cookie = answer.header("set-cookie");
    for flag in ["__Host-jifen=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    let page = send(&serving.pages, "GET", "/login", &[], "");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("x-request-id").len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_once_it_is_confirmed_and_no_code_works_twice() {
    let (database, county) = county().await;
    let mut connection = database.database.connection().await.expect("a connection");
    account(&mut connection, "lai.wen", county).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let cookie = log_in(&serving.pages, "lai.wen");
    let factor =
        |method: &str, body: Value| call(&serving.pages, method, "/api/v1/second-factor", &cookie, &body);
    let offered = factor("POST", Value::Null).json();
    let secret = offered["secret"].as_str().expect("a secret").to_owned();
    assert!(offered["address"].as_str().is_some_and(|address| address.starts_with("otpauth://totp/")));
    let authenticator = totp_rs::Builder::new()
        .with_secret(hex::decode(&secret).expect("hexadecimal"))
        .with_account_name("lai.wen")
        .build()
        .expect("an authenticator");
    // The codes of one moment and of the next step: whichever step the server is in, both are right once.
    let owner = superuser(&database).await;
    let clock = "select extract(epoch from now())::bigint";
    let now: i64 = owner.query_one(clock, &[]).await.expect("the time").get(0);
    let now = u64::try_from(now).expect("after 1970");
    let [first, second] = [now, now + 30].map(|time| authenticator.generate(time).to_string());
    assert_eq!(factor("PUT", json!({ "secret": secret, "code": "000000" })).status, 422);
    assert_eq!(factor("PUT", json!({ "secret": secret, "code": first })).status, 204);
    let attempt = |code: Option<&str>| {
        let body = json!({ "login": "lai.wen", "password": PASSWORD, "code": code });
        let answer = call(&serving.pages, "POST", "/api/v1/session", "", &body);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(attempt(None), (401, "second_factor_required".to_owned()));
    assert_eq!(attempt(Some(&first)), (401, "second_factor_wrong".to_owned()), "used when it was confirmed");
    assert_eq!(attempt(Some(&second)).0, 200);
    assert_eq!(attempt(Some(&second)), (401, "second_factor_wrong".to_owned()), "used");
    let kept = "select count(*) from account where encode(totp_sealed, 'escape') like '%' || $1 || '%'";
    let plain: i64 = owner.query_one(kept, &[&secret]).await.expect("a count").get(0);
    assert_eq!(plain, 0, "the secret is sealed");
}
