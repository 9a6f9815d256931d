//! What closing would give, under the tie rule in force and, for information, under the others: how many, and who.

use super::HouseholdResult;
use super::close::{MonthInputs, close_month, groups};
use super::last_place::{LastPlace, last_place, tie_title};
use crate::place::Place;
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
    /// Who would redeem, and does not under the rule in force.
    pub more: Vec<HouseholdResult>,
    /// Who would not redeem, and does under the rule in force; as that would have it.
    pub fewer: Vec<HouseholdResult>,
}

/// The places of one group under the rule in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPlaces {
    /// The group.
    pub group: Place,
    /// Its households taking part.
    pub taking_part: usize,
    /// Who would redeem, by rank.
    pub qualified: Vec<HouseholdResult>,
    /// Who would have a score and not redeem, with the reason, by reason.
    pub others: Vec<(Misses, HouseholdResult)>,
    /// The last place; none where nobody has enough points. Its tie rules stand in the order of the policies.
    pub last: Option<LastPlace>,
    /// Who would have no score: away, refused, unreached or without a card.
    pub unscored: Vec<HouseholdResult>,
}

/// Why a household with a score would not redeem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misses {
    /// Its rank is behind the places, or the tie rule left it out.
    Places,
    /// Its score is not enough.
    Minimum,
    /// Rewards are for local households only.
    Scope,
}

impl Misses {
    /// The reason for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Places => "名次在后",
            Self::Minimum => "积分不够",
            Self::Scope => "不在奖励范围",
        }
    }
}

/// Closes a month under the tie rule in force and under each other one, and lists who would redeem.
///
/// It is information only: a change of rule acts from the next month.
///
/// Source: product §2.5.
///
/// # Errors
/// A card that uses a rule the catalogue in force does not have.
pub fn forecast(inputs: &MonthInputs<'_>) -> Result<MonthForecast, (Place, UnknownRule)> {
    let rule = &inputs.rulebook.redemption;
    let others = [TiePolicy::All, TiePolicy::Chain].into_iter().filter(|ties| *ties != rule.ties);
    let others = others.map(|ties| RedemptionRule { ties, ..rule.clone() });
    let rules: Vec<RedemptionRule> = std::iter::once(rule.clone()).chain(others).collect();
    let mut closed = Vec::with_capacity(rules.len());
    for redemption in &rules {
        let mut rulebook = inputs.rulebook.clone();
        rulebook.redemption = redemption.clone();
        closed.push(close_month(&MonthInputs { rulebook: &rulebook, ..inputs.clone() })?.results);
    }
    let in_force = closed.first().map(Vec::as_slice).unwrap_or_default();
    let policies = rules.iter().zip(&closed).enumerate();
    Ok(MonthForecast {
        policies: policies.map(|(at, (rule, results))| policy(rule, at == 0, results, in_force)).collect(),
        groups: group_places(inputs, &closed, &rules),
    })
}

fn policy(
    rule: &RedemptionRule,
    is_in_force: bool,
    results: &[HouseholdResult],
    in_force: &[HouseholdResult],
) -> PolicyForecast {
    let mut tiers = [0; 4];
    for tier in results.iter().filter_map(|result| result.tier) {
        let at = usize::try_from(tier.number() - 1).unwrap_or(0);
        tiers[at] += 1;
    }
    let moved = results.iter().zip(in_force).filter(|(here, there)| here.qualifies != there.qualifies);
    let (more, fewer): (Vec<_>, Vec<_>) = moved.partition(|(here, _)| here.qualifies);
    PolicyForecast {
        title: tie_title(rule),
        in_force: is_in_force,
        qualified: results.iter().filter(|result| result.qualifies).count(),
        tiers,
        more: more.into_iter().map(|(here, _)| here.clone()).collect(),
        fewer: fewer.into_iter().map(|(_, there)| there.clone()).collect(),
    }
}

fn group_places(
    inputs: &MonthInputs<'_>,
    closed: &[Vec<HouseholdResult>],
    rules: &[RedemptionRule],
) -> Vec<GroupPlaces> {
    let results = closed.first().map(Vec::as_slice).unwrap_or_default();
    let rule = &inputs.rulebook.redemption;
    let is_in_scope =
        |at: usize| rule.scope == RewardScope::All || inputs.roster.get(at).is_some_and(|entry| entry.local);
    let misses = |at: usize| {
        let result = results.get(at)?;
        let score = result.score.filter(|_| !result.qualifies)?;
        let why = match score {
            _ if !is_in_scope(at) => Misses::Scope,
            score if score < rule.minimum => Misses::Minimum,
            _ => Misses::Places,
        };
        Some((why, result.clone()))
    };
    let places = |members: Vec<usize>| {
        let of_group: Vec<&HouseholdResult> = members.iter().filter_map(|at| results.get(*at)).collect();
        let mut others: Vec<(Misses, HouseholdResult)> =
            members.iter().filter_map(|at| misses(*at)).collect();
        others.sort_by_key(|(why, one)| (*why, one.rank_in_group, one.household));
        let in_scope: Vec<usize> = members.into_iter().filter(|at| is_in_scope(*at)).collect();
        let under_each: Vec<Vec<&HouseholdResult>> = closed
            .iter()
            .map(|results| in_scope.iter().filter_map(|at| results.get(*at)).collect())
            .collect();
        let mut qualified: Vec<HouseholdResult> =
            of_group.iter().filter(|one| one.qualifies).map(|one| (*one).clone()).collect();
        qualified.sort_by_key(|one| (one.rank_in_group, one.household));
        let unscored = of_group.iter().filter(|one| one.score.is_none()).map(|one| (*one).clone());
        Some(GroupPlaces {
            group: of_group.first()?.group,
            taking_part: of_group.len(),
            qualified,
            others,
            last: last_place(&under_each, rules, &inputs.seed),
            unscored: unscored.collect(),
        })
    };
    groups(results).into_iter().filter_map(places).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{card, entry, month};
    use super::*;
    use crate::canonical::Digest;
    use crate::catalogue::tests::small;
    use crate::points::Points;
    use crate::rulebook::Rulebook;
    use crate::scoring::{ScoringTable, Status};

    /// A group in which `full` households have 100 points and `tied` have 98.
    fn check(full: usize, tied: usize, ties: TiePolicy) -> MonthForecast {
        check_with_absent(full, tied, 0, ties)
    }

    /// The same with households without a card.
    fn check_with_absent(full: usize, tied: usize, absent: usize, ties: TiePolicy) -> MonthForecast {
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
            roster: (1..=full + tied + absent).map(entry).collect(),
            cards: numbers.map(|number| card(number, if number <= full { "" } else { "W1b" })).collect(),
            earlier: vec![Points::ZERO; full + tied + absent],
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

    /// The number at the end of a household's code.
    fn number(result: &HouseholdResult) -> usize {
        result.household.digits()[15..].parse().expect("a number")
    }

    fn last(forecast: &MonthForecast) -> &LastPlace {
        forecast.groups[0].last.as_ref().expect("a last place")
    }

    #[test]
    fn a_group_tells_how_many_share_a_last_place_that_is_not_enough() {
        let tied = |forecast: MonthForecast| {
            let last = last(&forecast);
            (last.tied(), last.households.len(), last.better)
        };
        assert_eq!(tied(check(14, 3, TiePolicy::All)), (3, 3, 14));
        assert_eq!(tied(check(12, 3, TiePolicy::All)), (0, 3, 12));
        assert_eq!(tied(check(3, 0, TiePolicy::All)), (0, 3, 0));
        assert_eq!(check(0, 0, TiePolicy::All).groups, [], "nobody takes part");
    }

    #[test]
    fn whoever_stands_at_the_last_place_is_listed_with_what_each_tie_rule_makes_of_it() {
        let forecast = check(14, 3, TiePolicy::All);
        let last = last(&forecast);
        let redeem = |policy: usize| last.households.iter().filter(|one| one.qualifies[policy]).count();
        assert_eq!((redeem(0), redeem(1)), (3, 1), "all, and by the chain one");
        assert!(last.households[0].qualifies[1], "the one that the chain puts first");
        let mut numbers: Vec<usize> = last.households.iter().map(|one| number(&one.result)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [15, 16, 17]);
        let sum = "高于 98 分 14 户，同为 98 分 3 户，14 + 3 = 17 > 15";
        assert_eq!(last.derivations[0], format!("{sum}，末位并列的全部可兑换，共 17 户"));
        let fills = format!("{sum}，按比较顺序取满 15 户，末位取 15 − 14 = 1 户；同为 98 分：抽签号较小");
        assert!(last.derivations[1].starts_with(&fills), "{}", last.derivations[1]);

        let chain = &forecast.policies[1];
        let fewer: Vec<usize> = chain.fewer.iter().map(number).collect();
        let outside = last.households.iter().filter(|one| !one.qualifies[1]).map(|one| number(&one.result));
        let mut outside: Vec<usize> = outside.collect();
        outside.sort_unstable();
        assert_eq!((fewer, chain.more.len()), (outside, 0), "the chain leaves out the other two");
        assert_eq!(check(14, 3, TiePolicy::Chain).policies[1].more.len(), 2, "and all would let them in");
    }

    #[test]
    fn every_household_of_a_group_is_listed_once_whether_it_redeems_or_has_no_score() {
        let forecast = check_with_absent(14, 3, 2, TiePolicy::Chain);
        let group = &forecast.groups[0];
        assert_eq!((group.taking_part, group.qualified.len()), (19, 15));
        assert_eq!(number(&group.qualified[0]), 1, "by rank");
        let others: Vec<_> = group.others.iter().map(|(why, _)| *why).collect();
        assert_eq!(others, [Misses::Places, Misses::Places]);
        let unscored: Vec<_> = group.unscored.iter().map(|one| (number(one), one.status)).collect();
        assert_eq!(unscored, [(18, Status::Unscored), (19, Status::Unscored)]);
    }

    #[test]
    fn tiers_are_counted_among_those_that_redeem() {
        assert_eq!(check(14, 3, TiePolicy::Chain).policies[0].tiers, [15, 0, 0, 0]);
    }
}
