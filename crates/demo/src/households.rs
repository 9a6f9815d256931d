//! The village's register, as the file `households` lists it.

use domain::input::Household;
use domain::place::Place;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::dice::{Purpose, chance, stream, weighted};
use crate::layout::{Group, Village};
use crate::people;
use crate::place_names::place_name;
use crate::plan::Plan;
use crate::profile::Profile;

/// How many people a household of the village registers, with weights.
const MEMBERS: [(u16, u32); 8] = [(1, 6), (2, 14), (3, 20), (4, 24), (5, 18), (6, 11), (7, 5), (8, 2)];

/// The village's households in the order of their codes, whether they take part or not.
///
/// One in eight does not live there, one in twelve does not take part; the dates of joining and
/// leaving over the whole plan are known from the start.
pub fn households(plan: &Plan, village: &Village) -> Vec<Household> {
    let name = place_name(plan.seed, &village.place);
    let mut rows = Vec::with_capacity(usize::try_from(village.households()).unwrap_or(0));
    for group in &village.groups {
        let street = format!("{name}{}", place_name(plan.seed, &group.place));
        for (number, code) in (1_u32..).zip(group.household_codes()) {
            rows.push(household(plan, group, code, format!("{street}{number}号")));
        }
    }
    rows
}

fn household(plan: &Plan, group: &Group, code: Place, address: String) -> Household {
    let profile = Profile::of(plan, &code);
    let mut dice = stream(plan.seed, Purpose::Person, &code, 0);
    let head_name = people::name(&mut dice);
    let phone = chance(&mut dice, 900).then(|| people::phone(&mut dice));
    let (members_registered, members_resident) = members(&profile, &mut dice);
    Household {
        household: code,
        group: group.place,
        head_name,
        phone,
        members_registered,
        members_resident,
        resident: profile.resident,
        local: profile.local,
        address: chance(&mut dice, 970).then_some(address),
        participation: profile.participation,
    }
}

/// People registered and people living here: who moved in is registered elsewhere, who moved away
/// lives elsewhere.
fn members(profile: &Profile, dice: &mut ChaCha8Rng) -> (u16, u16) {
    let people = weighted(dice, &MEMBERS).copied().unwrap_or(4);
    if !profile.local {
        (0, people)
    } else if profile.resident {
        (people, dice.random_range(1..=people))
    } else {
        (people, 0)
    }
}

#[cfg(test)]
mod tests {
    use domain::households::Participation;

    use super::*;
    use crate::layout::villages;
    use crate::people::FAKE_PHONE_PREFIX;
    use crate::sample;

    fn all(plan: &Plan) -> Vec<Household> {
        villages(plan).flat_map(|village| households(plan, &village)).collect()
    }

    #[test]
    fn the_register_has_exactly_as_many_households_as_planned() {
        for count in [60, 1_000, 12_345] {
            let rows = all(&sample::plan(count));
            assert_eq!(u32::try_from(rows.len()).expect("few rows"), count);
            assert!(rows.windows(2).all(|pair| pair[0].household < pair[1].household));
        }
    }

    #[test]
    fn every_row_is_one_that_the_register_accepts() {
        for row in all(&sample::plan(1_000)) {
            assert_eq!(row.household.parent(), Some(row.group));
            assert_eq!(row.participation.check_change(Participation::default(), None), Ok(()), "{row:?}");
            assert!(!row.head_name.is_empty());
            assert_eq!(row.resident, row.members_resident > 0, "{row:?}");
            assert_eq!(row.local, row.members_registered > 0, "{row:?}");
        }
    }

    #[test]
    fn every_phone_carries_the_fake_prefix() {
        let rows = all(&sample::plan(1_000));
        let phones: Vec<_> = rows.iter().filter_map(|row| row.phone.as_deref()).collect();
        assert!((850..=950).contains(&phones.len()), "{} phones", phones.len());
        assert!(phones.iter().all(|phone| phone.starts_with(FAKE_PHONE_PREFIX)));
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
        let plan = sample::plan(1_000);
        assert_eq!(all(&plan), all(&plan));
        assert_ne!(all(&plan), all(&Plan { seed: plan.seed + 1, ..plan }));
    }

    #[test]
    fn a_village_on_its_own_is_the_same_as_among_the_others() {
        let plan = sample::plan(12_345);
        let last = villages(&plan).last().expect("a village");
        let together: Vec<_> =
            all(&plan).into_iter().filter(|row| last.place.contains(&row.household)).collect();
        assert_eq!(households(&plan, &last), together);
    }
}
