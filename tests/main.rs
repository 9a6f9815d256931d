//! The acceptance tests: the program as its users meet it.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod config;
mod journeys;
mod rules;
mod schema;
mod support;
