//! Who was there when a panel scored, and who signs for it.

use crate::rulebook::PanelRule;

/// What is said when a panel's month is signed (签字).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signing<'a> {
    /// How many of the panel were present on the scoring.
    pub present: usize,
    /// Why there were so few.
    pub few_reason: Option<&'a str>,
    /// Whether whoever signs is a leader.
    pub by_leader: bool,
    /// On what ground somebody else signs.
    pub on_behalf: Option<&'a str>,
}

/// Why a panel's month is not signed like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningProblem {
    /// Too few were present, and nobody said why.
    #[error("评分时到场 {present} 人，不足 {minimum} 人，请写明原因再签字")]
    FewPresent {
        /// How many were present.
        present: usize,
        /// How many make a panel.
        minimum: u32,
    },
    /// Somebody who is not a leader signs, and does not say on what ground.
    #[error("您不是评分组组长，请写明凭什么代为签字，如“据纸质签名代录”")]
    NotTheLeader,
}

impl Signing<'_> {
    /// Whether fewer were present than make a panel.
    pub fn is_few(&self, rule: &PanelRule) -> bool {
        u32::try_from(self.present).is_ok_and(|present| present < rule.minimum_members)
    }
}

/// Rule R-84: a panel's month is signed with the list of those who were present on the scoring; fewer of them than make a
/// panel need a reason, and whoever signs without being a leader says on what ground.
///
/// Source: part four (三): 每组不少于3人，指定小组长1名; product §2.3.
pub fn check_signing(signing: &Signing<'_>, rule: &PanelRule) -> Result<(), SigningProblem> {
    let is_said = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    if signing.is_few(rule) && !is_said(signing.few_reason) {
        return Err(SigningProblem::FewPresent { present: signing.present, minimum: rule.minimum_members });
    }
    if !signing.by_leader && !is_said(signing.on_behalf) {
        return Err(SigningProblem::NotTheLeader);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: PanelRule = PanelRule { minimum_members: 3, minimum_deciding: 2 };

    fn by_leader(present: usize, few_reason: Option<&str>) -> Signing<'_> {
        Signing { present, few_reason, by_leader: true, on_behalf: None }
    }

    #[test]
    fn two_present_need_a_reason_and_three_do_not() {
        assert_eq!(check_signing(&by_leader(3, None), &RULE), Ok(()));
        let few = Err(SigningProblem::FewPresent { present: 2, minimum: 3 });
        assert_eq!(check_signing(&by_leader(2, None), &RULE), few);
        assert_eq!(check_signing(&by_leader(2, Some(" ")), &RULE), few);
        assert_eq!(check_signing(&by_leader(2, Some("一人住院")), &RULE), Ok(()));
        assert!(check_signing(&by_leader(0, None), &RULE).is_err());
    }

    #[test]
    fn whoever_is_no_leader_says_on_what_ground() {
        let signing = |on_behalf| Signing { by_leader: false, on_behalf, ..by_leader(3, None) };
        assert_eq!(check_signing(&signing(None), &RULE), Err(SigningProblem::NotTheLeader));
        assert_eq!(check_signing(&signing(Some("据纸质签名代录")), &RULE), Ok(()));
    }
}
