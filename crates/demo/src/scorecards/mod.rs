//! The village's cards of a month, as the file `scorecards` lists them.

mod acts;
#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};
use domain::catalogue::Catalogue;
use domain::input::Scorecard;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{Finding, Status};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::dice::{Purpose, chance, one_of, stream, weighted};
use crate::layout::{Group, Village};
use crate::panels;
use crate::plan::Plan;
use crate::profile::Profile;
use acts::Acts;

/// The day of the month on which scoring begins.
const FIRST_DAY: u32 = 25;

/// What becomes of the visit to a resident household; none is a household without a card.
const RESIDENT: [(Option<Status>, u32); 5] = [
    (Some(Status::Scored), 908),
    (Some(Status::Away), 15),
    (Some(Status::Refused), 10),
    (Some(Status::Unreached), 17),
    (None, 50),
];

/// The same for a household that takes part and lives elsewhere.
const ELSEWHERE: [(Option<Status>, u32); 5] = [
    (Some(Status::Scored), 480),
    (Some(Status::Away), 400),
    (Some(Status::Refused), 10),
    (Some(Status::Unreached), 60),
    (None, 50),
];

const LATE_REASONS: [&str; 4] =
    ["连日大雨，山路不通", "月底抢收，改日入户", "评委月底参加培训", "上门两次无人，次月补评"];

const AWAY_NOTES: [&str; 3] = ["全家外出务工", "进城带孙辈", "走亲戚未归"];

/// The cards of the households that take part in the month, in the order of their codes.
///
/// Of a hundred households 88 are scored, 4 away, 2 unreached, 1 refuses and 5 have no card; a
/// household has about three findings a month under the default catalogue. Cards of months outside
/// the plan are made as well, for whoever takes part then.
pub fn scorecards(plan: &Plan, village: &Village, month: Month, catalogue: &Catalogue) -> Vec<Scorecard> {
    let acts = Acts::new(catalogue);
    let mut cards = Vec::with_capacity(usize::try_from(village.households()).unwrap_or(0));
    for (panel, groups) in panels::shares(village) {
        for group in groups {
            let visit = Visit::of(plan, group, month, &panel, &acts);
            cards.extend(group.household_codes().filter_map(|household| visit.card(plan, household)));
        }
    }
    cards
}

/// A panel's round through a group.
struct Visit<'a> {
    month: Month,
    panel: &'a str,
    acts: &'a Acts<'a>,
    /// When most of the group is scored.
    day: NaiveDate,
    /// What the panel notices at many of its houses.
    usual: Vec<Finding>,
}

impl<'a> Visit<'a> {
    fn of(plan: &Plan, group: &Group, month: Month, panel: &'a str, acts: &'a Acts<'a>) -> Self {
        let mut dice = stream(plan.seed, Purpose::Visit, &group.place, number(month));
        let day = day_of(month, &mut dice);
        Self { month, panel, acts, day, usual: acts.usual(&mut dice) }
    }

    /// The household's card; none when it does not take part or nobody filled one in.
    fn card(&self, plan: &Plan, household: Place) -> Option<Scorecard> {
        let profile = Profile::of(plan, &household);
        if !profile.participation.covers(self.month) {
            return None;
        }
        let mut dice = stream(plan.seed, Purpose::Card, &household, number(self.month));
        let outcomes = if profile.resident { &RESIDENT } else { &ELSEWHERE };
        let status = (*weighted(&mut dice, outcomes)?)?;
        let (scored_on, late_reason) = self.date(&mut dice);
        let findings = match status {
            Status::Scored => self.findings(&profile, &mut dice),
            _ => Vec::new(),
        };
        let note = (status == Status::Away).then(|| one_of(&mut dice, &AWAY_NOTES).to_owned());
        Some(Scorecard {
            month: self.month,
            household,
            panel: self.panel.to_owned(),
            scored_on,
            status,
            findings,
            late_reason,
            note,
        })
    }

    /// Six in ten of the ordinary households have the group's usual card of this month.
    fn findings(&self, profile: &Profile, dice: &mut ChaCha8Rng) -> Vec<Finding> {
        let ordinary = (25..75).contains(&profile.untidiness);
        if ordinary && chance(dice, 600) { self.usual.clone() } else { self.acts.found(profile, dice) }
    }

    /// The date of the visit; three in a hundred are after the month, with a reason.
    fn date(&self, dice: &mut ChaCha8Rng) -> (NaiveDate, Option<String>) {
        if chance(dice, 30) {
            let day = self.month.next().day(dice.random_range(1..=3));
            (day, Some(one_of(dice, &LATE_REASONS).to_owned()))
        } else if chance(dice, 850) {
            (self.day, None)
        } else {
            (day_of(self.month, dice), None)
        }
    }
}

/// A day from the 25th to the month's end.
fn day_of(month: Month, dice: &mut ChaCha8Rng) -> NaiveDate {
    month.day(dice.random_range(FIRST_DAY..=month.day(31).day().max(FIRST_DAY)))
}

/// The month as a number for the dice.
fn number(month: Month) -> u32 {
    u32::try_from(month.number()).unwrap_or(0)
}
