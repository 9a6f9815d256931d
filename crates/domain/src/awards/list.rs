//! Who wins what in a group.

use crate::canonical::Digest;
use crate::closing::{Contender, compare, competition_ranks};
use crate::place::Place;
use crate::points::Points;
use crate::rulebook::TieBreak;

/// A household that can win (符合条件): taking part in December with at least one scored month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The household.
    pub household: Place,
    /// The scored months of the year.
    pub months_counted: u32,
    /// The sum of the months, of their latest versions.
    pub year_total: Points,
    /// Acts found over the year.
    pub findings: u32,
    /// 人居环境得分 over the year.
    pub environment: Points,
}

/// A line of the award list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Award {
    /// The household.
    pub candidate: Candidate,
    /// Competition rank by the year's total among the eligible, before the chain.
    pub rank_in_group: u32,
    /// 1, 2 or 3; none without a prize.
    pub prize: Option<u8>,
}

/// A line of the awards file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedAward {
    /// The version of the village's list.
    pub version: i16,
    /// The group.
    pub group: Place,
    /// The household.
    pub household: Place,
    /// The scored months.
    pub months_counted: u32,
    /// The sum of the months.
    pub year_total: Points,
    /// Competition rank among the eligible.
    pub rank_in_group: u32,
    /// 1, 2, 3 or none.
    pub prize: Option<i16>,
    /// What is given out: in all, first, second, third.
    pub quota: [u32; 4],
}

/// Rule R-49: a household is eligible when it takes part in December and has at least one scored month.
///
/// Source: product §2.9.
pub fn is_eligible(takes_part_in_december: bool, months_counted: u32) -> bool {
    takes_part_in_december && months_counted > 0
}

/// Rule R-50: prizes go by the sum of the months; ties are broken by the month's chain taken over
/// the year, with December's seed.
///
/// Returns every candidate, in the order in which they win.
///
/// Source: part four (五) 2 (3): 凭全年12个月累计积分兑换一次奖品.
pub fn award_list(
    candidates: &[Candidate],
    prizes: [u32; 3],
    chain: &[TieBreak],
    seed: &Digest,
) -> Vec<Award> {
    let totals: Vec<_> = candidates.iter().map(|candidate| Some(candidate.year_total)).collect();
    let ranks = competition_ranks(&totals).into_iter().map(|rank| rank.unwrap_or(u32::MAX));
    let mut order: Vec<_> = candidates.iter().copied().zip(ranks).collect();
    order.sort_by(|left, right| compare(&contender(&left.0), &contender(&right.0), chain, seed));
    let given = (1_u8..).zip(prizes).flat_map(|(prize, count)| (0..count).map(move |_| Some(prize)));
    order
        .into_iter()
        .zip(given.chain(std::iter::repeat(None)))
        .map(|((candidate, rank_in_group), prize)| Award { candidate, rank_in_group, prize })
        .collect()
}

fn contender(candidate: &Candidate) -> Contender {
    Contender {
        household: candidate.household,
        score: candidate.year_total,
        findings: candidate.findings,
        environment: candidate.environment,
        year_total: candidate.year_total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    fn candidate(number: u32, total: i32, findings: u32) -> Candidate {
        Candidate {
            household: Place::from_digits(&format!("440229100204001{number:04}")).expect("a household"),
            months_counted: 12,
            year_total: Points::from_tenths(total),
            findings,
            environment: Points::ZERO,
        }
    }

    #[test]
    fn prizes_follow_the_total_and_ties_follow_the_chain() {
        let chain = Rulebook::resolve([]).expect("defaults").redemption.tie_break;
        let candidates = [
            candidate(1, 11_000, 5),
            candidate(2, 11_500, 9),
            candidate(3, 11_000, 4),
            candidate(4, 10_000, 0),
        ];
        let list = award_list(&candidates, [1, 1, 1], &chain, &Digest::of(b""));
        let line = |award: &Award| {
            let household = award.candidate.household.digits();
            (household[15..].to_owned(), award.rank_in_group, award.prize)
        };
        assert_eq!(
            list.iter().map(line).collect::<Vec<_>>(),
            [
                ("0002".to_owned(), 1, Some(1)),
                ("0003".to_owned(), 2, Some(2)),
                ("0001".to_owned(), 2, Some(3)),
                ("0004".to_owned(), 4, None)
            ]
        );
    }

    #[test]
    fn who_is_not_there_in_december_or_never_scored_is_not_eligible() {
        assert!(is_eligible(true, 1));
        assert!(!is_eligible(false, 12));
        assert!(!is_eligible(true, 0));
    }
}
