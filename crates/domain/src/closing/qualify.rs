//! Who may redeem, and in which tier.

use super::rank::competition_ranks;
use super::tie_break::{Contender, compare};
use crate::canonical::Digest;
use crate::points::Points;
use crate::rulebook::{RedemptionRule, TiePolicy};

/// A tier of goods (档次), first to fourth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tier(u8);

impl Tier {
    /// The tier of a number from 1 to 4.
    pub fn new(number: i16) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| (1..=4).contains(number)).map(Self)
    }

    /// 1 for the first tier.
    pub fn number(self) -> i16 {
        i16::from(self.0)
    }

    /// 第一档次 to 第四档次.
    pub fn title(self) -> &'static str {
        ["第一档次", "第二档次", "第三档次", "第四档次"][usize::from(self.0 - 1)]
    }
}

/// Rule R-27: a household redeems when it has at least 80 points *and* ranks in the group's top 15,
/// both inclusive. Tied at the last place: all who share the rank (default); unless more than
/// `max_places` would, then the chain fills exactly 15; or always the chain.
///
/// Takes the scored households of one group that are in scope; returns whether each qualifies.
///
/// Source: part four (五) 2 (1): 每月家庭积分达80分以上且在村小组家庭积分中排名前15名的.
pub fn qualifying(contenders: &[Contender], rule: &RedemptionRule, seed: &Digest) -> Vec<bool> {
    match rule.ties {
        TiePolicy::All => sharing_the_rank(contenders, rule),
        TiePolicy::Chain => filling_the_places(contenders, rule, seed),
        TiePolicy::AllUpTo(most) => {
            let shared = sharing_the_rank(contenders, rule);
            let count = u32::try_from(shared.iter().filter(|qualifies| **qualifies).count());
            if count.is_ok_and(|count| count <= most) {
                shared
            } else {
                filling_the_places(contenders, rule, seed)
            }
        }
    }
}

/// Rule R-28: 95 points and more are the first tier, 90 the second, 85 the third, 80 the fourth; only
/// a household that redeems has a tier.
///
/// Source: part four (五) 2 (1): 物品设四个档次.
pub fn tier(score: Points, rule: &RedemptionRule) -> Option<Tier> {
    (1..).zip(rule.tiers).find(|(_, least)| score >= *least).and_then(|(number, _)| Tier::new(number))
}

fn sharing_the_rank(contenders: &[Contender], rule: &RedemptionRule) -> Vec<bool> {
    let scores: Vec<_> = contenders.iter().map(|contender| Some(contender.score)).collect();
    let ranks = competition_ranks(&scores);
    contenders
        .iter()
        .zip(ranks)
        .map(|(contender, rank)| {
            contender.score >= rule.minimum && rank.is_some_and(|rank| rank <= rule.places)
        })
        .collect()
}

fn filling_the_places(contenders: &[Contender], rule: &RedemptionRule, seed: &Digest) -> Vec<bool> {
    let mut order: Vec<_> =
        (0..contenders.len()).filter(|at| contenders[*at].score >= rule.minimum).collect();
    order.sort_by(|left, right| compare(&contenders[*left], &contenders[*right], &rule.tie_break, seed));
    let mut qualifies = vec![false; contenders.len()];
    for at in order.into_iter().take(usize::try_from(rule.places).unwrap_or(usize::MAX)) {
        qualifies[at] = true;
    }
    qualifies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::rulebook::Rulebook;
    use proptest::prelude::*;

    fn rule(ties: TiePolicy) -> RedemptionRule {
        RedemptionRule { ties, ..Rulebook::resolve([]).expect("defaults").redemption }
    }

    /// A group with these scores in tenths; findings count up so that the chain follows the order.
    fn group(scores: &[i32]) -> Vec<Contender> {
        let contender = |(at, score): (u32, &i32)| Contender {
            household: Place::from_digits(&format!("440229100204001{at:04}")).expect("a household"),
            score: Points::from_tenths(*score),
            findings: at,
            environment: Points::ZERO,
            year_total: Points::ZERO,
        };
        (1..).zip(scores).map(contender).collect()
    }

    /// Ranks `rank` with `score`, all better ones having 100 points.
    fn check(rank: usize, score: i32, expected: bool) {
        let mut scores = vec![1000; rank - 1];
        scores.push(score);
        assert_eq!(
            qualifying(&group(&scores), &rule(TiePolicy::All), &Digest::of(b"")).last(),
            Some(&expected)
        );
    }

    #[test]
    fn rank_fifteen_with_eighty_points_redeems() {
        check(15, 800, true);
    }

    #[test]
    fn rank_sixteen_does_not_whatever_the_score() {
        check(16, 999, false);
    }

    #[test]
    fn seventy_nine_point_nine_does_not_whatever_the_rank() {
        check(1, 799, false);
    }

    #[test]
    fn a_tie_at_fifteen_admits_all_by_default() {
        let mut scores = vec![1000; 14];
        scores.extend([900, 900, 900, 890]);
        let count = |ties| {
            let qualifies = qualifying(&group(&scores), &rule(ties), &Digest::of(b""));
            qualifies.iter().filter(|one| **one).count()
        };
        assert_eq!(count(TiePolicy::All), 17);
        assert_eq!(count(TiePolicy::AllUpTo(17)), 17);
        assert_eq!(count(TiePolicy::AllUpTo(16)), 15);
        assert_eq!(count(TiePolicy::Chain), 15);
    }

    #[test]
    fn the_chain_admits_the_one_with_fewer_findings() {
        let mut scores = vec![1000; 14];
        scores.extend([900, 900]);
        let mut contenders = group(&scores);
        contenders[15].findings = 0;
        let qualifies = qualifying(&contenders, &rule(TiePolicy::Chain), &Digest::of(b""));
        assert_eq!((qualifies[14], qualifies[15]), (false, true));
    }

    #[test]
    fn tiers_begin_at_their_points() {
        let rule = rule(TiePolicy::All);
        let number = |tenths| tier(Points::from_tenths(tenths), &rule).map(Tier::number);
        assert_eq!(
            [1000, 950, 949, 900, 899, 850, 849, 800, 799].map(number),
            [Some(1), Some(1), Some(2), Some(2), Some(3), Some(3), Some(4), Some(4), None]
        );
    }

    proptest! {
        #[test]
        fn the_chain_never_admits_more_than_the_places_nor_a_lower_score_over_a_higher(
            scores in prop::collection::vec(700..=1000i32, 0..50),
        ) {
            let contenders = group(&scores);
            let admitted = qualifying(&contenders, &rule(TiePolicy::Chain), &Digest::of(b"s"));
            prop_assert!(admitted.iter().filter(|one| **one).count() <= 15);
            let least_in = contenders.iter().zip(&admitted).filter(|(_, yes)| **yes).map(|(one, _)| one.score).min();
            let most_out = contenders.iter().zip(&admitted).filter(|(_, yes)| !**yes).map(|(one, _)| one.score).max();
            if let (Some(least), Some(most)) = (least_in, most_out) {
                prop_assert!(least >= most);
            }
            let shared = qualifying(&contenders, &rule(TiePolicy::All), &Digest::of(b"s"));
            prop_assert!(admitted.iter().zip(&shared).all(|(chain, all)| !chain || *all));
        }
    }
}
