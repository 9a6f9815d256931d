//! The rulebook (规则): the numbers of the county document and the settings around them, dated, and
//! inherited county → town → village.

mod keys;
mod parse;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::canonical::{Digest, Form};
use crate::month::Month;
use crate::place::{Level, Place};
use crate::points::Points;

pub use keys::{KEYS, Keeper, Key};

/// One level's settings by key, as text: what its rulebook file says.
pub type Settings = BTreeMap<String, String>;

/// A level's settings and the place they bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The county, town or village.
    pub place: Place,
    /// What it sets; keys that are absent are inherited.
    pub settings: Settings,
}

/// Every number that a rule of a month needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulebook {
    /// When cards are entered.
    pub scoring: ScoringRule,
    /// When months close.
    pub closing: ClosingRule,
    /// Who may sign.
    pub panels: PanelRule,
    /// Who redeems, and what breaks a tie.
    pub redemption: RedemptionRule,
    /// Until when a month is posted.
    pub publication: PublicationRule,
    /// How long one may object.
    pub objections: ObjectionRule,
    /// How many win at year end.
    pub awards: AwardRule,
    text: String,
}

/// When cards are entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoringRule {
    /// The day of the month from which cards are entered.
    pub opens_on_day: u32,
    /// The last day of the next month on which they are.
    pub until_day: u32,
}

/// When months close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingRule {
    /// The day of the next month on which the schedule closes.
    pub day: u32,
    /// The minute of that day.
    pub minute: u32,
    /// From this day of the next month the village may close without an unsigned panel.
    pub village_without_panel_from_day: u32,
    /// From this day of the next month the town may.
    pub town_without_panel_from_day: u32,
}

/// Who may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRule {
    /// The fewest members of a panel.
    pub minimum_members: u32,
    /// The fewest others who decide on a household from which a member is recused.
    pub minimum_deciding: u32,
}

/// Who redeems, and what breaks a tie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedemptionRule {
    /// The fewest points that redeem.
    pub minimum: Points,
    /// The last rank in the group that redeems.
    pub places: u32,
    /// What happens to a tie at the last place.
    pub ties: TiePolicy,
    /// What orders equal scores, first to last.
    pub tie_break: Vec<TieBreak>,
    /// The fewest points of the first, second, third and fourth tier.
    pub tiers: [Points; 4],
    /// Over whom the places run.
    pub scope: RewardScope,
}

/// What happens to a tie at the last place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TiePolicy {
    /// All who share the rank qualify.
    All,
    /// All who share the rank qualify, unless more than this many would: then the chain fills the places.
    AllUpTo(u32),
    /// The chain always fills exactly the places.
    Chain,
}

/// One link of the tie-break chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TieBreak {
    /// Fewer findings first.
    FewerFindings,
    /// Higher points in 人居环境 first.
    Environment,
    /// Higher total of the year first.
    YearTotal,
    /// The recomputable lot.
    Lot,
}

/// Over whom the places of a reward run; scores and ranks always stay over everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewardScope {
    /// Everybody who takes part.
    All,
    /// Households of the village's own people (本村) only.
    Local,
}

/// Until when a month is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationRule {
    /// The last day of the next month on which posting is in time.
    pub until_day: u32,
    /// Whether a version is published as soon as it is closed.
    pub when_closed: bool,
}

/// How long one may object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionRule {
    /// Full days after a version's publication.
    pub days: u32,
    /// Days from filing to decision.
    pub decide_within_days: u32,
}

/// How many win at year end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardRule {
    /// The quota in percent of the resident households of the group.
    pub share_percent: u32,
    /// The first, second and third prizes in percent of the quota.
    pub split_percent: [u32; 3],
    /// Whether a quota that gives no first prize gives one all the same.
    pub at_least_one_first: bool,
    /// Over whom the prizes run.
    pub scope: RewardScope,
}

/// A setting that cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("规则设置 {key}：{message}")]
pub struct RulebookProblem {
    /// The key, `redemption.places`.
    pub key: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Rulebook {
    /// Rule R-06: a setting is the nearest level's that names it: village before town before county
    /// before the default; the document's own numbers are the county's alone.
    ///
    /// Source: part four (二): 各镇各村可结合本镇本村的重点工作需要; product §1 "(setting)".
    pub fn resolve<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Result<Self, Vec<RulebookProblem>> {
        let mut layers: Vec<_> = layers.into_iter().collect();
        layers.sort_by_key(|layer| layer.place.level());
        let mut settings: Settings = KEYS.iter().map(|key| (key.name.into(), key.default.into())).collect();
        let mut problems = Vec::new();
        for layer in layers {
            problems.extend(check_layer(layer));
            settings.extend(layer.settings.clone());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        parse::rulebook(&settings)
    }

    /// The digest of the resolved settings that decide results, each a line `key<tab>=value`.
    pub fn digest(&self) -> Digest {
        let mut form = Form::new("jifen rulebook 1");
        for line in self.text.lines() {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            if KEYS.iter().any(|known| known.name == key && known.decides) {
                form.code(key).text(value).end();
            }
        }
        form.finish()
    }

    /// The resolved settings, a line `key=value` each, in the order of their keys.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A setting that would begin too early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("规则设置应在该月开始之前定好，{from} 已经开始；请从 {} 起", .from.next())]
pub struct AlreadyBegun {
    /// The month that has begun.
    pub from: Month,
}

/// Rule R-52: a setting is fixed before the month begins on which it acts; a place that has not closed
/// a month yet may still set up the current one.
///
/// Source: product §1 "(setting)", §2.5.
pub fn may_begin(from: Month, today: NaiveDate, ever_closed: bool) -> Result<(), AlreadyBegun> {
    if ever_closed && today >= from.day(1) { Err(AlreadyBegun { from }) } else { Ok(()) }
}

/// What is wrong with one level's settings, whatever they inherit.
pub fn check_layer(layer: &Layer) -> Vec<RulebookProblem> {
    let problem =
        |key: &str, message: &str| RulebookProblem { key: key.to_owned(), message: message.to_owned() };
    let mut problems = Vec::new();
    for (name, value) in &layer.settings {
        match KEYS.iter().find(|key| key.name == name) {
            None => problems.push(problem(name, "没有这一项，请核对名称")),
            Some(key) if key.keeper == Keeper::County && layer.place.level() != Level::County => {
                problems.push(problem(name, "这是县级文件规定的数，只有县级可以改"));
            }
            Some(_) if value.contains(['\n', '\r']) => problems.push(problem(name, "不能换行")),
            Some(_) => {}
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(code: &str, settings: &[(&str, &str)]) -> Layer {
        let settings = settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Layer { place: Place::parse_code(code).expect("a code"), settings }
    }

    #[test]
    fn without_layers_the_documents_numbers_hold() {
        let rulebook = Rulebook::resolve([]).expect("the defaults");
        assert_eq!(rulebook.redemption.minimum, Points::from_tenths(800));
        assert_eq!(rulebook.redemption.places, 15);
        assert_eq!(rulebook.redemption.tiers.map(Points::tenths), [950, 900, 850, 800]);
        assert_eq!(rulebook.awards.split_percent, [20, 30, 50]);
        assert_eq!((rulebook.scoring.until_day, rulebook.publication.until_day), (3, 10));
        assert_eq!((rulebook.closing.day, rulebook.closing.minute), (4, 30));
    }

    #[test]
    fn the_nearest_level_wins_in_any_order_of_layers() {
        let village = layer("440229100204", &[("objections.days", "9")]);
        let county = layer("440229000000", &[("objections.days", "8"), ("redemption.ties", "chain")]);
        let rulebook = Rulebook::resolve([&village, &county]).expect("valid layers");
        assert_eq!(rulebook.objections.days, 9);
        assert_eq!(rulebook.redemption.ties, TiePolicy::Chain);
    }

    #[test]
    fn a_town_cannot_change_the_documents_numbers() {
        let town = layer("440229100000", &[("redemption.places", "20")]);
        let problems = Rulebook::resolve([&town]).expect_err("refused");
        assert_eq!(problems[0].key, "redemption.places");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let county = layer("440229000000", &[("redemption.place", "15")]);
        assert_eq!(Rulebook::resolve([&county]).expect_err("refused")[0].key, "redemption.place");
    }

    #[test]
    fn a_setting_begins_before_its_month_unless_nothing_was_closed_yet() {
        let from = Month::parse("2026-10").expect("a month");
        let on = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a date");
        assert!(may_begin(from, on(9, 30), true).is_ok());
        assert_eq!(may_begin(from, on(10, 1), true), Err(AlreadyBegun { from }));
        assert!(may_begin(from, on(10, 24), false).is_ok());
    }

    #[test]
    fn two_rulebooks_that_say_the_same_have_one_digest() {
        let county = layer("440229000000", &[("objections.days", "7")]);
        let inherited = Rulebook::resolve([]).expect("defaults");
        let stated = Rulebook::resolve([&county]).expect("valid");
        assert_eq!(inherited.digest(), stated.digest());
        let other = layer("440229000000", &[("objections.days", "8")]);
        assert_ne!(Rulebook::resolve([&other]).expect("valid").digest(), inherited.digest());
    }
}
