//! The file of corrections: what a household's card should have said.

use domain::input::Correction;
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
    required("status", &["状态"]),
    required("findings", &["扣分"]),
    required("reason", &["原因"]),
    required("decided_by", &["决定人"]),
    required("decided_on", &["决定日期"]),
    optional("objection_no", &["异议编号"]),
];

/// Reads the rows of `corrections` (更正): every household once a month.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn corrections(table: &Table) -> Result<Parsed<Correction>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| correction(row, &mut seen))
}

fn correction(row: &mut Row<'_>, seen: &mut Seen<(Month, Place)>) -> Result<Correction, Noted> {
    let month = row.month("month");
    let household = row.code("household_code", &[Level::Household]);
    let unique = match (month, household) {
        (Ok(month), Ok(household)) => seen.once(row, "household_code", (month, household)),
        _ => Err(Noted),
    };
    let visit = visit(row);
    let reason = row.text("reason", 200);
    let decided_by = row.text("decided_by", 40);
    let decided_on = row.date("decided_on");
    let objection_no = row.maybe_text("objection_no", 40);
    unique?;
    let visit = visit?;
    Ok(Correction {
        month: month?,
        household: household?,
        status: visit.status,
        findings: visit.findings,
        reason: reason?,
        decided_by: decided_by?,
        decided_on: decided_on?,
        objection_no: objection_no?,
    })
}

#[cfg(test)]
mod tests {
    use domain::scoring::{Status, write_findings};

    use super::*;
    use crate::samples::{fields, rows, table};

    #[test]
    fn a_correction_is_read() {
        let text = "month,household_code,status,findings,reason,decided_by,decided_on,objection_no\n\
            2026-10,4402291002040010007,,H1a*2,复查属实,王五,2026-11-15,YY-7\n";
        let correction = rows(corrections(&table(text)).expect("a header")).remove(0);
        assert_eq!(correction.household.code(), "4402291002040010007");
        assert_eq!(
            (correction.status, write_findings(&correction.findings).as_str()),
            (Status::Scored, "H1a*2")
        );
        assert_eq!((correction.reason.as_str(), correction.decided_by.as_str()), ("复查属实", "王五"));
        assert_eq!(correction.objection_no.as_deref(), Some("YY-7"));
    }

    #[test]
    fn chinese_headings_are_read_and_reason_and_decision_are_wanted() {
        let text = "月份,农户代码,状态,扣分,原因,决定人,决定日期\n\
            2026-10,4402291002040010007,拒评,H1a,,,\n\
            2026-10,4402291002040010007,,,甲,乙,2026-11-15\n";
        let parsed = corrections(&table(text)).expect("a header");
        assert_eq!(
            fields(&parsed.problems),
            [(2, "findings"), (2, "reason"), (2, "decided_by"), (2, "decided_on"), (3, "household_code"),]
        );
    }
}
