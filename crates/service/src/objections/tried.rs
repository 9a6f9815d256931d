//! What a form means, so that what is done is what was tried before.

use domain::scoring::write_findings;
use records::Mode;
use records::objections::RightCard;

use crate::error::PageError;
use crate::problem::Problem;

/// What a form means, to be compared with what was tried: `upheld:scored:H1a*2;H3b`.
pub(crate) fn meant(outcome: &str, correction: Option<&RightCard>) -> String {
    match correction {
        Some((status, findings)) => format!("{outcome}:{}:{}", status.name(), write_findings(findings)),
        None => outcome.to_owned(),
    }
}

/// Refuses to do what is not what was tried, where something was: nobody has looked at whom that moves.
///
/// # Errors
/// Something else than was tried.
pub(crate) fn refuse_untried(tried: &str, meant: &str, mode: Mode) -> Result<(), PageError> {
    if mode == Mode::DryRun || tried.is_empty() || tried == meant {
        return Ok(());
    }
    Err(Problem::refused().because("看过影响以后，结果或积分卡又改过：请再看一次影响，再办理").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_what_was_tried_where_something_was() {
        let check = |tried: &str, meant: &str, mode| refuse_untried(tried, meant, mode).is_ok();
        assert!(check("", "rejected", Mode::Apply) && check("rejected", "rejected", Mode::Apply));
        assert!(!check("upheld:scored:H1a", "rejected", Mode::Apply));
        assert!(check("upheld:scored:H1a", "rejected", Mode::DryRun), "it may be tried anew");
    }
}
