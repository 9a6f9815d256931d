//! The last place of a group that redeems (末位): who stands at it, and what each way to treat a tie makes of it.

use super::HouseholdResult;
use super::close::contender;
use super::derivation::explain_tie;
use super::tie_break::{Contender, compare};
use crate::canonical::Digest;
use crate::points::Points;
use crate::rulebook::{RedemptionRule, TiePolicy};

/// The last place of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPlace {
    /// The score at it.
    pub score: Points,
    /// How many of those in scope have more.
    pub better: usize,
    /// Who has that score, in the order of the chain.
    pub households: Vec<AtLastPlace>,
    /// Whether the places are not enough for all of them.
    pub is_short: bool,
    /// What each tie rule makes of it, in words and numbers.
    pub derivations: Vec<String>,
}

/// A household at the last place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtLastPlace {
    /// What the month would say of it under the rule in force.
    pub result: HouseholdResult,
    /// Whether it would redeem, under each tie rule.
    pub qualifies: Vec<bool>,
}

impl LastPlace {
    /// How many share a place that is not enough for all of them; 0 where it is.
    pub fn tied(&self) -> usize {
        if self.is_short { self.households.len() } else { 0 }
    }
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

/// Rule R-87: the last place of a group prints how many stand before it and share it, and what the tie rule makes of
/// that: `高于 98 分 14 户，同为 98 分 3 户，14 + 3 = 17 > 15，…`.
///
/// Takes how many of those in scope have more than `score`, which is enough to redeem, and how many have it.
///
/// Source: product §5.2; R-27.
pub fn explain_places(better: usize, (score, sharing): (Points, usize), rule: &RedemptionRule) -> String {
    let (places, all) = (usize::try_from(rule.places).unwrap_or(usize::MAX), better + sharing);
    let score = score.short();
    let sum =
        format!("高于 {score} 分 {better} 户，同为 {score} 分 {sharing} 户，{better} + {sharing} = {all}");
    let left = places.saturating_sub(better);
    let fills = format!("按比较顺序取满 {places} 户，末位取 {places} − {better} = {left} 户");
    if all <= places {
        return format!("{sum} ≤ {places}，都可兑换");
    }
    match rule.ties {
        TiePolicy::All => format!("{sum} > {places}，末位并列的全部可兑换，共 {all} 户"),
        TiePolicy::AllUpTo(most) if u32::try_from(all).is_ok_and(|all| all <= most) => {
            format!("{sum} > {places}，但不超过 {most}，末位并列的全部可兑换，共 {all} 户")
        }
        TiePolicy::AllUpTo(most) => format!("{sum} > {most}，{fills}"),
        TiePolicy::Chain => format!("{sum} > {places}，{fills}"),
    }
}

/// The last place of a group; none where nobody has enough points. Takes the results of those in scope under each of the
/// tie rules, the rule in force first, always in the same order of households.
pub(super) fn last_place(
    closed: &[Vec<&HouseholdResult>],
    rules: &[RedemptionRule],
    seed: &Digest,
) -> Option<LastPlace> {
    let (results, rule) = (closed.first()?, rules.first()?);
    let mut able: Vec<(usize, Contender)> = results
        .iter()
        .enumerate()
        .filter_map(|(at, result)| Some((at, contender(result)?)))
        .filter(|(_, one)| one.score >= rule.minimum)
        .collect();
    able.sort_by(|(_, left), (_, right)| compare(left, right, &rule.tie_break, seed));
    let places = usize::try_from(rule.places).ok()?;
    let score = able.get(places.min(able.len()).checked_sub(1)?)?.1.score;
    let is_short = tied_at_last_place(able.iter().map(|(_, one)| one.score), rule).is_some();
    let better = able.iter().filter(|(_, one)| one.score > score).count();
    able.retain(|(_, one)| one.score == score);
    let qualifies = |at: usize| -> Vec<bool> {
        closed.iter().map(|one| one.get(at).is_some_and(|result| result.qualifies)).collect()
    };
    let households: Vec<AtLastPlace> = able
        .iter()
        .filter_map(|(at, _)| {
            Some(AtLastPlace { result: (*results.get(*at)?).clone(), qualifies: qualifies(*at) })
        })
        .collect();
    let derivation = |(at, rule): (usize, &RedemptionRule)| {
        let explained = explain_places(better, (score, able.len()), rule);
        let redeems = |one: &&AtLastPlace| one.qualifies.get(at).copied().unwrap_or_default();
        let redeeming = households.iter().filter(redeems).count();
        // Those that the chain puts first redeem: the last of them and the next tell what decided.
        let last_in = redeeming.checked_sub(1).and_then(|last| able.get(last));
        match last_in.zip(able.get(redeeming)) {
            Some(((_, first), (_, second))) => {
                format!("{explained}；{}", explain_tie(first, second, &rule.tie_break, seed))
            }
            None => explained,
        }
    };
    let derivations = rules.iter().enumerate().map(derivation).collect();
    Some(LastPlace { score, better, households, is_short, derivations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    fn check(better: usize, sharing: usize, ties: TiePolicy, expected: &str) {
        let rule = RedemptionRule { ties, ..Rulebook::resolve([]).expect("the defaults").redemption };
        let score = Points::from_tenths(980);
        assert_eq!(explain_places(better, (score, sharing), &rule), expected);
    }

    #[test]
    fn places_that_are_enough_need_no_tie_rule() {
        check(12, 3, TiePolicy::Chain, "高于 98 分 12 户，同为 98 分 3 户，12 + 3 = 15 ≤ 15，都可兑换");
    }

    #[test]
    fn each_tie_rule_prints_its_own_arithmetic() {
        let sum = "高于 98 分 14 户，同为 98 分 3 户，14 + 3 = 17";
        let fills = "按比较顺序取满 15 户，末位取 15 − 14 = 1 户";
        let all = "末位并列的全部可兑换，共 17 户";
        check(14, 3, TiePolicy::All, &format!("{sum} > 15，{all}"));
        check(14, 3, TiePolicy::AllUpTo(17), &format!("{sum} > 15，但不超过 17，{all}"));
        check(14, 3, TiePolicy::AllUpTo(16), &format!("{sum} > 16，{fills}"));
        check(14, 3, TiePolicy::Chain, &format!("{sum} > 15，{fills}"));
    }
}
