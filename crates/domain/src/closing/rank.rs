//! Competition rank: 1, 1, 3.

/// Rule R-24: equal scores share the better rank and the next rank skips as many (1, 1, 3); only
/// scored households are ranked.
///
/// Returns the rank of each entry, none for entries without a score.
///
/// Source: part four (五) 2 (1): 在村小组家庭积分中排名前15名; product §2.5.
pub fn competition_ranks<S: Ord + Copy>(scores: &[Option<S>]) -> Vec<Option<u32>> {
    let mut order: Vec<_> =
        scores.iter().enumerate().filter_map(|(at, score)| score.map(|s| (s, at))).collect();
    order.sort_unstable_by(|left, right| right.cmp(left));
    let mut ranks = vec![None; scores.len()];
    let mut shared: Option<(S, u32)> = None;
    for (place, (score, at)) in (1_u32..).zip(order) {
        let rank = match shared {
            Some((last, rank)) if last == score => rank,
            _ => place,
        };
        shared = Some((score, rank));
        ranks[at] = Some(rank);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_scores_share_a_rank_and_the_next_skips() {
        assert_eq!(
            competition_ranks(&[Some(90), Some(95), None, Some(95), Some(80)]),
            [Some(3), Some(1), None, Some(1), Some(4)]
        );
    }

    #[test]
    fn nobody_scored_nobody_ranked() {
        assert_eq!(competition_ranks::<i32>(&[None, None]), [None, None]);
    }

    proptest! {
        #[test]
        fn a_rank_is_one_more_than_the_number_of_better_scores(scores in prop::collection::vec(prop::option::of(0..20i32), 0..60)) {
            let ranks = competition_ranks(&scores);
            for (score, rank) in scores.iter().zip(&ranks) {
                let better = score.map(|own| scores.iter().flatten().filter(|other| **other > own).count());
                prop_assert_eq!(rank.map(|rank| rank as usize), better.map(|better| better + 1));
            }
        }
    }
}
