//! A golden month per recipe: a released recipe gives the same bytes for ever.

use std::sync::Arc;

use domain::canonical::Digest;
use domain::catalogue::{Catalogue, Category, DeductionRule, Item};
use domain::closing::{Closed, MonthInputs, RECIPE, Tier, close_month, genesis};
use domain::households::{Participation, RosterEntry};
use domain::month::Month;
use domain::panels::{Capacity, Member, Panel};
use domain::place::Place;
use domain::points::Points;
use domain::rulebook::Rulebook;
use domain::scoring::{Card, ScoringTable, Status, parse_findings};

const VILLAGE: &str = "440229100204";

fn place(digits: &str) -> Place {
    Place::from_digits(digits).expect("digits")
}

fn month(text: &str) -> Month {
    Month::parse(text).expect("a month")
}

fn item(code: &str, category: Category, full: i32, rules: &[(&str, i32)]) -> Item {
    let rule = |&(code, points): &(&str, i32)| DeductionRule {
        code: code.into(),
        text: format!("{code}的情形"),
        points: Points::from_tenths(points),
        unit: "每处".into(),
        evidence: false,
    };
    let rules = rules.iter().map(rule).collect();
    Item { code: code.into(), category, name: format!("{code}项"), full: Points::from_tenths(full), rules }
}

fn entry(number: u32, local: bool) -> RosterEntry {
    RosterEntry {
        household: place(&format!("{VILLAGE}001{number:04}")),
        group: place(&format!("{VILLAGE}001")),
        revision: 1,
        effective: month("2000-01"),
        name: Digest::salted(b"salt", &format!("户主{number}")),
        members_registered: 4,
        members_resident: 3,
        resident: true,
        local,
        participation: Participation { joined: Some(month("2026-09")), left: None },
    }
}

fn card(number: u32, status: Status, findings: &str) -> Card {
    Card {
        household: place(&format!("{VILLAGE}001{number:04}")),
        revision: 1,
        panel: Arc::from("一组"),
        scored_on: "2026-10-28".parse().expect("a date"),
        status,
        findings: parse_findings(findings).expect("findings"),
        remark: None,
    }
}

fn golden() -> Closed {
    let catalogue = Catalogue {
        items: vec![
            item("H1", Category::Environment, 700, &[("H1a", 20), ("H1b", 100)]),
            item("W1", Category::Civility, 300, &[("W1a", 50)]),
        ],
    };
    let table = ScoringTable::new(&catalogue);
    let rulebook = Rulebook::resolve([]).expect("the defaults");
    let member = |name: &str, is_leader| Member {
        name: Digest::of(name.as_bytes()),
        capacity: Capacity::Representative,
        is_leader,
    };
    let members = vec![member("甲", true), member("乙", false), member("丙", false)];
    let county = place("440229");
    let inputs = MonthInputs {
        village: place(VILLAGE),
        month: month("2026-10"),
        version: 1,
        catalogue: (&catalogue, &table),
        rulebook: &rulebook,
        panels: vec![Panel {
            name: "一组".into(),
            revision: 1,
            effective: month("2000-01"),
            groups: vec![place(&format!("{VILLAGE}001"))],
            members,
        }],
        roster: (1..=5).map(|number| entry(number, number != 3)).collect(),
        cards: vec![
            card(1, Status::Scored, "H1a*2;W1a"),
            card(2, Status::Scored, "H1b*9"),
            card(3, Status::Scored, "H1a+W1a"),
            card(4, Status::Away, ""),
        ],
        earlier: [950, 0, 1000, 880, 0].map(Points::from_tenths).to_vec(),
        summed: vec![(month("2026-09"), 1)],
        previous: genesis(&county),
        seed: genesis(&county),
    };
    close_month(&inputs).expect("a closed month")
}

#[test]
fn recipe_one_gives_these_results() {
    let closed = golden();
    let lines: Vec<_> = closed
        .results
        .iter()
        .map(|one| {
            let score = one.score.map_or("-".to_owned(), |score| score.to_string());
            let ranks = (one.rank_in_group.unwrap_or(0), one.rank_in_village.unwrap_or(0));
            let tier = one.tier.map_or(0, Tier::number);
            format!("{} {score} {ranks:?} {} {} {tier}", one.status.name(), one.year_total, one.qualifies)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "scored 91.0 (2, 2) 186.0 true 2",
            "scored 30.0 (3, 3) 30.0 false 0",
            "scored 95.0 (1, 1) 195.0 true 1",
            "away - (0, 0) 88.0 false 0",
            "unscored - (0, 0) 0.0 false 0",
        ]
    );
}

#[test]
fn recipe_one_gives_these_bytes() {
    assert_eq!(RECIPE, 1, "a new recipe gets a golden month of its own beside this one");
    let link = golden().link;
    assert_eq!(link.inputs.hex(), "afe87ce0f5cfcbcecb4e1e2d8102a751e0a371f49a4a388aa82331a126057ed0");
    assert_eq!(link.results.hex(), "dd950b641db06a5a7037e24c57778f967ec31b2a1bc2b2d15bd12c25219984d3");
    assert_eq!(link.hash().hex(), "1e99a2db73a3956cba964c5b605c228b9be126ba4cbb8ba329724f924cfcbb2c");
}
