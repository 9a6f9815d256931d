//! What scorecards and corrections both say of a visit: its status and its findings.

use domain::scoring::{Finding, Status, parse_findings};

use crate::row::{Noted, Row};

/// The most bytes of a findings text.
const LONGEST_FINDINGS: usize = 2000;

/// What became of a visit (走访), and what was found.
pub(crate) struct Visit {
    pub(crate) status: Status,
    pub(crate) findings: Vec<Finding>,
}

/// Reads `status`, where empty means scored, and `findings`, which only a scored household has.
pub(crate) fn visit(row: &mut Row<'_>) -> Result<Visit, Noted> {
    let status = status(row);
    let findings = findings(row).and_then(|findings| match status {
        Ok(status) if status != Status::Scored && !findings.is_empty() => {
            let message = format!("状态是{}，不能有扣分：请删去扣分或改正状态", status.title());
            Err(row.note("findings", message))
        }
        _ => Ok(findings),
    });
    Ok(Visit { status: status?, findings: findings? })
}

fn status(row: &mut Row<'_>) -> Result<Status, Noted> {
    if row.cell("status")?.is_empty() {
        return Ok(Status::Scored);
    }
    let choices = "scored（已评）、away（外出）、refused（拒评）、unreached（未到），空着为已评";
    row.named("status", Status::stated, choices)
}

fn findings(row: &mut Row<'_>) -> Result<Vec<Finding>, Noted> {
    let text = row.cell("findings")?;
    if text.len() > LONGEST_FINDINGS {
        return Err(row.note("findings", "扣分太长：请核对是否填错了列"));
    }
    parse_findings(text).map_err(|error| row.note("findings", error.to_string()))
}
