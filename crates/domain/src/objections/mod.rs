//! Objections (异议) and corrections (更正): until when, who decides, where they stand, and what a correction moves.

mod clock;
mod correction;
mod decision;
mod filing;
mod state;
mod words;

pub use clock::{decide_by, is_overdue};
pub use correction::{Movement, Standing, difference};
pub use decision::{Decision, Involved, NotImpartial, may_correct, may_decide};
pub use filing::{Filing, filing};
pub use state::{ObjectionState, OutOfTurn, Review, StepKind, is_open, objection_state, settled};
pub use words::{WordsProblem, check_words};
