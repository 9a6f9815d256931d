//! Codes of deduction rules with what they stand for.

use std::collections::BTreeSet;
use std::slice;

use domain::catalogue::Catalogue;
use domain::scoring::{Finding, parse_findings, typed_findings};

/// A code with its item's name and the words of its rule.
pub(crate) struct CodeLine {
    pub(crate) code: String,
    pub(crate) item: String,
    pub(crate) rule: String,
    /// `每处扣 2 分`
    pub(crate) worth: String,
}

/// Every code of a catalogue, as written there.
pub(crate) fn every_code(catalogue: &Catalogue) -> Vec<CodeLine> {
    lines(catalogue, |_| true)
}

/// The codes that findings name, each once, in the order of the catalogue.
pub(crate) fn codes_of<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    catalogue: &Catalogue,
) -> Vec<CodeLine> {
    let named: BTreeSet<&str> = findings.into_iter().flat_map(Finding::rules).collect();
    lines(catalogue, |code| named.contains(code))
}

fn lines(catalogue: &Catalogue, is_wanted: impl Fn(&str) -> bool) -> Vec<CodeLine> {
    let wanted = catalogue.rules().filter(|(_, rule)| is_wanted(&rule.code));
    let line = |(item, rule): (&domain::catalogue::Item, &domain::catalogue::DeductionRule)| {
        let unit = rule.unit.trim_start_matches('每');
        let unit = if unit.is_empty() { "次" } else { unit };
        CodeLine {
            code: rule.code.clone(),
            item: item.name.clone(),
            rule: rule.text.clone(),
            worth: format!("每{unit}扣 {} 分", rule.points.short()),
        }
    };
    wanted.map(line).collect()
}

/// Findings as they are typed, each with the names of its items: `H1a2（院落整洁） H3b（垃圾分类）`.
pub(crate) fn with_items(findings: &[Finding], catalogue: &Catalogue) -> String {
    let one = |finding: &Finding| {
        let mut names: Vec<&str> = Vec::new();
        for code in finding.rules() {
            if let Some((item, _)) = catalogue.rules().find(|(_, rule)| rule.code == code)
                && !names.contains(&item.name.as_str())
            {
                names.push(&item.name);
            }
        }
        let typed = typed_findings(slice::from_ref(finding));
        if names.is_empty() { typed } else { format!("{typed}（{}）", names.join("、")) }
    };
    findings.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The same of a stored text; one that cannot be read stands as it is.
pub(crate) fn text_with_items(text: &str, catalogue: &Catalogue) -> String {
    parse_findings(text).map_or_else(|_| text.to_owned(), |findings| with_items(&findings, catalogue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalogue::{Category, DeductionRule, Item};
    use domain::points::Points;

    fn catalogue() -> Catalogue {
        let rule = |code: &str, text: &str| DeductionRule {
            code: code.to_owned(),
            text: text.to_owned(),
            points: Points::from_tenths(20),
            unit: "每处".to_owned(),
            evidence: false,
        };
        let item = |code: &str, name: &str, rules| Item {
            code: code.to_owned(),
            category: Category::Environment,
            name: name.to_owned(),
            full: Points::from_tenths(500),
            rules,
        };
        Catalogue {
            items: vec![
                item("H1", "院落整洁", vec![rule("H1a", "乱堆杂物"), rule("H1b", "乱贴乱挂")]),
                item("H7", "公共场地", vec![rule("H7a", "占道堆物")]),
            ],
        }
    }

    #[test]
    fn each_finding_is_typed_with_the_names_of_its_items() {
        let text = |text| text_with_items(text, &catalogue());
        assert_eq!(text("H1a*2;H7a"), "H1a2（院落整洁） H7a（公共场地）");
        assert_eq!(text("H1a+H1b+H7a*3"), "H1a+H1b+H7a3（院落整洁、公共场地）");
        assert_eq!(text("Z9z"), "Z9z", "a code of another catalogue");
        assert_eq!(text("脏"), "脏");
    }

    #[test]
    fn a_list_names_the_codes_that_were_found_once_and_in_the_order_of_the_catalogue() {
        let findings = parse_findings("H7a;H1a+H7a").expect("findings");
        let lines = codes_of(&findings, &catalogue());
        let told: Vec<_> = lines.iter().map(|one| (one.code.as_str(), one.rule.as_str())).collect();
        assert_eq!(told, [("H1a", "乱堆杂物"), ("H7a", "占道堆物")]);
        assert_eq!(lines[0].worth, "每处扣 2 分");
        assert_eq!(every_code(&catalogue()).len(), 3);
    }
}
