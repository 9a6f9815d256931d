//! How many make a panel, and what each panel covers.

use super::Panel;
use crate::place::Place;
use crate::rulebook::PanelRule;

/// What is wrong with a village's panels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PanelProblem {
    /// Fewer members than the document asks.
    #[error("评分组“{panel}”只有 {members} 人，至少要 {minimum} 人")]
    TooFew {
        /// The panel.
        panel: String,
        /// How many members it has.
        members: usize,
        /// How many it needs.
        minimum: u32,
    },
    /// No leader, or several.
    #[error("评分组“{panel}”有 {leaders} 名组长，应正好指定 1 名")]
    Leaders {
        /// The panel.
        panel: String,
        /// How many leaders it names.
        leaders: usize,
    },
    /// No groups to score.
    #[error("评分组“{0}”没有负责的村小组")]
    NoGroups(String),
    /// A group that two panels score.
    #[error("村小组 {0} 同时由两个评分组负责")]
    Shared(Place),
}

/// Rule R-15: a panel has at least three members, exactly one leader, and groups of its own.
///
/// Source: part four (三): 每组不少于3人，指定小组长1名，具体负责包片内农户积分的评定工作.
pub fn check_composition(panels: &[Panel], rule: &PanelRule) -> Vec<PanelProblem> {
    let mut problems = Vec::new();
    for panel in panels {
        if !may_sign(panel.members.len(), rule) {
            problems.push(PanelProblem::TooFew {
                panel: panel.name.clone(),
                members: panel.members.len(),
                minimum: rule.minimum_members,
            });
        }
        let leaders = panel.members.iter().filter(|member| member.is_leader).count();
        if leaders != 1 {
            problems.push(PanelProblem::Leaders { panel: panel.name.clone(), leaders });
        }
        if panel.groups.is_empty() {
            problems.push(PanelProblem::NoGroups(panel.name.clone()));
        }
    }
    let mut groups: Vec<_> = panels.iter().flat_map(|panel| panel.groups.iter().copied()).collect();
    groups.sort();
    let shared = groups.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    problems.extend(shared.map(PanelProblem::Shared));
    problems
}

/// Rule R-16: a panel below three members cannot sign.
///
/// Source: part four (三): 每组不少于3人.
pub fn may_sign(members: usize, rule: &PanelRule) -> bool {
    u32::try_from(members).is_ok_and(|members| members >= rule.minimum_members)
}

#[cfg(test)]
mod tests {
    use super::super::{Capacity, Member};
    use super::*;
    use crate::canonical::Digest;
    use crate::month::Month;

    const RULE: PanelRule = PanelRule { minimum_members: 3, minimum_deciding: 2 };

    fn panel(name: &str, members: usize, leaders: usize, groups: &[&str]) -> Panel {
        let member = |at: usize| Member {
            name: Digest::of(&[u8::try_from(at).expect("few members")]),
            capacity: Capacity::Representative,
            is_leader: at < leaders,
        };
        let groups = groups.iter().map(|code| Place::parse_code(code).expect("a code")).collect();
        let effective = Month::new(2026, 1).expect("a month");
        let members = (0..members).map(member).collect();
        Panel { name: name.into(), revision: 1, effective, groups, members }
    }

    #[test]
    fn three_members_with_one_leader_make_a_panel() {
        assert_eq!(check_composition(&[panel("一组", 3, 1, &["440229100204001"])], &RULE), []);
    }

    #[test]
    fn two_members_no_leader_and_no_groups_are_each_named() {
        let problems = check_composition(&[panel("一组", 2, 0, &[])], &RULE);
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "评分组“一组”只有 2 人，至少要 3 人",
                "评分组“一组”有 0 名组长，应正好指定 1 名",
                "评分组“一组”没有负责的村小组"
            ]
        );
    }

    #[test]
    fn a_group_belongs_to_one_panel() {
        let group = "440229100204001";
        let problems =
            check_composition(&[panel("一组", 3, 1, &[group]), panel("二组", 3, 1, &[group])], &RULE);
        assert_eq!(problems, [PanelProblem::Shared(Place::parse_code(group).expect("a code"))]);
    }

    #[test]
    fn three_sign_and_two_do_not() {
        assert!(may_sign(3, &RULE));
        assert!(!may_sign(2, &RULE));
    }
}
