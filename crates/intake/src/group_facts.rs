//! The file of group facts: certified numbers of resident households.

use domain::input::GroupFact;
use domain::place::{Level, Place};

use crate::columns::{Column, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("group_code", &["小组代码", "村小组代码"]),
    required("year", &["年度"]),
    required("resident_households", &["常住户数"]),
    required("source", &["来源"]),
    required("certified_by", &["核定人"]),
];

/// Reads the rows of `group-facts` (小组核定数): every group once a year.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn group_facts(table: &Table) -> Result<Parsed<GroupFact>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| group_fact(row, &mut seen))
}

fn group_fact(row: &mut Row<'_>, seen: &mut Seen<(Place, i32)>) -> Result<GroupFact, Noted> {
    let group = row.code("group_code", &[Level::Group]);
    let year = row.integer("year", 2000..=2099);
    let unique = match (group, year) {
        (Ok(group), Ok(year)) => seen.once(row, "year", (group, year)),
        _ => Err(Noted),
    };
    let resident_households = row.integer("resident_households", 0..=99_999);
    let source = row.text("source", 100);
    let certified_by = row.text("certified_by", 40);
    unique?;
    Ok(GroupFact {
        group: group?,
        year: year?,
        resident_households: resident_households?,
        source: source?,
        certified_by: certified_by?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{fields, rows, table};

    #[test]
    fn a_certified_number_is_read_in_both_languages() {
        let english = "group_code,year,resident_households,source,certified_by\n";
        let chinese = "村小组代码,年度,常住户数,来源,核定人\n";
        for header in [english, chinese] {
            let text = format!("{header}440229100204001,2026,47,统计年报,王五\n");
            let fact = rows(group_facts(&table(&text)).expect("a header")).remove(0);
            assert_eq!((fact.year, fact.resident_households), (2026, 47));
            assert_eq!((fact.source.as_str(), fact.certified_by.as_str()), ("统计年报", "王五"));
        }
    }

    #[test]
    fn negative_counts_and_a_group_twice_in_a_year_are_refused() {
        let text = "group_code,year,resident_households,source,certified_by\n\
            440229100204001,2026,-47,年报,王五\n\
            440229100204001,2026,47,年报,王五\n\
            440229100204001,2027,47,,\n\
            440229100204,26,47,年报,王五\n";
        let parsed = group_facts(&table(text)).expect("a header");
        assert_eq!(
            fields(&parsed.problems),
            [
                (2, "resident_households"),
                (3, "year"),
                (4, "source"),
                (4, "certified_by"),
                (5, "group_code"),
                (5, "year"),
            ]
        );
    }
}
