//! From the text of settings to typed rules, with every problem named.

use super::{
    AwardRule, ClosingRule, ObjectionRule, PanelRule, PublicationRule, RedemptionRule, RewardScope, Rulebook,
    RulebookProblem, ScoringRule, Settings, TieBreak, TiePolicy,
};
use crate::points::Points;

/// The typed rulebook of complete settings.
pub(super) fn rulebook(settings: &Settings) -> Result<Rulebook, Vec<RulebookProblem>> {
    let mut reader = Reader { settings, problems: Vec::new() };
    let rulebook = Rulebook {
        scoring: ScoringRule {
            opens_on_day: reader.number("scoring.opens_on_day", 1, 28),
            until_day: reader.number("scoring.until_day", 1, 9),
        },
        closing: ClosingRule {
            day: reader.number("closing.day", 1, 28),
            minute: reader.minute("closing.time"),
            village_without_panel_from_day: reader.number("closing.village_without_panel_from_day", 1, 28),
            town_without_panel_from_day: reader.number("closing.town_without_panel_from_day", 1, 28),
        },
        panels: PanelRule {
            minimum_members: reader.number("panels.minimum_members", 1, 99),
            minimum_deciding: reader.number("panels.minimum_deciding", 1, 99),
        },
        redemption: RedemptionRule {
            minimum: reader.points("redemption.minimum"),
            places: reader.number("redemption.places", 1, 9999),
            ties: reader.ties(),
            tie_break: reader.tie_break(),
            tiers: reader.tiers(),
            scope: reader.scope("redemption.scope"),
        },
        publication: PublicationRule {
            until_day: reader.number("publication.until_day", 1, 28),
            when_closed: reader.choice("publication.when_closed", &[("true", true), ("false", false)]),
        },
        objections: ObjectionRule {
            days: reader.number("objections.days", 0, 365),
            decide_within_days: reader.number("objections.decide_within_days", 1, 365),
        },
        awards: AwardRule {
            share_percent: reader.number("awards.share_percent", 1, 100),
            split_percent: reader.split(),
            at_least_one_first: reader
                .choice("awards.at_least_one_first", &[("true", true), ("false", false)]),
            scope: reader.scope("awards.scope"),
        },
        text: settings.iter().map(|(key, value)| format!("{key}={value}\n")).collect(),
    };
    reader.check_order(&rulebook);
    if reader.problems.is_empty() { Ok(rulebook) } else { Err(reader.problems) }
}

/// Reads values and collects what is wrong with them; a wrong value reads as something harmless.
struct Reader<'a> {
    settings: &'a Settings,
    problems: Vec<RulebookProblem>,
}

impl Reader<'_> {
    fn value(&self, key: &str) -> &str {
        self.settings.get(key).map_or("", |value| value.trim())
    }

    fn refuse(&mut self, key: &str, message: String) {
        self.problems.push(RulebookProblem { key: key.to_owned(), message });
    }

    fn number(&mut self, key: &str, least: u32, most: u32) -> u32 {
        match self.value(key).parse() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.refuse(key, format!("“{}”应为 {least} 到 {most} 的整数", self.value(key)));
                least
            }
        }
    }

    fn points(&mut self, key: &str) -> Points {
        match Points::parse(self.value(key)) {
            Ok(points) if points <= Points::FULL => points,
            _ => {
                self.refuse(key, format!("“{}”应为 0 到 100 的分值", self.value(key)));
                Points::ZERO
            }
        }
    }

    fn minute(&mut self, key: &str) -> u32 {
        let parsed = self.value(key).split_once(':').and_then(|(hour, minute)| {
            let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        });
        parsed.unwrap_or_else(|| {
            self.refuse(key, format!("“{}”应为 00:30 这样的时刻", self.value(key)));
            0
        })
    }

    fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let value = self.value(key);
        match choices.iter().find(|(name, _)| *name == value) {
            Some((_, choice)) => *choice,
            None => {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                self.refuse(key, format!("“{value}”不是可选的值：{}", names.join("、")));
                choices[0].1
            }
        }
    }

    fn scope(&mut self, key: &str) -> RewardScope {
        self.choice(key, &[("all", RewardScope::All), ("local", RewardScope::Local)])
    }

    fn ties(&mut self) -> TiePolicy {
        let most = self.number("redemption.max_places", 0, 9999);
        match self.choice("redemption.ties", &[("all", TiePolicy::All), ("chain", TiePolicy::Chain)]) {
            TiePolicy::All if most > 0 => TiePolicy::AllUpTo(most),
            policy => policy,
        }
    }

    fn tie_break(&mut self) -> Vec<TieBreak> {
        let key = "redemption.tie_break";
        let links = [
            ("fewer_findings", TieBreak::FewerFindings),
            ("environment", TieBreak::Environment),
            ("year_total", TieBreak::YearTotal),
            ("lot", TieBreak::Lot),
        ];
        let chain: Vec<_> = self.value(key).split(',').map(str::trim).map(str::to_owned).collect();
        let known: Vec<_> = chain
            .iter()
            .filter_map(|name| links.iter().find(|link| link.0 == name))
            .map(|link| link.1)
            .collect();
        let last_and_once = known.iter().position(|link| *link == TieBreak::Lot) == Some(chain.len() - 1);
        let repeated = known.iter().enumerate().any(|(at, link)| known[..at].contains(link));
        if known.len() != chain.len() || repeated || !last_and_once {
            self.refuse(
                key,
                "应为 fewer_findings、environment、year_total 的任意顺序，以 lot 结尾，各一次".into(),
            );
        }
        known
    }

    fn tiers(&mut self) -> [Points; 4] {
        let key = "redemption.tiers";
        let parsed: Option<Vec<_>> =
            self.value(key).split(',').map(|text| Points::parse(text.trim()).ok()).collect();
        match parsed.and_then(|tiers| <[Points; 4]>::try_from(tiers).ok()) {
            Some(tiers) if tiers.windows(2).all(|pair| pair[0] > pair[1]) => tiers,
            _ => {
                self.refuse(key, "应为由高到低的四个分值，如 95,90,85,80".into());
                [Points::ZERO; 4]
            }
        }
    }

    fn split(&mut self) -> [u32; 3] {
        let key = "awards.split_percent";
        let parsed: Option<Vec<u32>> =
            self.value(key).split(',').map(|text| text.trim().parse().ok()).collect();
        match parsed.and_then(|split| <[u32; 3]>::try_from(split).ok()) {
            Some(split) if split.iter().sum::<u32>() == 100 => split,
            _ => {
                self.refuse(key, "应为合计 100 的三个百分数，如 20,30,50".into());
                [0, 0, 100]
            }
        }
    }

    fn check_order(&mut self, rulebook: &Rulebook) {
        if rulebook.redemption.tiers[3] != rulebook.redemption.minimum && self.problems.is_empty() {
            self.refuse("redemption.tiers", "第四档次的最低积分应与可兑换的最低积分相同".into());
        }
        if rulebook.closing.day <= rulebook.scoring.until_day && self.problems.is_empty() {
            self.refuse("closing.day", "自动结账日应在评分截止日之后".into());
        }
        if let TiePolicy::AllUpTo(most) = rulebook.redemption.ties
            && most < rulebook.redemption.places
        {
            self.refuse("redemption.max_places", "不能少于可兑换的小组名次".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KEYS, Settings};
    use super::*;

    fn check(key: &str, value: &str) -> Result<Rulebook, String> {
        let mut settings: Settings = KEYS.iter().map(|key| (key.name.into(), key.default.into())).collect();
        settings.insert(key.into(), value.into());
        rulebook(&settings).map_err(|problems| problems.iter().map(|problem| problem.key.as_str()).collect())
    }

    #[test]
    fn values_out_of_range_are_refused_by_key() {
        for (key, value) in [
            ("redemption.places", "0"),
            ("redemption.minimum", "101"),
            ("redemption.tiers", "90,95,85,80"),
            ("redemption.tie_break", "lot,environment"),
            ("redemption.tie_break", "environment,environment,lot"),
            ("awards.split_percent", "20,30,40"),
            ("closing.time", "24:00"),
            ("closing.day", "3"),
            ("redemption.max_places", "14"),
            ("awards.at_least_one_first", "vielleicht"),
        ] {
            assert_eq!(check(key, value), Err(key.to_owned()), "{key}={value}");
        }
    }

    #[test]
    fn the_fourth_tier_is_the_least_that_redeems() {
        assert_eq!(check("redemption.minimum", "75"), Err("redemption.tiers".to_owned()));
    }

    #[test]
    fn max_places_makes_the_second_tie_policy() {
        let rulebook = check("redemption.max_places", "18").expect("valid");
        assert_eq!(rulebook.redemption.ties, TiePolicy::AllUpTo(18));
    }
}
