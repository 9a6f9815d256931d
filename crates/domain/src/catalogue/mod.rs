//! The catalogue (积分项目及评定标准): items in two classes, their full points and deduction rules.

mod approval;
mod difference;
mod edit;
mod in_force;
mod linter;
mod review;

use std::collections::BTreeSet;

use crate::canonical::{Digest, Form};
use crate::points::Points;

pub use approval::{
    Doer, MeetingProblem, NotApprover, SubmissionEnded, SubmissionState, SubmissionStep, approver,
    check_meeting, is_above, may_approve, submission_state,
};
pub use difference::{ItemChange, difference};
pub use edit::{ChangeKind, ChangeLine, difference_lines};
pub use in_force::{Dated, in_force, needs_reason};
pub use linter::{LintFinding, NotOverridden, lint, may_override};
pub use review::{ItemUse, RuleUse, review};

/// One of the two classes of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// 人居环境
    Environment,
    /// 乡风文明
    Civility,
}

impl Category {
    /// The class's name in the document.
    pub fn title(self) -> &'static str {
        match self {
            Self::Environment => "人居环境",
            Self::Civility => "乡风文明",
        }
    }

    /// The class of a name in the document.
    pub fn from_title(title: &str) -> Option<Self> {
        [Self::Environment, Self::Civility].into_iter().find(|category| category.title() == title)
    }
}

/// A deduction rule (扣分标准).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeductionRule {
    /// Its code, ending in a letter: `H1a`.
    pub code: String,
    /// What is deducted for.
    pub text: String,
    /// The points taken each time.
    pub points: Points,
    /// What is counted: 每处, 每次.
    pub unit: String,
    /// Whether a photo or note is wanted; it never blocks.
    pub evidence: bool,
}

/// An item (积分项目) with its full points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its code: `H1`.
    pub code: String,
    /// Its class.
    pub category: Category,
    /// Its name.
    pub name: String,
    /// What a household without findings has.
    pub full: Points,
    /// What is deducted for.
    pub rules: Vec<DeductionRule>,
}

/// A complete list of items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    /// The items, as written.
    pub items: Vec<Item>,
}

/// Why a catalogue cannot be in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueProblem {
    /// The full points do not sum to 100.
    #[error("各项满分合计 {0} 分，应正好是 100 分")]
    Sum(Points),
    /// An item without points or rules.
    #[error("项目 {0} 须有大于 0 的满分和至少一条扣分标准")]
    EmptyItem(String),
    /// A rule that takes nothing.
    #[error("扣分标准 {0} 的分值须大于 0 且不超过本项满分")]
    Weight(String),
    /// A code written twice.
    #[error("代码 {0} 出现了两次")]
    Twice(String),
    /// A rule code that a findings text could not carry.
    #[error("扣分标准代码 {0} 只能用字母和数字，并以字母结尾，至多 12 个字符")]
    RuleCode(String),
}

impl Catalogue {
    /// Rule R-07: the full points of a catalogue in force sum to 100; each item has full points and
    /// deduction rules that take at most these.
    ///
    /// Source: part four (三): 采用百分制，实行倒扣分制.
    pub fn check(&self) -> Vec<CatalogueProblem> {
        let mut problems = Vec::new();
        let sum: Points = self.items.iter().map(|item| item.full).sum();
        if sum != Points::FULL {
            problems.push(CatalogueProblem::Sum(sum));
        }
        let mut codes = BTreeSet::new();
        for item in &self.items {
            if item.full <= Points::ZERO || item.rules.is_empty() {
                problems.push(CatalogueProblem::EmptyItem(item.code.clone()));
            }
            if !codes.insert(item.code.as_str()) {
                problems.push(CatalogueProblem::Twice(item.code.clone()));
            }
            for rule in &item.rules {
                if rule.points <= Points::ZERO || rule.points > item.full {
                    problems.push(CatalogueProblem::Weight(rule.code.clone()));
                }
                if !is_rule_code(&rule.code) {
                    problems.push(CatalogueProblem::RuleCode(rule.code.clone()));
                }
                if !codes.insert(rule.code.as_str()) {
                    problems.push(CatalogueProblem::Twice(rule.code.clone()));
                }
            }
        }
        problems
    }

    /// The full points of one class.
    pub fn full_points(&self, category: Category) -> Points {
        self.items.iter().filter(|item| item.category == category).map(|item| item.full).sum()
    }

    /// Every rule with its item, as written.
    pub fn rules(&self) -> impl Iterator<Item = (&Item, &DeductionRule)> {
        self.items.iter().flat_map(|item| item.rules.iter().map(move |rule| (item, rule)))
    }

    /// The digest of every item and rule in the order written.
    pub fn digest(&self) -> Digest {
        let mut form = Form::new("jifen catalogue 1");
        for item in &self.items {
            form.text(&item.code)
                .code(item.category.title())
                .text(&item.name)
                .number(item.full.tenths())
                .end();
            for rule in &item.rules {
                form.text(&rule.code).text(&rule.text).number(rule.points.tenths());
                form.text(&rule.unit).truth(rule.evidence).end();
            }
        }
        form.finish()
    }
}

/// Whether a findings text can carry the code: ASCII letters and digits that end in a letter.
pub fn is_rule_code(code: &str) -> bool {
    code.len() <= 12
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().last().is_some_and(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An item: its code, full points and rules with their points.
    type Sketch<'a> = (&'a str, i32, &'a [(&'a str, i32)]);

    /// A catalogue of `code, full points, [(rule, points)]`; codes starting with W are 乡风文明.
    pub(crate) fn catalogue(items: &[Sketch<'_>]) -> Catalogue {
        let rule = |&(code, points): &(&str, i32)| DeductionRule {
            code: code.into(),
            text: format!("{code}的情形"),
            points: Points::from_tenths(points * 10),
            unit: "每处".into(),
            evidence: false,
        };
        let item = |&(code, full, rules): &Sketch<'_>| Item {
            code: code.into(),
            category: if code.starts_with('W') { Category::Civility } else { Category::Environment },
            name: format!("{code}项"),
            full: Points::from_tenths(full * 10),
            rules: rules.iter().map(rule).collect(),
        };
        Catalogue { items: items.iter().map(item).collect() }
    }

    /// Three items that sum to 100.
    pub(crate) fn small() -> Catalogue {
        catalogue(&[
            ("H1", 40, &[("H1a", 10), ("H1b", 5)]),
            ("H2", 30, &[("H2a", 20)]),
            ("W1", 30, &[("W1a", 10), ("W1b", 2)]),
        ])
    }

    #[test]
    fn a_catalogue_that_sums_to_one_hundred_has_no_problem() {
        assert_eq!(small().check(), []);
        assert_eq!(small().full_points(Category::Environment), Points::from_tenths(700));
    }

    #[test]
    fn a_sum_of_ninety_nine_is_named() {
        let short = catalogue(&[("H1", 99, &[("H1a", 1)])]);
        assert_eq!(short.check(), [CatalogueProblem::Sum(Points::from_tenths(990))]);
    }

    #[test]
    fn codes_twice_empty_items_and_heavy_rules_are_named() {
        let wrong = catalogue(&[("H1", 50, &[("H1a", 60), ("H1a", 1)]), ("H2", 50, &[])]);
        assert_eq!(
            wrong.check(),
            [
                CatalogueProblem::Weight("H1a".into()),
                CatalogueProblem::Twice("H1a".into()),
                CatalogueProblem::EmptyItem("H2".into())
            ]
        );
    }

    #[test]
    fn a_rule_code_ends_in_a_letter() {
        assert!(is_rule_code("H10a") && is_rule_code("a"));
        assert!(!is_rule_code("H1") && !is_rule_code("") && !is_rule_code("甲a") && !is_rule_code("H1+a"));
    }

    #[test]
    fn a_reworded_rule_changes_the_digest() {
        let mut reworded = small();
        reworded.items[0].rules[0].text.push('。');
        assert_ne!(reworded.digest(), small().digest());
    }
}
