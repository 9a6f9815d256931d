//! The log: every log-in, refusal, change and export stands in it, is found, taken out, and copied out of the database.

use authz::Role;
use domain::place::Place;
use serde_json::{Value, json};
use testkit::{COUNTY, County, TestDatabase};

use super::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Folder, Serving, call, path, succeed};

async fn world() -> (TestDatabase, i64) {
    let database = TestDatabase::empty().await;
    let county = County::new(12, "2026-01", 1);
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    let place = Place::parse_code(COUNTY).expect("a code");
    let auditor = account(&mut connection, "auditor.one", place).await;
    grant(&mut connection, auditor, Role::Auditor, place).await;
    (database, auditor)
}

fn events(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().unwrap_or_else(|| panic!("{}", answer.body)).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_log_ins_refusals_and_exports_and_takes_them_out() {
    let (database, auditor) = world().await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let wrong = json!({ "login": "auditor.one", "password": "not the password" });
    call(&serving.pages, "POST", "/api/v1/session", "", &wrong);
    let who = log_in(&serving.pages, "auditor.one");
    let refused = call(&serving.pages, "POST", "/api/v1/closings", &who, &json!({ "month": "2026-01" }));
    assert_eq!(refused.status, 403);
    let log = |query: &str| call(&serving.pages, "GET", &format!("/api/v1/log?{query}"), &who, &Value::Null);
    let found = events(&log(&format!("text={}", refused.header("x-request-id"))));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["act"], "attempt");
    assert_eq!(found[0]["actor"], format!("person:{auditor}:auditor@440229"));
    let detail: Value = serde_json::from_str(found[0]["detail"].as_str().expect("a text")).expect("JSON");
    assert_eq!(
        (&detail["refused"], &detail["at"], &detail["address"]),
        (&json!("close"), &json!("440229"), &json!("127.0.0.1"))
    );
    let own = events(&log(&format!("act=own_account&actor=person:{auditor}")));
    let told: Vec<_> = own.iter().map(|event| event["detail"].as_str().unwrap_or_default()).collect();
    assert!(told[0].contains("\"log_in\"") && told[1].contains("log_in_wrong"), "{told:?}");
    assert_eq!(events(&log("until=2020-01-01T00:00:00Z")).len(), 0);
    assert_eq!(log("from=yesterday").status, 422);
    let first = log("limit=1").json();
    let next = log(&format!("limit=1&after={}", first["next"].as_str().expect("more"))).json();
    assert_eq!(
        next["items"][0]["number"].as_i64(),
        first["items"][0]["number"].as_i64().map(|number| number - 1)
    );
    let file = call(&serving.pages, "GET", "/api/v1/log.csv", &who, &Value::Null);
    assert!(
        file.header("content-type").starts_with("text/csv") && file.body.starts_with("number,recorded_at,")
    );
    let taken = events(&log("act=read_log"));
    assert!(taken[0]["detail"].as_str().is_some_and(|detail| detail.contains("exported")), "{taken:?}");
    succeed(&database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_has_every_row_copied_out_of_the_database_before_it_is_there() {
    let (database, _) = world().await;
    let folder = Folder::new();
    let copy = folder.0.join("log.jsonl");
    let target = format!("file:{}", path(&copy));
    let environment = [UNLIMITED, &[("JIFEN_LOG_COPY", target.as_str())]].concat();
    let serving = Serving::start_with(&database, &environment);
    let who = log_in(&serving.pages, "auditor.one");
    call(&serving.pages, "POST", "/api/v1/closings", &who, &json!({ "month": "2026-01" }));
    let copied = std::fs::read_to_string(&copy).expect("the copy");
    let copied: Vec<Value> = copied.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rows = events(&call(&serving.pages, "GET", "/api/v1/log?limit=2", &who, &Value::Null));
    assert_eq!(copied.len(), 2, "a log-in and a refusal: {copied:?}");
    for (copied, row) in copied.iter().rev().zip(&rows) {
        assert_eq!((&copied["number"], &copied["hash"]), (&row["number"], &row["hash"]));
    }
    // A copy that cannot be written stops the change: what is in the database is in the copy.
    let full = [UNLIMITED, &[("JIFEN_LOG_COPY", "file:/dev/full")]].concat();
    let stopped = Serving::start_with(&database, &full);
    let body = json!({ "login": "auditor.one", "password": crate::people::PASSWORD });
    assert_eq!(call(&stopped.pages, "POST", "/api/v1/session", "", &body).status, 500);
    let after = events(&call(&serving.pages, "GET", "/api/v1/log?limit=1", &who, &Value::Null));
    assert_eq!(after[0]["number"], rows[0]["number"], "no row more");
}
