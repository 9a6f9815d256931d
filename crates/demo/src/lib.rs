//! A made-up county of any size: the same plan gives the same rows, without I/O, clock or chance.
//!
//! Everything follows from the seed and the code of the place it belongs to, so that each village
//! can be made on its own, in any order and on any worker, and a million households need no more
//! memory than one village:
//!
//! ```
//! # use demo::{Plan, households, panels, scorecards, villages};
//! # fn load(plan: &Plan, catalogue: &domain::catalogue::Catalogue) -> usize {
//! let mut rows = 0;
//! for village in villages(plan) {
//!     rows += panels(plan, &village).len() + households(plan, &village).len();
//!     for month in plan.span() {
//!         rows += scorecards(plan, &village, month, catalogue).len();
//!     }
//! }
//! # rows
//! # }
//! ```
//!
//! Nobody in it exists: names are thrown together, and phones carry a prefix that no subscriber has
//! ([`FAKE_PHONE_PREFIX`]).

mod contacts;
mod dice;
mod divisions;
mod households;
mod layout;
mod panels;
mod people;
mod place_names;
mod plan;
mod profile;
#[cfg(test)]
mod sample;
mod scorecards;

pub use contacts::contacts;
pub use divisions::divisions;
pub use households::households;
pub use layout::{Group, Village, villages};
pub use panels::panels;
pub use people::FAKE_PHONE_PREFIX;
pub use plan::Plan;
pub use scorecards::scorecards;
