//! Settings in plain words: what they are called, what one can choose, and what a value says.

use domain::rulebook::{KEYS, Key};

/// What settings are about, by the first piece of their names.
const SECTIONS: &[(&str, &str)] = &[
    ("awards", "年终评比"),
    ("closing", "结账"),
    ("objections", "异议"),
    ("panels", "评分组"),
    ("publication", "公示"),
    ("redemption", "兑换"),
    ("scoring", "评分"),
];

/// The links of the tie-break chain but for the last, the lot.
const LINKS: &[(&str, &str)] = &[
    ("fewer_findings", "扣分次数少的在前"),
    ("environment", "人居环境分高的在前"),
    ("year_total", "全年累计高的在前"),
];

/// What a setting is about.
pub(crate) fn section(key: &Key) -> &'static str {
    let first = key.name.split('.').next().unwrap_or_default();
    SECTIONS.iter().find(|(name, _)| *name == first).map_or("其他", |(_, title)| *title)
}

/// What a setting is called: its title without the words of its values.
pub(crate) fn title(key: &Key) -> &'static str {
    key.title.split('：').next().unwrap_or(key.title)
}

/// What can be chosen, with its words; nothing where any number or text may be typed.
pub(crate) fn choices(name: &str) -> Vec<(String, String)> {
    let given = |pairs: [(&str, &str); 2]| pairs.map(|(value, words)| (value.to_owned(), words.to_owned()));
    match name {
        "awards.at_least_one_first" | "publication.when_closed" => {
            given([("true", "是"), ("false", "否")]).into()
        }
        "awards.scope" | "redemption.scope" => given([("all", "全部参与户"), ("local", "仅本村户")]).into(),
        "redemption.ties" => given([("all", "全部可兑换"), ("chain", "按比较顺序取满名额")]).into(),
        "redemption.tie_break" => orders(),
        _ => Vec::new(),
    }
}

/// Every order of comparison: any of the links once, and the lot at the end.
fn orders() -> Vec<(String, String)> {
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    let mut at = 0;
    while let Some(order) = orders.get(at).cloned() {
        for link in (0..LINKS.len()).filter(|link| !order.contains(link)) {
            orders.push(order.iter().copied().chain([link]).collect());
        }
        at += 1;
    }
    let named = |order: Vec<usize>| {
        let links = || order.iter().filter_map(|link| LINKS.get(*link));
        let values: Vec<&str> = links().map(|(value, _)| *value).chain(["lot"]).collect();
        let words: Vec<&str> = links().map(|(_, words)| *words).chain(["摇号"]).collect();
        (values.join(","), words.join("，再"))
    };
    orders.into_iter().rev().map(named).collect()
}

/// What a value counts; empty where it is chosen, and for a time of day.
pub(crate) fn unit(name: &str) -> &'static str {
    match name {
        "awards.share_percent" | "awards.split_percent" => "%",
        "closing.day"
        | "closing.town_without_panel_from_day"
        | "closing.village_without_panel_from_day"
        | "publication.until_day"
        | "scoring.opens_on_day"
        | "scoring.until_day" => "日",
        "objections.days" | "objections.decide_within_days" => "天",
        "panels.minimum_deciding" | "panels.minimum_members" => "人",
        "redemption.max_places" => "户",
        "redemption.minimum" | "redemption.tiers" => "分",
        "redemption.places" => "名",
        _ => "",
    }
}

/// A value in words, with its unit.
pub(crate) fn spoken(name: &str, value: &str) -> String {
    let value = plain(value);
    let known = choices(name).into_iter().find(|(one, _)| *one == value);
    match (known, unit(name)) {
        (Some((_, words)), _) => words,
        (None, "") => value,
        (None, unit) => format!("{value} {unit}"),
    }
}

/// A value without the space that a list may have after its commas.
pub(crate) fn plain(value: &str) -> String {
    value.split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

/// A refusal with the titles of settings for their names.
pub(crate) fn with_titles(words: &str) -> String {
    KEYS.iter().fold(words.to_owned(), |words, key| words.replace(key.name, title(key)))
}

#[cfg(test)]
mod tests {
    use domain::rulebook::Settings;
    use domain::rulebook::{Layer, Rulebook};

    use super::*;

    #[test]
    fn every_choice_can_stand() {
        for key in KEYS {
            for (value, words) in choices(key.name) {
                let place = domain::place::Place::parse_code("440229000000").expect("a code");
                let settings = Settings::from([(key.name.to_owned(), value.clone())]);
                assert!(Rulebook::resolve([&Layer { place, settings }]).is_ok(), "{}={value}", key.name);
                assert_eq!(spoken(key.name, &value), words);
            }
        }
        assert_eq!(orders().len(), 16);
    }

    #[test]
    fn defaults_are_said_in_words_and_titles_name_no_values() {
        for key in KEYS {
            assert!(!title(key).is_ascii() && section(key) != "其他", "{}", key.name);
            assert!(
                choices(key.name).is_empty() || !spoken(key.name, key.default).is_ascii(),
                "{}",
                key.name
            );
        }
        assert_eq!(
            (spoken("closing.day", "4").as_str(), spoken("closing.time", "00:30").as_str()),
            ("4 日", "00:30")
        );
        assert_eq!(spoken("redemption.tie_break", "environment, lot"), "人居环境分高的在前，再摇号");
    }

    #[test]
    fn what_is_typed_has_a_unit_but_for_the_time_of_day() {
        let without: Vec<&str> = KEYS
            .iter()
            .filter(|key| choices(key.name).is_empty() && unit(key.name).is_empty())
            .map(|key| key.name)
            .collect();
        assert_eq!(without, ["closing.time"]);
    }

    #[test]
    fn refusals_call_settings_by_their_titles() {
        assert_eq!(
            with_titles("规则设置 closing.day：“0”应为 1 到 28 的整数"),
            "规则设置 次月几日自动结账：“0”应为 1 到 28 的整数"
        );
    }
}
