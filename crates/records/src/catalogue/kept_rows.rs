//! The rows of a catalogue as a submission keeps them: those of the file, as JSON.

use domain::catalogue::{Catalogue, Category, DeductionRule, Item};
use domain::points::Points;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A row of a catalogue file, as it is kept: points with one decimal.
#[derive(Serialize, Deserialize)]
struct KeptRow {
    item_code: String,
    category: String,
    item: String,
    full_points: String,
    rule_code: String,
    rule: String,
    points: String,
    unit: String,
    evidence_required: bool,
}

/// The rows of a list as JSON.
pub(super) fn write_rows(catalogue: &Catalogue) -> Result<String> {
    let rows: Vec<KeptRow> = catalogue
        .rules()
        .map(|(item, rule)| KeptRow {
            item_code: item.code.clone(),
            category: item.category.title().to_owned(),
            item: item.name.clone(),
            full_points: item.full.to_string(),
            rule_code: rule.code.clone(),
            rule: rule.text.clone(),
            points: rule.points.to_string(),
            unit: rule.unit.clone(),
            evidence_required: rule.evidence,
        })
        .collect();
    serde_json::to_string(&rows).map_err(|error| Error::Corrupt(error.to_string()))
}

/// The list of rows as they are kept.
pub(super) fn read_rows(text: &str) -> Result<Catalogue> {
    let rows: Vec<KeptRow> = serde_json::from_str(text).map_err(|error| Error::Corrupt(error.to_string()))?;
    let points = |text: &str| Points::parse(text).map_err(|error| Error::Corrupt(error.to_string()));
    let mut items: Vec<Item> = Vec::new();
    for row in rows {
        let rule = DeductionRule {
            code: row.rule_code,
            text: row.rule,
            points: points(&row.points)?,
            unit: row.unit,
            evidence: row.evidence_required,
        };
        match items.last_mut().filter(|item| item.code == row.item_code) {
            Some(item) => item.rules.push(rule),
            None => items.push(Item {
                category: Category::from_title(&row.category)
                    .ok_or_else(|| Error::Corrupt(format!("项目类别 {}", row.category)))?,
                full: points(&row.full_points)?,
                code: row.item_code,
                name: row.item,
                rules: vec![rule],
            }),
        }
    }
    Ok(Catalogue { items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_back_as_it_was_written() {
        let rule = |code: &str, tenths| DeductionRule {
            code: code.into(),
            text: "乱堆“杂物”\n两行".into(),
            points: Points::from_tenths(tenths),
            unit: "每处".into(),
            evidence: tenths > 20,
        };
        let item = |code: &str, category, rules| Item {
            code: code.into(),
            category,
            name: "庭院整洁".into(),
            full: Points::from_tenths(505),
            rules,
        };
        let list = Catalogue {
            items: vec![
                item("H1", Category::Environment, vec![rule("H1a", 25), rule("H1b", 5)]),
                item("W1", Category::Civility, vec![rule("W1a", 20)]),
            ],
        };
        let text = write_rows(&list).expect("JSON");
        assert!(text.contains(r#""full_points":"50.5""#), "{text}");
        assert_eq!(read_rows(&text).expect("a list"), list);
        assert!(read_rows("[{}]").is_err() && read_rows("").is_err());
    }
}
