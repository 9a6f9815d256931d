//! What a page shows of a changed catalogue, line by line.

use super::{Catalogue, ItemChange, difference};
use crate::points::Points;

/// What became of an item or rule (变动).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// 新增
    Added,
    /// 删除
    Dropped,
    /// 改动: other points, another wording, unit or class.
    Changed,
}

impl ChangeKind {
    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Dropped => "删除",
            Self::Changed => "改动",
        }
    }
}

/// A line of the difference from the list above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// The code of the item or rule.
    pub code: String,
    /// The name of the item, a rule's too.
    pub item: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// Its points, `8 → 10` where they differ; the words where these do.
    pub text: String,
}

/// The difference of a list from the one above in words, in the order of the own list, what was dropped last.
pub fn difference_lines(above: &Catalogue, own: &Catalogue) -> Vec<ChangeLine> {
    difference(above, own).into_iter().map(|change| line(above, own, change)).collect()
}

fn line(above: &Catalogue, own: &Catalogue, change: ItemChange) -> ChangeLine {
    let (code, kind, text) = match change {
        ItemChange::Added(code) => {
            let text = own.entry(&code).map(|entry| entry.in_full()).unwrap_or_default();
            (code, ChangeKind::Added, text)
        }
        ItemChange::Dropped(code) => {
            let text = above.entry(&code).map(|entry| entry.in_full()).unwrap_or_default();
            (code, ChangeKind::Dropped, text)
        }
        ItemChange::Reweighed(code, before, after) => {
            (code, ChangeKind::Changed, format!("{} → {}", before.short(), after.short()))
        }
        ItemChange::Reworded(code) => {
            let words = |list: &Catalogue| list.entry(&code).map(|entry| entry.words()).unwrap_or_default();
            let text = format!("{} → {}", words(above), words(own));
            (code, ChangeKind::Changed, text)
        }
    };
    let entry = own.entry(&code).or_else(|| above.entry(&code));
    let item = entry.map(|entry| entry.item.to_owned()).unwrap_or_default();
    ChangeLine { code, item, kind, text }
}

/// An item or rule of a list, found by its code.
struct Entry<'a> {
    item: &'a str,
    /// The rule's text; none for an item.
    rule: Option<&'a str>,
    /// An item's class, a rule's unit.
    unit: &'a str,
    points: Points,
}

impl Entry<'_> {
    fn words(&self) -> String {
        format!("{}（{}）", self.rule.unwrap_or(self.item), self.unit)
    }

    fn in_full(&self) -> String {
        let points = self.points.short();
        match self.rule {
            Some(rule) => format!("{rule}，{}扣 {points} 分", self.unit),
            None => format!("{}，满分 {points} 分", self.unit),
        }
    }
}

impl Catalogue {
    fn entry(&self, code: &str) -> Option<Entry<'_>> {
        self.items.iter().find_map(|one| {
            let item = one.name.as_str();
            if one.code == code {
                return Some(Entry { item, rule: None, unit: one.category.title(), points: one.full });
            }
            let rule = one.rules.iter().find(|rule| rule.code == code)?;
            Some(Entry { item, rule: Some(&rule.text), unit: &rule.unit, points: rule.points })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{catalogue, small};
    use super::*;

    fn check(own: &Catalogue, expected: &[(&str, &str, &str, &str)]) {
        let lines = difference_lines(&small(), own);
        let found: Vec<_> = lines
            .iter()
            .map(|line| (line.code.as_str(), line.item.as_str(), line.kind.title(), line.text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_change_is_a_line_with_its_item() {
        let own =
            catalogue(&[("H1", 50, &[("H1a", 10), ("H1b", 5)]), ("H2", 50, &[("H2a", 20), ("H2b", 3)])]);
        check(
            &own,
            &[
                ("H1", "H1项", "改动", "40 → 50"),
                ("H2", "H2项", "改动", "30 → 50"),
                ("H2b", "H2项", "新增", "H2b的情形，每处扣 3 分"),
                ("W1", "W1项", "删除", "乡风文明，满分 30 分"),
                ("W1a", "W1项", "删除", "W1a的情形，每处扣 10 分"),
                ("W1b", "W1项", "删除", "W1b的情形，每处扣 2 分"),
            ],
        );
    }

    #[test]
    fn another_wording_stands_beside_the_old_one() {
        let mut own = small();
        own.items[0].rules[0].text = "乱堆乱放".into();
        check(&own, &[("H1a", "H1项", "改动", "H1a的情形（每处） → 乱堆乱放（每处）")]);
    }

    #[test]
    fn the_same_list_has_no_line() {
        check(&small(), &[]);
    }
}
