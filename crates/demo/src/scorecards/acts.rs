//! What a panel finds: acts drawn from any catalogue, light ones more often than heavy ones.

use std::collections::BTreeMap;

use domain::catalogue::{Catalogue, Category, DeductionRule, Item};
use domain::points::Points;
use domain::scoring::Finding;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::dice::{at_weight, chance, weight, weighted};
use crate::profile::Profile;

/// A card carries at most so many different acts.
const MOST: u32 = 12;

/// How often an act already found is drawn anew.
const ATTEMPTS: u32 = 3;

/// How often one act is found in a month, with weights.
const TIMES: [(u16, u32); 3] = [(1, 970), (2, 25), (5, 5)];

/// Rules by their codes, with weights.
type Rules<'a> = Vec<(&'a str, u32)>;

/// A catalogue prepared for drawing acts.
#[derive(Debug)]
pub(crate) struct Acts<'a> {
    /// The rules of each item, with the weight of the item.
    items: Vec<(Rules<'a>, u32)>,
    /// What a panel notices on the way: 人居环境, two points at most.
    noticed: Rules<'a>,
}

impl<'a> Acts<'a> {
    /// The acts that a catalogue knows.
    pub(crate) fn new(catalogue: &'a Catalogue) -> Self {
        let mut acts = Self { items: Vec::with_capacity(catalogue.items.len()), noticed: Vec::new() };
        for item in &catalogue.items {
            let rules: Rules<'a> =
                item.rules.iter().map(|rule| (rule.code.as_str(), frequency(item, rule))).collect();
            let weight = weight(&rules);
            acts.items.push((rules, weight));
            let light = item.rules.iter().filter(|rule| is_light(item, rule));
            acts.noticed.extend(light.map(|rule| (rule.code.as_str(), frequency(item, rule))));
        }
        acts
    }

    /// What a panel notices everywhere in a group this month: up to three light acts, each once.
    ///
    /// Many ordinary households have just this card, so that equal scores are common where the
    /// places for redemption end.
    pub(crate) fn usual(&self, dice: &mut ChaCha8Rng) -> Vec<Finding> {
        let mut found = BTreeMap::new();
        for _ in 0..3 {
            if let Some(code) = weighted(dice, &self.noticed) {
                found.insert((*code).to_owned(), 1);
            }
        }
        canonical(found)
    }

    /// What a panel finds at a household of its own.
    pub(crate) fn found(&self, profile: &Profile, dice: &mut ChaCha8Rng) -> Vec<Finding> {
        let mut found = BTreeMap::new();
        for _ in 0..MOST {
            if !dice.random_ratio(profile.acts_in_hundredths().min(MOST * 100), MOST * 100) {
                continue;
            }
            if let Some(act) = self.another(&found, profile, dice) {
                *found.entry(act).or_default() += weighted(dice, &TIMES).copied().unwrap_or(1);
            }
        }
        canonical(found)
    }

    /// An act, preferably one that was not found yet.
    fn another(
        &self,
        found: &BTreeMap<String, u16>,
        profile: &Profile,
        dice: &mut ChaCha8Rng,
    ) -> Option<String> {
        let mut act = self.act(profile, dice)?;
        for _ in 1..ATTEMPTS {
            if !found.contains_key(&act) {
                break;
            }
            act = self.act(profile, dice)?;
        }
        Some(act)
    }

    /// A rule, or in four of a hundred cases two that one act broke together.
    fn act(&self, profile: &Profile, dice: &mut ChaCha8Rng) -> Option<String> {
        let first = self.rule(profile, dice)?;
        let second = if chance(dice, 40) { self.rule(profile, dice) } else { None };
        Some(match second {
            Some(second) if second != first => format!("{}+{}", first.min(second), first.max(second)),
            _ => first.to_owned(),
        })
    }

    /// A rule of any item, in one of five cases of the item in which the household is weakest.
    fn rule(&self, profile: &Profile, dice: &mut ChaCha8Rng) -> Option<&'a str> {
        let rules = if chance(dice, 200) {
            let roll = profile.weakness.checked_rem(weight(&self.items))?;
            at_weight(&self.items, roll)?
        } else {
            weighted(dice, &self.items)?
        };
        weighted(dice, rules).copied()
    }
}

/// Whether a panel notices it on the way.
fn is_light(item: &Item, rule: &DeductionRule) -> bool {
    item.category == Category::Environment && rule.points <= Points::from_tenths(20)
}

/// A rule of one point is found twice as often as one of two; 乡风文明 is seldom broken.
fn frequency(item: &Item, rule: &DeductionRule) -> u32 {
    let weight = u32::try_from(rule.points.tenths()).ok().and_then(|tenths| 6000_u32.checked_div(tenths));
    match item.category {
        Category::Environment => weight.unwrap_or(0),
        Category::Civility => weight.unwrap_or(0) / 4,
    }
}

/// Findings as they are read from a file: each act once, in the order of the acts' texts.
fn canonical(found: BTreeMap<String, u16>) -> Vec<Finding> {
    found.into_iter().map(|(act, times)| Finding { act, times }).collect()
}

#[cfg(test)]
mod tests {
    use domain::scoring::{parse_findings, write_findings};

    use super::*;
    use crate::dice::{Purpose, stream};
    use crate::sample;

    fn dice(number: u32) -> ChaCha8Rng {
        stream(7, Purpose::Card, &sample::place("4499011002010010001"), number)
    }

    fn profile(untidiness: u32) -> Profile {
        let plan = sample::plan(60);
        let profile = Profile::of(&plan, &sample::place("4499011002010010001"));
        Profile { untidiness, ..profile }
    }

    /// How many acts a thousand months bring.
    fn count(untidiness: u32) -> u32 {
        let catalogue = sample::catalogue();
        let acts = Acts::new(&catalogue);
        let profile = profile(untidiness);
        let findings = (0..1_000).flat_map(|month| acts.found(&profile, &mut dice(month)));
        findings.map(|finding| u32::from(finding.times)).sum()
    }

    #[test]
    fn the_tidiest_have_one_act_in_two_months_and_the_untidiest_nine_a_month() {
        assert!((500..=800).contains(&count(0)), "{}", count(0));
        assert!((8_500..=10_500).contains(&count(99)), "{}", count(99));
    }

    #[test]
    fn findings_are_written_as_they_would_be_read() {
        let catalogue = sample::catalogue();
        let acts = Acts::new(&catalogue);
        for month in 0..500 {
            let mut dice = dice(month);
            for findings in [acts.usual(&mut dice), acts.found(&profile(90), &mut dice)] {
                assert_eq!(parse_findings(&write_findings(&findings)), Ok(findings));
            }
        }
    }

    #[test]
    fn what_is_noticed_everywhere_is_light() {
        let catalogue = sample::catalogue();
        for finding in (0..200).flat_map(|month| Acts::new(&catalogue).usual(&mut dice(month))) {
            let rule = catalogue.rules().find(|(_, rule)| rule.code == finding.act).expect("a known rule").1;
            assert!(rule.points <= Points::from_tenths(20) && finding.times == 1, "{finding:?}");
        }
    }

    #[test]
    fn without_rules_nothing_is_found() {
        let empty = Catalogue::default();
        assert_eq!(Acts::new(&empty).found(&profile(99), &mut dice(1)), []);
        assert_eq!(Acts::new(&empty).usual(&mut dice(1)), []);
    }
}
