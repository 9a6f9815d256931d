//! Objections (异议) and corrections (更正): until when, and what a correction moves.

mod correction;
mod filing;

pub use correction::{Movement, Standing, difference};
pub use filing::{Filing, filing};
