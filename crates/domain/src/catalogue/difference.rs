//! How a catalogue differs from the one above it.

use super::{Catalogue, Item};
use crate::points::Points;

/// One difference of a lower list from the one above (新增 / 删除 / 8 → 10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemChange {
    /// 新增: an item or rule the list above lacks.
    Added(String),
    /// 删除: an item or rule only the list above has.
    Dropped(String),
    /// An item or rule whose points differ: before, after.
    Reweighed(String, Points, Points),
    /// An item or rule whose wording, unit or class differs.
    Reworded(String),
}

/// Rule R-11: a lower level's list is shown by its difference from the level above: added, dropped,
/// re-weighed, reworded.
///
/// Source: part four (二): 增减积分项目和分值.
pub fn difference(above: &Catalogue, own: &Catalogue) -> Vec<ItemChange> {
    let above = lines(above);
    let own = lines(own);
    let mut changes = Vec::new();
    for line in &own {
        match above.iter().find(|other| other.code == line.code) {
            None => changes.push(ItemChange::Added(line.code.to_owned())),
            Some(other) => {
                if other.points != line.points {
                    changes.push(ItemChange::Reweighed(line.code.to_owned(), other.points, line.points));
                }
                if other.words != line.words {
                    changes.push(ItemChange::Reworded(line.code.to_owned()));
                }
            }
        }
    }
    let dropped = above.iter().filter(|line| !own.iter().any(|other| other.code == line.code));
    changes.extend(dropped.map(|line| ItemChange::Dropped(line.code.to_owned())));
    changes
}

struct Line<'a> {
    code: &'a str,
    points: Points,
    words: (&'a str, &'a str),
}

fn lines(catalogue: &Catalogue) -> Vec<Line<'_>> {
    let item = |item: &'_ Item| (item.full, item.category.title());
    let mut lines = Vec::new();
    for one in &catalogue.items {
        let (points, class) = item(one);
        lines.push(Line { code: &one.code, points, words: (&one.name, class) });
        lines.extend(one.rules.iter().map(|rule| Line {
            code: &rule.code,
            points: rule.points,
            words: (&rule.text, &rule.unit),
        }));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::tests::{catalogue, small};
    use super::*;

    #[test]
    fn a_list_does_not_differ_from_itself() {
        assert_eq!(difference(&small(), &small()), []);
    }

    #[test]
    fn added_dropped_and_reweighed_are_told_apart() {
        let own = catalogue(&[("H1", 50, &[("H1a", 10), ("H1c", 5)]), ("H2", 20, &[("H2a", 20)])]);
        let tenths = |points: i32| Points::from_tenths(points * 10);
        assert_eq!(
            difference(&small(), &own),
            [
                ItemChange::Reweighed("H1".into(), tenths(40), tenths(50)),
                ItemChange::Added("H1c".into()),
                ItemChange::Reweighed("H2".into(), tenths(30), tenths(20)),
                ItemChange::Dropped("H1b".into()),
                ItemChange::Dropped("W1".into()),
                ItemChange::Dropped("W1a".into()),
                ItemChange::Dropped("W1b".into()),
            ]
        );
    }
}
