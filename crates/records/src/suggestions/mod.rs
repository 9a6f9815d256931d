//! Suggestions and complaints of villagers: filed without an account or at the office, answered by the village or its
//! town, looked up with a code.

mod answer;
mod code;
mod file;
mod personal;
mod read;
mod save;
mod stored;

pub use answer::{NewAnswer, answer_suggestion};
pub use code::county_of_code;
pub use file::{FiledSuggestion, NewSuggestion, Via, file_suggestion};
pub use personal::{OwnSuggestion, erase_suggestion, reveal_sender};
pub(crate) use personal::{erase_of_household, own_suggestions, reseal_senders};
pub use read::{
    LookedUp, PublishedAnswer, SuggestionFile, SuggestionSummary, published_answers, suggestion,
    suggestion_of_code, suggestions_of, suggestions_of_household,
};
pub use stored::Answer;
