//! From findings to points.

use std::collections::HashMap;

use super::findings::Finding;
use crate::catalogue::{Catalogue, Category};
use crate::points::Points;

/// What a card is worth (得分).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 本月总分
    pub total: Points,
    /// 人居环境得分
    pub environment: Points,
    /// The number of acts found: n times the same act are n.
    pub findings: u32,
    /// What each item lost, in the order of the catalogue.
    pub items: Vec<ItemScore>,
}

/// What one item lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemScore {
    /// The sum of all deductions.
    pub deducted: Points,
    /// What counts of it: at most the item's full points.
    pub lost: Points,
}

/// A rule code that the catalogue in force does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("扣分代码“{0}”不在当月生效的积分项目里")]
pub struct UnknownRule(pub String);

/// A catalogue prepared for scoring many cards.
#[derive(Debug)]
pub struct ScoringTable {
    full: Vec<Points>,
    environment: Vec<bool>,
    rules: HashMap<String, (usize, Points)>,
}

impl ScoringTable {
    /// The table of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Self {
        let rules =
            catalogue.items.iter().enumerate().flat_map(|(at, item)| {
                item.rules.iter().map(move |rule| (rule.code.clone(), (at, rule.points)))
            });
        Self {
            full: catalogue.items.iter().map(|item| item.full).collect(),
            environment: catalogue.items.iter().map(|item| item.category == Category::Environment).collect(),
            rules: rules.collect(),
        }
    }

    /// Rule R-19: a month starts at 100 points; an item's deductions stop at its full points
    /// (扣完为止), so the score is 100 − Σ over items of min(full points, Σ rule points × count).
    ///
    /// Source: part four (三): 采用百分制，实行倒扣分制; product §2.4.
    pub fn score(&self, findings: &[Finding]) -> Result<Score, UnknownRule> {
        let mut items = vec![ItemScore::default(); self.full.len()];
        let mut count = 0;
        for finding in findings {
            let (item, points) = self.counting_rule(finding)?;
            items[item].deducted += points.times(u32::from(finding.times));
            count += u32::from(finding.times);
        }
        let (mut total, mut environment) = (Points::ZERO, Points::ZERO);
        for ((item, full), is_environment) in items.iter_mut().zip(&self.full).zip(&self.environment) {
            item.lost = item.deducted.min(*full);
            let left = *full - item.lost;
            total += left;
            if *is_environment {
                environment += left;
            }
        }
        Ok(Score { total, environment, findings: count, items })
    }

    /// Rule R-20: one act that breaks several rules counts once, by the rule with most points before
    /// caps; at equal points by the one written first.
    ///
    /// Returns the item's place in the catalogue and the points taken each time.
    ///
    /// Source: product §2.4 (一事不二扣).
    pub fn counting_rule(&self, finding: &Finding) -> Result<(usize, Points), UnknownRule> {
        let mut counting: Option<(usize, Points)> = None;
        for rule in finding.rules() {
            let &(item, points) = self.rules.get(rule).ok_or_else(|| UnknownRule(rule.to_owned()))?;
            if counting.is_none_or(|(_, most)| points > most) {
                counting = Some((item, points));
            }
        }
        counting.ok_or_else(|| UnknownRule(finding.act.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings::parse_findings;
    use super::*;
    use crate::catalogue::tests::small;
    use proptest::prelude::*;

    fn check(findings: &str, total: i32, environment: i32, count: u32) {
        let findings = parse_findings(findings).expect("findings");
        let score = ScoringTable::new(&small()).score(&findings).expect("known rules");
        let points = |whole| Points::from_tenths(whole * 10);
        assert_eq!(
            (score.total, score.environment, score.findings),
            (points(total), points(environment), count)
        );
    }

    #[test]
    fn nothing_found_is_one_hundred() {
        check("", 100, 70, 0);
    }

    #[test]
    fn deductions_are_taken_from_their_class() {
        check("H1a;W1b*2", 86, 60, 3);
    }

    #[test]
    fn an_item_is_deducted_to_zero_and_no_further() {
        check("H1a*9", 60, 30, 9);
        check("H1a*9;H2a*9;W1a*9", 0, 0, 27);
    }

    #[test]
    fn one_act_counts_by_its_heaviest_rule() {
        check("H1b+H2a", 80, 50, 1);
        check("H1b+H2a*2", 70, 40, 2);
    }

    #[test]
    fn at_equal_points_the_rule_written_first_counts() {
        check("H1a+W1a", 90, 60, 1);
        check("W1a+H1a", 90, 70, 1);
    }

    #[test]
    fn the_heaviest_rule_counts_before_caps() {
        check("H2a*2;H2a+H1a", 70, 40, 3);
    }

    #[test]
    fn a_rule_of_another_catalogue_is_named() {
        let findings = parse_findings("H1a+Z9z").expect("findings");
        assert_eq!(ScoringTable::new(&small()).score(&findings), Err(UnknownRule("Z9z".into())));
    }

    proptest! {
        #[test]
        fn a_score_lies_between_zero_and_one_hundred_and_only_falls(
            acts in prop::collection::vec((0..5usize, 1..40u16), 0..8), more in 0..5usize,
        ) {
            let codes = ["H1a", "H1b", "H2a", "W1a", "W1b"];
            let table = ScoringTable::new(&small());
            let mut findings: Vec<_> =
                acts.iter().map(|(rule, times)| Finding { act: codes[*rule].into(), times: *times }).collect();
            let before = table.score(&findings).expect("known rules");
            findings.push(Finding { act: codes[more].into(), times: 1 });
            let after = table.score(&findings).expect("known rules");
            prop_assert!(Points::ZERO <= after.total && after.total <= before.total && before.total <= Points::FULL);
            prop_assert!(after.environment <= after.total);
        }
    }
}
