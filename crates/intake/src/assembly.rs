//! From the rows of a catalogue file to the catalogue.

use std::collections::HashMap;

use domain::catalogue::{Catalogue, CatalogueProblem, DeductionRule, Item};
use domain::input::{CatalogueRow, Line, Problem};

/// The catalogue of a complete file: items in the order in which they appear, each with its rules.
///
/// # Errors
///
/// Rows of one item that do not agree on its class, name and full points; otherwise everything that
/// keeps the catalogue from being in force, with its line where it has one.
pub fn assemble_catalogue(rows: &[Line<CatalogueRow>]) -> Result<Catalogue, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut catalogue = Catalogue::default();
    let mut first_lines: HashMap<&str, (usize, u32)> = HashMap::new();
    for line in rows {
        let next = (catalogue.items.len(), line.number);
        let (at, first_line) = *first_lines.entry(&line.row.item_code).or_insert(next);
        match catalogue.items.get_mut(at) {
            Some(item) => {
                problems.extend(disagreements(item, first_line, line));
                item.rules.push(rule_of(&line.row));
            }
            None => catalogue.items.push(item_of(&line.row)),
        }
    }
    if problems.is_empty() {
        let lines = Lines::of(rows);
        problems.extend(catalogue.check().into_iter().map(|problem| lines.locate(problem)));
    }
    if problems.is_empty() { Ok(catalogue) } else { Err(problems) }
}

/// What a later row of an item says otherwise than its first row.
fn disagreements(item: &Item, first_line: u32, line: &Line<CatalogueRow>) -> Vec<Problem> {
    let row = &line.row;
    let differing = [
        ("category", row.category != item.category, item.category.title().to_owned()),
        ("item", row.item != item.name, item.name.clone()),
        ("full_points", row.full_points != item.full, item.full.short()),
    ];
    let problem = |(field, differs, stated): (&'static str, bool, String)| {
        let message = format!("与第 {first_line} 行同一项目的“{stated}”不同：请写成一样");
        differs.then(|| Problem::new(line.number, field, message))
    };
    differing.into_iter().filter_map(problem).collect()
}

fn item_of(row: &CatalogueRow) -> Item {
    Item {
        code: row.item_code.clone(),
        category: row.category,
        name: row.item.clone(),
        full: row.full_points,
        rules: vec![rule_of(row)],
    }
}

fn rule_of(row: &CatalogueRow) -> DeductionRule {
    DeductionRule {
        code: row.rule_code.clone(),
        text: row.rule.clone(),
        points: row.points,
        unit: row.unit.clone(),
        evidence: row.evidence_required,
    }
}

/// The lines that codes stand on: the first one of an item, the last one of a rule.
struct Lines<'a> {
    items: HashMap<&'a str, u32>,
    rules: HashMap<&'a str, u32>,
}

impl<'a> Lines<'a> {
    fn of(rows: &'a [Line<CatalogueRow>]) -> Self {
        let mut lines = Self { items: HashMap::new(), rules: HashMap::new() };
        for line in rows {
            lines.items.entry(line.row.item_code.as_str()).or_insert(line.number);
            lines.rules.insert(line.row.rule_code.as_str(), line.number);
        }
        lines
    }

    /// The problem with the line and the field that it can be mended in.
    fn locate(&self, problem: CatalogueProblem) -> Problem {
        let (line, field) = match &problem {
            CatalogueProblem::Sum(_) => (None, "full_points"),
            CatalogueProblem::EmptyItem(code) => (self.items.get(code.as_str()), "full_points"),
            CatalogueProblem::Weight(code) => (self.rules.get(code.as_str()), "points"),
            CatalogueProblem::RuleCode(code) | CatalogueProblem::Twice(code) => {
                (self.rules.get(code.as_str()), "rule_code")
            }
        };
        Problem::new(line.copied().unwrap_or(0), field, format!("{problem}：请改正后重新导入"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::catalogue;
    use crate::samples::{fields, table};

    fn check(rows: &str) -> Result<Vec<String>, Vec<(u32, &'static str)>> {
        let header = "item_code,category,item,full_points,rule_code,rule,points,unit\n";
        let parsed = catalogue(&table(&format!("{header}{rows}"))).expect("a header");
        assert_eq!(parsed.problems, []);
        let catalogue = assemble_catalogue(&parsed.rows).map_err(|problems| fields(&problems))?;
        Ok(catalogue.items.iter().map(|item| format!("{} {}", item.code, item.rules.len())).collect())
    }

    #[test]
    fn items_keep_the_order_in_which_they_appear() {
        let rows = "H2,人居环境,居室,60,H2a,不洁,2,每处\n\
            W1,乡风文明,婚丧,40,W1a,铺张,5,每次\n\
            H2,人居环境,居室,60,H2b,不齐,1,每处\n";
        assert_eq!(check(rows), Ok(vec!["H2 2".to_owned(), "W1 1".to_owned()]));
    }

    #[test]
    fn rows_of_one_item_agree() {
        let rows = "H2,人居环境,居室,60,H2a,不洁,2,每处\nH2,乡风文明,厨房,50,H2b,不齐,1,每处\n";
        assert_eq!(check(rows), Err(vec![(3, "category"), (3, "item"), (3, "full_points")]));
    }

    #[test]
    fn what_keeps_it_from_being_in_force_has_its_line() {
        let rows = "H2,人居环境,居室,60,H2a,不洁,2,每处\nW1,乡风文明,婚丧,30,W1a,铺张,31,每次\n";
        assert_eq!(check(rows), Err(vec![(0, "full_points"), (3, "points")]));
        let rows = "H2,人居环境,居室,100,H2a,不洁,2,每处\nH2a,乡风文明,婚丧,0,W1a,铺张,0,每次\n";
        assert_eq!(check(rows), Err(vec![(3, "full_points"), (2, "rule_code"), (3, "points")]));
    }

    #[test]
    fn a_file_without_rows_sums_to_nothing() {
        assert_eq!(check(""), Err(vec![(0, "full_points")]));
    }
}
