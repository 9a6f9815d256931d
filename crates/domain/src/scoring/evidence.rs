//! Evidence (佐证): what a photo shows, and which findings it answers.

use std::collections::BTreeSet;

use super::findings::Finding;
use crate::catalogue::Catalogue;

/// What a photo was taken of, as its sheet names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pictured {
    /// The house: the sheet names nothing.
    House,
    /// The item at which it was taken, by its code.
    Item(String),
    /// One act, `H1a+H7a`.
    Act(String),
}

impl Pictured {
    /// What a sheet's words for a photo mean; the act is the more precise.
    pub fn of(act: Option<&str>, item: Option<&str>) -> Self {
        match (act, item) {
            (Some(act), _) => Self::Act(act.to_owned()),
            (None, Some(item)) => Self::Item(item.to_owned()),
            (None, None) => Self::House,
        }
    }

    /// Whether it shows a finding: its act, or an item of which the act broke a rule.
    pub fn shows(&self, finding: &Finding, catalogue: &Catalogue) -> bool {
        match self {
            Self::House => false,
            Self::Act(act) => *act == finding.act,
            Self::Item(code) => {
                let mut rules = catalogue.rules().filter(|(item, _)| item.code == *code);
                rules.any(|(_, rule)| finding.rules().any(|broken| broken == rule.code))
            }
        }
    }

    /// Whether it may show anything about the house: it names nothing, or an item that the catalogue does not have.
    pub fn is_of_the_house(&self, catalogue: &Catalogue) -> bool {
        match self {
            Self::House => true,
            Self::Item(code) => catalogue.items.iter().all(|item| item.code != *code),
            Self::Act(_) => false,
        }
    }
}

/// The acts whose rules ask for evidence that is missing: no photo of the act or its item shows them, none was taken of
/// the house as a whole, and nothing else was said (`told`: a written note, or seen on paper). It is shown and never
/// blocks.
///
/// Source: product §2.4.
pub fn missing_evidence(
    findings: &[Finding],
    catalogue: &Catalogue,
    photographed: &BTreeSet<Pictured>,
    told: bool,
) -> Vec<String> {
    // A photo that names no item shows the house, and may show any of them.
    if told || photographed.iter().any(|one| one.is_of_the_house(catalogue)) {
        return Vec::new();
    }
    let asking: BTreeSet<&str> =
        catalogue.rules().filter(|(_, rule)| rule.evidence).map(|(_, rule)| rule.code.as_str()).collect();
    let asks = |finding: &&Finding| finding.rules().any(|rule| asking.contains(rule));
    let is_shown = |finding: &Finding| photographed.iter().any(|one| one.shows(finding, catalogue));
    let missing = findings.iter().filter(asks).filter(|finding| !is_shown(finding));
    missing.map(|finding| finding.act.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::findings::parse_findings;
    use super::*;
    use crate::catalogue::tests::small;

    fn item(code: &str) -> Pictured {
        Pictured::of(None, Some(code))
    }

    fn act(act: &str) -> Pictured {
        Pictured::of(Some(act), Some("W1"))
    }

    /// What is missing of `H1a`, which asks, `H1b`, which does not, and an act against both classes.
    fn check(photographed: &[Pictured], told: bool, expected: &[&str]) {
        let mut catalogue = small();
        catalogue.items[0].rules[0].evidence = true;
        let findings = parse_findings("H1a*2;H1b;W1a+H1a").expect("findings");
        let photographed = photographed.iter().cloned().collect();
        assert_eq!(
            missing_evidence(&findings, &catalogue, &photographed, told),
            expected,
            "{photographed:?}"
        );
    }

    #[test]
    fn evidence_is_missing_where_a_rule_asks_and_nothing_answers() {
        check(&[], false, &["H1a", "W1a+H1a"]);
        check(&[], true, &[]);
        check(&[act("H1a")], false, &["W1a+H1a"]);
    }

    #[test]
    fn a_photo_answers_for_the_item_at_which_it_was_taken() {
        check(&[item("H1")], false, &[]);
        check(&[item("H2")], false, &["H1a", "W1a+H1a"]);
        check(&[item("W1")], false, &["H1a"]);
    }

    #[test]
    fn a_photo_that_names_no_item_or_one_that_is_gone_answers_for_the_house() {
        check(&[Pictured::House], false, &[]);
        check(&[item("H9")], false, &[]);
    }
}
