//! A village's October from its first card to the end of its objections.

use domain::publication::{MonthFacts, on_board, state};

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
        older_published: false,
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
    let board = |on| on_board([(1, date(on))]).zip(Some("村务公开栏".to_owned()));
    let posted = || Facts { posted: board("2026-11-09"), ..published() };
    check(posted(), "2026-11-15T09:00:00", "dddddddnw");
    check(posted(), "2026-11-16T09:00:00", "ddddddddd");
    check(Facts { open_objections: 1, ..posted() }, "2026-11-16T09:00:00", "dddddddbw");
}

#[test]
fn a_corrected_version_opens_posting_again_until_its_sheet_hangs() {
    let rulebook = rulebook();
    let on =
        |postings: &[(i16, NaiveDate)]| on_board(postings.iter().copied()).zip(Some("村务公开栏".to_owned()));
    let first = (1, date("2026-11-08"));
    let closed = || Facts {
        closed: Some((2, date("2026-11-20"))),
        older_published: true,
        posted: on(&[first]),
        ..ready(&rulebook)
    };
    check(closed(), "2026-11-20T09:00:00", "dddddnwww");
    let publishing = &stages(&closed())[5];
    assert_eq!((publishing.words.as_str(), publishing.dated.as_str()), ("第2版待公示", ""), "it has no day");
    check(Facts { posted: None, ..closed() }, "2026-11-20T09:00:00", "dddddnlww");
    let published = || Facts { published_on: Some(date("2026-11-24")), older_published: false, ..closed() };
    check(published(), "2026-11-24T09:00:00", "ddddddnnw");
    check(published(), "2026-11-25T09:00:00", "ddddddlnw");
    let hangs = || Facts { posted: on(&[first, (2, date("2026-11-25"))]), ..published() };
    check(hangs(), "2026-11-25T09:00:00", "dddddddnw");
    let found = stages(&Facts { now: "2026-11-25T09:00:00".parse().expect("a time"), ..hangs() });
    assert_eq!(found[6].words, "11月25日张贴于村务公开栏", "the first sheet was in time");
}

#[test]
fn what_is_missing_is_named() {
    let rulebook = rulebook();
    let mut facts = ready(&rulebook);
    facts.readiness.catalogue = false;
    facts.readiness.panels.clear();
    facts.signed.clear();
    facts.without_panel = vec![Missing::of("第一小组没有评分组负责")];
    let found = stages(&facts);
    let words = |at: usize| found[at].missing.iter().map(|one| one.words.as_str()).collect::<Vec<_>>();
    assert_eq!(words(0), ["没有生效的积分项目，请先导入或批准"]);
    assert_eq!(words(1), ["还没有登记评分组，请先登记评委和负责的村小组", "第一小组没有评分组负责"]);
}

#[test]
fn twenty_missing_things_are_listed_and_the_others_counted() {
    let rulebook = rulebook();
    let mut facts = ready(&rulebook);
    facts.readiness.cards = 0;
    facts.without_card = (1..=40).map(|number| Missing::of(format!("{number:04} 号未评"))).collect();
    let scoring = &stages(&facts)[2];
    assert_eq!((scoring.missing.len(), scoring.more, scoring.lacks()), (20, 20, 40));
}

#[test]
fn every_day_says_what_it_is() {
    let rulebook = rulebook();
    let dated = |facts: &Facts<'_>| stages(facts).iter().map(|stage| stage.dated.clone()).collect::<Vec<_>>();
    let open = dated(&ready(&rulebook));
    assert_eq!(
        open[2..7],
        ["截止 11月3日", "截止 11月3日", "自动结账 11月4日 00:30", "截止 11月10日", "截止 11月10日"]
    );
    let published = Facts {
        closed: Some((1, date("2026-11-04"))),
        published_on: Some(date("2026-11-08")),
        ..ready(&rulebook)
    };
    assert_eq!(dated(&published)[7..], ["截止 11月15日", "最早 11月16日"]);
}
