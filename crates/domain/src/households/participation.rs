//! Taking part has dates; nobody is enrolled by default.

use crate::month::Month;

/// From when to when a household takes part (参与).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Participation {
    /// The first month that counts; none when it does not take part.
    pub joined: Option<Month>,
    /// The first month that no longer counts.
    pub left: Option<Month>,
}

/// Why dates of taking part are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParticipationProblem {
    /// Left without having joined.
    #[error("没有加入月份，不能填退出月份")]
    LeftWithoutJoining,
    /// Left before joining.
    #[error("退出月份 {left} 早于加入月份 {joined}")]
    LeftBeforeJoining {
        /// The first month that counts.
        joined: Month,
        /// The first month that no longer does.
        left: Month,
    },
    /// A date in a month that the village has closed.
    #[error("{0} 该月已结账，不能再改；请从 {1} 起填写")]
    Closed(Month, Month),
    /// A date before a change of the household that is already registered.
    #[error("{0} 早于这一户已登记的变动，不能再改；请从 {1} 起填写")]
    Settled(Month, Month),
}

impl Participation {
    /// Rule R-12: a household takes part from `joined`, the first month that counts, until before
    /// `left`, the first that no longer does; without `joined` it does not take part.
    ///
    /// Source: part four (一): 有意愿接受积分制管理的村民; product §2.2.
    pub fn covers(self, month: Month) -> bool {
        self.joined.is_some_and(|joined| joined <= month) && self.left.is_none_or(|left| month < left)
    }

    /// Rule R-13: neither date may be changed to or from a month the village has closed. A household that
    /// has left by then may join again: its closed months stay with the registration they were closed under.
    ///
    /// `before` is what the register says now, `open` the village's first month that is not closed.
    ///
    /// Source: product §2.2.
    pub fn check_change(self, before: Self, open: Option<Month>) -> Result<(), ParticipationProblem> {
        match (self.joined, self.left) {
            (None, Some(_)) => return Err(ParticipationProblem::LeftWithoutJoining),
            (Some(joined), Some(left)) if left < joined => {
                return Err(ParticipationProblem::LeftBeforeJoining { joined, left });
            }
            _ => {}
        }
        let Some(open) = open else { return Ok(()) };
        if before.left.is_some_and(|left| left <= open) && self.joined.is_some_and(|joined| joined >= open) {
            return Ok(());
        }
        for (old, new) in [(before.joined, self.joined), (before.left, self.left)] {
            if old == new {
                continue;
            }
            if let Some(closed) = [old, new].into_iter().flatten().find(|month| *month < open) {
                return Err(ParticipationProblem::Closed(closed, open));
            }
        }
        Ok(())
    }
}

impl Participation {
    /// Checks a change against the closed months, and against the month from which the household's latest revision
    /// holds, where that is still to come: what is registered now holds from then on.
    ///
    /// # Errors
    /// As [`Self::check_change`], and a date before that month.
    pub fn check_change_after(
        self,
        before: Self,
        open: Option<Month>,
        settled: Option<Month>,
    ) -> Result<(), ParticipationProblem> {
        self.check_change(before, open)?;
        let Some(settled) = settled.filter(|settled| open.is_none_or(|open| open < *settled)) else {
            return Ok(());
        };
        self.check_change(before, Some(settled)).map_err(|problem| match problem {
            ParticipationProblem::Closed(month, first) => ParticipationProblem::Settled(month, first),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(text: &str) -> Month {
        Month::parse(text).expect("a month")
    }

    fn dates(joined: &str, left: &str) -> Participation {
        let read = |text: &str| (!text.is_empty()).then(|| month(text));
        Participation { joined: read(joined), left: read(left) }
    }

    #[test]
    fn the_joined_month_counts_and_the_left_month_no_longer_does() {
        let taking_part = dates("2026-03", "2026-06");
        assert!(!taking_part.covers(month("2026-02")));
        assert!(taking_part.covers(month("2026-03")));
        assert!(taking_part.covers(month("2026-05")));
        assert!(!taking_part.covers(month("2026-06")));
    }

    #[test]
    fn nobody_takes_part_by_default() {
        assert!(!Participation::default().covers(month("2026-03")));
    }

    #[test]
    fn joining_or_leaving_in_a_closed_month_is_refused_with_the_open_one() {
        let open = Some(month("2026-04"));
        let refused = |before: Participation, after: Participation| after.check_change(before, open).err();
        let closed = |text| Some(ParticipationProblem::Closed(month(text), month("2026-04")));
        assert_eq!(refused(dates("", ""), dates("2026-03", "")), closed("2026-03"));
        assert_eq!(refused(dates("2026-01", ""), dates("2026-01", "2026-03")), closed("2026-03"));
        assert_eq!(refused(dates("2026-01", ""), dates("", "")), closed("2026-01"));
        assert_eq!(refused(dates("2026-01", ""), dates("2026-01", "2026-04")), None);
        assert_eq!(refused(dates("2026-01", "2026-03"), dates("2026-01", "2026-03")), None);
    }

    #[test]
    fn a_household_that_has_left_may_join_again_from_the_open_month_on() {
        let open = Some(month("2026-04"));
        let again = |before: Participation, after: Participation| after.check_change(before, open).is_ok();
        assert!(again(dates("2026-01", "2026-03"), dates("2026-04", "")));
        assert!(again(dates("2026-01", "2026-04"), dates("2026-06", "2026-09")));
        assert!(!again(dates("2026-01", "2026-03"), dates("2026-03", "")), "a closed month");
        assert!(!again(dates("2026-01", "2026-05"), dates("2026-06", "")), "it still takes part");
        assert!(!again(dates("2026-01", ""), dates("2026-06", "")), "it never left");
    }

    #[test]
    fn no_date_is_set_before_a_change_that_is_still_to_come() {
        let (open, settled) = (Some(month("2026-04")), Some(month("2026-06")));
        let check = |after: Participation| after.check_change_after(dates("2026-01", ""), open, settled);
        let early = ParticipationProblem::Settled(month("2026-05"), month("2026-06"));
        assert_eq!(check(dates("2026-01", "2026-05")), Err(early));
        assert_eq!(check(dates("2026-01", "2026-06")), Ok(()));
        let closed = ParticipationProblem::Closed(month("2026-03"), month("2026-04"));
        assert_eq!(check(dates("2026-01", "2026-03")), Err(closed));
    }

    #[test]
    fn leaving_before_joining_is_refused() {
        assert!(dates("2026-03", "2026-02").check_change(Participation::default(), None).is_err());
        assert!(dates("", "2026-02").check_change(Participation::default(), None).is_err());
        assert!(dates("2026-03", "2026-03").check_change(Participation::default(), None).is_ok());
    }

    proptest! {
        #[test]
        fn an_accepted_change_moves_no_closed_month(
            before in (0..24u32, 0..24u32), after in (0..24u32, 0..24u32), open in 0..24u32,
        ) {
            let at = |index: u32| Month::new(2026 + i32::try_from(index / 12).expect("small"), index % 12 + 1);
            let dates = |(joined, left): (u32, u32)| Participation { joined: at(joined), left: at(joined.max(left)) };
            let (before, after) = (dates(before), dates(after));
            let open = at(open).expect("in range");
            if after.check_change(before, Some(open)).is_ok() {
                let joins_again = before.left <= Some(open) && after.joined >= Some(open);
                for closed in month("2026-01").through(open.previous()) {
                    let keeps = before.covers(closed) == after.covers(closed);
                    prop_assert!(keeps || (joins_again && !after.covers(closed)));
                }
            }
        }
    }
}
