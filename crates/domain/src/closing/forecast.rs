//! What closing would give, under the tie rule in force and, for information, under the others.

use std::collections::BTreeMap;

use super::HouseholdResult;
use super::close::{MonthInputs, close_month};
use crate::households::RosterEntry;
use crate::place::Place;
use crate::points::Points;
use crate::rulebook::{RedemptionRule, RewardScope, TiePolicy};
use crate::scoring::UnknownRule;

/// What a month would give as its cards stand (预测).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthForecast {
    /// The tie rule in force first, then the others.
    pub policies: Vec<PolicyForecast>,
    /// The groups under the rule in force, in the order of their codes.
    pub groups: Vec<GroupPlaces>,
}

/// What one way to treat a tie at the last place would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyForecast {
    /// What the rule says.
    pub title: String,
    /// Whether it is the one in force.
    pub in_force: bool,
    /// Households that would redeem (合格户数).
    pub qualified: usize,
    /// How many of them in the first, second, third and fourth tier.
    pub tiers: [usize; 4],
}

/// The places of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupPlaces {
    /// The group.
    pub group: Place,
    /// Households that would redeem.
    pub qualified: usize,
    /// Households that share the last place, where it is not enough for all of them; 0 otherwise.
    pub tied_at_last_place: usize,
}

/// Closes a month under the tie rule in force and under each other one, and counts.
///
/// It is information only: a change of rule acts from the next month.
///
/// Source: product §2.5.
///
/// # Errors
/// A card that uses a rule the catalogue in force does not have.
pub fn forecast(inputs: &MonthInputs<'_>) -> Result<MonthForecast, (Place, UnknownRule)> {
    let rule = &inputs.rulebook.redemption;
    let results = close_month(inputs)?.results;
    let mut policies = vec![policy(rule, true, &results)];
    for ties in [TiePolicy::All, TiePolicy::Chain].into_iter().filter(|ties| *ties != rule.ties) {
        let mut rulebook = inputs.rulebook.clone();
        rulebook.redemption.ties = ties;
        let closed = close_month(&MonthInputs { rulebook: &rulebook, ..inputs.clone() })?;
        policies.push(policy(&rulebook.redemption, false, &closed.results));
    }
    Ok(MonthForecast { policies, groups: groups(&results, &inputs.roster, rule) })
}

/// The score that is shared at the last place, and by how many households, where the places are not enough for
/// all of them. Takes the scores of one group that are in scope.
pub fn tied_at_last_place(
    scores: impl IntoIterator<Item = Points>,
    rule: &RedemptionRule,
) -> Option<(Points, usize)> {
    let mut able: Vec<Points> = scores.into_iter().filter(|score| *score >= rule.minimum).collect();
    able.sort_unstable();
    able.reverse();
    let places = usize::try_from(rule.places).ok()?;
    let (last, next) = (*able.get(places.checked_sub(1)?)?, *able.get(places)?);
    (last == next).then(|| (last, able.iter().filter(|score| **score == last).count()))
}

/// What is done with a tie at the last place, in words.
pub fn tie_title(rule: &RedemptionRule) -> String {
    let places = rule.places;
    match rule.ties {
        TiePolicy::All => "末位并列的全部可兑换".to_owned(),
        TiePolicy::AllUpTo(most) => {
            format!("末位并列的全部可兑换；超过 {most} 户时，按比较顺序取满 {places} 户")
        }
        TiePolicy::Chain => format!("末位并列的按比较顺序取满 {places} 户"),
    }
}

fn policy(rule: &RedemptionRule, in_force: bool, results: &[HouseholdResult]) -> PolicyForecast {
    let mut tiers = [0; 4];
    for tier in results.iter().filter_map(|result| result.tier) {
        let at = usize::try_from(tier.number() - 1).unwrap_or(0);
        tiers[at] += 1;
    }
    let qualified = results.iter().filter(|result| result.qualifies).count();
    PolicyForecast { title: tie_title(rule), in_force, qualified, tiers }
}

fn groups(results: &[HouseholdResult], roster: &[RosterEntry], rule: &RedemptionRule) -> Vec<GroupPlaces> {
    let mut groups: BTreeMap<Place, (usize, Vec<Points>)> = BTreeMap::new();
    for (result, entry) in results.iter().zip(roster) {
        let (qualified, scores) = groups.entry(result.group).or_default();
        *qualified += usize::from(result.qualifies);
        scores.extend(result.score.filter(|_| rule.scope == RewardScope::All || entry.local));
    }
    let places = |(group, (qualified, scores)): (Place, (usize, Vec<Points>))| {
        let tied = tied_at_last_place(scores, rule);
        GroupPlaces { group, qualified, tied_at_last_place: tied.map_or(0, |(_, households)| households) }
    };
    groups.into_iter().map(places).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{card, entry, month};
    use super::*;
    use crate::canonical::Digest;
    use crate::catalogue::tests::small;
    use crate::rulebook::Rulebook;

    use crate::scoring::ScoringTable;

    /// A group in which `full` households have 100 points and `tied` have 98.
    fn check(full: usize, tied: usize, ties: TiePolicy) -> MonthForecast {
        let catalogue = small();
        let table = ScoringTable::new(&catalogue);
        let mut rulebook = Rulebook::resolve([]).expect("the defaults");
        rulebook.redemption.ties = ties;
        let numbers = 1..=full + tied;
        let inputs = MonthInputs {
            village: Place::from_digits("440229100204").expect("a village"),
            month: month(),
            version: 1,
            catalogue: (&catalogue, &table),
            rulebook: &rulebook,
            panels: Vec::new(),
            roster: numbers.clone().map(entry).collect(),
            cards: numbers.map(|number| card(number, if number <= full { "" } else { "W1b" })).collect(),
            earlier: vec![Points::ZERO; full + tied],
            summed: Vec::new(),
            previous: Digest::of(b"previous"),
            seed: Digest::of(b"previous"),
        };
        forecast(&inputs).expect("known rules")
    }

    fn counts(forecast: &MonthForecast) -> Vec<(bool, usize)> {
        forecast.policies.iter().map(|policy| (policy.in_force, policy.qualified)).collect()
    }

    #[test]
    fn the_rule_in_force_stands_first_and_each_other_beside_it() {
        assert_eq!(counts(&check(14, 3, TiePolicy::All)), [(true, 17), (false, 15)]);
        assert_eq!(counts(&check(14, 3, TiePolicy::Chain)), [(true, 15), (false, 17)]);
        assert_eq!(counts(&check(14, 3, TiePolicy::AllUpTo(16))), [(true, 15), (false, 17), (false, 15)]);
    }

    #[test]
    fn a_group_tells_how_many_share_a_last_place_that_is_not_enough() {
        assert_eq!(check(14, 3, TiePolicy::All).groups[0].tied_at_last_place, 3);
        assert_eq!(check(12, 3, TiePolicy::All).groups[0].tied_at_last_place, 0);
        assert_eq!(check(3, 0, TiePolicy::All).groups[0].tied_at_last_place, 0);
    }

    #[test]
    fn tiers_are_counted_among_those_that_redeem() {
        assert_eq!(check(14, 3, TiePolicy::Chain).policies[0].tiers, [15, 0, 0, 0]);
    }
}
