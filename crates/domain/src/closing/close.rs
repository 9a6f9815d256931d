//! One village's month: every household's result from the frozen inputs.

use std::collections::BTreeMap;

use super::HouseholdResult;
use super::chain::{ChainLink, inputs_digest, results_digest};
use super::qualify::{qualifying, tier};
use super::rank::competition_ranks;
use super::tie_break::Contender;
use crate::canonical::Digest;
use crate::catalogue::Catalogue;
use crate::households::RosterEntry;
use crate::month::Month;
use crate::panels::Panel;
use crate::place::Place;
use crate::points::Points;
use crate::rulebook::{RedemptionRule, RewardScope, Rulebook};
use crate::scoring::{Card, ScoringTable, Status, UnknownRule};

/// Everything a version of a village's month is computed from.
#[derive(Debug, Clone)]
pub struct MonthInputs<'a> {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// 1, or one more than the version that is corrected.
    pub version: i16,
    /// The catalogue in force and its scoring table.
    pub catalogue: (&'a Catalogue, &'a ScoringTable),
    /// The resolved rulebook of the month.
    pub rulebook: &'a Rulebook,
    /// The village's panels of the month, in the order of their names.
    pub panels: Vec<Panel>,
    /// The households taking part, in the order of their codes.
    pub roster: Vec<RosterEntry>,
    /// The cards that count, at most one per household, in the order of their households.
    pub cards: Vec<Card>,
    /// The sum of the year's earlier months for each roster entry, of their latest versions.
    pub earlier: Vec<Points>,
    /// The earlier months of the year that were summed, with their versions.
    pub summed: Vec<(Month, i16)>,
    /// The village's last closed hash, or the county's genesis value.
    pub previous: Digest,
    /// The seed of the lot: what `previous` was for version 1.
    pub seed: Digest,
}

/// A closed version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// One result per household taking part, in the order of their codes.
    pub results: Vec<HouseholdResult>,
    /// The link that joins this version to the village's chain.
    pub link: ChainLink,
    /// Whether any card was handed in; without one the month closes as 未开展.
    pub carried_out: bool,
}

/// Closes one village's month.
///
/// # Errors
/// A card that uses a rule the catalogue in force does not have.
pub fn close_month(inputs: &MonthInputs<'_>) -> Result<Closed, (Place, UnknownRule)> {
    let mut results = scored(inputs)?;
    rank(&mut results);
    qualify(&mut results, &inputs.roster, &inputs.rulebook.redemption, &inputs.seed);
    let link = ChainLink {
        village: inputs.village,
        month: inputs.month,
        version: inputs.version,
        previous: inputs.previous,
        inputs: inputs_digest(inputs),
        results: results_digest(&results),
    };
    Ok(Closed { results, link, carried_out: !inputs.cards.is_empty() })
}

/// Rule R-29: every household taking part has a result; without a card it is 未评, and away, refused
/// and unreached have no points: no score is invented.
///
/// Rule R-30: the year's total is the sum of the scored months of the year so far, this one included.
///
/// Source: part four (一): 12个月积分累加为年度积分; product §2.4 and §2.5.
fn scored(inputs: &MonthInputs<'_>) -> Result<Vec<HouseholdResult>, (Place, UnknownRule)> {
    let mut cards = inputs.cards.iter().peekable();
    let mut results = Vec::with_capacity(inputs.roster.len());
    for (entry, earlier) in inputs.roster.iter().zip(&inputs.earlier) {
        while cards.next_if(|card| card.household < entry.household).is_some() {}
        let card = cards.next_if(|card| card.household == entry.household);
        let mut result = HouseholdResult {
            household: entry.household,
            group: entry.group,
            status: card.map_or(Status::Unscored, |card| card.status),
            score: None,
            environment: None,
            findings: 0,
            rank_in_group: None,
            rank_in_village: None,
            year_total: *earlier,
            qualifies: false,
            tier: None,
        };
        if let Some(card) = card.filter(|card| card.status == Status::Scored) {
            let score =
                inputs.catalogue.1.score(&card.findings).map_err(|unknown| (entry.household, unknown))?;
            result.score = Some(score.total);
            result.environment = Some(score.environment);
            result.findings = score.findings;
            result.year_total += score.total;
        }
        results.push(result);
    }
    Ok(results)
}

fn rank(results: &mut [HouseholdResult]) {
    let scores: Vec<_> = results.iter().map(|result| result.score).collect();
    for (result, rank) in results.iter_mut().zip(competition_ranks(&scores)) {
        result.rank_in_village = rank;
    }
    for members in groups(results) {
        let scores: Vec<_> = members.iter().map(|at| results[*at].score).collect();
        for (at, rank) in members.iter().zip(competition_ranks(&scores)) {
            results[*at].rank_in_group = rank;
        }
    }
}

/// Rule R-31: where rewards are for local households only, the places run over those; scores and
/// ranks stay over everybody.
///
/// Source: part four (五): 积分奖励适用范围由镇村根据镇情村情决定.
fn qualify(results: &mut [HouseholdResult], roster: &[RosterEntry], rule: &RedemptionRule, seed: &Digest) {
    for members in groups(results) {
        let in_scope: Vec<_> =
            members.into_iter().filter(|at| rule.scope == RewardScope::All || roster[*at].local).collect();
        let contenders: Vec<_> =
            in_scope.iter().filter_map(|at| contender(&results[*at]).map(|one| (*at, one))).collect();
        let (places, contenders): (Vec<_>, Vec<_>) = contenders.into_iter().unzip();
        for ((at, contender), qualifies) in
            places.iter().zip(&contenders).zip(qualifying(&contenders, rule, seed))
        {
            results[*at].qualifies = qualifies;
            results[*at].tier = if qualifies { tier(contender.score, rule) } else { None };
        }
    }
}

/// What the chain looks at of a result; none where it has no score.
pub(super) fn contender(result: &HouseholdResult) -> Option<Contender> {
    Some(Contender {
        household: result.household,
        score: result.score?,
        findings: result.findings,
        environment: result.environment?,
        year_total: result.year_total,
    })
}

/// Where the results of each group stand, in the order of the groups' codes.
pub(super) fn groups(results: &[HouseholdResult]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (at, result) in results.iter().enumerate() {
        groups.entry(result.group).or_default().push(at);
    }
    groups.into_values().collect()
}
