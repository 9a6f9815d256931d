//! What the cards of a made-up county are like.

use std::collections::BTreeMap;

use domain::month::start_of;
use domain::points::Points;
use domain::rulebook::Rulebook;
use domain::scoring::{ScoringTable, check_late_reason, last_visit};

use super::*;
use crate::layout::villages;
use crate::sample;

fn january() -> Month {
    Month::parse("2026-01").expect("a month")
}

fn cards(plan: &Plan, month: Month) -> Vec<Scorecard> {
    let catalogue = sample::catalogue();
    villages(plan).flat_map(|village| scorecards(plan, &village, month, &catalogue)).collect()
}

/// How many households take part in the month.
fn taking_part(plan: &Plan, month: Month) -> usize {
    let groups = villages(plan).flat_map(|village| village.groups);
    let profiles = groups.flat_map(|group| group.household_codes()).map(|code| Profile::of(plan, &code));
    profiles.filter(|profile| profile.participation.covers(month)).count()
}

/// The scores of each group, the highest first.
fn scores(cards: &[Scorecard]) -> BTreeMap<Option<Place>, Vec<Points>> {
    let table = ScoringTable::new(&sample::catalogue());
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for card in cards.iter().filter(|card| card.status == Status::Scored) {
        let score = table.score(&card.findings).expect("rules of the catalogue");
        groups.entry(card.household.parent()).or_default().push(score.total);
    }
    for scores in groups.values_mut() {
        scores.sort();
        scores.reverse();
    }
    groups
}

#[test]
fn every_card_may_be_entered() {
    let rule = Rulebook::resolve([]).expect("the defaults").scoring;
    for month in ["2026-01", "2026-02", "2026-12"] {
        let month = Month::parse(month).expect("a month");
        let end = start_of(month.next().day(3));
        for card in cards(&sample::plan(1_000), month) {
            let late = card.late_reason.is_some();
            let last = last_visit(month, &rule, None);
            assert_eq!(check_late_reason(month, card.scored_on, late, end, last), Ok(()), "{card:?}");
            assert_eq!(late, !month.covers(card.scored_on), "{card:?}");
            assert!(late || card.scored_on >= month.day(25), "{card:?}");
            assert!(card.status == Status::Scored || card.findings.is_empty(), "{card:?}");
        }
    }
}

#[test]
fn only_households_that_take_part_have_cards_and_each_has_one() {
    let plan = sample::plan(1_000);
    let cards = cards(&plan, plan.month(6));
    assert!(cards.windows(2).all(|pair| pair[0].household < pair[1].household));
    let covers = |card: &Scorecard| Profile::of(&plan, &card.household).participation.covers(card.month);
    assert!(cards.iter().all(covers));
}

#[test]
fn cards_name_a_panel_that_scores_the_group() {
    let plan = sample::plan(1_000);
    for village in villages(&plan) {
        let members = crate::panels(&plan, &village);
        for card in scorecards(&plan, &village, january(), &sample::catalogue()) {
            let panel = members.iter().find(|member| member.panel == card.panel).expect("the panel");
            assert!(panel.groups.iter().any(|group| group.contains(&card.household)), "{card:?}");
        }
    }
}

#[test]
fn most_are_scored_and_some_away_refusing_unreached_or_without_a_card() {
    let plan = sample::plan(12_345);
    let households = taking_part(&plan, january());
    let cards = cards(&plan, january());
    let check = |status: Status, permille: std::ops::RangeInclusive<usize>| {
        let found = cards.iter().filter(|card| card.status == status).count() * 1000 / households;
        assert!(permille.contains(&found), "{status:?}: {found} of 1000");
    };
    check(Status::Scored, 860..=900);
    check(Status::Away, 30..=50);
    check(Status::Refused, 5..=16);
    check(Status::Unreached, 13..=28);
    assert!((930..=970).contains(&(cards.len() * 1000 / households)));
    let late = cards.iter().filter(|card| card.late_reason.is_some()).count() * 1000 / cards.len();
    assert!((20..=40).contains(&late), "{late} of 1000 late");
}

#[test]
fn a_household_has_about_three_findings() {
    let plan = sample::plan(12_345);
    let cards = cards(&plan, january());
    let findings = cards.iter().flat_map(|card| &card.findings);
    let acts: usize = findings.clone().map(|finding| usize::from(finding.times)).sum();
    let households = taking_part(&plan, january());
    let (acts, rows) = (acts * 100 / households, findings.count() * 100 / households);
    assert!((285..=325).contains(&acts) && (270..=310).contains(&rows), "{acts} acts, {rows} rows of 100");
}

#[test]
fn counts_joint_acts_and_reached_caps_occur() {
    let cards = cards(&sample::plan(12_345), january());
    let table = ScoringTable::new(&sample::catalogue());
    let has = |is_so: fn(&Finding) -> bool| cards.iter().flat_map(|card| &card.findings).any(is_so);
    assert!(has(|finding| finding.times == 2));
    assert!(has(|finding| finding.rules().count() == 2));
    let capped = cards.iter().filter(|card| {
        let score = table.score(&card.findings).expect("rules of the catalogue");
        score.items.iter().any(|item| item.deducted > item.lost)
    });
    assert!(capped.count() > 100);
}

#[test]
fn most_groups_have_a_tie_at_rank_fifteen() {
    let scores = scores(&cards(&sample::plan(12_345), january()));
    let full: Vec<_> = scores.values().filter(|scores| scores.len() > 15).collect();
    let tied = full.iter().filter(|scores| scores[14] == scores[15]).count();
    assert!(full.len() > 250 && tied * 2 > full.len(), "{tied} of {}", full.len());
}

#[test]
fn scores_reach_from_full_points_to_below_eighty() {
    let scores = scores(&cards(&sample::plan(12_345), january()));
    let all: Vec<_> = scores.into_values().flatten().collect();
    let permille = |count: usize| count * 1000 / all.len();
    let full = permille(all.iter().filter(|score| **score == Points::FULL).count());
    let low = permille(all.iter().filter(|score| **score < Points::from_tenths(800)).count());
    assert!((80..=200).contains(&full) && (20..=90).contains(&low), "{full} full, {low} low of 1000");
}

#[test]
fn the_untidy_stay_untidy_over_the_year() {
    let plan = sample::plan(60);
    let catalogue = sample::catalogue();
    let table = ScoringTable::new(&catalogue);
    let mut lost = BTreeMap::<bool, (Points, i32)>::new();
    for card in plan.span().flat_map(|month| cards(&plan, month)) {
        let untidy = Profile::of(&plan, &card.household).untidiness >= 50;
        let score = table.score(&card.findings).expect("rules of the catalogue");
        let (sum, count) = lost.entry(untidy).or_default();
        *sum += Points::FULL - score.total;
        *count += 1;
    }
    let mean = |untidy: bool| lost.get(&untidy).map(|(sum, count)| sum.tenths() / count);
    assert!(mean(true) > mean(false).map(|tidy| tidy * 3 / 2), "{lost:?}");
}

#[test]
fn the_same_seed_gives_the_same_cards_and_another_seed_or_month_others() {
    let plan = sample::plan(1_000);
    let other = Plan { seed: plan.seed + 1, ..plan };
    let findings = |plan: &Plan, month| -> Vec<_> {
        cards(plan, month).into_iter().map(|card| (card.household, card.findings)).collect()
    };
    assert_eq!(cards(&plan, january()), cards(&plan, january()));
    assert_ne!(cards(&plan, january()), cards(&other, january()));
    assert_ne!(findings(&plan, january()), findings(&plan, january().next()));
}
