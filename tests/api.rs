//! The API: its committed document, its conventions, logging in, keys and tokens.

mod document;
mod keys;
mod log;
mod login;
mod revocation;
mod roles;
mod tokens;

use authz::Role;
use domain::place::Place;
use testkit::{COUNTY, County, TestDatabase};

use crate::people::{account, grant, log_in};
use crate::support::Serving;

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
