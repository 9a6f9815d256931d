//! The sentence on a tie at the last place of a group.

use domain::canonical::Digest;
use domain::closing::{Contender, HouseholdResult, compare, explain_tie, tie_title, tied_at_last_place};
use domain::rulebook::RedemptionRule;

/// How a tie at the last place was decided, where the household is part of one: that all redeem, or against whom
/// the chain put it first or second. Takes the group's results in scope, the household's own among them.
pub(super) fn last_place<'a>(
    own: &HouseholdResult,
    in_scope: impl Iterator<Item = &'a HouseholdResult>,
    rule: &RedemptionRule,
    seed: &Digest,
) -> Option<String> {
    let scored: Vec<(Contender, bool)> =
        in_scope.filter_map(|result| Some((contender(result)?, result.qualifies))).collect();
    let (score, households) = tied_at_last_place(scored.iter().map(|(one, _)| one.score), rule)?;
    let mut tied: Vec<(Contender, bool)> = scored.into_iter().filter(|(one, _)| one.score == score).collect();
    let (own, qualifies) = *tied.iter().find(|(one, _)| one.household == own.household)?;
    let places = rule.places;
    let shared = format!("末位有 {households} 户同为 {} 分并列", score.short());
    let redeeming = tied.iter().filter(|(_, qualifies)| *qualifies).count();
    if redeeming == households {
        return Some(format!("{shared}：{}", tie_title(rule)));
    }
    tied.sort_by(|(left, _), (right, _)| compare(left, right, &rule.tie_break, seed));
    let ((last_in, _), (first_out, _)) = (tied.get(redeeming.checked_sub(1)?)?, tied.get(redeeming)?);
    let (first, second) = if qualifies { (&own, first_out) } else { (last_in, &own) };
    let decided = explain_tie(first, second, &rule.tie_break, seed);
    let side = if qualifies { "本户在名额之内" } else { "本户在名额之外" };
    Some(format!("{shared}，按比较顺序取满 {places} 户，{side}：{decided}"))
}

fn contender(result: &HouseholdResult) -> Option<Contender> {
    Some(Contender {
        household: result.household,
        score: result.score?,
        findings: result.findings,
        environment: result.environment?,
        year_total: result.year_total,
    })
}

#[cfg(test)]
mod tests {
    use domain::place::Place;
    use domain::points::Points;
    use domain::rulebook::{Rulebook, TiePolicy};
    use domain::scoring::Status;

    use super::*;

    /// A household with a score in tenths and a number of findings.
    fn result(number: usize, tenths: i32, findings: u32, qualifies: bool) -> HouseholdResult {
        let household = Place::from_digits(&format!("440229100204001{number:04}")).expect("a household");
        HouseholdResult {
            household,
            group: household.parent().expect("a group"),
            status: Status::Scored,
            score: Some(Points::from_tenths(tenths)),
            environment: Some(Points::ZERO),
            findings,
            rank_in_group: None,
            rank_in_village: None,
            year_total: Points::ZERO,
            qualifies,
            tier: None,
        }
    }

    /// Fourteen with 100 points, and two with 93, of whom the second redeems only if all do.
    fn check(own: usize, ties: TiePolicy) -> Option<String> {
        let mut rule = Rulebook::resolve([]).expect("the defaults").redemption;
        rule.ties = ties;
        let mut group: Vec<_> = (1..=14).map(|number| result(number, 1000, 0, true)).collect();
        group.push(result(15, 930, 2, true));
        group.push(result(16, 930, 3, ties == TiePolicy::All));
        last_place(&group[own - 1], group.iter(), &rule, &Digest::of(b""))
    }

    #[test]
    fn whoever_is_not_part_of_the_tie_is_told_nothing() {
        assert_eq!(check(1, TiePolicy::Chain), None);
    }

    #[test]
    fn a_tie_that_admits_all_says_so() {
        let told = check(16, TiePolicy::All);
        assert_eq!(told.as_deref(), Some("末位有 2 户同为 93 分并列：末位并列的全部可兑换"));
    }

    #[test]
    fn the_chain_names_the_link_that_decided() {
        let decided = "同为 93 分：扣分次数较少（2 次 < 3 次）在前";
        let told =
            |side: &str| Some(format!("末位有 2 户同为 93 分并列，按比较顺序取满 15 户，{side}：{decided}"));
        assert_eq!(check(15, TiePolicy::Chain), told("本户在名额之内"));
        assert_eq!(check(16, TiePolicy::Chain), told("本户在名额之外"));
    }
}
