//! The API: its committed document, its conventions, logging in, keys and tokens.

mod document;
mod eligibility;
mod exceptions;
mod files;
mod keys;
mod log;
mod login;
mod objections;
mod reminders;
mod revocation;
mod roles;
mod samples;
mod sheets;
mod submissions;
mod suggestions;
mod tokens;
mod verification;

use authz::Role;
use domain::place::Place;
use serde_json::Value;
use testkit::{COUNTY, County, TestDatabase};

use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, scored, send, succeed};

/// No limit of requests from one address: tests send many.
pub const UNLIMITED: &[(&str, &str)] =
    &[("JIFEN_HTTP__REQUESTS_PER_SECOND", "100000"), ("JIFEN_HTTP__REQUESTS_AT_ONCE", "100000")];

/// A county of 60 households, a web process, and the session of its administrator.
async fn administrator() -> (TestDatabase, Serving, String) {
    let database = TestDatabase::empty().await;
    let county = County::new(60, "2026-01", 1);
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    let place = Place::parse_code(COUNTY).expect("a code");
    let number = account(&mut connection, "lai.wen", place).await;
    grant(&mut connection, number, Role::CountyAdministrator, place).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let cookie = log_in(&serving.pages, "lai.wen");
    (database, serving, cookie)
}

/// A county of 60 households whose January is closed and published, and a web process on the 6th of February.
async fn published() -> (TestDatabase, Serving) {
    let (database, _) = scored(60, "2026-01", 1).await;
    let month = ["--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &[&["close"], month.as_slice()].concat());
    succeed(&database, &[&["publish"], month.as_slice()].concat());
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-06T10:00:00+08:00"), UNLIMITED);
    (database, serving)
}

/// The session of somebody new in a role at a place.
async fn person(
    database: &TestDatabase,
    serving: &Serving,
    (login, role, code): (&str, Role, &str),
) -> String {
    let mut connection = database.database.connection().await.expect("a connection");
    let place = Place::parse_code(code).expect("a code");
    let number = account(&mut connection, login, place).await;
    grant(&mut connection, number, role, place).await;
    log_in(&serving.pages, login)
}

/// A POST under an idempotency key.
fn keyed(serving: &Serving, cookie: &str, key: &str, path: &str, body: &Value) -> Answer {
    let key = format!("Idempotency-Key: {key}");
    let headers = ["Content-Type: application/json", cookie, key.as_str()];
    send(&serving.pages, "POST", path, &headers, &body.to_string())
}

/// The field that a refused request is told to mend.
fn field(answer: &Answer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.body);
    answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
}
