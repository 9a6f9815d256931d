//! The file of postings: when and where a month's sheet went up on the board.

use domain::input::Posting;
use domain::month::Month;
use domain::place::{Level, Place};

use crate::columns::{Column, optional, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("month", &["月份"]),
    required("village_code", &["村代码"]),
    required("posted_on", &["张贴日期"]),
    required("board", &["张贴地点"]),
    required("posted_by", &["张贴人"]),
    optional("version", &["版本"]),
];

/// What a row is about: a village's month, in a version where it names one.
type Sheet = (Month, Place, Option<i16>);

/// Reads the rows of `postings` (张贴): every version of a village's month once; a row without a version is about the
/// newest that was published by its date.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn postings(table: &Table) -> Result<Parsed<Posting>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| posting(row, &mut seen))
}

fn posting(row: &mut Row<'_>, seen: &mut Seen<Sheet>) -> Result<Posting, Noted> {
    let month = row.month("month");
    let village = row.code("village_code", &[Level::Village]);
    let posted_on = row.date("posted_on");
    let board = row.text("board", 60);
    let posted_by = row.text("posted_by", 40);
    let version = row.maybe_integer("version", 1..=9_999);
    let unique = match (month, village, version) {
        (Ok(month), Ok(village), Ok(version)) => seen.once(row, "village_code", (month, village, version)),
        _ => Err(Noted),
    };
    unique?;
    Ok(Posting {
        month: month?,
        village: village?,
        version: version?,
        posted_on: posted_on?,
        board: board?,
        posted_by: posted_by?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{fields, rows, table};

    #[test]
    fn a_posting_is_read_under_chinese_headings() {
        let text =
            "月份,村代码,张贴日期,张贴地点,张贴人\n2026-10,440229100204,2026-11-08,村委会公告栏,赖文\n";
        let posting = rows(postings(&table(text)).expect("a header")).remove(0);
        assert_eq!(
            (posting.board.as_str(), posting.posted_on.to_string()),
            ("村委会公告栏", "2026-11-08".into())
        );
    }

    #[test]
    fn each_version_of_a_month_has_a_row_of_its_own() {
        let text = "月份,村代码,张贴日期,张贴地点,张贴人,版本\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文,1\n\
            2026-10,440229100204,2026-11-25,公告栏,赖文,2\n\
            2026-10,440229100205,2026-11-08,公告栏,赖文,\n";
        let versions: Vec<_> =
            rows(postings(&table(text)).expect("a header")).iter().map(|one| one.version).collect();
        assert_eq!(versions, [Some(1), Some(2), None]);
        let text = "month,village_code,posted_on,board,posted_by,version\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文,0\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文,第2版\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文,2\n\
            2026-10,440229100204,2026-11-09,公告栏,赖文,2\n";
        let parsed = postings(&table(text)).expect("a header");
        assert_eq!(fields(&parsed.problems), [(2, "version"), (3, "version"), (5, "village_code")]);
    }

    #[test]
    fn a_village_stands_once_a_month_and_nothing_is_empty() {
        let text = "month,village_code,posted_on,board,posted_by\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文\n\
            2026-10,440229100205,,,赖文\n";
        let parsed = postings(&table(text)).expect("a header");
        assert_eq!(fields(&parsed.problems), [(3, "village_code"), (4, "posted_on"), (4, "board")]);
    }
}
