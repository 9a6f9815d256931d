//! The file of postings: when and where a month's sheet went up on the board.

use domain::input::Posting;
use domain::month::Month;
use domain::place::{Level, Place};

use crate::columns::{Column, required};
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
];

/// Reads the rows of `postings` (张贴): every village once a month.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn postings(table: &Table) -> Result<Parsed<Posting>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| posting(row, &mut seen))
}

fn posting(row: &mut Row<'_>, seen: &mut Seen<(Month, Place)>) -> Result<Posting, Noted> {
    let month = row.month("month");
    let village = row.code("village_code", &[Level::Village]);
    let posted_on = row.date("posted_on");
    let board = row.text("board", 60);
    let posted_by = row.text("posted_by", 40);
    let unique = match (month, village) {
        (Ok(month), Ok(village)) => seen.once(row, "village_code", (month, village)),
        _ => Err(Noted),
    };
    unique?;
    Ok(Posting {
        month: month?,
        village: village?,
        version: None,
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
    fn a_village_stands_once_a_month_and_nothing_is_empty() {
        let text = "month,village_code,posted_on,board,posted_by\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文\n\
            2026-10,440229100204,2026-11-08,公告栏,赖文\n\
            2026-10,440229100205,,,赖文\n";
        let parsed = postings(&table(text)).expect("a header");
        assert_eq!(fields(&parsed.problems), [(3, "village_code"), (4, "posted_on"), (4, "board")]);
    }
}
