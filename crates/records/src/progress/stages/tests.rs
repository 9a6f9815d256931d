//! A village's October from its first card to the end of its objections.

use domain::publication::{MonthFacts, state};

use super::*;

fn rulebook() -> Rulebook {
    Rulebook::resolve([]).expect("the defaults")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// One panel and 40 households, all with a signed card.
fn ready(rulebook: &Rulebook) -> Facts<'_> {
    Facts {
        month: Month::parse("2026-10").expect("a month"),
        rulebook,
        now: NaiveDateTime::default(),
        readiness: Readiness {
            catalogue: true,
            panels: vec![("第一评分组".into(), 3, 0)],
            minimum_members: 3,
            taking_part: 40,
            cards: 40,
            ..Readiness::default()
        },
        items: 12,
        signed: vec![("第一评分组".into(), true)],
        without_card: Vec::new(),
        without_panel: Vec::new(),
        closed: None,
        published_on: None,
        posted: None,
        open_objections: 0,
        state: MonthState::Open,
    }
}

/// Where each step stands at a time, a letter each: done, now, waiting, blocked, late.
fn check(mut facts: Facts<'_>, now: &str, expected: &str) {
    facts.now = now.parse().expect("a local time");
    let (closed, published_on) = (facts.closed.map(|(version, _)| version), facts.published_on);
    let published = closed.zip(published_on);
    let open_objections = facts.open_objections;
    let of_month = MonthFacts { signed: true, closed, published, open_objections };
    facts.state = state(&of_month, facts.now, &facts.rulebook.objections);
    let letter = |stage: &Stage| match stage.state {
        StageState::Done => 'd',
        StageState::Now => 'n',
        StageState::Waiting => 'w',
        StageState::Blocked => 'b',
        StageState::Late => 'l',
    };
    let found: String = stages(&facts).iter().map(letter).collect();
    assert_eq!(found, expected, "{now}: {:?}", stages(&facts));
}

#[test]
fn a_signed_month_waits_for_its_end_and_then_for_its_hour() {
    let rulebook = rulebook();
    check(ready(&rulebook), "2026-10-31T09:00:00", "ddddwwwww");
    check(ready(&rulebook), "2026-11-01T09:00:00", "ddddnwwww");
    check(ready(&rulebook), "2026-11-05T09:00:00", "ddddlwwww");
}

#[test]
fn missing_cards_are_worked_on_until_the_third_and_unsigned_ones_block() {
    let rulebook = rulebook();
    let mut facts = ready(&rulebook);
    facts.readiness.cards = 30;
    facts.readiness.panels[0].2 = 30;
    facts.signed[0].1 = false;
    check(facts, "2026-11-03T09:00:00", "ddnnbwwww");
    let mut facts = ready(&rulebook);
    facts.readiness.cards = 30;
    check(facts, "2026-11-04T09:00:00", "ddldnwwww");
}

#[test]
fn a_closed_month_is_published_posted_and_settled() {
    let rulebook = rulebook();
    let closed = || Facts { closed: Some((1, date("2026-11-04"))), ..ready(&rulebook) };
    check(closed(), "2026-11-10T09:00:00", "dddddnwww");
    check(closed(), "2026-11-11T09:00:00", "dddddlwww");
    let published = || Facts { published_on: Some(date("2026-11-08")), ..closed() };
    check(published(), "2026-11-09T09:00:00", "ddddddnnw");
    let posted = || Facts { posted: Some((date("2026-11-09"), "村务公开栏".into())), ..published() };
    check(posted(), "2026-11-15T09:00:00", "dddddddnw");
    check(posted(), "2026-11-16T09:00:00", "ddddddddd");
    check(Facts { open_objections: 1, ..posted() }, "2026-11-16T09:00:00", "dddddddbw");
}

#[test]
fn what_is_missing_is_named() {
    let rulebook = rulebook();
    let mut facts = ready(&rulebook);
    facts.readiness.catalogue = false;
    facts.readiness.panels.clear();
    facts.signed.clear();
    facts.without_panel = vec!["第一小组没有评分组负责".into()];
    let found = stages(&facts);
    assert_eq!(found[0].missing, ["没有生效的积分项目，请先导入或批准"]);
    assert_eq!(found[1].missing, ["还没有登记评分组，请先登记评委和负责的村小组", "第一小组没有评分组负责"]);
}
