//! Who answers.

use super::kind::{SuggestionKind, Topic};
use crate::place::Level;

/// Rule R-69: a complaint about the village's officials or about scoring is answered by the town, and the village does
/// not see it; any other complaint and every suggestion is answered by the village; a level above may stand in.
///
/// Source: part four (四): 接受广大村民监督; that nobody answers a complaint against oneself is ours, after 信访工作条例
/// (检举材料不得透露或者转给被检举人).
pub fn office(kind: SuggestionKind, topic: Topic) -> Level {
    match (kind, topic) {
        (SuggestionKind::Complaint, Topic::Officials | Topic::Scoring) => Level::Town,
        (SuggestionKind::Complaint | SuggestionKind::Suggestion, _) => Level::Village,
    }
}

/// Somebody below the office that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("这一件由{}答复", .office.title())]
pub struct NotTheOffice {
    /// The level of the office.
    pub office: Level,
}

/// Whether somebody of a level may answer what an office of a level has to.
///
/// # Errors
/// A level below the office's.
pub fn may_answer(by: Level, office: Level) -> Result<(), NotTheOffice> {
    if by <= office { Ok(()) } else { Err(NotTheOffice { office }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SuggestionKind::{Complaint, Suggestion};

    #[test]
    fn the_town_answers_complaints_about_officials_and_scoring_and_nothing_else() {
        for topic in Topic::ALL.iter().copied() {
            let of_the_town = matches!(topic, Topic::Officials | Topic::Scoring);
            let expected = if of_the_town { Level::Town } else { Level::Village };
            assert_eq!(office(Complaint, topic), expected, "{topic:?}");
            assert_eq!(office(Suggestion, topic), Level::Village, "{topic:?}");
        }
    }

    #[test]
    fn a_level_above_stands_in_and_one_below_does_not() {
        let may = |by, office| may_answer(by, office).is_ok();
        assert!(may(Level::Village, Level::Village) && may(Level::Town, Level::Village));
        assert!(may(Level::County, Level::Town) && may(Level::Town, Level::Town));
        assert!(!may(Level::Group, Level::Village));
        let refusal = may_answer(Level::Village, Level::Town).expect_err("refused");
        assert_eq!(refusal.to_string(), "这一件由镇答复");
    }
}
