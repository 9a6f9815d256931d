//! Photos on the board (照片公示): where a proposal stands, and what may hang there at all.

use crate::catalogue::{Catalogue, Doer};
use crate::scoring::{Finding, Pictured, Status};

/// What is done about a photo (办理步骤).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhotoStep {
    /// 提出: somebody of the village proposes it, with the household's consent.
    Proposed,
    /// 通过: a second person lets it hang.
    Approved,
    /// 撤下: it comes off, or is not let up.
    TakenDown,
    /// 撤回同意: the household no longer agrees.
    Withdrawn,
}

impl PhotoStep {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 4] = [Self::Proposed, Self::Approved, Self::TakenDown, Self::Withdrawn];

    /// The stored number, 1 to 4.
    pub fn number(self) -> i16 {
        match self {
            Self::Proposed => 1,
            Self::Approved => 2,
            Self::TakenDown => 3,
            Self::Withdrawn => 4,
        }
    }

    /// The step of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }

    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::TakenDown => "taken_down",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Proposed => "提出",
            Self::Approved => "通过",
            Self::TakenDown => "撤下",
            Self::Withdrawn => "撤回同意",
        }
    }

    /// Where it leads.
    pub fn leads_to(self) -> PhotoState {
        match self {
            Self::Proposed => PhotoState::Waiting,
            Self::Approved => PhotoState::OnBoard,
            Self::TakenDown => PhotoState::TakenDown,
            Self::Withdrawn => PhotoState::Withdrawn,
        }
    }
}

/// Where a photo stands (照片状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhotoState {
    /// 未提出: nobody thought of showing it.
    Unproposed,
    /// 待审核
    Waiting,
    /// 已上公示栏
    OnBoard,
    /// 已撤下: the consent stands, and it may be put back.
    TakenDown,
    /// 已撤回同意: only a new consent begins again.
    Withdrawn,
}

/// A step that does not follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("这张照片{state}，不能{step}；请刷新后查看")]
pub struct PhotoStepProblem {
    /// Where it stands.
    pub state: &'static str,
    /// What was tried.
    pub step: &'static str,
}

impl PhotoState {
    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Unproposed => "未提出",
            Self::Waiting => "待审核",
            Self::OnBoard => "已上公示栏",
            Self::TakenDown => "已撤下",
            Self::Withdrawn => "已撤回同意",
        }
    }

    /// Whether the household's consent stands.
    pub fn has_consent(self) -> bool {
        matches!(self, Self::Waiting | Self::OnBoard | Self::TakenDown)
    }

    /// Whether a step may follow.
    ///
    /// # Errors
    /// One that does not follow.
    pub fn may_take(self, step: PhotoStep) -> Result<(), PhotoStepProblem> {
        use PhotoStep::{Approved, Proposed, TakenDown, Withdrawn};
        let follows = match step {
            Proposed => matches!(self, Self::Unproposed | Self::TakenDown | Self::Withdrawn),
            Approved => matches!(self, Self::Waiting | Self::TakenDown),
            TakenDown => matches!(self, Self::Waiting | Self::OnBoard),
            Withdrawn => self.has_consent(),
        };
        if follows { Ok(()) } else { Err(PhotoStepProblem { state: self.title(), step: step.title() }) }
    }
}

/// Rule R-71: a photo hangs on the board while the household's consent stands, with which it was proposed, and a second
/// person has let it up and nobody has taken it down since; a withdrawn consent ends both at once, and a new one begins
/// from the start. A step that did not follow from where the photo stood changes nothing.
///
/// Source: part four (四): 同时公示…开展评分及检查图片资料; product §2.6 (scoring photos where consent allows); 个人信息保护法 第十五条.
pub fn photo_state(steps: &[PhotoStep]) -> PhotoState {
    steps.iter().fold(PhotoState::Unproposed, |state, step| match state.may_take(*step) {
        Ok(()) => step.leads_to(),
        Err(_) => state,
    })
}

/// Why a photo stays off the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotForBoard {
    /// No scored card.
    #[error("这一户本月没有评分，照片不能上公示栏")]
    NotScored,
    /// It may show what points were taken for.
    #[error("这张照片可能拍的是扣分的地方，不能上公示栏；公示栏只表扬，不曝光")]
    Deduction,
    /// Whoever proposed it.
    #[error("这张照片是您提出的，须由另一人审核；村里没有别人的，请镇里审核")]
    Proposer,
}

/// Rule R-72: the board praises and never exposes: of a scored month it may show photos taken at items that lost nothing,
/// and any where nothing was found at all; a photo that names no item of the catalogue may show what was found.
///
/// Source: part four (四): 公示光荣榜和…图片资料; product §2.6 (红榜不黑榜; never deduction reasons by name).
///
/// # Errors
/// A month that was not scored, and a photo that may show a finding.
pub fn may_hang(
    pictured: &[Pictured],
    card: Option<(Status, &[Finding])>,
    catalogue: &Catalogue,
) -> Result<(), NotForBoard> {
    let Some((Status::Scored, findings)) = card else { return Err(NotForBoard::NotScored) };
    let is_harmless = |one: &Pictured| {
        !one.is_of_the_house(catalogue)
            && !findings.iter().any(|finding| one.shows(finding, catalogue))
            && matches!(one, Pictured::Item(_))
    };
    if findings.is_empty() || (!pictured.is_empty() && pictured.iter().all(is_harmless)) {
        Ok(())
    } else {
        Err(NotForBoard::Deduction)
    }
}

/// Whether somebody else than whoever proposed a photo lets it up.
///
/// # Errors
/// The same person.
pub fn is_second(proposed: &Doer<'_>, by: &Doer<'_>) -> Result<(), NotForBoard> {
    if by.is_same(proposed) { Err(NotForBoard::Proposer) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::small;
    use crate::scoring::parse_findings;
    use PhotoStep::{Approved, Proposed, TakenDown, Withdrawn};

    fn check(steps: &[PhotoStep], expected: PhotoState) {
        assert_eq!(photo_state(steps), expected, "{steps:?}");
    }

    #[test]
    fn a_photo_hangs_once_a_second_person_lets_it_up_and_comes_off_at_once() {
        check(&[], PhotoState::Unproposed);
        check(&[Proposed], PhotoState::Waiting);
        check(&[Proposed, Approved], PhotoState::OnBoard);
        check(&[Proposed, TakenDown], PhotoState::TakenDown);
        check(&[Proposed, Approved, TakenDown], PhotoState::TakenDown);
        check(&[Proposed, Approved, TakenDown, Approved], PhotoState::OnBoard);
    }

    #[test]
    fn a_withdrawn_consent_ends_it_and_only_a_new_one_begins_again() {
        check(&[Proposed, Withdrawn], PhotoState::Withdrawn);
        check(&[Proposed, Approved, Withdrawn], PhotoState::Withdrawn);
        check(&[Proposed, Approved, Withdrawn, Approved], PhotoState::Withdrawn);
        check(&[Proposed, Approved, TakenDown, Withdrawn, Approved], PhotoState::Withdrawn);
        check(&[Proposed, Approved, Withdrawn, Proposed], PhotoState::Waiting);
        check(&[Proposed, Approved, Withdrawn, Proposed, Approved], PhotoState::OnBoard);
    }

    #[test]
    fn a_step_that_does_not_follow_changes_nothing() {
        check(&[Approved], PhotoState::Unproposed);
        check(&[Withdrawn, Approved], PhotoState::Unproposed);
        check(&[Proposed, Approved, Proposed], PhotoState::OnBoard);
        check(&[Proposed, TakenDown, TakenDown], PhotoState::TakenDown);
    }

    #[test]
    fn whoever_proposed_a_photo_does_not_let_it_up() {
        let doer = |account, login| Doer { account, login };
        let proposer = doer(Some(7), "clerk");
        assert_eq!(is_second(&proposer, &doer(Some(7), "renamed")), Err(NotForBoard::Proposer));
        assert_eq!(is_second(&proposer, &doer(None, "clerk")), Err(NotForBoard::Proposer));
        assert_eq!(is_second(&proposer, &doer(Some(8), "town")), Ok(()));
    }

    #[test]
    fn a_photo_of_a_deduction_never_hangs() {
        let (found, none) = (parse_findings("H1a;W1a+H2a").expect("findings"), Vec::new());
        let item = |code: &str| Pictured::Item(code.to_owned());
        let check = |pictured: &[Pictured], findings: &[Finding], expected: Result<(), NotForBoard>| {
            let card = Some((Status::Scored, findings));
            assert_eq!(may_hang(pictured, card, &small()), expected, "{pictured:?} {findings:?}");
        };
        let refused = Err(NotForBoard::Deduction);
        check(&[item("H1")], &found, refused);
        check(&[item("H2")], &found, refused);
        check(&[Pictured::Act("H1a".to_owned())], &found, refused);
        check(&[Pictured::House], &found, refused);
        check(&[item("H9")], &found, refused);
        check(&[], &found, refused);
        check(&[item("H2"), item("H1")], &parse_findings("H1a").expect("findings"), refused);
        check(&[item("H2")], &parse_findings("H1a").expect("findings"), Ok(()));
        check(&[Pictured::House], &none, Ok(()));
        check(&[item("H1")], &none, Ok(()));
    }

    #[test]
    fn a_month_that_was_not_scored_has_no_photo_on_the_board() {
        let item = [Pictured::Item("H1".to_owned())];
        let nothing: &[Finding] = &[];
        for card in [None, Some((Status::Away, nothing)), Some((Status::Refused, nothing))] {
            assert_eq!(may_hang(&item, card, &small()), Err(NotForBoard::NotScored));
        }
    }

    #[test]
    fn a_stored_number_reads_back() {
        for step in PhotoStep::ALL {
            assert_eq!(PhotoStep::from_number(step.number()), Some(step));
        }
        assert_eq!(PhotoStep::from_number(0), None);
    }
}
