//! For tests only: a database each, people, places and a fixed time.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod county;
mod database;
mod time;

pub use county::{COUNTY, County, guard, operator, registrar};
pub use database::TestDatabase;
pub use time::{at, moment};
