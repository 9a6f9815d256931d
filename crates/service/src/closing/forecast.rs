//! What closing would give, for people: who redeems in each group, who stands at the last place under each tie rule, who
//! would have no score, and the arithmetic of every number.

use std::collections::BTreeMap;

use domain::closing::{AtLastPlace, GroupPlaces, HouseholdResult, LastPlace, PolicyForecast, Step, Tier};
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;
use domain::publication::last_digits;
use domain::rulebook::{RedemptionRule, RewardScope};
use domain::scoring::Status;
use records::closing::Forecast;

use crate::shell::head_for;

/// The forecast of a village's month.
pub(super) struct Forecasted {
    pub(super) ready: Vec<Step>,
    /// Why it cannot be closed, one line each.
    pub(super) blocks: Vec<String>,
    /// The tie rule in force first.
    pub(super) policies: Vec<Policy>,
    pub(super) groups: Vec<Group>,
}

/// What a tie rule would give.
pub(super) struct Policy {
    pub(super) title: String,
    pub(super) in_force: bool,
    pub(super) qualified: usize,
    /// How many in each tier.
    pub(super) tiers: Vec<(&'static str, usize)>,
    /// Who would redeem beside those of the rule in force, and who of those would not: `第一小组 0016 李*明（98 分）`.
    pub(super) more: Vec<String>,
    pub(super) fewer: Vec<String>,
}

/// A group's places.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) taking_part: usize,
    pub(super) qualified: usize,
    /// Those with a score that would not redeem.
    pub(super) others: usize,
    /// Who share a last place that is not enough for all of them.
    pub(super) tied: usize,
    pub(super) unscored: usize,
    /// Who would redeem, by tier, as a sentence each.
    pub(super) tiers: Vec<Listed>,
    pub(super) last: Option<Last>,
    /// Who would have a score and not redeem, by the reason.
    pub(super) misses: Vec<Listed>,
    /// Who would have no score, by what became of the visit.
    pub(super) absent: Vec<Listed>,
    /// Whose two sheets contradict each other.
    pub(super) conflicts: Vec<String>,
}

/// Households under one heading.
pub(super) struct Listed {
    pub(super) title: &'static str,
    pub(super) who: Vec<String>,
}

/// The last place of a group.
pub(super) struct Last {
    pub(super) score: String,
    /// Each tie rule with its arithmetic, the one in force first.
    pub(super) rules: Vec<TieRule>,
    pub(super) rows: Vec<LastRow>,
}

/// A tie rule at a last place.
pub(super) struct TieRule {
    pub(super) title: String,
    pub(super) derivation: String,
}

/// A household at the last place.
pub(super) struct LastRow {
    pub(super) number: String,
    pub(super) head: String,
    /// Its file.
    pub(super) href: String,
    pub(super) findings: u32,
    pub(super) environment: String,
    pub(super) total: String,
    /// Each tie rule, and whether it would redeem under it.
    pub(super) redeems: Vec<(String, bool)>,
}

/// How households and groups are called.
struct Names {
    groups: BTreeMap<Place, String>,
    heads: BTreeMap<Place, String>,
    in_full: bool,
}

impl Names {
    fn group(&self, group: &Place) -> String {
        self.groups.get(group).cloned().unwrap_or_else(|| group.code())
    }

    fn head(&self, household: &Place) -> String {
        head_for(self.heads.get(household).cloned(), self.in_full)
    }

    /// `0016 李*明`
    fn household(&self, household: &Place) -> String {
        format!("{} {}", last_digits(household), self.head(household))
    }

    /// `0016 李*明（98 分）`
    fn scored(&self, result: &HouseholdResult) -> String {
        let score = result.score.map(Points::short).unwrap_or_default();
        format!("{}（{score} 分）", self.household(&result.household))
    }

    /// `第一小组 0016 李*明（98 分）`
    fn moved(&self, result: &HouseholdResult) -> String {
        format!("{} {}", self.group(&result.group), self.scored(result))
    }
}

/// Lays a forecast out; names stand in full for whoever scores.
pub(super) fn forecasted(found: Forecast, month: Month, in_full: bool) -> Forecasted {
    let names = Names { groups: found.names, heads: found.heads, in_full };
    let titles: Vec<String> = found.policies.iter().map(|policy| policy.title.clone()).collect();
    let conflicts = |group: &Place| -> Vec<String> {
        let of_group = found.conflicts.iter().filter(|one| one.group == *group);
        of_group.map(|one| names.household(&one.household)).collect()
    };
    let groups = found.groups.iter().map(|one| Group {
        name: names.group(&one.group),
        taking_part: one.taking_part,
        qualified: one.qualified.len(),
        others: one.others.len(),
        tied: one.last.as_ref().map_or(0, LastPlace::tied),
        unscored: one.unscored.len(),
        tiers: tiers(one, &names),
        last: one.last.as_ref().map(|last| last_place(last, &titles, &names, month)),
        misses: misses(one, &names),
        absent: absent(one, &names),
        conflicts: conflicts(&one.group),
    });
    let groups = groups.collect();
    let policies = found.policies.iter().map(|one| policy(one, &names)).collect();
    Forecasted { ready: found.ready, blocks: found.blocks, policies, groups }
}

/// Who redeems at all, in words and numbers: `本月积分不低于 80 分，并且在组内前 15 名`.
pub(super) fn conditions(rule: &RedemptionRule) -> String {
    let whose = if rule.scope == RewardScope::All { "" } else { "本村户" };
    format!("{whose}本月积分不低于 {} 分，并且在组内前 {} 名", rule.minimum.short(), rule.places)
}

fn policy(one: &PolicyForecast, names: &Names) -> Policy {
    let called = |results: &[HouseholdResult]| -> Vec<String> {
        results.iter().map(|result| names.moved(result)).collect()
    };
    let tiers = (1..).map_while(Tier::new).map(Tier::title).zip(one.tiers);
    Policy {
        title: one.title.clone(),
        in_force: one.in_force,
        qualified: one.qualified,
        tiers: tiers.collect(),
        more: called(&one.more),
        fewer: called(&one.fewer),
    }
}

fn tiers(places: &GroupPlaces, names: &Names) -> Vec<Listed> {
    let mut listed: Vec<Listed> = Vec::new();
    // Better scores come first, and with them the better tiers.
    for result in &places.qualified {
        let title = result.tier.map_or("可兑换", |tier| tier.title());
        listed_under(&mut listed, title, names.household(&result.household));
    }
    listed
}

fn misses(places: &GroupPlaces, names: &Names) -> Vec<Listed> {
    let mut listed: Vec<Listed> = Vec::new();
    for (why, result) in &places.others {
        listed_under(&mut listed, why.title(), names.scored(result));
    }
    listed
}

fn absent(places: &GroupPlaces, names: &Names) -> Vec<Listed> {
    let mut listed: Vec<Listed> = Vec::new();
    for status in Status::ALL {
        for result in places.unscored.iter().filter(|one| one.status == status) {
            listed_under(&mut listed, status.title(), names.household(&result.household));
        }
    }
    listed
}

fn listed_under(listed: &mut Vec<Listed>, title: &'static str, household: String) {
    match listed.last_mut().filter(|last| last.title == title) {
        Some(last) => last.who.push(household),
        None => listed.push(Listed { title, who: vec![household] }),
    }
}

fn last_place(last: &LastPlace, titles: &[String], names: &Names, month: Month) -> Last {
    let row = |one: &AtLastPlace| LastRow {
        number: last_digits(&one.result.household).to_owned(),
        head: names.head(&one.result.household),
        href: format!("/household/{}/{month}", one.result.household.code()),
        findings: one.result.findings,
        environment: one.result.environment.map(Points::short).unwrap_or_default(),
        total: one.result.year_total.short(),
        redeems: titles.iter().cloned().zip(one.qualifies.iter().copied()).collect(),
    };
    let rule = |(title, derivation): (&String, &String)| TieRule {
        title: title.clone(),
        derivation: derivation.clone(),
    };
    Last {
        score: last.score.short(),
        rules: titles.iter().zip(&last.derivations).map(rule).collect(),
        rows: last.households.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use domain::closing::Misses;
    use records::closing::Conflicting;

    use super::*;

    const GROUP: &str = "440229100201001";

    fn place(digits: &str) -> Place {
        Place::from_digits(digits).expect("a place")
    }

    fn result(number: usize, score: Option<i32>, status: Status) -> HouseholdResult {
        HouseholdResult {
            household: place(&format!("{GROUP}{number:04}")),
            group: place(GROUP),
            status,
            score: score.map(Points::from_tenths),
            environment: score.map(|_| Points::from_tenths(600)),
            findings: 1,
            rank_in_group: score.map(|_| 1),
            rank_in_village: score.map(|_| 1),
            year_total: Points::from_tenths(score.unwrap_or_default()),
            qualifies: score.is_some(),
            tier: score.and(Tier::new(1)),
        }
    }

    /// Two at the last place of one, a household that was away, one without a card, and one with two sheets.
    fn check(in_full: bool) -> Forecasted {
        let (first, second) = (result(1, Some(980), Status::Scored), result(2, Some(980), Status::Scored));
        let at = |result: &HouseholdResult, by_chain| AtLastPlace {
            result: result.clone(),
            qualifies: vec![true, by_chain],
        };
        let last = LastPlace {
            score: Points::from_tenths(980),
            better: 0,
            households: vec![at(&first, true), at(&second, false)],
            is_short: true,
            derivations: vec!["全部".to_owned(), "按顺序".to_owned()],
        };
        let policy = |title: &str, in_force, fewer| PolicyForecast {
            title: title.to_owned(),
            in_force,
            qualified: 2,
            tiers: [2, 0, 0, 0],
            more: Vec::new(),
            fewer,
        };
        let (away, missing) = (result(3, None, Status::Away), result(4, None, Status::Unscored));
        let heads = [("0001", "李文明"), ("0002", "张明"), ("0003", "王大力"), ("0004", "赵小平")];
        let found = Forecast {
            ready: Vec::new(),
            blocks: Vec::new(),
            policies: vec![
                policy("全部可兑换", true, Vec::new()),
                policy("按比较顺序", false, vec![second.clone()]),
            ],
            groups: vec![GroupPlaces {
                group: place(GROUP),
                taking_part: 5,
                qualified: vec![first, second],
                others: vec![(Misses::Minimum, result(5, Some(700), Status::Scored))],
                last: Some(last),
                unscored: vec![missing, away],
            }],
            names: BTreeMap::from([(place(GROUP), "第一小组".to_owned())]),
            heads: heads.map(|(number, name)| (place(&format!("{GROUP}{number}")), name.to_owned())).into(),
            conflicts: vec![Conflicting { household: place(&format!("{GROUP}0004")), group: place(GROUP) }],
        };
        forecasted(found, Month::parse("2026-10").expect("a month"), in_full)
    }

    #[test]
    fn whoever_only_reads_sees_masked_names() {
        let (full, masked) = (check(true), check(false));
        let names = |found: &Forecasted| found.groups[0].tiers[0].who.clone();
        assert_eq!(names(&full), ["0001 李文明", "0002 张明"]);
        assert_eq!(names(&masked), ["0001 李*明", "0002 张*"]);
        assert_eq!(masked.policies[1].fewer, ["第一小组 0002 张*（98 分）"]);
    }

    #[test]
    fn every_number_of_a_group_has_its_list() {
        let found = check(true);
        let group = &found.groups[0];
        assert_eq!((group.taking_part, group.qualified, group.others, group.unscored), (5, 2, 1, 2));
        assert_eq!((group.tied, group.conflicts.as_slice()), (2, &["0004 赵小平".to_owned()][..]));
        let misses: Vec<_> = group.misses.iter().map(|one| (one.title, one.who.join("、"))).collect();
        assert_eq!(misses, [("积分不够", "0005 （70 分）".to_owned())], "the name was erased");
        let absent: Vec<_> = group.absent.iter().map(|one| (one.title, one.who.join("、"))).collect();
        assert_eq!(absent, [("外出", "0003 王大力".to_owned()), ("未评", "0004 赵小平".to_owned())]);
        let last = group.last.as_ref().expect("a last place");
        let rule = (last.rules[1].title.as_str(), last.rules[1].derivation.as_str());
        assert_eq!(rule, ("按比较顺序", "按顺序"));
        let rows: Vec<_> = last.rows.iter().map(|row| (row.number.as_str(), row.redeems[1].1)).collect();
        assert_eq!(rows, [("0001", true), ("0002", false)]);
        assert_eq!(last.rows[0].href, "/household/4402291002010010001/2026-10");
    }
}
