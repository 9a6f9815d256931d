//! The rows of the editor of a catalogue: numbered as they are shown, so that what is wrong names the row.

use std::collections::BTreeSet;

use domain::catalogue::{Catalogue, Category, is_rule_code, lint};
use domain::points::Points;

use crate::api::{CatalogueRow, read_rows, rows_of};
use crate::http::input::Pairs;
use crate::problem::{FieldProblem, Problem};

/// Empty rows at the end, for what is added.
const MORE: u32 = 3;

/// The most rows that are read.
const MOST: usize = 2000;

/// The fields of a row, in their order.
const CELLS: [&str; 9] =
    ["item_code", "category", "item", "full_points", "rule_code", "rule", "points", "unit", "evidence"];

/// A row of the editor.
#[derive(Debug, Clone, Default)]
pub(super) struct EditorLine {
    /// As the page numbers it, from 1 on.
    pub(super) number: u32,
    pub(super) row: CatalogueRow,
    /// Whether it is ticked to be left out.
    pub(super) dropped: bool,
}

impl EditorLine {
    /// Whether nothing was typed; the lists for class and evidence always hold something.
    pub(super) fn is_blank(&self) -> bool {
        let row = &self.row;
        [&row.item_code, &row.item, &row.full_points, &row.rule_code, &row.rule, &row.points, &row.unit]
            .iter()
            .all(|text| text.is_empty())
    }

    /// Its class; the first one where none is known.
    pub(super) fn class(&self) -> Category {
        Category::from_title(&self.row.category).unwrap_or(Category::Environment)
    }

    /// Whether it is part of the list.
    fn counts(&self) -> bool {
        !self.dropped && !self.is_blank()
    }
}

/// The rows that a list has, class by class as the page shows them.
pub(super) fn lines_of(catalogue: &Catalogue) -> Vec<EditorLine> {
    let brief = |text: &str| Points::parse(text).map_or_else(|_| text.to_owned(), Points::short);
    let line = |(number, row): (u32, CatalogueRow)| {
        let row = CatalogueRow { full_points: brief(&row.full_points), points: brief(&row.points), ..row };
        EditorLine { number, row, dropped: false }
    };
    let mut rows = rows_of(catalogue);
    rows.sort_by_key(|row| row.category == Category::Civility.title());
    (1..).zip(rows).map(line).collect()
}

/// The rows of a form, empty ones too, so that each keeps its number: the one that the page gave it, or its place.
pub(super) fn lines_in(form: &Pairs) -> Vec<EditorLine> {
    let columns = CELLS.map(|name| form.all(name).map(|text| text.trim().to_owned()).collect::<Vec<_>>());
    let dropped: BTreeSet<u32> = form.all("drop").filter_map(|number| number.parse().ok()).collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0).min(MOST);
    let given = numbers_in(form, rows);
    let line = |(place, at): (u32, usize)| {
        let number = given.get(at).copied().unwrap_or(place);
        let cell = |column: usize| columns[column].get(at).cloned().unwrap_or_default();
        let row = CatalogueRow {
            item_code: cell(0),
            category: cell(1),
            item: cell(2),
            full_points: cell(3),
            rule_code: cell(4),
            rule: cell(5),
            points: cell(6),
            unit: cell(7),
            evidence_required: cell(8) == "yes",
        };
        EditorLine { number, row, dropped: dropped.contains(&number) }
    };
    (1..).zip(0..rows).map(line).collect()
}

/// The numbers that the page gave its rows; none unless every row has one of its own.
fn numbers_in(form: &Pairs, rows: usize) -> Vec<u32> {
    let numbers: Vec<u32> = form.all("number").filter_map(|number| number.parse().ok()).collect();
    let known = |number: &u32| usize::try_from(*number).is_ok_and(|number| (1..=2 * MOST).contains(&number));
    let distinct: BTreeSet<u32> = numbers.iter().copied().filter(known).collect();
    if numbers.len() == rows && distinct.len() == rows { numbers } else { Vec::new() }
}

/// Whether rows make another list than the one they were opened from.
pub(super) fn differ(lines: &[EditorLine], opened: &[EditorLine]) -> bool {
    let counted = lines.iter().filter(|line| line.counts());
    !counted.map(|line| &line.row).eq(opened.iter().map(|line| &line.row))
}

/// The rows as the page shows them: with some empty ones at the end, and none between.
pub(super) fn with_more(mut lines: Vec<EditorLine>) -> Vec<EditorLine> {
    lines.retain(|line| !line.is_blank());
    let last = lines.iter().map(|line| line.number).max().unwrap_or(0);
    lines.extend((last + 1..=last + MORE).map(|number| EditorLine { number, ..EditorLine::default() }));
    lines
}

/// The list that the rows make; those that are empty or left out are no part of it.
///
/// # Errors
/// What is wrong, by the number of the row and what the page calls the field.
pub(super) fn assembled(lines: &[EditorLine]) -> Result<Catalogue, Problem> {
    let kept: Vec<&EditorLine> = lines.iter().filter(|line| line.counts()).collect();
    let given: Vec<CatalogueRow> = kept.iter().map(|line| line.row.clone()).collect();
    let mut parsed = read_rows(&given).map_err(|problem| renumbered(&problem, &kept))?;
    for (line, shown) in parsed.iter_mut().zip(&kept) {
        line.number = shown.number;
    }
    intake::assemble_catalogue(&parsed).map_err(|problems| {
        let error = |one: domain::input::Problem| FieldProblem {
            field: one.field.to_owned(),
            line: Some(one.line).filter(|line| *line > 0),
            message: one.message.replace("后重新导入", ""),
        };
        Problem::invalid().with(problems.into_iter().map(error).collect())
    })
}

/// Problems of the rows that were read, by their numbers on the page.
fn renumbered(problem: &Problem, kept: &[&EditorLine]) -> Problem {
    let at = |line: u32| usize::try_from(line).ok()?.checked_sub(1);
    let error = |one: &FieldProblem| match one.line.and_then(at).and_then(|at| Some((at, *kept.get(at)?))) {
        None => one.clone(),
        Some((at, shown)) => FieldProblem {
            field: one.field.clone(),
            line: Some(shown.number),
            message: of_code(one, shown, &kept[..at]).unwrap_or_else(|| one.message.clone()),
        },
    };
    problem.clone().with(problem.errors().iter().map(error).collect())
}

/// What is wrong with a row's rule code, where the words of a file would not help.
fn of_code(problem: &FieldProblem, shown: &EditorLine, before: &[&EditorLine]) -> Option<String> {
    let code = &shown.row.rule_code;
    if problem.field != "rule_code" {
        return None;
    }
    if code.is_empty() {
        return Some("没有填：请填代码，如 H1a；不要这一行，请勾选“删去”".to_owned());
    }
    let earlier = before.iter().find(|line| is_rule_code(code) && line.row.rule_code == *code)?;
    Some(format!("“{code}”与第 {} 行重复：请改成别的代码，或删去其中一行", earlier.number))
}

/// Where the list touches what may not be scored, by row.
pub(super) fn banned(lines: &[EditorLine], catalogue: &Catalogue) -> Vec<FieldProblem> {
    let error = |finding: domain::catalogue::LintFinding| {
        let counted = || lines.iter().filter(|line| line.counts());
        let rule = counted().find(|line| line.row.rule_code == finding.code);
        let item = || counted().find(|line| line.row.item_code == finding.code);
        let field = if rule.is_some() { "rule" } else { "item" };
        let line = rule.or_else(item).map(|line| line.number);
        FieldProblem { field: field.to_owned(), line, message: finding.to_string() }
    };
    lint(catalogue).into_iter().map(error).collect()
}

/// The sums of full points as far as they are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub(super) environment: Points,
    pub(super) civility: Points,
}

impl Sums {
    /// Each item counts once, by its first row; what is no number counts nothing.
    pub(super) fn of(lines: &[EditorLine]) -> Self {
        let (mut sums, mut seen) = (Self::default(), BTreeSet::new());
        for line in lines.iter().filter(|line| line.counts() && !line.row.item_code.is_empty()) {
            let full = Points::parse(&line.row.full_points).unwrap_or_default();
            if seen.insert(line.row.item_code.as_str()) {
                match line.class() {
                    Category::Civility => sums.civility += full,
                    Category::Environment => sums.environment += full,
                }
            }
        }
        sums
    }

    pub(super) fn total(&self) -> Points {
        self.environment + self.civility
    }

    /// Whether it is 100, and what is missing or too much.
    pub(super) fn words(&self) -> String {
        let (total, full) = (self.total(), Points::FULL);
        if total == full {
            "正好 100 分".to_owned()
        } else if total < full {
            format!("还差 {} 分", (full - total).short())
        } else {
            format!("多出 {} 分", (total - full).short())
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.total() == Points::FULL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::in_words;

    /// A form with rows of item code, full points, rule code and text.
    fn form(rows: &[[&str; 4]], dropped: &[&str]) -> Pairs {
        let mut pairs = Vec::new();
        for [item, full, code, text] in rows {
            let named = if item.is_empty() { "" } else { "整洁" };
            let points = if code.is_empty() { "" } else { "2" };
            for (name, value) in [
                ("item_code", *item),
                ("category", "人居环境"),
                ("item", named),
                ("full_points", *full),
                ("rule_code", *code),
                ("rule", *text),
                ("points", points),
                ("unit", if points.is_empty() { "" } else { "每处" }),
                ("evidence", "no"),
            ] {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        }
        pairs.extend(dropped.iter().map(|number| ("drop".to_owned(), (*number).to_owned())));
        Pairs(pairs)
    }

    fn wrong(rows: &[[&str; 4]], dropped: &[&str]) -> Vec<String> {
        match assembled(&lines_in(&form(rows, dropped))) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors().iter().map(in_words).collect(),
        }
    }

    #[test]
    fn empty_rows_and_those_left_out_are_no_part_of_the_list() {
        let rows = [["H1", "100", "H1a", "乱堆"], ["", "", "", ""], ["H1", "100", "", "多余"]];
        assert!(wrong(&rows, &["3"]).is_empty());
        let shown = with_more(lines_in(&form(&rows, &[])));
        let numbers: Vec<u32> = shown.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 3, 4, 5, 6], "what was typed keeps its number");
    }

    #[test]
    fn rows_differ_from_the_list_they_were_opened_from_once_one_is_typed_or_left_out() {
        let opened = lines_in(&form(&[["H1", "60", "H1a", "乱堆"], ["H2", "40", "H2a", "不洁"]], &[]));
        let check = |rows: &[[&str; 4]], dropped: &[&str], expected| {
            assert_eq!(differ(&lines_in(&form(rows, dropped)), &opened), expected, "{rows:?} {dropped:?}");
        };
        let same = [["H1", "60", "H1a", "乱堆"], ["H2", "40", "H2a", "不洁"], ["", "", "", ""]];
        check(&same, &[], false);
        check(&same, &["2"], true);
        check(&[["H1", "60", "H1a", "乱堆"], ["H2", "40", "H2a", "灰尘"]], &[], true);
    }

    #[test]
    fn rows_are_known_by_the_numbers_that_the_page_gave_them() {
        let rows = [["H1", "100", "H1a", "乱堆"], ["H1", "100", "H1b", "乱贴"]];
        let numbers = |given: &[&str]| {
            let mut form = form(&rows, &["7"]);
            form.0.extend(given.iter().map(|number| ("number".to_owned(), (*number).to_owned())));
            let lines = lines_in(&form);
            lines.iter().map(|line| (line.number, line.dropped)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&["7", "2"]), [(7, true), (2, false)]);
        for odd in [&["7"][..], &["7", "7"], &["7", "x"], &["7", "0"]] {
            assert_eq!(numbers(odd), [(1, false), (2, false)], "{odd:?}");
        }
    }

    #[test]
    fn a_row_without_a_code_is_named_as_the_page_numbers_it() {
        let found = wrong(&[["H1", "100", "H1a", "乱堆"], ["", "", "", ""], ["H1", "100", "", "乱贴"]], &[]);
        assert!(found[0].starts_with("第 3 行 标准代码：没有填"), "{found:?}");
    }

    #[test]
    fn rows_that_do_not_agree_name_each_other_by_their_numbers() {
        let rows = [["", "", "", ""], ["H1", "100", "H1a", "乱堆"], ["H1", "90", "H1b", "乱贴"]];
        assert_eq!(wrong(&rows, &[]), ["第 3 行 满分：与第 2 行同一项目的“100”不同：请写成一样"]);
        let twice =
            wrong(&[["H1", "100", "H1a", "乱堆"], ["", "", "", ""], ["H1", "100", "H1a", "乱贴"]], &[]);
        assert_eq!(twice, ["第 3 行 标准代码：“H1a”与第 1 行重复：请改成别的代码，或删去其中一行"]);
    }

    #[test]
    fn the_sum_counts_each_item_once_and_says_what_is_missing() {
        let rows = [["H1", "60.5", "H1a", "乱堆"], ["H1", "60.5", "H1b", "乱贴"], ["H2", "x", "H2a", "不洁"]];
        let sums = Sums::of(&lines_in(&form(&rows, &[])));
        assert_eq!((sums.total(), sums.words()), (Points::from_tenths(605), "还差 39.5 分".to_owned()));
        assert!(!sums.is_full() && Sums::of(&lines_in(&form(&rows, &["1", "2", "3"]))) == Sums::default());
    }

    #[test]
    fn what_may_not_be_scored_is_found_in_its_row() {
        let lines = lines_in(&form(&[["", "", "", ""], ["H1", "100", "H1a", "罚款"]], &[]));
        let list = assembled(&lines).expect("a list");
        let found: Vec<String> = banned(&lines, &list).iter().map(in_words).collect();
        assert!(found[0].starts_with("第 2 行 扣分标准：H1a“罚款”含“罚款”"), "{found:?}");
    }
}
