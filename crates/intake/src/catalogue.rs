//! The file of a catalogue: one deduction rule a row, with its item.

use domain::catalogue::{Category, is_rule_code};
use domain::input::CatalogueRow;

use crate::columns::{Column, optional, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("item_code", &["项目代码"]),
    required("category", &["类别"]),
    required("item", &["项目"]),
    required("full_points", &["满分"]),
    required("rule_code", &["标准代码"]),
    required("rule", &["扣分标准"]),
    required("points", &["分值"]),
    required("unit", &["单位"]),
    optional("evidence_required", &["需要佐证"]),
];

/// Reads the rows of `catalogue` (积分项目): every deduction rule once.
///
/// [`assemble_catalogue`](crate::assemble_catalogue) makes a catalogue of them.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn catalogue(table: &Table) -> Result<Parsed<CatalogueRow>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| catalogue_row(row, &mut seen))
}

fn catalogue_row(row: &mut Row<'_>, seen: &mut Seen<String>) -> Result<CatalogueRow, Noted> {
    let item_code = row.text("item_code", 12);
    let category = row.named("category", Category::from_title, "人居环境、乡风文明");
    let item = row.text("item", 60);
    let full_points = row.points("full_points");
    let rule_code = rule_code(row, seen);
    let rule = row.text("rule", 200);
    let points = row.points("points");
    let unit = row.text("unit", 20);
    let evidence_required = row.maybe_truth("evidence_required");
    Ok(CatalogueRow {
        item_code: item_code?,
        category: category?,
        item: item?,
        full_points: full_points?,
        rule_code: rule_code?,
        rule: rule?,
        points: points?,
        unit: unit?,
        evidence_required: evidence_required?.unwrap_or(false),
    })
}

fn rule_code(row: &mut Row<'_>, seen: &mut Seen<String>) -> Result<String, Noted> {
    let code = row.value("rule_code")?;
    if !is_rule_code(code) {
        let message = format!("“{code}”不是标准代码：只能用字母和数字，以字母结尾，至多 12 个字符，如 H1a");
        return Err(row.note("rule_code", message));
    }
    seen.once(row, "rule_code", code.to_owned())?;
    Ok(code.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::points::Points;

    use super::*;
    use crate::samples::{fields, rows, table};

    #[test]
    fn rules_are_read_with_their_items() {
        let text = "item_code,category,item,full_points,rule_code,rule,points,unit,evidence_required\n\
            H1,人居环境,房前屋后及庭院整洁,12,H1a,\"乱堆,乱放\",2.5,每处,是\n";
        let row = rows(catalogue(&table(text)).expect("a header")).remove(0);
        assert_eq!((row.item_code.as_str(), row.rule_code.as_str()), ("H1", "H1a"));
        assert_eq!((row.category, row.rule.as_str()), (Category::Environment, "乱堆,乱放"));
        assert_eq!((row.full_points, row.points), (Points::from_tenths(120), Points::from_tenths(25)));
        assert!(row.evidence_required);
    }

    #[test]
    fn chinese_headings_are_read_and_evidence_is_not_wanted_by_default() {
        let text =
            "项目代码,类别,项目,满分,标准代码,扣分标准,分值,单位\nW1,乡风文明,婚丧,30,W1a,铺张,5,每次\n";
        let row = rows(catalogue(&table(text)).expect("a header")).remove(0);
        assert_eq!((row.category, row.evidence_required), (Category::Civility, false));
    }

    #[test]
    fn wrong_codes_classes_and_points_are_noted() {
        let text = "item_code,category,item,full_points,rule_code,rule,points,unit\n\
            H1,环境,整洁,12,H1,乱堆,-2,每处\n\
            H1,人居环境,整洁,1.25,H1a,乱堆,2,\n\
            H1,人居环境,整洁,12,H1b,乱贴,2,每处\n\
            H1,人居环境,整洁,12,H1b,乱贴,2,每处\n";
        let parsed = catalogue(&table(text)).expect("a header");
        assert_eq!(
            fields(&parsed.problems),
            [
                (2, "category"),
                (2, "rule_code"),
                (2, "points"),
                (3, "full_points"),
                (3, "unit"),
                (5, "rule_code"),
            ]
        );
    }
}
