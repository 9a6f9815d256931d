//! How the county's households fall into towns, villages and groups.
//!
//! A whole is cut into parts of about the same size whose borders are each moved by a throw of their
//! own: every part is known without the others, and together they are exactly the whole.

use std::ops::Range;

use domain::place::Place;
use rand::RngExt;

use crate::dice::{Purpose, stream};
use crate::plan::Plan;

/// The households of an average village.
const VILLAGE: u32 = 600;
/// The villages of an average town.
const TOWN: u32 = 20;
/// Below so many households a county has a single village.
const ONE_VILLAGE: u32 = 40;
/// The first town's number: towns proper begin at 100 in the statistical codes.
const FIRST_TOWN: u32 = 100;
/// The first village's number: villages proper begin at 201, after the town's own neighbourhoods.
const FIRST_VILLAGE: u32 = 201;

/// A village (村) with its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Village {
    /// The village.
    pub place: Place,
    /// Its groups, in the order of their codes.
    pub groups: Vec<Group>,
}

/// A village group (村小组) with the number of its households.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The group.
    pub place: Place,
    /// How many households are registered in it.
    pub households: u32,
}

impl Village {
    /// How many households are registered in all its groups.
    pub fn households(&self) -> u32 {
        self.groups.iter().map(|group| group.households).sum()
    }
}

impl Group {
    /// The codes of its households, in order.
    pub fn household_codes(&self) -> impl Iterator<Item = Place> + use<> {
        let group = *self;
        (1..=group.households).filter_map(move |number| numbered(&group.place, number, 4))
    }
}

/// The villages of the plan in the order of their codes, made one by one as they are asked for.
pub fn villages(plan: &Plan) -> impl Iterator<Item = Village> + use<> {
    let plan = *plan;
    let villages = village_count(plan.households);
    let towns = Cut::new(&plan, Purpose::TownShare, villages, town_count(villages));
    let shares = Cut::new(&plan, Purpose::VillageShare, plan.households, villages);
    (0..towns.parts).flat_map(move |town| {
        let place = numbered(&plan.county, FIRST_TOWN + town, 3);
        let numbers = towns.part(town);
        let first = numbers.start;
        numbers.filter_map(move |at| {
            let place = numbered(&place?, FIRST_VILLAGE + (at - first), 3)?;
            Some(village(plan.seed, place, shares.size(at)))
        })
    })
}

fn village(seed: u64, place: Place, households: u32) -> Village {
    let parts = group_count(households);
    let average = households / parts;
    let spread = match average {
        20..=50 => (average - 20).min(50 - average) / 2,
        _ => average / 8,
    };
    let shares = Cut { seed, purpose: Purpose::GroupShare, place, whole: households, parts, spread };
    let group = |at: u32| {
        let place = numbered(&place, at + 1, 3)?;
        Some(Group { place, households: shares.size(at) })
    };
    Village { place, groups: (0..parts).filter_map(group).collect() }
}

/// A whole cut into parts, each border moved by at most `spread` either way.
#[derive(Debug, Clone, Copy)]
struct Cut {
    seed: u64,
    purpose: Purpose,
    place: Place,
    whole: u32,
    parts: u32,
    spread: u32,
}

impl Cut {
    /// A cut of the county, its borders moved by up to a quarter of a part.
    fn new(plan: &Plan, purpose: Purpose, whole: u32, parts: u32) -> Self {
        let spread = whole.checked_div(parts).unwrap_or(0) / 4;
        Self { seed: plan.seed, purpose, place: plan.county, whole, parts, spread }
    }

    fn part(&self, at: u32) -> Range<u32> {
        self.border(at)..self.border(at + 1)
    }

    fn size(&self, at: u32) -> u32 {
        let part = self.part(at);
        part.end.saturating_sub(part.start)
    }

    fn border(&self, at: u32) -> u32 {
        if at == 0 {
            return 0;
        }
        if at >= self.parts {
            return self.whole;
        }
        let even = u64::from(self.whole) * u64::from(at) / u64::from(self.parts);
        let even = u32::try_from(even).unwrap_or(self.whole);
        let moved = stream(self.seed, self.purpose, &self.place, at).random_range(0..=2 * self.spread);
        even.saturating_add(moved).saturating_sub(self.spread)
    }
}

fn village_count(households: u32) -> u32 {
    let even = households.saturating_add(VILLAGE / 2) / VILLAGE;
    match households {
        0 => 0,
        1..ONE_VILLAGE => 1,
        _ => even.max(2),
    }
}

fn town_count(villages: u32) -> u32 {
    if villages == 0 { 0 } else { ((villages + TOWN / 2) / TOWN).clamp(1, 900) }
}

/// Groups of about 35 households: 12 to 22 in a village, fewer where these would be too small.
fn group_count(households: u32) -> u32 {
    let least = ((households + 11) / 22).clamp(1, 12);
    ((households + 17) / 35).clamp(least, 22)
}

/// The place inside `place` that carries a number of `width` digits; none when that is no place.
fn numbered(place: &Place, number: u32, width: usize) -> Option<Place> {
    Place::from_digits(&format!("{}{number:0width$}", place.digits()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::place::Level;
    use proptest::prelude::*;

    use super::*;
    use crate::sample;

    fn total(plan: &Plan) -> u32 {
        villages(plan).map(|village| village.households()).sum()
    }

    #[test]
    fn every_planned_household_is_somewhere() {
        for households in [0, 1, 39, 40, 60, 1_000, 12_345, 100_000] {
            assert_eq!(total(&sample::plan(households)), households);
        }
    }

    #[test]
    fn sixty_households_are_one_town_two_villages_and_two_or_three_groups() {
        for seed in 0..40 {
            let villages: Vec<_> = villages(&Plan { seed, ..sample::plan(60) }).collect();
            let groups: usize = villages.iter().map(|village| village.groups.len()).sum();
            let towns: BTreeSet<_> = villages.iter().map(|village| village.place.parent()).collect();
            assert_eq!((towns.len(), villages.len()), (1, 2));
            assert!((2..=3).contains(&groups), "{groups} groups");
        }
    }

    #[test]
    fn a_large_county_has_villages_and_groups_of_plausible_size() {
        for village in villages(&sample::plan(100_000)) {
            assert!((250..=950).contains(&village.households()), "{village:?}");
            assert!((11..=22).contains(&village.groups.len()), "{village:?}");
            assert!(village.groups.iter().all(|group| (20..=51).contains(&group.households)), "{village:?}");
        }
    }

    #[test]
    fn a_large_county_has_towns_of_about_twenty_villages() {
        let mut sizes = std::collections::BTreeMap::<_, u32>::new();
        for village in villages(&sample::plan(100_000)) {
            *sizes.entry(village.place.parent()).or_default() += 1;
        }
        assert_eq!(sizes.len(), 8);
        assert!(sizes.values().all(|villages| (10..=32).contains(villages)), "{sizes:?}");
    }

    #[test]
    fn codes_are_of_their_level_inside_the_county_and_stand_once() {
        let plan = sample::plan(12_345);
        let mut codes = BTreeSet::new();
        for village in villages(&plan) {
            assert_eq!(village.place.level(), Level::Village);
            assert!(plan.county.contains(&village.place));
            for group in &village.groups {
                assert_eq!(group.place.parent(), Some(village.place));
                assert_eq!(group.place.level(), Level::Group);
                assert!(group.household_codes().all(|household| household.parent() == Some(group.place)));
                codes.extend(group.household_codes());
            }
        }
        assert_eq!(codes.len(), 12_345);
    }

    #[test]
    fn another_seed_draws_other_borders() {
        let plan = sample::plan(12_345);
        assert!(villages(&plan).eq(villages(&plan)));
        assert!(!villages(&plan).eq(villages(&Plan { seed: 8, ..plan })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_household_is_lost_and_no_group_is_empty(households in 0..6_000_u32, seed: u64) {
            let plan = Plan { seed, ..sample::plan(households) };
            prop_assert_eq!(total(&plan), households);
            prop_assert!(villages(&plan).all(|village| village.groups.iter().all(|group| group.households > 0)));
        }
    }
}
