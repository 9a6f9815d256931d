//! The village's panels, as the file `panels` lists their members.

use std::collections::BTreeSet;

use domain::input::PanelMember;
use domain::panels::Capacity;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::dice::{Purpose, stream};
use crate::layout::{Group, Village};
use crate::people;
use crate::plan::Plan;

const NUMERALS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// The members of the village's panels: a panel for about eight groups, three to seven members each,
/// of whom the first leads; every group is scored by one panel.
pub fn panels(plan: &Plan, village: &Village) -> Vec<PanelMember> {
    let mut rows = Vec::new();
    let mut names = BTreeSet::new();
    for (number, (panel, groups)) in (0_u32..).zip(shares(village)) {
        let mut dice = stream(plan.seed, Purpose::Panel, &village.place, number);
        for at in 0..dice.random_range(3..=7_usize) {
            rows.push(PanelMember {
                village: village.place,
                panel: panel.clone(),
                member: new_name(&mut dice, &mut names),
                capacity: capacity(at, groups.len()),
                is_leader: at == 0,
                groups: groups.iter().map(|group| group.place).collect(),
            });
        }
    }
    rows
}

/// The village's panels by name, each with the groups it scores.
pub(crate) fn shares(village: &Village) -> Vec<(String, &[Group])> {
    let groups = village.groups.len();
    let panels = ((groups + 4) / 8).max(1);
    let share = |panel: usize| &village.groups[panel * groups / panels..(panel + 1) * groups / panels];
    (0..panels).map(|panel| (panel_name(panel), share(panel))).collect()
}

fn panel_name(panel: usize) -> String {
    match NUMERALS.get(panel) {
        Some(numeral) => format!("第{numeral}评分组"),
        None => format!("第{}评分组", panel + 1),
    }
}

/// A cadre leads; group leaders, no more than there are groups, and representatives take turns.
fn capacity(at: usize, groups: usize) -> Capacity {
    match at {
        0 => Capacity::Cadre,
        _ if at % 2 == 1 && at / 2 < groups => Capacity::GroupLeader,
        _ => Capacity::Representative,
    }
}

/// A name that nobody else on the village's panels has.
fn new_name(dice: &mut ChaCha8Rng, names: &mut BTreeSet<String>) -> String {
    loop {
        let name = people::name(dice);
        if names.insert(name.clone()) {
            return name;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::canonical::Digest;
    use domain::month::Month;
    use domain::panels::{Member, Panel, check_composition};
    use domain::place::Place;
    use domain::rulebook::Rulebook;

    use super::*;
    use crate::layout::villages;
    use crate::sample;

    fn as_panels(rows: &[PanelMember]) -> Vec<Panel> {
        let mut panels = BTreeMap::<&str, Panel>::new();
        for row in rows {
            let panel = panels.entry(&row.panel).or_insert_with(|| Panel {
                revision: 1,
                effective: Month::new(2026, 1).expect("a month"),
                name: row.panel.clone(),
                groups: row.groups.clone(),
                members: Vec::new(),
            });
            assert_eq!(panel.groups, row.groups, "{row:?}");
            panel.members.push(Member {
                name: Digest::of(row.member.as_bytes()),
                capacity: row.capacity,
                is_leader: row.is_leader,
            });
        }
        panels.into_values().collect()
    }

    #[test]
    fn every_panel_may_sign_and_every_group_is_scored_by_one() {
        let rule = Rulebook::resolve([]).expect("the defaults").panels;
        let plan = sample::plan(12_345);
        for village in villages(&plan) {
            let panels = as_panels(&panels(&plan, &village));
            assert_eq!(check_composition(&panels, &rule), []);
            let mut covered: Vec<Place> = panels.iter().flat_map(|panel| panel.groups.clone()).collect();
            covered.sort();
            assert_eq!(covered, village.groups.iter().map(|group| group.place).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panel_has_three_to_seven_members_and_six_to_eleven_groups() {
        let plan = sample::plan(12_345);
        for village in villages(&plan) {
            for panel in as_panels(&panels(&plan, &village)) {
                assert!((3..=7).contains(&panel.members.len()), "{panel:?}");
                assert!((5..=11).contains(&panel.groups.len()), "{panel:?}");
            }
        }
    }

    #[test]
    fn nobody_sits_twice_in_a_village() {
        let plan = sample::plan(1_000);
        for village in villages(&plan) {
            let rows = panels(&plan, &village);
            let names: BTreeSet<_> = rows.iter().map(|row| &row.member).collect();
            assert_eq!(names.len(), rows.len());
        }
    }

    #[test]
    fn the_same_seed_seats_the_same_people_and_another_seed_others() {
        let plan = sample::plan(1_000);
        let other = Plan { seed: plan.seed + 1, ..plan };
        let village = villages(&plan).next().expect("a village");
        assert_eq!(panels(&plan, &village), panels(&plan, &village));
        assert_ne!(panels(&plan, &village), panels(&other, &village));
    }
}
