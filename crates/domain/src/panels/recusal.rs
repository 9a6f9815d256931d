//! Nobody scores the own household or a relative's.

use crate::rulebook::PanelRule;

/// Why a card with recused members cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecusalProblem {
    /// Too few others decided.
    #[error("有 {recused} 人回避后只剩 {deciding} 人评定，至少要 {minimum} 人；请由其他评分组或镇指导组评定")]
    TooFewOthers {
        /// How many stepped back.
        recused: usize,
        /// How many are left.
        deciding: usize,
        /// How many must decide.
        minimum: u32,
    },
    /// A recused leader would sign the own household's card.
    #[error("组长回避的户，应由另一评分组组长或镇指导组签字")]
    LeaderSigns,
}

/// Rule R-17: a member is recused from the own or a relative's household; at least two others
/// decide, and a recused leader's sign-off goes to another panel's leader or the guidance group.
///
/// `present` members, leader included, of whom `recused` step back.
///
/// Source: product §2.3; the document asks that results can be answered for (对评分结果负责).
pub fn check_recusal(
    present: usize,
    recused: usize,
    leader_recused: bool,
    signed_by_leader: bool,
    rule: &PanelRule,
) -> Result<(), RecusalProblem> {
    let deciding = present.saturating_sub(recused);
    if recused > 0 && u32::try_from(deciding).is_ok_and(|deciding| deciding < rule.minimum_deciding) {
        return Err(RecusalProblem::TooFewOthers { recused, deciding, minimum: rule.minimum_deciding });
    }
    if leader_recused && signed_by_leader {
        return Err(RecusalProblem::LeaderSigns);
    }
    Ok(())
}

/// Rule R-80: a member is expected to step back from a household whose head bears the same name; relatives cannot be
/// told from names, so the card still names who stepped back.
///
/// Source: product §2.3; the document asks that results can be answered for (对评分结果负责).
pub fn is_expected_to_step_back(member: &str, head: &str) -> bool {
    let member = member.trim();
    !member.is_empty() && member == head.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: PanelRule = PanelRule { minimum_members: 3, minimum_deciding: 2 };

    #[test]
    fn two_others_decide() {
        assert_eq!(check_recusal(3, 1, false, true, &RULE), Ok(()));
        assert!(matches!(check_recusal(3, 2, false, true, &RULE), Err(RecusalProblem::TooFewOthers { .. })));
    }

    #[test]
    fn a_recused_leader_does_not_sign() {
        assert_eq!(check_recusal(4, 1, true, true, &RULE), Err(RecusalProblem::LeaderSigns));
        assert_eq!(check_recusal(4, 1, true, false, &RULE), Ok(()));
    }

    #[test]
    fn a_member_steps_back_from_the_household_of_the_same_name() {
        assert!(is_expected_to_step_back("赖文", " 赖文"));
        assert!(!is_expected_to_step_back("赖文", "赖文清"));
        assert!(!is_expected_to_step_back("", ""), "an erased name is nobody's");
    }

    #[test]
    fn without_recusal_nothing_is_asked() {
        assert_eq!(check_recusal(1, 0, false, true, &RULE), Ok(()));
    }
}
