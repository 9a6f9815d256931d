//! The acceptance tests: the program as its users meet it.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod api;
mod architecture;
mod browser;
mod config;
mod journeys;
mod people;
mod permissions;
mod routes;
mod rules;
mod schema;
mod support;
