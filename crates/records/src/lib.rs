//! Everything in PostgreSQL. A write is a verb: one transaction that loads rows, asks a pure function of
//! `domain`, saves, and writes its log row. A read is a query for a page or a file.

pub mod accounts;
pub mod audit;
pub mod awards;
pub mod catalogue;
pub mod closing;
mod codec;
pub mod database;
mod error;
pub mod forms;
pub mod households;
pub mod idempotency;
pub mod jobs;
pub mod messages;
pub mod migrations;
pub mod moment;
pub mod objections;
pub mod panels;
pub mod photos;
pub mod places;
pub mod progress;
pub mod publication;
pub mod rulebook;
pub mod samples;
pub(crate) mod schema;
pub mod scoring;
pub mod sealing;
pub mod sheets;
pub mod suggestions;
pub mod tenancy;
mod turns;
pub mod verify;

pub use database::{Connection, Database};
pub use error::{Error, Outcome, Refusal, Result};
pub use moment::Moment;
pub use tenancy::Mode;
