//! What is typed for one paper sheet: a status, or what was found; and findings as people read them.

use super::{Finding, FindingsError, Status, parse_findings};

/// The words for each status, as they are typed; anything else is a list of findings.
const WORDS: &[(Status, &[&str])] = &[
    (Status::Scored, &["-", "0", "无", "无扣分", "满分"]),
    (Status::Away, &["外", "外出", "w", "W"]),
    (Status::Refused, &["拒", "拒评", "j", "J"]),
    (Status::Unreached, &["未", "未到", "n", "N"]),
];

/// A sheet as it was typed: nothing where the line is empty, `-` for a visit that found nothing, `外`, `拒`, `未` for no
/// visit, else the findings.
///
/// Source: product §2.4 (paper as a first-class way in); screens §4.
pub fn parse_typed(text: &str) -> Result<Option<(Status, Vec<Finding>)>, FindingsError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let status = WORDS.iter().find(|(_, words)| words.contains(&text)).map(|(status, _)| *status);
    match status {
        Some(status) => Ok(Some((status, Vec::new()))),
        None => Ok(Some((Status::Scored, parse_findings(text)?))),
    }
}

/// Findings as people type and read them: `H1a2 H3b`, one act of two rules `H1a+H7a`.
///
/// Files and digests have [`write_findings`](super::write_findings); both texts read the same.
pub fn typed_findings(findings: &[Finding]) -> String {
    let typed = |finding: &Finding| match finding.times {
        1 => finding.act.clone(),
        times => format!("{}{times}", finding.act),
    };
    findings.iter().map(typed).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_read_back_as_they_are_shown() {
        let findings = parse_findings("H1a*2;H3b;H1a+H7a*12").expect("findings");
        assert_eq!(typed_findings(&findings), "H1a2 H1a+H7a12 H3b");
        assert_eq!(parse_findings(&typed_findings(&findings)), Ok(findings));
        assert_eq!(typed_findings(&[]), "");
    }

    #[test]
    fn an_empty_line_is_no_sheet_and_a_dash_is_a_visit_that_found_nothing() {
        assert_eq!(parse_typed("  "), Ok(None));
        assert_eq!(parse_typed("-"), Ok(Some((Status::Scored, Vec::new()))));
        assert_eq!(parse_typed("外"), Ok(Some((Status::Away, Vec::new()))));
        assert_eq!(parse_typed("拒评"), Ok(Some((Status::Refused, Vec::new()))));
        assert_eq!(parse_typed("n"), Ok(Some((Status::Unreached, Vec::new()))));
    }

    #[test]
    fn codes_are_findings_and_what_is_neither_is_refused() {
        let findings = parse_findings("H1a*2;H3b").expect("findings");
        assert_eq!(parse_typed("H1a2 H3b"), Ok(Some((Status::Scored, findings))));
        assert!(parse_typed("脏").is_err());
    }
}
