//! What the next version of a month moves.

use crate::closing::{HouseholdResult, Tier};
use crate::place::Place;
use crate::points::Points;
use crate::scoring::Status;

/// One side of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What became of the visit.
    pub status: Status,
    /// 本月总分
    pub score: Option<Points>,
    /// 组内名次
    pub rank_in_group: Option<u32>,
    /// 年度累计
    pub year_total: Points,
    /// 是否符合兑换
    pub qualifies: bool,
    /// 档次
    pub tier: Option<Tier>,
}

/// A household that a new version moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The household.
    pub household: Place,
    /// The group where it was in the month.
    pub group: Place,
    /// What the version before said; none where it was not in it.
    pub before: Option<Standing>,
    /// What the new version says; none where it no longer is.
    pub after: Option<Standing>,
}

impl Movement {
    /// Whether the household newly redeems (补领).
    pub fn newly_qualifies(&self) -> bool {
        self.after.is_some_and(|after| after.qualifies) && !self.before.is_some_and(|before| before.qualifies)
    }

    /// Whether the household no longer redeems; goods already handed out stay.
    pub fn no_longer_qualifies(&self) -> bool {
        self.before.is_some_and(|before| before.qualifies) && !self.after.is_some_and(|after| after.qualifies)
    }
}

/// Rule R-45: a correction ranks the whole group again; every household whose score, rank, total,
/// qualification or tier differs from the version before is part of the published difference.
///
/// Both lists stand in the order of household codes.
///
/// Source: product §2.7.
pub fn difference(before: &[HouseholdResult], after: &[HouseholdResult]) -> Vec<Movement> {
    let mut moved = Vec::new();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let (household, group) = match (old.peek(), new.peek()) {
            (None, None) => return moved,
            (Some(one), None) | (None, Some(one)) => (one.household, one.group),
            (Some(before), Some(after)) if before.household < after.household => {
                (before.household, before.group)
            }
            (Some(_), Some(after)) => (after.household, after.group),
        };
        let before = old.next_if(|result| result.household == household).map(standing);
        let after = new.next_if(|result| result.household == household).map(standing);
        if before != after {
            moved.push(Movement { household, group, before, after });
        }
    }
}

fn standing(result: &HouseholdResult) -> Standing {
    Standing {
        status: result.status,
        score: result.score,
        rank_in_group: result.rank_in_group,
        year_total: result.year_total,
        qualifies: result.qualifies,
        tier: result.tier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(number: u32, score: i32, rank: u32, qualifies: bool) -> HouseholdResult {
        let household = Place::from_digits(&format!("440229100204001{number:04}")).expect("a household");
        HouseholdResult {
            household,
            group: household.parent().expect("a group"),
            status: Status::Scored,
            score: Some(Points::from_tenths(score)),
            environment: Some(Points::from_tenths(score)),
            findings: 0,
            rank_in_group: Some(rank),
            rank_in_village: Some(rank),
            year_total: Points::from_tenths(score),
            qualifies,
            tier: None,
        }
    }

    #[test]
    fn who_did_not_move_is_not_in_the_difference() {
        let before = [result(1, 900, 1, true), result(2, 800, 2, true)];
        assert_eq!(difference(&before, &before), []);
    }

    #[test]
    fn a_correction_moves_the_neighbours_too() {
        let before = [result(1, 900, 1, true), result(2, 850, 2, true), result(3, 700, 3, false)];
        let after = [result(1, 790, 2, false), result(2, 850, 1, true), result(3, 700, 3, false)];
        let moved = difference(&before, &after);
        assert_eq!(moved.len(), 2);
        assert!(moved[0].no_longer_qualifies() && !moved[0].newly_qualifies());
        assert_eq!(moved[1].after.and_then(|after| after.rank_in_group), Some(1));
    }

    #[test]
    fn whoever_has_moved_since_is_told_of_where_it_was_in_the_month() {
        let elsewhere = Place::from_digits("440229100204002").expect("a group");
        let before = HouseholdResult { group: elsewhere, ..result(1, 900, 1, true) };
        let after = HouseholdResult { group: elsewhere, ..result(1, 790, 1, false) };
        let moved = difference(&[before], &[after]);
        assert_eq!(moved.iter().map(|one| one.group).collect::<Vec<_>>(), [elsewhere]);
    }

    #[test]
    fn a_household_that_only_one_version_has_is_a_movement() {
        let moved = difference(&[result(1, 900, 1, true)], &[result(2, 900, 1, true)]);
        assert_eq!(
            moved.iter().map(|one| (one.before.is_some(), one.after.is_some())).collect::<Vec<_>>(),
            [(true, false), (false, true)]
        );
    }
}
