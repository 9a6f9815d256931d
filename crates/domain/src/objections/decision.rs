//! What is decided of an objection, and who may decide.

use std::collections::BTreeSet;

use super::state::StepKind;

/// What the village decides (处理结果).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// 成立
    Upheld,
    /// 部分成立
    Partly,
    /// 不成立
    Rejected,
    /// 撤回: by whoever filed it.
    Withdrawn,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Upheld, Self::Partly, Self::Rejected, Self::Withdrawn];

    /// The name in forms, in the API and in the log.
    pub fn name(self) -> &'static str {
        self.step().name()
    }

    /// The decision of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.name() == name)
    }

    /// As pages and notices name it.
    pub fn title(self) -> &'static str {
        self.step().title()
    }

    /// Whether it puts a corrected card in the place of the one objected to.
    pub fn corrects(self) -> bool {
        matches!(self, Self::Upheld | Self::Partly)
    }

    /// The step that records it.
    pub fn step(self) -> StepKind {
        match self {
            Self::Upheld => StepKind::Upheld,
            Self::Partly => StepKind::Partly,
            Self::Rejected => StepKind::Rejected,
            Self::Withdrawn => StepKind::Withdrawn,
        }
    }
}

/// Who had to do with an objection before, by log-in where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Involved<'a> {
    /// Who scored the card.
    pub scored_by: Option<&'a str>,
    /// Who took the objection for a villager.
    pub filed_by: Option<&'a str>,
    /// Who decided it, where it is reviewed.
    pub decided_by: Option<&'a str>,
}

/// Why somebody may not decide an objection, or correct a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotImpartial {
    /// Who scored.
    #[error("这张积分卡是您评的，异议须由别人处理")]
    Scored,
    /// Who took the objection.
    #[error("这件异议是您登记的，须由别人处理；村里没有别人的，请镇里处理")]
    Filed,
    /// Who decided.
    #[error("这件异议是您处理的，复核须由别人办理")]
    Decided,
    /// Who handed in the card to be corrected.
    #[error("这张积分卡是您评的，更正须由别人办理；村里没有别人的，请镇里办理")]
    HandedIn,
}

/// Rule R-62: an objection is decided by somebody who neither scored the card nor took the objection, and reviewed by
/// somebody who did not decide it either.
///
/// Source: part four (四): 经各村民委员会调查核实后…处理; product §2.7.
///
/// # Errors
/// What `by` had to do with it.
pub fn may_decide(by: &str, involved: &Involved<'_>) -> Result<(), NotImpartial> {
    let is = |other: Option<&str>| other == Some(by);
    if is(involved.scored_by) {
        Err(NotImpartial::Scored)
    } else if is(involved.filed_by) {
        Err(NotImpartial::Filed)
    } else if is(involved.decided_by) {
        Err(NotImpartial::Decided)
    } else {
        Ok(())
    }
}

/// Rule R-85: a card of a closed month is corrected by somebody who neither handed it in nor chose it among contradicting
/// ones, where that is known; a card from a file names nobody.
///
/// Source: part four (三): 评分小组…对评分结果负责; product §2.1 (corrections: a second person where it matters).
///
/// # Errors
/// `by` is among those who scored the card.
pub fn may_correct(by: &str, scored_by: &BTreeSet<String>) -> Result<(), NotImpartial> {
    if scored_by.contains(by) { Err(NotImpartial::HandedIn) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_scored_took_or_decided_it_decides_nothing() {
        let involved =
            Involved { scored_by: Some("zuzhang"), filed_by: Some("wenshu"), decided_by: Some("zhuren") };
        assert_eq!(may_decide("zuzhang", &involved), Err(NotImpartial::Scored));
        assert_eq!(may_decide("wenshu", &involved), Err(NotImpartial::Filed));
        assert_eq!(may_decide("zhuren", &involved), Err(NotImpartial::Decided));
        assert_eq!(may_decide("zhen", &involved), Ok(()));
    }

    #[test]
    fn what_came_from_a_page_anybody_with_the_right_decides() {
        assert_eq!(may_decide("wenshu", &Involved::default()), Ok(()));
    }

    #[test]
    fn who_handed_a_card_in_does_not_correct_it() {
        let scored_by = BTreeSet::from(["zuyuan".to_owned(), "zuzhang".to_owned()]);
        assert_eq!(may_correct("zuyuan", &scored_by), Err(NotImpartial::HandedIn));
        assert_eq!(may_correct("zuzhang", &scored_by), Err(NotImpartial::HandedIn));
        assert_eq!(may_correct("wenshu", &scored_by), Ok(()));
        assert_eq!(may_correct("wenshu", &BTreeSet::new()), Ok(()), "a card from a file");
    }

    #[test]
    fn a_decision_is_found_by_its_name_and_only_two_correct() {
        for decision in Decision::ALL {
            assert_eq!(Decision::from_name(decision.name()), Some(decision));
        }
        assert_eq!(Decision::from_name("noted"), None);
        assert_eq!(Decision::ALL.map(Decision::corrects), [true, true, false, false]);
    }
}
