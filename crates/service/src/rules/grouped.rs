//! The rows of the editor class by class, folded away but for those that one works at.

use std::collections::BTreeSet;

use domain::catalogue::Category;
use domain::points::Points;

use super::editor::{EditorLine, Sums};

/// The rows of a class, or the empty ones for what is added.
pub(super) struct LineGroup {
    /// The class; empty for the empty rows.
    pub(super) title: &'static str,
    /// The full points of its items.
    pub(super) sum: Points,
    pub(super) changed: usize,
    pub(super) wrong: usize,
    pub(super) is_open: bool,
    pub(super) lines: Vec<EditorLine>,
}

/// The rows by class and the empty ones last, each in its order and with its number. The first class is open, and where
/// something differs from the list in force or is wrong.
pub(super) fn grouped(
    lines: Vec<EditorLine>,
    in_force: &[EditorLine],
    wrong: &BTreeSet<u32>,
) -> Vec<LineGroup> {
    let sums = Sums::of(&lines);
    let (blank, filled): (Vec<_>, Vec<_>) = lines.into_iter().partition(EditorLine::is_blank);
    let (civility, environment): (Vec<_>, Vec<_>) =
        filled.into_iter().partition(|line| line.class() == Category::Civility);
    let group = |title, sum, lines: Vec<EditorLine>| {
        let is_changed = |line: &&EditorLine| line.dropped || in_force.iter().all(|one| one.row != line.row);
        let changed = lines.iter().filter(is_changed).count();
        let wrong = lines.iter().filter(|line| wrong.contains(&line.number)).count();
        LineGroup { title, sum, changed, wrong, is_open: changed + wrong > 0, lines }
    };
    let mut groups = vec![
        group(Category::Environment.title(), sums.environment, environment),
        group(Category::Civility.title(), sums.civility, civility),
    ];
    if let Some(first) = groups.first_mut() {
        first.is_open = true;
    }
    groups.push(LineGroup {
        title: "",
        sum: Points::default(),
        changed: 0,
        wrong: 0,
        is_open: true,
        lines: blank,
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CatalogueRow;

    fn line(number: u32, code: &str, category: &str, text: &str) -> EditorLine {
        let row = CatalogueRow {
            item_code: code.to_owned(),
            category: category.to_owned(),
            full_points: "50".to_owned(),
            rule: text.to_owned(),
            ..CatalogueRow::default()
        };
        EditorLine { number, row, dropped: false }
    }

    /// Title, sum, whether it is open, and the numbers of the rows.
    fn shape(groups: &[LineGroup]) -> Vec<(&str, String, bool, Vec<u32>)> {
        let numbers = |group: &LineGroup| group.lines.iter().map(|line| line.number).collect();
        groups.iter().map(|group| (group.title, group.sum.short(), group.is_open, numbers(group))).collect()
    }

    #[test]
    fn rows_stand_by_class_with_their_numbers_and_the_empty_ones_last() {
        let mut lines = vec![
            line(1, "W1", "乡风文明", "吵架"),
            line(2, "H1", "人居环境", "乱堆"),
            EditorLine { number: 3, ..EditorLine::default() },
        ];
        let in_force = lines.clone();
        let found = grouped(lines.clone(), &in_force, &BTreeSet::new());
        let expected = [
            ("人居环境", "50".to_owned(), true, vec![2]),
            ("乡风文明", "50".to_owned(), false, vec![1]),
            ("", "0".to_owned(), true, vec![3]),
        ];
        assert_eq!(shape(&found), expected);

        lines[0].dropped = true;
        let found = grouped(lines, &in_force, &BTreeSet::new());
        assert_eq!((found[1].is_open, found[1].changed, found[1].sum), (true, 1, Points::default()));
    }

    #[test]
    fn what_is_wrong_opens_its_class() {
        let lines = vec![line(1, "H1", "人居环境", "乱堆"), line(2, "W1", "乡风文明", "吵架")];
        let found = grouped(lines.clone(), &lines, &BTreeSet::from([2]));
        assert_eq!((found[1].is_open, found[1].wrong, found[1].changed), (true, 1, 0));
    }
}
