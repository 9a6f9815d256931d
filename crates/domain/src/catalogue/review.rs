//! The year review (年度回顾): how often each deduction rule was used, and which never.

use std::collections::BTreeMap;

use super::Catalogue;

/// How often a rule was used, as counted from cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleUse {
    /// The rule's code.
    pub rule: String,
    /// How often: n times the same act are n. An act that breaks several rules counts for each of them.
    pub times: u32,
    /// How many households.
    pub households: u32,
}

/// What a year says of a deduction rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemUse {
    /// The rule's code.
    pub rule: String,
    /// Its text; none where the list does not have it (any more).
    pub text: Option<String>,
    /// The name of its item, likewise.
    pub item: Option<String>,
    /// How often it was used.
    pub times: u32,
    /// By how many households.
    pub households: u32,
    /// Whether it was never used.
    pub never: bool,
    /// Whether no rule of its item was: everybody had the item's full points.
    pub always_full: bool,
}

/// Every rule of a list in its order with its use; then the used rules that it does not have, by their codes: those of
/// lists below, and of one that held earlier in the year.
pub fn review(catalogue: &Catalogue, uses: &[RuleUse]) -> Vec<ItemUse> {
    let mut uses: BTreeMap<&str, &RuleUse> = uses.iter().map(|one| (one.rule.as_str(), one)).collect();
    let mut lines = Vec::new();
    for item in &catalogue.items {
        let always_full = !item.rules.iter().any(|rule| uses.contains_key(rule.code.as_str()));
        for rule in &item.rules {
            let used = uses.remove(rule.code.as_str());
            lines.push(ItemUse {
                rule: rule.code.clone(),
                text: Some(rule.text.clone()),
                item: Some(item.name.clone()),
                times: used.map_or(0, |used| used.times),
                households: used.map_or(0, |used| used.households),
                never: used.is_none(),
                always_full,
            });
        }
    }
    lines.extend(uses.into_values().map(|used| ItemUse {
        rule: used.rule.clone(),
        text: None,
        item: None,
        times: used.times,
        households: used.households,
        never: false,
        always_full: false,
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    fn used(rule: &str, times: u32, households: u32) -> RuleUse {
        RuleUse { rule: rule.into(), times, households }
    }

    #[test]
    fn every_rule_has_a_line_and_an_item_that_lost_nothing_says_so() {
        let lines = review(&small(), &[used("W1b", 7, 3), used("H1a", 2, 2), used("X9a", 1, 1)]);
        let found: Vec<_> = lines
            .iter()
            .map(|line| (line.rule.as_str(), line.times, line.households, line.never, line.always_full))
            .collect();
        assert_eq!(
            found,
            [
                ("H1a", 2, 2, false, false),
                ("H1b", 0, 0, true, false),
                ("H2a", 0, 0, true, true),
                ("W1a", 0, 0, true, false),
                ("W1b", 7, 3, false, false),
                ("X9a", 1, 1, false, false),
            ]
        );
        assert_eq!((lines[0].item.as_deref(), lines[5].item.as_deref()), (Some("H1项"), None));
    }
}
