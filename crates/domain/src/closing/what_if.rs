//! What past months would have given under another catalogue.

use std::collections::{BTreeSet, HashSet};

use super::HouseholdResult;
use super::close::{MonthInputs, close_month};
use crate::catalogue::Catalogue;
use crate::month::Month;
use crate::place::Place;
use crate::points::{Points, mean};
use crate::scoring::{Card, Finding, ScoringTable, UnknownRule};

/// The number of bands of scores: five points each, and full points alone.
pub const BANDS: usize = 21;

/// A closed month of a village as it is, and under a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// What it gives under its own catalogue.
    pub before: Vec<HouseholdResult>,
    /// What it would give under the draft, in the same order.
    pub after: Vec<HouseholdResult>,
    /// Findings that the draft has no rule for: they deduct nothing under it.
    pub findings_without_rule: usize,
}

/// Past months under a draft (试算).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhatIf {
    /// The months, in the order in which they were added.
    pub months: Vec<WhatIfMonth>,
    /// Households that would redeem in a month in which they do not.
    pub enters: BTreeSet<Place>,
    /// Households that would not redeem in a month in which they do; one can be among both.
    pub leaves: BTreeSet<Place>,
    /// Scores by bands as they are, over all months.
    pub before: [usize; BANDS],
    /// Scores by bands under the draft.
    pub after: [usize; BANDS],
    /// Households that redeem, by tier, over all months.
    pub tiers_before: [usize; 4],
    /// Households that would, by tier.
    pub tiers_after: [usize; 4],
    /// Findings that the draft has no rule for.
    pub findings_without_rule: usize,
}

/// One month under a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhatIfMonth {
    /// The month.
    pub month: Month,
    /// Households that redeem.
    pub qualified_before: usize,
    /// Households that would.
    pub qualified_after: usize,
    /// The mean score; none where nobody was scored.
    pub mean_before: Option<Points>,
    /// The mean score under the draft.
    pub mean_after: Option<Points>,
}

/// Closes a month as it is and under a draft. The totals of earlier months stay as they are.
///
/// A finding loses the rules that the draft does not have; one that has none left deducts nothing.
///
/// # Errors
/// A card that uses a rule which the month's own catalogue does not have.
pub fn replay(
    inputs: &MonthInputs<'_>,
    draft: (&Catalogue, &ScoringTable),
) -> Result<Replay, (Place, UnknownRule)> {
    let known: HashSet<&str> = draft.0.rules().map(|(_, rule)| rule.code.as_str()).collect();
    let mut findings_without_rule = 0;
    let cards = inputs.cards.iter().map(|card| {
        let findings: Vec<Finding> =
            card.findings.iter().filter_map(|finding| with_known(finding, &known)).collect();
        findings_without_rule += card.findings.len() - findings.len();
        Card { findings, ..card.clone() }
    });
    let cards: Vec<Card> = cards.collect();
    let before = close_month(inputs)?.results;
    let after = close_month(&MonthInputs { catalogue: draft, cards, ..inputs.clone() })?.results;
    Ok(Replay { before, after, findings_without_rule })
}

impl WhatIf {
    /// Adds a month with the replays of its villages.
    pub fn add(&mut self, month: Month, replays: &[Replay]) {
        let before: Vec<&HouseholdResult> = replays.iter().flat_map(|one| &one.before).collect();
        let after: Vec<&HouseholdResult> = replays.iter().flat_map(|one| &one.after).collect();
        for (before, after) in before.iter().zip(&after) {
            match (before.qualifies, after.qualifies) {
                (false, true) => self.enters.insert(before.household),
                (true, false) => self.leaves.insert(before.household),
                _ => false,
            };
        }
        count(&mut self.before, &before);
        count(&mut self.after, &after);
        count_tiers(&mut self.tiers_before, &before);
        count_tiers(&mut self.tiers_after, &after);
        self.findings_without_rule += replays.iter().map(|one| one.findings_without_rule).sum::<usize>();
        self.months.push(WhatIfMonth {
            month,
            qualified_before: qualified(&before),
            qualified_after: qualified(&after),
            mean_before: mean(&scores(&before)),
            mean_after: mean(&scores(&after)),
        });
    }
}

/// What a band holds: `0–4.9`, `95–99.9`, `100`.
pub fn band_title(band: usize) -> String {
    let least = band * 5;
    if band + 1 >= BANDS { "100".to_owned() } else { format!("{least}–{}.9", least + 4) }
}

fn band(score: Points) -> usize {
    usize::try_from(score.tenths() / 50).unwrap_or(0).min(BANDS - 1)
}

fn count(bands: &mut [usize; BANDS], results: &[&HouseholdResult]) {
    for score in scores(results) {
        bands[band(score)] += 1;
    }
}

fn count_tiers(tiers: &mut [usize; 4], results: &[&HouseholdResult]) {
    for tier in results.iter().filter_map(|result| result.tier) {
        let at = usize::try_from(tier.number() - 1).unwrap_or(0);
        tiers[at] += 1;
    }
}

fn scores(results: &[&HouseholdResult]) -> Vec<Points> {
    results.iter().filter_map(|result| result.score).collect()
}

fn qualified(results: &[&HouseholdResult]) -> usize {
    results.iter().filter(|result| result.qualifies).count()
}

/// The finding with the rules that are known; none without any.
fn with_known(finding: &Finding, known: &HashSet<&str>) -> Option<Finding> {
    let rules: Vec<&str> = finding.rules().filter(|rule| known.contains(rule)).collect();
    (!rules.is_empty()).then(|| Finding { act: rules.join("+"), times: finding.times })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{card, entry, household, month};
    use super::*;
    use crate::canonical::Digest;
    use crate::catalogue::tests::{catalogue, small};

    use crate::rulebook::Rulebook;

    /// A group whose households have these findings, under `small` and under a draft.
    fn check(findings: &[&str], draft: &Catalogue) -> WhatIf {
        let (own, rulebook) = (small(), Rulebook::resolve([]).expect("the defaults"));
        let (table, draft_table) = (ScoringTable::new(&own), ScoringTable::new(draft));
        let inputs = MonthInputs {
            village: Place::from_digits("440229100204").expect("a village"),
            month: month(),
            version: 1,
            catalogue: (&own, &table),
            rulebook: &rulebook,
            panels: Vec::new(),
            roster: (1..=findings.len()).map(entry).collect(),
            cards: (1..).zip(findings).map(|(number, found)| card(number, found)).collect(),
            earlier: vec![Points::ZERO; findings.len()],
            summed: Vec::new(),
            previous: Digest::of(b"previous"),
            seed: Digest::of(b"previous"),
        };
        let mut what_if = WhatIf::default();
        what_if.add(month(), &[replay(&inputs, (draft, &draft_table)).expect("known rules")]);
        what_if
    }

    #[test]
    fn under_the_same_list_nothing_moves() {
        let found = check(&["", "H1a", "H1a*3;W1b"], &small());
        assert_eq!((found.enters.len(), found.leaves.len(), found.findings_without_rule), (0, 0, 0));
        assert_eq!(found.before, found.after);
        assert_eq!(found.months[0].qualified_before, found.months[0].qualified_after);
    }

    #[test]
    fn a_lighter_rule_lets_one_in_and_a_heavier_one_puts_one_out() {
        let draft = catalogue(&[
            ("H1", 40, &[("H1a", 25), ("H1b", 5)]),
            ("H2", 30, &[("H2a", 2)]),
            ("W1", 30, &[("W1a", 10), ("W1b", 2)]),
        ]);
        let found = check(&["H1a", "H2a;W1b", "W1a"], &draft);
        let month = found.months[0];
        assert_eq!(found.enters, BTreeSet::from([household(2)]));
        assert_eq!(found.leaves, BTreeSet::from([household(1)]));
        assert_eq!((month.qualified_before, month.qualified_after), (2, 2));
        assert_eq!((found.tiers_before, found.tiers_after), ([0, 2, 0, 0], [1, 1, 0, 0]));
        let tenths = |mean: Option<Points>| mean.map(Points::tenths);
        assert_eq!((tenths(month.mean_before), tenths(month.mean_after)), (Some(860), Some(870)));
    }

    #[test]
    fn findings_without_a_rule_deduct_nothing_and_are_counted() {
        let draft = catalogue(&[("H1", 70, &[("H1b", 5)]), ("W1", 30, &[("W1b", 2)])]);
        let found = check(&["H1a;H2a", "H1a+H1b", "H1b*2"], &draft);
        assert_eq!(found.findings_without_rule, 2);
        assert_eq!((found.after[20], found.after[19], found.after[18]), (1, 1, 1));
    }

    #[test]
    fn bands_hold_five_points_and_full_points_stand_alone() {
        let of = |tenths| band_title(band(Points::from_tenths(tenths)));
        assert_eq!(
            [0, 49, 50, 799, 999, 1000].map(of),
            ["0–4.9", "0–4.9", "5–9.9", "75–79.9", "95–99.9", "100"]
        );
    }
}
