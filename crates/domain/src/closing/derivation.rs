//! The arithmetic sheet (算式): every score, rank, tie and tier in words and numbers.

use super::HouseholdResult;
use super::qualify::tier;
use super::tie_break::{Contender, lot};
use crate::canonical::Digest;
use crate::catalogue::Catalogue;
use crate::points::Points;
use crate::rulebook::{RedemptionRule, TieBreak};
use crate::scoring::{Finding, ScoringTable, UnknownRule};

/// Rule R-39: a score prints its own derivation: each item's deductions, its cap, and the sum.
///
/// Source: product §5.2.
///
/// # Errors
/// A finding that the catalogue does not have.
pub fn explain_score(catalogue: &Catalogue, findings: &[Finding]) -> Result<Vec<String>, UnknownRule> {
    Ok(explain_items(catalogue, findings)?.into_iter().map(|line| line.text).collect())
}

/// A line of a score's derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreLine {
    /// What it says.
    pub text: String,
    /// The acts that it counts; none for the sum.
    pub acts: Vec<String>,
}

/// The lines of [`explain_score`] with the acts that each counts.
///
/// # Errors
/// A finding that the catalogue does not have.
pub fn explain_items(catalogue: &Catalogue, findings: &[Finding]) -> Result<Vec<ScoreLine>, UnknownRule> {
    let table = ScoringTable::new(catalogue);
    let score = table.score(findings)?;
    let mut lines = Vec::new();
    for (at, (item, lost)) in catalogue.items.iter().zip(&score.items).enumerate() {
        if lost.deducted == Points::ZERO {
            continue;
        }
        let (mut parts, mut acts) = (Vec::new(), Vec::new());
        for finding in findings {
            let (counts_at, points) = table.counting_rule(finding)?;
            if counts_at == at {
                parts.push(format!("{} {}分×{}", finding.act, points.short(), finding.times));
                acts.push(finding.act.clone());
            }
        }
        let cap = if lost.deducted > lost.lost {
            format!(" = {}，扣完为止 {}", lost.deducted.short(), lost.lost.short())
        } else {
            format!(" = {}", lost.lost.short())
        };
        let text = format!("{}（满分 {}）：{}{cap}", item.name, item.full.short(), parts.join(" + "));
        lines.push(ScoreLine { text, acts });
    }
    let lost: Points = score.items.iter().map(|item| item.lost).sum();
    let total = score.total.short();
    let text = if lost == Points::ZERO {
        format!("没有扣分，得分 = {total}")
    } else {
        format!("得分 = 100 − {} = {total}", lost.short())
    };
    lines.push(ScoreLine { text, acts: Vec::new() });
    Ok(lines)
}

/// Rule R-40: a rank prints how many are better and how many are equal.
///
/// Source: product §5.2.
pub fn explain_rank(own: Points, group: &[Option<Points>]) -> String {
    let better = group.iter().flatten().filter(|score| **score > own).count();
    let equal = group.iter().flatten().filter(|score| **score == own).count();
    let scored = group.iter().flatten().count();
    let tie =
        if equal > 1 { format!("，{equal} 户同为 {} 分并列", own.short()) } else { String::new() };
    format!("{scored} 户已评，{better} 户高于 {} 分{tie}，名次 = {better} + 1 = {}", own.short(), better + 1)
}

/// A tie prints the link of the chain that decided it, first before second.
pub fn explain_tie(first: &Contender, second: &Contender, chain: &[TieBreak], seed: &Digest) -> String {
    let decided = chain.iter().find_map(|link| match link {
        TieBreak::FewerFindings if first.findings != second.findings => {
            Some(format!("扣分次数较少（{} 次 < {} 次）", first.findings, second.findings))
        }
        TieBreak::Environment if first.environment != second.environment => Some(format!(
            "人居环境得分较高（{} > {}）",
            first.environment.short(),
            second.environment.short()
        )),
        TieBreak::YearTotal if first.year_total != second.year_total => {
            Some(format!("年度累计较高（{} > {}）", first.year_total.short(), second.year_total.short()))
        }
        TieBreak::Lot => Some(format!(
            "抽签号较小（{} < {}），种子 {}",
            lot(seed, &first.household).short(),
            lot(seed, &second.household).short(),
            seed.short()
        )),
        _ => None,
    });
    format!("同为 {} 分：{}在前", first.score.short(), decided.unwrap_or_else(|| "完全相同，并列".into()))
}

/// Whether a household redeems prints both conditions, and the tier its threshold.
pub fn explain_tier(result: &HouseholdResult, rule: &RedemptionRule) -> String {
    let (Some(score), Some(rank)) = (result.score, result.rank_in_group) else {
        return format!("本月{}，不计分，不能兑换", result.status.title());
    };
    let compare = |holds: bool| if holds { "是" } else { "否" };
    let conditions = format!(
        "{} ≥ {}：{}；组内第 {rank} 名 ≤ {}：{}",
        score.short(),
        rule.minimum.short(),
        compare(score >= rule.minimum),
        rule.places,
        compare(rank <= rule.places)
    );
    match (result.qualifies, tier(score, rule)) {
        (true, Some(tier)) => {
            let least = rule.tiers[usize::try_from(tier.number() - 1).unwrap_or(0)];
            format!("{conditions}；可兑换，{} ≥ {}，{}", score.short(), least.short(), tier.title())
        }
        _ => format!("{conditions}；不能兑换"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::small;
    use crate::place::Place;
    use crate::rulebook::Rulebook;
    use crate::scoring::{Status, parse_findings};

    #[test]
    fn where_nothing_was_found_nothing_is_subtracted() {
        assert_eq!(explain_score(&small(), &[]).expect("known rules"), ["没有扣分，得分 = 100"]);
    }

    #[test]
    fn a_capped_item_says_so() {
        let findings = parse_findings("H1a*3;H1b*3;W1b").expect("findings");
        assert_eq!(
            explain_score(&small(), &findings).expect("known rules"),
            [
                "H1项（满分 40）：H1a 10分×3 + H1b 5分×3 = 45，扣完为止 40",
                "W1项（满分 30）：W1b 2分×1 = 2",
                "得分 = 100 − 42 = 58",
            ]
        );
    }

    #[test]
    fn a_shared_rank_counts_the_better_and_the_equal() {
        let scores = [950, 930, 930, 900].map(|tenths| Some(Points::from_tenths(tenths)));
        assert_eq!(
            explain_rank(Points::from_tenths(930), &scores),
            "4 户已评，1 户高于 93 分，2 户同为 93 分并列，名次 = 1 + 1 = 2"
        );
    }

    #[test]
    fn a_tie_names_the_deciding_link() {
        let contender = |number: u32, findings| Contender {
            household: Place::from_digits(&format!("440229100204001{number:04}")).expect("a household"),
            score: Points::from_tenths(930),
            findings,
            environment: Points::from_tenths(650),
            year_total: Points::ZERO,
        };
        let chain = Rulebook::resolve([]).expect("defaults").redemption.tie_break;
        let explained = explain_tie(&contender(1, 2), &contender(2, 3), &chain, &Digest::of(b""));
        assert_eq!(explained, "同为 93 分：扣分次数较少（2 次 < 3 次）在前");
    }

    #[test]
    fn a_tier_prints_both_conditions() {
        let rule = Rulebook::resolve([]).expect("defaults").redemption;
        let household = Place::from_digits("4402291002040010007").expect("a household");
        let mut result = HouseholdResult {
            household,
            group: household,
            status: Status::Scored,
            score: Some(Points::from_tenths(925)),
            environment: None,
            findings: 0,
            rank_in_group: Some(6),
            rank_in_village: Some(60),
            year_total: Points::ZERO,
            qualifies: true,
            tier: None,
        };
        assert_eq!(
            explain_tier(&result, &rule),
            "92.5 ≥ 80：是；组内第 6 名 ≤ 15：是；可兑换，92.5 ≥ 90，第二档次"
        );
        result.score = None;
        result.status = Status::Away;
        assert_eq!(explain_tier(&result, &rule), "本月外出，不计分，不能兑换");
    }
}
