//! The way from a difference to a right card: before the closing a new sheet of the panel, after it a correction.

use authz::{Act, AskException, Correct};
use domain::month::Month;
use domain::place::Place;
use domain::scoring::Lock;

use crate::accounts::holders_of;
use crate::caller::Caller;
use crate::shell::Section;
use crate::state::State;

/// What can be done about differences of a village's month.
pub(super) struct Way {
    /// The sentence.
    pub(super) words: String,
    /// The page where it is done; empty where there is none.
    pub(super) href: String,
    /// What leads there.
    pub(super) title: &'static str,
    /// Whether the caller corrects, household by household.
    pub(super) corrects: bool,
}

/// The way that the rules leave the caller now.
pub(super) fn way(
    state: &State,
    caller: &Caller,
    (village, month): (&Place, Month),
    lock: Option<&Lock>,
) -> Way {
    let corrects = caller.may(Correct, *village);
    let title = match lock {
        Some(Lock::Past { .. }) if caller.may(AskException, *village) => "去申请补录",
        None | Some(Lock::Past { .. }) => "去评分",
        Some(Lock::NotYet { .. } | Lock::Closed(_)) => "",
    };
    Way {
        words: sentence(lock, corrects, &holders_of(state.guard.table(), Correct::NAME)),
        href: if title.is_empty() { String::new() } else { Section::Scoring.at(village, month) },
        title,
        corrects: corrects && matches!(lock, Some(Lock::Closed(_))),
    }
}

/// What a card can be changed by: a signed one by the leader's choice alone, after the end of entry under an
/// exception, and one of a closed month by a correction.
fn sentence(lock: Option<&Lock>, corrects: bool, holders: &str) -> String {
    match lock {
        None => "还没有结账：评分组重交这一户的积分卡，与签字的不同就列为冲突，组长在评分页采用并重新签字；\
            也可以等结账以后在这里更正。"
            .to_owned(),
        Some(Lock::Past { .. }) => {
            "评分录入已截止：村里在评分页为这一户申请补录，上级批准以后评分组重交积分卡，\
            组长采用并重新签字；也可以等结账以后在这里更正。"
                .to_owned()
        }
        Some(Lock::NotYet { .. }) => "等结账以后在这里更正。".to_owned(),
        Some(Lock::Closed(_)) if corrects => {
            "本月已结账：按镇复核更正这一户的积分卡，本月成为新版本，原来的版本保留。".to_owned()
        }
        Some(Lock::Closed(_)) => format!("本月已结账：由{holders}在本页按镇复核更正积分卡。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lock: Option<&Lock>, corrects: bool, expected: &str) {
        let words = sentence(lock, corrects, "村管理员");
        assert!(words.contains(expected), "{words}");
    }

    #[test]
    fn before_the_closing_the_panel_scores_anew_and_after_it_somebody_corrects() {
        let month = Month::parse("2026-01").expect("a month");
        check(None, true, "组长在评分页采用并重新签字；也可以等结账以后");
        check(Some(&Lock::Past { month, until: month.next().day(3) }), true, "为这一户申请补录");
        check(Some(&Lock::Closed(month)), true, "本月成为新版本");
        check(Some(&Lock::Closed(month)), false, "由村管理员在本页");
    }
}
