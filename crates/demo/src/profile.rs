//! What stays with a household through the months: residence, taking part, tidiness.

use domain::households::Participation;
use domain::place::Place;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::dice::{Purpose, chance, stream};
use crate::plan::Plan;

/// What a household is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// 常住户
    pub(crate) resident: bool,
    /// 本村
    pub(crate) local: bool,
    /// From when to when it takes part, all known from the start.
    pub(crate) participation: Participation,
    /// How untidy it is among a hundred, 0 the tidiest.
    pub(crate) untidiness: u32,
    /// A roll that decides in which item it mostly fails.
    pub(crate) weakness: u32,
}

impl Profile {
    /// The profile of a household, in every month the same.
    pub(crate) fn of(plan: &Plan, household: &Place) -> Self {
        let mut dice = stream(plan.seed, Purpose::Profile, household, 0);
        let resident = !chance(&mut dice, 120);
        let local = !resident || !chance(&mut dice, 50);
        let unwilling = chance(&mut dice, if resident { 23 } else { 500 });
        let participation = if unwilling { Participation::default() } else { participation(plan, &mut dice) };
        let untidiness = dice.random_range(0..100);
        Self { resident, local, participation, untidiness, weakness: dice.random() }
    }

    /// How many acts a panel finds in an average month, in hundredths: from one in two months for
    /// the tidiest to nine a month.
    pub(crate) fn acts_in_hundredths(&self) -> u32 {
        60 + self.untidiness * self.untidiness / 12
    }
}

/// Most join in the first month and stay; three in a hundred join later, two leave before the end.
fn participation(plan: &Plan, dice: &mut ChaCha8Rng) -> Participation {
    let last = plan.months.saturating_sub(1);
    let joins_later = chance(dice, 30) && last > 0;
    let joined = if joins_later { dice.random_range(1..=last) } else { 0 };
    let leaves = chance(dice, 20) && joined < last;
    let left = leaves.then(|| plan.month(dice.random_range(joined + 1..=last)));
    Participation { joined: Some(plan.month(joined)), left }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::villages;
    use crate::sample;

    fn profiles(plan: &Plan) -> Vec<Profile> {
        let groups = villages(plan).flat_map(|village| village.groups);
        groups.flat_map(|group| group.household_codes()).map(|code| Profile::of(plan, &code)).collect()
    }

    /// How many in a thousand households are so.
    fn check(permille: std::ops::RangeInclusive<usize>, is_so: impl Fn(&Plan, &Profile) -> bool) {
        let plan = sample::plan(12_345);
        let profiles = profiles(&plan);
        let found = profiles.iter().filter(|profile| is_so(&plan, profile)).count() * 1000 / profiles.len();
        assert!(permille.contains(&found), "{found} of 1000, not {permille:?}");
    }

    #[test]
    fn one_in_eight_does_not_live_in_the_village() {
        check(105..=135, |_, profile| !profile.resident);
    }

    #[test]
    fn one_in_twelve_does_not_take_part() {
        check(70..=92, |_, profile| profile.participation.joined.is_none());
    }

    #[test]
    fn some_are_not_of_the_village_and_all_of_these_live_there() {
        check(34..=54, |_, profile| !profile.local);
        check(0..=0, |_, profile| !profile.local && !profile.resident);
    }

    #[test]
    fn few_join_later_and_fewer_leave() {
        let first = sample::plan(0).first_month;
        check(20..=36, |_, profile| profile.participation.joined.is_some_and(|joined| joined > first));
        check(12..=26, |_, profile| profile.participation.left.is_some());
    }

    #[test]
    fn whoever_leaves_took_part_for_a_month_of_the_plan() {
        check(0..=0, |plan, profile| {
            let lives_through = plan.span().any(|month| profile.participation.covers(month));
            profile.participation.left.is_some() && !lives_through
        });
    }

    #[test]
    fn a_plan_of_one_month_has_neither_late_nor_leaving_households() {
        let plan = Plan { months: 1, ..sample::plan(1_000) };
        let always = Participation { joined: Some(plan.first_month), left: None };
        for profile in profiles(&plan) {
            assert!([always, Participation::default()].contains(&profile.participation), "{profile:?}");
        }
    }
}
