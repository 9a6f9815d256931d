//! The county's places, as the file `divisions` lists them.

use domain::input::Division;
use domain::place::{Level, Place};

use crate::layout::villages;
use crate::place_names::place_name;
use crate::plan::Plan;

/// The county, its towns, villages and groups, each after the place it lies in.
pub fn divisions(plan: &Plan) -> Vec<Division> {
    let mut rows = vec![division(plan.seed, plan.county, None)];
    let mut town = None;
    for village in villages(plan) {
        let above = village.place.parent();
        if above != town {
            rows.extend(above.map(|above| division(plan.seed, above, Some(plan.county))));
            town = above;
        }
        rows.push(division(plan.seed, village.place, above));
        let groups = village.groups.iter();
        rows.extend(groups.map(|group| division(plan.seed, group.place, Some(village.place))));
    }
    rows
}

/// A place's row; a village is listed by its committee, as the statistical lists have it.
fn division(seed: u64, place: Place, parent: Option<Place>) -> Division {
    let level = place.level();
    let name = match level {
        Level::Village => format!("{}委会", place_name(seed, &place)),
        _ => place_name(seed, &place),
    };
    Division { place, parent, level, name }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::sample;

    fn count(rows: &[Division], level: Level) -> usize {
        rows.iter().filter(|row| row.level == level).count()
    }

    #[test]
    fn the_county_comes_first_and_every_place_after_its_parent() {
        let plan = sample::plan(12_345);
        let mut seen = BTreeSet::new();
        for row in divisions(&plan) {
            assert_eq!(row.parent, row.place.parent());
            assert!(row.parent.is_none_or(|parent| seen.contains(&parent)), "{row:?}");
            assert!(seen.insert(row.place), "{row:?}");
        }
        assert!(seen.contains(&plan.county));
    }

    #[test]
    fn the_county_is_named_as_a_demonstration() {
        let rows = divisions(&sample::plan(60));
        assert_eq!((rows[0].level, rows[0].name.as_str()), (Level::County, "演示县"));
        assert_eq!((count(&rows, Level::Town), count(&rows, Level::Village)), (1, 2));
        assert!(rows.iter().any(|row| row.name.ends_with("村委会")));
    }

    #[test]
    fn neighbours_have_different_names() {
        let mut names = BTreeMap::<_, BTreeSet<_>>::new();
        for row in divisions(&sample::plan(100_000)) {
            assert!(names.entry(row.parent).or_default().insert(row.name.clone()), "{row:?}");
        }
    }

    #[test]
    fn the_same_seed_lists_the_same_places_and_another_seed_others() {
        let plan = sample::plan(1_000);
        assert_eq!(divisions(&plan), divisions(&plan));
        assert_ne!(divisions(&plan), divisions(&Plan { seed: plan.seed + 1, ..plan }));
    }

    #[test]
    fn a_county_without_households_is_the_county_alone() {
        assert_eq!(divisions(&sample::plan(0)).len(), 1);
    }
}
