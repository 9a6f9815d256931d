//! How many win: 30 % of the resident households, split 20/30/50, in integers.

use crate::rulebook::AwardRule;

/// The resident households of a group on 31 December (常住户数).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// How many.
    pub households: u32,
    /// Whether a certified number replaced the count.
    pub certified: bool,
}

/// The prizes of a group (奖励名额).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What the share gives, before the cap (名额).
    pub nominal: u32,
    /// How many can win at all (符合条件).
    pub eligible: u32,
    /// What is given out (实设).
    pub total: u32,
    /// First, second and third prizes.
    pub prizes: [u32; 3],
}

/// Rule R-46: the base of a group is its resident households on 31 December, taking part or not;
/// a certified number entered for the group and year replaces the count.
///
/// Source: part four (五) 2 (3): 每个村小组按照常住户数的30%设置奖励名额; product §2.9.
pub fn base(counted: u32, certified: Option<u32>) -> Base {
    Base { households: certified.unwrap_or(counted), certified: certified.is_some() }
}

/// Rule R-47: the quota is 30 % of the base, rounded half up, at least 1, at most the number of
/// eligible households.
///
/// Source: part four (五) 2 (3); rounding and bounds are ours.
pub fn quota(base: Base, eligible: u32, rule: &AwardRule) -> Quota {
    let share = (u64::from(base.households) * u64::from(rule.share_percent) * 2 + 100) / 200;
    let nominal = u32::try_from(share).unwrap_or(u32::MAX).max(1);
    let total = nominal.min(eligible);
    Quota { nominal, eligible, total, prizes: split(total, rule) }
}

/// Rule R-48: the quota is split 20/30/50 by largest remainder; equal remainders go to the higher
/// prize; (setting) at least one first prize, taken from the lowest prize that has any.
///
/// Source: part four (五) 2 (3): 一、二、三等奖分别占奖励总名额的20%、30%、50%.
pub fn split(total: u32, rule: &AwardRule) -> [u32; 3] {
    let shares = rule.split_percent.map(|percent| u64::from(total) * u64::from(percent));
    let mut prizes = shares.map(|share| u32::try_from(share / 100).unwrap_or(u32::MAX));
    let mut order = [0, 1, 2];
    order.sort_by_key(|prize| std::cmp::Reverse(shares[*prize] % 100));
    let left = total - prizes.iter().sum::<u32>();
    for prize in order.into_iter().cycle().take(usize::try_from(left).unwrap_or(0)) {
        prizes[prize] += 1;
    }
    if rule.at_least_one_first
        && prizes[0] == 0
        && let Some(lowest) = (1..3).rev().find(|prize| prizes[*prize] > 0)
    {
        prizes[lowest] -= 1;
        prizes[0] = 1;
    }
    prizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;
    use proptest::prelude::*;

    fn rule() -> AwardRule {
        Rulebook::resolve([]).expect("defaults").awards
    }

    fn check(households: u32, eligible: u32, total: u32, prizes: [u32; 3]) {
        let quota = quota(base(households, None), eligible, &rule());
        assert_eq!((quota.total, quota.prizes), (total, prizes), "{households} households");
    }

    #[test]
    fn thirty_percent_is_rounded_half_up() {
        check(7, 7, 2, [0, 1, 1]);
        check(5, 5, 2, [0, 1, 1]);
        check(4, 4, 1, [0, 0, 1]);
        check(35, 35, 11, [2, 3, 6]);
        check(38, 38, 11, [2, 3, 6]);
        check(50, 50, 15, [3, 5, 7]);
        check(100, 100, 30, [6, 9, 15]);
    }

    #[test]
    fn there_is_at_least_one_prize_and_never_more_than_households() {
        check(1, 1, 1, [0, 0, 1]);
        check(0, 3, 1, [0, 0, 1]);
        check(40, 5, 5, [1, 2, 2]);
        check(40, 0, 0, [0, 0, 0]);
    }

    #[test]
    fn a_certified_number_replaces_the_count() {
        assert_eq!(base(33, Some(40)), Base { households: 40, certified: true });
        assert_eq!(base(33, None), Base { households: 33, certified: false });
    }

    #[test]
    fn one_first_prize_can_be_guaranteed() {
        let rule = AwardRule { at_least_one_first: true, ..rule() };
        assert_eq!(split(2, &rule), [1, 1, 0]);
        assert_eq!(split(1, &rule), [1, 0, 0]);
        assert_eq!(split(0, &rule), [0, 0, 0]);
        assert_eq!(split(11, &rule), [2, 3, 6]);
    }

    proptest! {
        #[test]
        fn the_split_sums_to_the_quota_and_strays_less_than_one(total in 0..5000u32) {
            let prizes = split(total, &rule());
            prop_assert_eq!(prizes.iter().sum::<u32>(), total);
            for (prize, percent) in prizes.iter().zip([20, 30, 50]) {
                prop_assert!((i64::from(*prize) * 100 - i64::from(total) * percent).abs() < 100);
            }
        }
    }
}
