//! Objections: filed, decided and reviewed; and the corrections of closed months that follow from them.

mod correct;
mod decide;
mod file;
mod personal;
mod read;
mod save;
mod steps;
mod stored;
mod via;

pub use correct::correct_cards;
pub(crate) use correct::{Facts as ClosedFacts, next_version, refuse_unseen};
pub use decide::{
    Decided, NewDecision, NewReview, RightCard, ask_review, decide_objection, note_investigation,
    review_objection,
};
pub(crate) use file::phone as phone_digits;
pub use file::{Filed, NewObjection, file_objection, years_awarded};
pub use personal::reveal_phone;
pub(crate) use personal::{erase_words, reseal_phones};
pub(crate) use read::open_against;
pub use read::{
    ObjectionFile, ObjectionFilter, ObjectionSummary, objection, objections_of, objections_of_household,
    open_objections, published_outcomes,
};
pub(crate) use steps::doer;
pub use stored::Step;
pub use via::Via;
