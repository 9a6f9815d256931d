//! Suggestions (建议) and complaints (投诉): what they are about, who answers them and until when.

mod clock;
mod kind;
mod office;

pub use clock::{SuggestionState, answer_by, suggestion_state};
pub use kind::{SuggestionKind, Topic};
pub use office::{NotTheOffice, may_answer, office};
