//! The arithmetic sheet of a quota.

use super::quota::{Base, Quota};
use crate::rulebook::AwardRule;

/// Rule R-51: a quota prints its own derivation: `7 户 × 30% = 2.1 → 2 名；20/30/50 → 0/1/1`.
///
/// Source: product §5.2.
pub fn explain_quota(base: Base, quota: &Quota, rule: &AwardRule) -> String {
    let exact = u64::from(base.households) * u64::from(rule.share_percent);
    let (whole, rest) = (exact / 100, exact % 100);
    let exact = match (rest / 10, rest % 10) {
        (0, 0) => whole.to_string(),
        (tenth, 0) => format!("{whole}.{tenth}"),
        _ => format!("{whole}.{rest:02}"),
    };
    let source = if base.certified { "（核定数）" } else { "" };
    let cap = if quota.total < quota.nominal {
        format!("，符合条件 {} 户，实设 {} 名", quota.eligible, quota.total)
    } else {
        String::new()
    };
    format!(
        "{} 户{source} × {}% = {exact} → {} 名{cap}；{} → {}",
        base.households,
        rule.share_percent,
        quota.nominal,
        rule.split_percent.map(|percent| percent.to_string()).join("/"),
        quota.prizes.map(|count| count.to_string()).join("/")
    )
}

#[cfg(test)]
mod tests {
    use super::super::quota::{base, quota};
    use super::*;
    use crate::rulebook::Rulebook;

    fn check(households: u32, certified: Option<u32>, eligible: u32, expected: &str) {
        let rule = Rulebook::resolve([]).expect("defaults").awards;
        let base = base(households, certified);
        assert_eq!(explain_quota(base, &quota(base, eligible, &rule), &rule), expected);
    }

    #[test]
    fn the_documents_example_is_printed_as_it_is_spoken() {
        check(7, None, 7, "7 户 × 30% = 2.1 → 2 名；20/30/50 → 0/1/1");
    }

    #[test]
    fn certified_numbers_and_caps_are_named() {
        check(
            33,
            Some(40),
            5,
            "40 户（核定数） × 30% = 12 → 12 名，符合条件 5 户，实设 5 名；20/30/50 → 1/2/2",
        );
    }
}
