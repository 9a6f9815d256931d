//! Until when a suggestion or complaint is answered, and where it stands.

use chrono::{NaiveDate, NaiveDateTime};

use crate::month::is_over;
use crate::objections::decide_by;
use crate::rulebook::ObjectionRule;

/// Rule R-70: a suggestion or complaint is to be answered within the days in which an objection is decided (10, setting),
/// the whole of the last day included; it is then overdue.
///
/// Returns the last day in time.
///
/// Source: part four (四): 接受广大村民监督; the days are ours, those of R-61; product §2.7.
pub fn answer_by(filed_on: NaiveDate, rule: &ObjectionRule) -> NaiveDate {
    decide_by(filed_on, rule)
}

/// Where a suggestion or complaint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestionState {
    /// It waits for its answer.
    Open {
        /// Whether it should have it by now.
        overdue: bool,
    },
    /// It was answered; a correction of the answer leaves it so.
    Answered {
        /// The local date of the latest answer.
        on: NaiveDate,
    },
    /// Its words were erased by law before it was answered: nothing is left to answer.
    Erased,
}

impl SuggestionState {
    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Open { overdue: false } => "待答复",
            Self::Open { overdue: true } => "逾期未答复",
            Self::Answered { .. } => "已答复",
            Self::Erased => "已依法删除",
        }
    }

    /// Whether somebody has to answer.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Whether it should have been answered by now.
    pub fn is_overdue(self) -> bool {
        matches!(self, Self::Open { overdue: true })
    }
}

/// Where it stands, by the day of filing, the day of the latest answer, and whether its words were erased.
pub fn suggestion_state(
    filed_on: NaiveDate,
    answered_on: Option<NaiveDate>,
    is_erased: bool,
    now: NaiveDateTime,
    rule: &ObjectionRule,
) -> SuggestionState {
    match answered_on {
        Some(on) => SuggestionState::Answered { on },
        None if is_erased => SuggestionState::Erased,
        None => SuggestionState::Open { overdue: is_over(answer_by(filed_on, rule), now) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answered: Option<&str>, is_erased: bool, now: &str, title: &str) {
        let rule = ObjectionRule { days: 7, decide_within_days: 10 };
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let now = NaiveDateTime::parse_from_str(now, "%Y-%m-%d %H:%M").expect("a time");
        let state = suggestion_state(day("2026-11-12"), answered.map(day), is_erased, now, &rule);
        assert_eq!(state.title(), title, "{answered:?} {is_erased} {now}");
        assert_eq!(
            (state.is_open(), state.is_overdue()),
            (title.contains('待') || title.contains("未"), title.contains("逾期"))
        );
    }

    #[test]
    fn the_tenth_day_is_in_time_until_its_end() {
        check(None, false, "2026-11-12 08:00", "待答复");
        check(None, false, "2026-11-22 23:59", "待答复");
        check(None, false, "2026-11-23 00:00", "逾期未答复");
    }

    #[test]
    fn an_answer_ends_it_however_late_and_what_was_erased_waits_for_none() {
        check(Some("2026-12-24"), false, "2026-12-24 08:00", "已答复");
        check(Some("2026-11-13"), true, "2026-12-24 08:00", "已答复");
        check(None, true, "2026-12-24 08:00", "已依法删除");
    }
}
