//! The way from a difference to a right card: before the closing a new sheet of the panel, after it a correction.

use authz::{Act, Correct};
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
    /// Where it is done; empty where there is no such page for the caller.
    pub(super) href: String,
    /// What leads there.
    pub(super) title: &'static str,
    /// Whether the caller corrects, household by household.
    pub(super) corrects: bool,
}

/// The way that the rules leave now: a signed card is replaced by the leader's choice alone, after the end of entry
/// under an exception, and a closed month changes by a correction.
pub(super) fn way(
    state: &State,
    caller: &Caller,
    (village, month): (&Place, Month),
    lock: Option<&Lock>,
) -> Way {
    let corrects = caller.may(Correct, *village);
    let scoring = || Section::Scoring.at(village, month);
    let (words, href, title) = match lock {
        None => (
            "还没有结账：评分组重交这一户的积分卡，与签字的不同就列为冲突，组长在评分页采用并重新签字；也可以等结账以后在这里更正。"
                .to_owned(),
            scoring(),
            "去评分",
        ),
        Some(Lock::Past { .. }) => (
            "评分录入已截止：村里在评分页为这一户申请补录，上级批准以后评分组重交积分卡，组长采用并重新签字；也可以等结账以后在这里更正。"
                .to_owned(),
            scoring(),
            "去申请补录",
        ),
        Some(Lock::NotYet { .. }) => ("等结账以后在这里更正。".to_owned(), String::new(), ""),
        Some(Lock::Closed(_)) if corrects => (
            "本月已结账：核实以后按镇复核更正这一户的积分卡，本月成为新版本，原来的版本保留。".to_owned(),
            String::new(),
            "",
        ),
        Some(Lock::Closed(_)) => {
            let who = holders_of(state.guard.table(), Correct::NAME);
            (format!("本月已结账：由{who}在本页按镇复核更正积分卡。"), String::new(), "")
        }
    };
    Way { words, href, title, corrects: corrects && matches!(lock, Some(Lock::Closed(_))) }
}
