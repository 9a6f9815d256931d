//! The file of scorecards: one household's sheet for a month.

use domain::input::Scorecard;
use domain::month::Month;
use domain::place::{Level, Place};

use crate::columns::{Column, optional, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;
use crate::visit::visit;

pub(crate) const COLUMNS: &[Column] = &[
    required("month", &["月份"]),
    required("household_code", &["农户代码"]),
    required("panel", &["评分组"]),
    required("scored_on", &["评分日期"]),
    required("status", &["状态"]),
    required("findings", &["扣分"]),
    optional("late_reason", &["逾期原因"]),
    optional("note", &["备注"]),
];

/// Reads the rows of `scorecards` (积分卡): every household once a month.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn scorecards(table: &Table) -> Result<Parsed<Scorecard>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| scorecard(row, &mut seen))
}

fn scorecard(row: &mut Row<'_>, seen: &mut Seen<(Month, Place)>) -> Result<Scorecard, Noted> {
    let month = row.month("month");
    let household = row.code("household_code", &[Level::Household]);
    let unique = match (month, household) {
        (Ok(month), Ok(household)) => seen.once(row, "household_code", (month, household)),
        _ => Err(Noted),
    };
    let panel = row.text("panel", 40);
    let scored_on = row.date("scored_on");
    let visit = visit(row);
    let late_reason = row.maybe_text("late_reason", 200);
    let note = row.maybe_text("note", 500);
    unique?;
    let visit = visit?;
    Ok(Scorecard {
        month: month?,
        household: household?,
        panel: panel?,
        scored_on: scored_on?,
        status: visit.status,
        findings: visit.findings,
        late_reason: late_reason?,
        note: note?,
    })
}

#[cfg(test)]
mod tests {
    use domain::scoring::{Status, write_findings};

    use super::*;
    use crate::samples::{fields, rows, table};

    const HEADER: &str = "month,household_code,panel,scored_on,status,findings,late_reason,note\n";

    #[test]
    fn a_card_is_read_and_an_empty_status_is_scored() {
        let text = format!(
            "{HEADER}2026-10,4402291002040010007,第一评分组,2026-10-28,,H1a2 H3b;H1a+H7a*2,,院内已复查\n\
            2026-10,4402291002040010008,第一评分组,2026-11-04,外出,,春节前外出,\n"
        );
        let cards = rows(scorecards(&table(&text)).expect("a header"));
        assert_eq!((cards[0].status, cards[1].status), (Status::Scored, Status::Away));
        assert_eq!(write_findings(&cards[0].findings), "H1a*2;H1a+H7a*2;H3b");
        assert_eq!((cards[0].late_reason.as_deref(), cards[0].note.as_deref()), (None, Some("院内已复查")));
        assert_eq!(cards[1].late_reason.as_deref(), Some("春节前外出"));
    }

    #[test]
    fn chinese_headings_without_the_optional_columns_are_read() {
        let text = "月份,农户代码,评分组,评分日期,状态,扣分\n\
            2026-10,4402291002040010007,第一评分组,2026-10-28,已评,\n";
        assert_eq!(rows(scorecards(&table(text)).expect("a header"))[0].findings, []);
    }

    #[test]
    fn wrong_values_are_noted_and_a_household_stands_once_a_month() {
        let text = format!(
            "{HEADER}2026-10,4402291002040010007,甲,2026-10-28,away,H1a,,\n\
            2026-10,4402291002040010007,甲,2026-10-28,,,,\n\
            2026-11,4402291002040010007,甲,2026-10-28,,,,\n\
            2026-1,440229100204001,,28.10.2026,unscored,H1a*0,,\n"
        );
        let parsed = scorecards(&table(&text)).expect("a header");
        assert_eq!(
            fields(&parsed.problems),
            [
                (2, "findings"),
                (3, "household_code"),
                (5, "month"),
                (5, "household_code"),
                (5, "panel"),
                (5, "scored_on"),
                (5, "status"),
                (5, "findings"),
            ]
        );
    }
}
