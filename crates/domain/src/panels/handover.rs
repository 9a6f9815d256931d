//! Areas (片区) that go from one panel to another.

use crate::month::Month;

/// What a panel has scored of a month that is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenWork {
    /// The month.
    pub month: Month,
    /// The households whose card is the panel's.
    pub cards: usize,
    /// Those whose card no signature of the panel covers.
    pub unsigned: usize,
    /// The sheets of the groups it gives up that name it, on which nobody has decided.
    pub undecided: usize,
}

impl OpenWork {
    /// Of a month in which nothing was scored yet.
    pub fn none(month: Month) -> Self {
        Self { month, cards: 0, unsigned: 0, undecided: 0 }
    }
}

/// Why a panel keeps its area for now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandoverProblem {
    /// Its leader has not decided on sheets that wait.
    #[error("评分组“{panel}”在 {month} 还有 {sheets} 份评分单等组长取舍；请组长先在评分页取舍，再交出片区")]
    Undecided {
        /// The panel.
        panel: String,
        /// The month.
        month: Month,
        /// How many sheets wait.
        sheets: usize,
    },
    /// Its leader has not signed for what it has scored.
    #[error("评分组“{panel}”在 {month} 有 {cards} 户的积分卡还没有签字；请组长先在评分页签字，再交出片区")]
    Unsigned {
        /// The panel.
        panel: String,
        /// The month.
        month: Month,
        /// How many cards wait.
        cards: usize,
    },
    /// It would be gone from a month that it has scored.
    #[error(
        "评分组“{panel}”已评了 {month} 的积分卡，要留到这个月结账；请等结账后再解散，或先给它留一个村小组"
    )]
    Scored {
        /// The panel.
        panel: String,
        /// The month.
        month: Month,
    },
}

/// Whether a panel may give up groups from the first open month on: not while a card that it has scored, or a
/// sheet of those groups, waits for its leader, who answers for it; and not all of them (`dissolves`) in a month that it has scored, because closing freezes
/// the panels of the month together with the cards.
///
/// Source: part four (三): 指定小组长1名，…对评分结果负责; product §2.3 and §2.5.
///
/// # Errors
/// Why not, with the remedy.
pub fn check_handover(panel: &str, dissolves: bool, work: &[OpenWork]) -> Result<(), HandoverProblem> {
    let panel = || panel.to_owned();
    // A sheet that is taken must be signed again.
    if let Some(waiting) = work.iter().find(|work| work.undecided > 0) {
        let (month, sheets) = (waiting.month, waiting.undecided);
        return Err(HandoverProblem::Undecided { panel: panel(), month, sheets });
    }
    if let Some(waiting) = work.iter().find(|work| work.unsigned > 0) {
        let (month, cards) = (waiting.month, waiting.unsigned);
        return Err(HandoverProblem::Unsigned { panel: panel(), month, cards });
    }
    match work.iter().find(|work| dissolves && work.cards > 0) {
        Some(scored) => Err(HandoverProblem::Scored { panel: panel(), month: scored.month }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dissolves: bool, cards: usize, unsigned: usize) -> String {
        let month = Month::new(2026, 2).expect("a month");
        said(dissolves, OpenWork { cards, unsigned, ..OpenWork::none(month) })
    }

    fn said(dissolves: bool, work: OpenWork) -> String {
        let checked = check_handover("第一评分组", dissolves, &[work]);
        checked.map_or_else(|problem| problem.to_string(), |()| String::new())
    }

    #[test]
    fn a_panel_whose_sheets_wait_for_its_leader_keeps_its_area() {
        let none = OpenWork::none(Month::new(2026, 2).expect("a month"));
        let refused = said(false, OpenWork { undecided: 1, ..none });
        assert!(refused.contains("2026-02 还有 1 份") && refused.contains("先在评分页取舍"), "{refused}");
        assert_eq!(said(true, none), "");
    }

    #[test]
    fn a_panel_whose_cards_wait_for_its_leader_keeps_its_area() {
        for dissolves in [false, true] {
            let refused = check(dissolves, 5, 2);
            assert!(refused.contains("2026-02 有 2 户") && refused.contains("先在评分页签字"), "{refused}");
        }
    }

    #[test]
    fn a_panel_stays_in_a_month_that_it_has_scored_but_may_give_up_a_part_of_its_area() {
        assert!(check(true, 5, 0).contains("请等结账后再解散"));
        assert_eq!(check(false, 5, 0), "");
        assert_eq!(check(true, 0, 0), "");
    }
}
