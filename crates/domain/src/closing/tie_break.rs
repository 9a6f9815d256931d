//! Who goes first among equal scores.

use std::cmp::Ordering;

use crate::canonical::Digest;
use crate::place::Place;
use crate::points::Points;
use crate::rulebook::TieBreak;

/// What the chain looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contender {
    /// The household.
    pub household: Place,
    /// What is ranked: the month's score, or the year's total.
    pub score: Points,
    /// Acts found.
    pub findings: u32,
    /// 人居环境得分.
    pub environment: Points,
    /// The year's total.
    pub year_total: Points,
}

/// Rule R-25: of equal scores fewer findings go first, then higher 人居环境 points, then the higher
/// total of the year, then the lot; the order is a setting and ends with the lot.
///
/// `Less` means that `left` goes first.
///
/// Source: product §2.5.
pub fn compare(left: &Contender, right: &Contender, chain: &[TieBreak], seed: &Digest) -> Ordering {
    let by_score = right.score.cmp(&left.score);
    chain.iter().fold(by_score, |decided, link| {
        decided.then_with(|| match link {
            TieBreak::FewerFindings => left.findings.cmp(&right.findings),
            TieBreak::Environment => right.environment.cmp(&left.environment),
            TieBreak::YearTotal => right.year_total.cmp(&left.year_total),
            TieBreak::Lot => lot(seed, &left.household).cmp(&lot(seed, &right.household)),
        })
    })
}

/// Rule R-26: the lot is the SHA-256 of the ASCII text `<seed><household code>`, ascending; the seed
/// is the 64 hex digits of the village's last closed hash before version 1 of the month (the
/// county's genesis value if none), kept for all later versions.
///
/// Source: product §2.5.
pub fn lot(seed: &Digest, household: &Place) -> Digest {
    Digest::of(format!("{}{}", seed.hex(), household.digits()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHAIN: [TieBreak; 4] =
        [TieBreak::FewerFindings, TieBreak::Environment, TieBreak::YearTotal, TieBreak::Lot];

    fn contender(number: u32, score: i32, findings: u32, environment: i32, year_total: i32) -> Contender {
        Contender {
            household: Place::from_digits(&format!("440229100204001{number:04}")).expect("a household"),
            score: Points::from_tenths(score),
            findings,
            environment: Points::from_tenths(environment),
            year_total: Points::from_tenths(year_total),
        }
    }

    fn check(first: Contender, second: Contender) {
        let seed = Digest::of(b"seed");
        assert_eq!(compare(&first, &second, &CHAIN, &seed), Ordering::Less);
        assert_eq!(compare(&second, &first, &CHAIN, &seed), Ordering::Greater);
    }

    #[test]
    fn each_link_decides_when_those_before_are_equal() {
        check(contender(1, 910, 9, 0, 0), contender(2, 900, 0, 700, 9000));
        check(contender(1, 900, 1, 0, 0), contender(2, 900, 2, 700, 9000));
        check(contender(1, 900, 1, 650, 0), contender(2, 900, 1, 640, 9000));
        check(contender(1, 900, 1, 650, 5000), contender(2, 900, 1, 650, 4990));
    }

    #[test]
    fn the_lot_can_be_recomputed_with_any_sha_256_tool() {
        let seed = Digest::of(b"");
        let household = Place::from_digits("4402291002040010007").expect("a household");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8554402291002040010007";
        assert_eq!(lot(&seed, &household), Digest::of(text.as_bytes()));
    }

    #[test]
    fn another_seed_draws_another_lot() {
        let order = |seed: &[u8]| {
            let mut all: Vec<_> = (1..=20).map(|number| contender(number, 900, 0, 0, 0)).collect();
            all.sort_by(|left, right| compare(left, right, &CHAIN, &Digest::of(seed)));
            all.iter().map(|one| one.household).collect::<Vec<_>>()
        };
        assert_ne!(order(b"one"), order(b"two"));
        assert_eq!(order(b"one"), order(b"one"));
    }

    proptest! {
        #[test]
        fn two_different_households_are_never_equal(a in 1..9999u32, b in 1..9999u32) {
            let compared = compare(&contender(a, 900, 0, 0, 0), &contender(b, 900, 0, 0, 0), &CHAIN, &Digest::of(b"s"));
            prop_assert_eq!(compared == Ordering::Equal, a == b);
        }
    }
}
