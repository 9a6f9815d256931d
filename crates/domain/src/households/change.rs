//! Dated changes of the register: moving between groups, splitting and merging.

use crate::month::Month;
use crate::points::Points;

/// What a revision of the register came from (登记变动).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// 更改登记: head, members, address, dates of taking part.
    Edited,
    /// 迁组: to another group of the same village.
    Moved,
    /// 分出一户: a part of it became a household of its own.
    SplitFrom,
    /// 分户新立: it was a part of another household.
    SplitOff,
    /// 并入一户: another household became a part of it.
    MergedFrom,
    /// 并入他户: it became a part of another household and left.
    MergedInto,
}

impl ChangeKind {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 6] =
        [Self::Edited, Self::Moved, Self::SplitFrom, Self::SplitOff, Self::MergedFrom, Self::MergedInto];

    /// The stored number, 1 to 6.
    pub fn number(self) -> i16 {
        match self {
            Self::Edited => 1,
            Self::Moved => 2,
            Self::SplitFrom => 3,
            Self::SplitOff => 4,
            Self::MergedFrom => 5,
            Self::MergedInto => 6,
        }
    }

    /// The kind of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Edited => "更改登记",
            Self::Moved => "迁组",
            Self::SplitFrom => "分出一户",
            Self::SplitOff => "分户新立",
            Self::MergedFrom => "并入一户",
            Self::MergedInto => "并入他户",
        }
    }
}

/// Rule R-74: what a household has gathered stays under its own number. A moved household takes its total along; one
/// that was split goes on with all of it, and what was split off begins at zero; of two merged households the one that
/// goes on keeps its own total, and that of the other stays with its closed months and is added to nobody's.
///
/// Source: part four (一): 以家庭为单位进行积分; product §2.2 (closed months stay where they were; the total travels). How
/// a total is shared between two households neither says: nothing is shared, so that no point counts twice.
pub fn total_after(kind: ChangeKind, before: Points) -> Points {
    match kind {
        ChangeKind::SplitOff => Points::default(),
        ChangeKind::Edited
        | ChangeKind::Moved
        | ChangeKind::SplitFrom
        | ChangeKind::MergedFrom
        | ChangeKind::MergedInto => before,
    }
}

/// From when on a household may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earliest {
    /// The village's first month that is not closed; none where none is.
    pub open: Option<Month>,
    /// The month from which the latest revision of the register holds.
    pub settled: Month,
    /// The last month in which it has a card, where that matters.
    pub scored: Option<Month>,
}

/// Why a change cannot hold from a month on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeProblem {
    /// The village has closed the month.
    #[error("{0} 该月已结账，不能再改；请从 {1} 起")]
    Closed(Month, Month),
    /// A later change is registered already.
    #[error("这一户已登记从 {0} 起的变动，这之前的月份不能再改；请从 {0} 起")]
    Settled(Month),
    /// Its card of the month belongs to the panel of the old group, and would count for nobody once it has left.
    #[error("这一户 {0} 已有积分卡，这个月还按原来的小组和户号算；请从 {1} 起")]
    Scored(Month, Month),
    /// Too far ahead.
    #[error("{0} 太远，最多提前登记到 {1}")]
    TooFar(Month, Month),
}

impl Earliest {
    /// The first month.
    pub fn first(self) -> Month {
        let scored = self.scored.map(Month::next);
        [self.open, scored].into_iter().flatten().fold(self.settled, Month::max)
    }

    /// Rule R-73: a move, a split and a merger hold from a month on: none that the village has closed, none before a
    /// change that is registered already, none in which a household that moves, or leaves by a merger, has a card; at
    /// the latest from the month after this one.
    ///
    /// Source: product §2.2 (head, group and address are dated attributes; closed months stay where they were).
    ///
    /// # Errors
    /// Why not, with the first month from which it can.
    pub fn check(self, from: Month, this_month: Month) -> Result<(), ChangeProblem> {
        let first = self.first();
        let last = this_month.next().max(first);
        if self.open.is_some_and(|open| from < open) {
            Err(ChangeProblem::Closed(from, first))
        } else if from < self.settled {
            Err(ChangeProblem::Settled(self.settled))
        } else if let Some(scored) = self.scored.filter(|scored| from <= *scored) {
            Err(ChangeProblem::Scored(scored, first))
        } else if from > last {
            Err(ChangeProblem::TooFar(from, last))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        Month::parse(text).expect("a month")
    }

    fn check(earliest: (&str, &str, &str), from: &str) -> String {
        let read = |text: &str| (!text.is_empty()).then(|| month(text));
        let (open, settled, scored) = earliest;
        let earliest = Earliest { open: read(open), settled: month(settled), scored: read(scored) };
        earliest
            .check(month(from), month("2026-11"))
            .map_or_else(|problem| problem.to_string(), |()| String::new())
    }

    #[test]
    fn a_change_into_a_closed_month_is_refused_with_the_first_open_one() {
        assert_eq!(
            check(("2026-10", "2026-01", ""), "2026-09"),
            "2026-09 该月已结账，不能再改；请从 2026-10 起"
        );
        assert_eq!(check(("2026-10", "2026-01", ""), "2026-10"), "");
        assert_eq!(check(("", "2000-01", ""), "2026-03"), "");
    }

    #[test]
    fn nothing_is_changed_before_a_change_that_is_already_registered() {
        assert!(check(("2026-10", "2026-12", ""), "2026-11").contains("已登记从 2026-12 起的变动"));
        assert_eq!(check(("2026-10", "2026-12", ""), "2026-12"), "");
    }

    #[test]
    fn a_month_with_a_card_stays_with_the_group_that_scored_it() {
        let refused = check(("2026-10", "2026-01", "2026-11"), "2026-11");
        assert_eq!(refused, "这一户 2026-11 已有积分卡，这个月还按原来的小组和户号算；请从 2026-12 起");
        assert_eq!(check(("2026-10", "2026-01", "2026-11"), "2026-12"), "");
        assert!(
            check(("2026-10", "2026-01", "2026-09"), "2026-09").contains("已结账，不能再改；请从 2026-10 起")
        );
    }

    #[test]
    fn a_change_is_registered_one_month_ahead_at_most() {
        assert_eq!(check(("2026-10", "2026-01", ""), "2026-12"), "");
        assert_eq!(check(("2026-10", "2026-01", ""), "2027-01"), "2027-01 太远，最多提前登记到 2026-12");
    }

    #[test]
    fn what_was_split_off_begins_at_zero_and_everybody_else_keeps_the_own_total() {
        let total = Points::from_tenths(3725);
        for kind in ChangeKind::ALL {
            let kept = if kind == ChangeKind::SplitOff { Points::default() } else { total };
            assert_eq!(total_after(kind, total), kept, "{kind:?}");
            assert_eq!(ChangeKind::from_number(kind.number()), Some(kind));
        }
        assert_eq!(ChangeKind::from_number(0), None);
    }
}
