//! 历次变动: what became of a household in the register, revision by revision.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use domain::households::Participation;
use domain::month::{Month, date_title, local_time};
use domain::place::Place;
use domain::publication::last_digits;
use records::households::TimelineRow;

use crate::shell::head_for;

/// A line of the history.
pub(super) struct Line {
    /// From when on it holds.
    pub(super) from: String,
    pub(super) title: &'static str,
    /// What changed, a line each.
    pub(super) words: Vec<String>,
    pub(super) reason: String,
    /// Who registered it, and when; empty where nobody noted it.
    pub(super) by: String,
}

/// The history, the latest first.
pub(super) fn lines(
    rows: &[TimelineRow],
    names: &BTreeMap<Place, String>,
    in_full: bool,
    zone: Tz,
) -> Vec<Line> {
    let before = std::iter::once(None).chain(rows.iter().map(Some));
    let mut lines: Vec<Line> =
        rows.iter().zip(before).map(|(row, before)| line(row, before, names, in_full, zone)).collect();
    lines.reverse();
    lines
}

fn line(
    row: &TimelineRow,
    before: Option<&TimelineRow>,
    names: &BTreeMap<Place, String>,
    in_full: bool,
    zone: Tz,
) -> Line {
    let by = row.by.as_ref().map(|(by, at)| format!("{by}，{}", date_title(local_time(*at, zone).date())));
    let title = match (row.kind, before) {
        (Some(kind), _) => kind.title(),
        (None, None) => "登记",
        (None, Some(_)) => "更改登记",
    };
    Line {
        // The first revision of a household that was there from the beginning holds from no month that people know.
        from: if row.effective.number() <= BEGINNING {
            "登记之初".to_owned()
        } else {
            row.effective.title()
        },
        title,
        words: words(row, before, names, in_full),
        reason: row.reason.clone().unwrap_or_default(),
        by: by.unwrap_or_default(),
    }
}

/// The month that stands for “from the beginning”.
const BEGINNING: i32 = 200_001;

fn words(
    row: &TimelineRow,
    before: Option<&TimelineRow>,
    names: &BTreeMap<Place, String>,
    in_full: bool,
) -> Vec<String> {
    let group = |row: &TimelineRow| names.get(&row.group).cloned().unwrap_or_else(|| row.group.code());
    let head = |row: &TimelineRow| match &row.head_name {
        Some(name) => head_for(Some(name.clone()), in_full),
        None => "（已依法删除）".to_owned(),
    };
    let members = |row: &TimelineRow| format!("户籍 {} 人，常住 {} 人", row.members.0, row.members.1);
    let kinds = |row: &TimelineRow| {
        let (resident, local) = row.kinds;
        format!("{}，{}", if resident { "常住户" } else { "不常住" }, if local { "本村" } else { "外来" })
    };
    let says = |row: &TimelineRow| {
        [
            ("村小组", group(row)),
            ("户主", head(row)),
            ("人口", members(row)),
            ("户别", kinds(row)),
            ("参与", takes_part(row.participation)),
        ]
    };
    let mut words: Vec<String> = match before {
        None => says(row).map(|(what, now)| format!("{what}：{now}")).into(),
        Some(earlier) => says(earlier)
            .into_iter()
            .zip(says(row))
            .filter(|((_, was), (_, now))| was != now)
            .map(|((what, was), (_, now))| format!("{what}：{was} → {now}"))
            .collect(),
    };
    if before.is_some_and(|earlier| earlier.head_name != row.head_name && head(earlier) == head(row)) {
        words.push("户主已更换".to_owned());
    }
    words.extend(row.other.map(|other| format!("另一户：户号 {}", last_digits(&other))));
    if words.is_empty() {
        words.push("电话或地址".to_owned());
    }
    words
}

fn takes_part(dates: Participation) -> String {
    let title = |month: Month| month.title();
    match (dates.joined, dates.left) {
        (None, _) => "没有参与".to_owned(),
        (Some(joined), None) => format!("自 {} 起", title(joined)),
        (Some(joined), Some(left)) => format!("自 {} 起，{} 起退出", title(joined), title(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::households::ChangeKind;

    fn row(revision: i32, group: &str, head: &str, resident: u16) -> TimelineRow {
        TimelineRow {
            revision,
            effective: Month::parse("2026-02").expect("a month"),
            kind: (revision > 1).then_some(ChangeKind::Edited),
            other: None,
            reason: None,
            by: None,
            group: Place::parse_code(group).expect("a code"),
            head_name: Some(head.to_owned()),
            members: (4, resident),
            kinds: (true, true),
            participation: Participation::default(),
        }
    }

    #[test]
    fn a_line_says_what_changed_and_nothing_else() {
        let rows = [
            row(1, "440229100201001", "李四", 3),
            row(2, "440229100201002", "李四", 3),
            row(3, "440229100201002", "李四", 3),
        ];
        let lines = lines(&rows, &BTreeMap::new(), true, chrono_tz::Asia::Shanghai);
        assert_eq!(lines[0].words, ["电话或地址"]);
        assert_eq!(lines[1].words, ["村小组：440229100201001 → 440229100201002"]);
        assert_eq!((lines[2].title, lines[2].words.len()), ("登记", 5));
    }

    #[test]
    fn a_masked_name_that_stays_the_same_still_says_that_the_head_changed() {
        let rows = [row(1, "440229100201001", "李一四", 3), row(2, "440229100201001", "李二四", 3)];
        let lines = lines(&rows, &BTreeMap::new(), false, chrono_tz::Asia::Shanghai);
        assert_eq!(lines[0].words, ["户主已更换"]);
    }
}
