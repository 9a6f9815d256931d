//! The county document as code: pure functions over values, without I/O, clock or dice.
//!
//! The modules stand in the order in which data flows; each may use only those above it
//! (`tests/architecture.rs` checks that). Every rule opens with its number, and `RULES.md` lists
//! them all.

pub mod place;
pub mod points;
pub mod month;
pub mod calendar;
pub mod canonical;
pub mod rulebook;
pub mod catalogue;
pub mod households;
pub mod panels;
pub mod scoring;
pub mod input;
pub mod closing;
pub mod publication;
pub mod objections;
pub mod suggestions;
pub mod awards;
pub mod forms;
pub mod schedule;
