//! Where an objection stands: computed from its steps and the clock.

use chrono::{NaiveDate, NaiveDateTime};

use super::clock::{decide_by, is_overdue};
use super::decision::Decision;
use crate::rulebook::ObjectionRule;

macro_rules! steps {
    ($($(#[$doc:meta])* $kind:ident = $number:literal, $name:literal, $title:literal;)*) => {
        /// What is done about an objection (办理步骤).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StepKind {
            $($(#[$doc])* $kind,)*
        }

        impl StepKind {
            /// All of them, in the order of their stored numbers.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The stored number, 1 to 8.
            pub fn number(self) -> i16 {
                match self { $(Self::$kind => $number,)* }
            }

            /// The name in the API and in the log.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// As pages name it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

steps! {
    /// A note on what was found out.
    Noted = 1, "noted", "调查记录";
    /// The objection is right.
    Upheld = 2, "upheld", "成立";
    /// It is right in part.
    Partly = 3, "partly", "部分成立";
    /// It is not right.
    Rejected = 4, "rejected", "不成立";
    /// It was taken back.
    Withdrawn = 5, "withdrawn", "已撤回";
    /// The town is asked to look at the decision.
    ReviewAsked = 6, "review_asked", "申请复核";
    /// The town leaves the decision as it is.
    ReviewConfirmed = 7, "review_confirmed", "复核维持";
    /// The town puts another card in its place.
    ReviewChanged = 8, "review_changed", "复核改变";
}

impl StepKind {
    /// The kind of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.number() == number)
    }

    /// The decision that it records, where it is one of the village's.
    pub fn decision(self) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.step() == self)
    }

    /// Whether it settles something: a decision, or the end of a review.
    pub fn settles(self) -> bool {
        self.decision().is_some() || matches!(self, Self::ReviewConfirmed | Self::ReviewChanged)
    }
}

/// How a review ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// 维持: the village's decision stays.
    Confirmed(Decision),
    /// 改变: the town put another card in its place.
    Changed,
}

/// Where an objection stands (办理状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectionState {
    /// 待处理
    Open {
        /// The last day on which a decision is in time.
        decide_by: NaiveDate,
        /// Whether that day is over.
        overdue: bool,
    },
    /// 已办结
    Decided(Decision),
    /// 复核中: what the village decided is before the town.
    UnderReview(Decision),
    /// 已复核: nothing follows.
    Reviewed(Review),
}

/// A step that does not follow from where an objection stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("这件异议目前是“{state}”，不能再登记“{step}”；请刷新后查看")]
pub struct OutOfTurn {
    /// Where it stands.
    pub state: String,
    /// What was tried.
    pub step: &'static str,
}

impl ObjectionState {
    /// The names in the API.
    pub const NAMES: [&'static str; 4] = ["open", "decided", "under_review", "reviewed"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Decided(_) => "decided",
            Self::UnderReview(_) => "under_review",
            Self::Reviewed(_) => "reviewed",
        }
    }

    /// As pages name it.
    pub fn title(self) -> String {
        match self {
            Self::Open { overdue: false, .. } => "待处理".into(),
            Self::Open { overdue: true, .. } => "逾期未处理".into(),
            Self::Decided(decision) => decision.title().into(),
            Self::UnderReview(decision) => format!("{}，复核中", decision.title()),
            Self::Reviewed(Review::Confirmed(decision)) => format!("{}，复核维持", decision.title()),
            Self::Reviewed(Review::Changed) => "复核改变".into(),
        }
    }

    /// Whether somebody has to act, so that the month is not final.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. } | Self::UnderReview(_))
    }

    /// Rule R-63: an objection is open until it is decided (upheld, partly, rejected, withdrawn); a decision can be
    /// reviewed once by the town, when that is asked for and it was not withdrawn; notes are taken while somebody has to
    /// act.
    ///
    /// Source: product §2.7.
    ///
    /// # Errors
    /// A step that does not follow from this state.
    pub fn may_take(self, step: StepKind) -> Result<(), OutOfTurn> {
        let follows = match self {
            Self::Open { .. } => step == StepKind::Noted || step.decision().is_some(),
            Self::Decided(decision) => step == StepKind::ReviewAsked && decision != Decision::Withdrawn,
            Self::UnderReview(_) => {
                matches!(step, StepKind::Noted | StepKind::ReviewConfirmed | StepKind::ReviewChanged)
            }
            Self::Reviewed(_) => false,
        };
        if follows { Ok(()) } else { Err(OutOfTurn { state: self.title(), step: step.title() }) }
    }
}

/// Where an objection stands, by its steps in their order.
pub fn objection_state(
    filed_on: NaiveDate,
    steps: &[StepKind],
    now: NaiveDateTime,
    rule: &ObjectionRule,
) -> ObjectionState {
    let open = ObjectionState::Open {
        decide_by: decide_by(filed_on, rule),
        overdue: is_overdue(filed_on, now, rule),
    };
    settled(steps).unwrap_or(open)
}

/// Where an objection stands that was decided, whatever the clock says; none while it waits for its decision.
pub fn settled(steps: &[StepKind]) -> Option<ObjectionState> {
    steps.iter().fold(None, |state, step| match (state, *step) {
        (None, step) => step.decision().map(ObjectionState::Decided),
        (Some(ObjectionState::Decided(decision)), StepKind::ReviewAsked) => {
            Some(ObjectionState::UnderReview(decision))
        }
        (Some(ObjectionState::UnderReview(decision)), StepKind::ReviewConfirmed) => {
            Some(ObjectionState::Reviewed(Review::Confirmed(decision)))
        }
        (Some(ObjectionState::UnderReview(_)), StepKind::ReviewChanged) => {
            Some(ObjectionState::Reviewed(Review::Changed))
        }
        (state, _) => state,
    })
}

/// Whether somebody has to act on an objection with these steps, whatever the clock says.
pub fn is_open(steps: &[StepKind]) -> bool {
    settled(steps).is_none_or(ObjectionState::is_open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::month::start_of;
    use StepKind::{Noted, Partly, Rejected, ReviewAsked, ReviewChanged, ReviewConfirmed, Upheld, Withdrawn};

    fn after(steps: &[StepKind]) -> ObjectionState {
        let rule = ObjectionRule { days: 7, decide_within_days: 10 };
        let day = |text: &str| text.parse().expect("a date");
        objection_state(day("2026-11-12"), steps, start_of(day("2026-11-20")), &rule)
    }

    fn check(steps: &[StepKind], title: &str, open: bool, may_follow: &[StepKind]) {
        let state = after(steps);
        assert_eq!((state.title().as_str(), state.is_open()), (title, open), "{steps:?}");
        assert_eq!(is_open(steps), open, "{steps:?}, without a clock");
        let follows = StepKind::ALL.iter().copied().filter(|step| state.may_take(*step).is_ok());
        assert_eq!(follows.collect::<Vec<_>>(), may_follow, "{steps:?}");
    }

    #[test]
    fn a_decision_ends_it_and_one_review_may_follow() {
        let first = [Noted, Upheld, Partly, Rejected, Withdrawn];
        check(&[], "待处理", true, &first);
        check(&[Noted, Noted], "待处理", true, &first);
        check(&[Noted, Rejected], "不成立", false, &[ReviewAsked]);
        check(&[Upheld, ReviewAsked], "成立，复核中", true, &[Noted, ReviewConfirmed, ReviewChanged]);
        check(&[Partly, ReviewAsked, Noted, ReviewConfirmed], "部分成立，复核维持", false, &[]);
        check(&[Rejected, ReviewAsked, ReviewChanged], "复核改变", false, &[]);
    }

    #[test]
    fn what_was_withdrawn_is_not_reviewed() {
        check(&[Withdrawn], "已撤回", false, &[]);
        let refusal = after(&[Withdrawn]).may_take(ReviewAsked).expect_err("refused");
        assert_eq!(refusal.to_string(), "这件异议目前是“已撤回”，不能再登记“申请复核”；请刷新后查看");
    }

    #[test]
    fn an_overdue_objection_says_so_and_can_still_be_decided() {
        let rule = ObjectionRule { days: 7, decide_within_days: 7 };
        let day = |text: &str| text.parse().expect("a date");
        let state = objection_state(day("2026-11-12"), &[Noted], start_of(day("2026-11-20")), &rule);
        assert_eq!(state, ObjectionState::Open { decide_by: day("2026-11-19"), overdue: true });
        assert_eq!(state.title(), "逾期未处理");
        assert!(state.may_take(Rejected).is_ok());
    }

    #[test]
    fn numbers_read_back_and_decisions_settle() {
        for kind in StepKind::ALL {
            assert_eq!(StepKind::from_number(kind.number()), Some(*kind));
            assert_eq!(kind.settles(), !matches!(kind, Noted | ReviewAsked), "{kind:?}");
        }
        assert_eq!((StepKind::from_number(0), StepKind::from_number(9)), (None, None));
    }
}
