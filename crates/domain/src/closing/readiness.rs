//! What stands between a village and its closing.

use std::collections::BTreeSet;

use crate::households::Participation;
use crate::month::Month;
use crate::place::Place;
use crate::scoring::UnknownRule;

/// Why a village's month cannot be closed (未能结账的原因).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Block {
    /// No catalogue binds the village.
    #[error("没有生效的积分项目，请先导入或批准")]
    NoCatalogue,
    /// A panel is too small to sign.
    #[error("评分组“{panel}”只有 {members} 人，不足 {minimum} 人，请补足评委")]
    SmallPanel {
        /// The panel.
        panel: String,
        /// How many members it has.
        members: usize,
        /// How many it needs.
        minimum: u32,
    },
    /// Cards wait for the leader's signature.
    #[error("评分组“{panel}”有 {cards} 张积分卡未签字，请组长签字")]
    Unsigned {
        /// The panel.
        panel: String,
        /// How many cards.
        cards: usize,
    },
    /// Two sheets contradict each other.
    #[error("农户 {0} 有两张不同的积分卡，请组长取舍")]
    Conflict(Place),
    /// An earlier month is open.
    #[error("{0} 尚未结账，请按月份先后结账")]
    EarlierMonth(Month),
    /// A card uses a rule that is not in force.
    #[error("农户 {0} 的积分卡：{1}")]
    UnknownRule(Place, UnknownRule),
}

/// What is known of a village's month before it closes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readiness {
    /// Whether a catalogue is in force.
    pub catalogue: bool,
    /// The earliest open month with a household taking part, before this one.
    pub earlier_open: Option<Month>,
    /// Each panel's name, members, unsigned cards.
    pub panels: Vec<(String, usize, usize)>,
    /// The fewest members of a panel.
    pub minimum_members: u32,
    /// Households with two contradicting sheets.
    pub conflicts: Vec<Place>,
    /// Households taking part.
    pub taking_part: usize,
    /// Cards handed in.
    pub cards: usize,
}

/// One line of the list a clerk works through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is to be done.
    pub title: &'static str,
    /// How much is done.
    pub done: usize,
    /// Of how much.
    pub of: usize,
    /// Whether closing waits for it.
    pub blocks: bool,
}

/// Rule R-38: closing waits for a catalogue in force, panels of at least three, signed cards, one
/// sheet per household and the earlier months; missing cards do not block.
///
/// Source: product §2.5.
pub fn blocks(facts: &Readiness) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !facts.catalogue {
        blocks.push(Block::NoCatalogue);
    }
    blocks.extend(facts.earlier_open.map(Block::EarlierMonth));
    for (panel, members, unsigned) in &facts.panels {
        let (panel, members) = (panel.clone(), *members);
        if u32::try_from(members).is_ok_and(|members| members < facts.minimum_members) {
            blocks.push(Block::SmallPanel { panel: panel.clone(), members, minimum: facts.minimum_members });
        }
        if *unsigned > 0 {
            blocks.push(Block::Unsigned { panel, cards: *unsigned });
        }
    }
    blocks.extend(facts.conflicts.iter().copied().map(Block::Conflict));
    blocks
}

/// The earliest month before `month` in which somebody took part and that is not closed: a village's
/// months close in order, and months before its first participant do not exist.
pub fn earliest_open(
    participations: impl IntoIterator<Item = Participation>,
    closed: &BTreeSet<Month>,
    month: Month,
) -> Option<Month> {
    let mut earliest: Option<Month> = None;
    for participation in participations {
        let Some(joined) = participation.joined else { continue };
        let last = earliest.unwrap_or(month).previous();
        let open = joined.through(last).find(|one| participation.covers(*one) && !closed.contains(one));
        earliest = open.or(earliest);
    }
    earliest
}

/// The list a clerk works through, in the order of the month.
pub fn readiness(facts: &Readiness) -> Vec<Step> {
    let able = |(_, members, _): &&(String, usize, usize)| {
        u32::try_from(*members).is_ok_and(|members| members >= facts.minimum_members)
    };
    let waiting = facts.panels.iter().filter(|(_, _, unsigned)| *unsigned > 0).count();
    let signed = if facts.cards == 0 { 0 } else { facts.panels.len() - waiting };
    let panels = facts.panels.len();
    vec![
        Step {
            title: "规则已生效", done: usize::from(facts.catalogue), of: 1, blocks: !facts.catalogue
        },
        Step {
            title: "上月已结账",
            done: usize::from(facts.earlier_open.is_none()),
            of: 1,
            blocks: facts.earlier_open.is_some(),
        },
        Step {
            title: "评分组人数",
            done: facts.panels.iter().filter(able).count(),
            of: panels,
            blocks: facts.panels.iter().filter(able).count() < panels,
        },
        Step { title: "评分", done: facts.cards, of: facts.taking_part, blocks: false },
        Step { title: "组长签字", done: signed, of: panels, blocks: waiting > 0 },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Readiness {
        Readiness {
            catalogue: true,
            panels: vec![("一组".into(), 3, 0)],
            minimum_members: 3,
            taking_part: 40,
            cards: 31,
            ..Readiness::default()
        }
    }

    #[test]
    fn missing_cards_do_not_block() {
        assert_eq!(blocks(&ready()), []);
        assert!(readiness(&ready()).iter().all(|step| !step.blocks));
        assert!(
            readiness(&ready()).iter().any(|step| step.title == "评分" && (step.done, step.of) == (31, 40))
        );
    }

    #[test]
    fn without_a_card_nothing_is_signed_and_that_does_not_block() {
        let facts = Readiness { cards: 0, ..ready() };
        let signing = readiness(&facts).into_iter().find(|step| step.title == "组长签字").expect("a step");
        assert_eq!((signing.done, signing.of, signing.blocks), (0, 1, false));
    }

    #[test]
    fn months_close_in_order_from_the_first_participant_on() {
        let month = |text: &str| Month::parse(text).expect("a month");
        let from = |joined, left| Participation { joined: Some(month(joined)), left };
        let closed = BTreeSet::from([month("2026-03")]);
        let check = |participations: &[Participation], now, expected: Option<&str>| {
            let open = earliest_open(participations.iter().copied(), &closed, month(now));
            assert_eq!(open, expected.map(month));
        };
        check(&[from("2026-03", None)], "2026-03", None);
        check(&[from("2026-03", None)], "2026-04", None);
        check(&[from("2026-03", None)], "2026-06", Some("2026-04"));
        check(&[from("2026-05", None), from("2026-02", Some(month("2026-03")))], "2026-06", Some("2026-02"));
        check(&[from("2026-03", Some(month("2026-04")))], "2026-06", None);
        check(&[Participation::default()], "2026-06", None);
    }

    #[test]
    fn each_obstacle_is_named_with_its_remedy() {
        let facts = Readiness {
            catalogue: false,
            earlier_open: Month::parse("2026-09").ok(),
            panels: vec![("一组".into(), 2, 0), ("二组".into(), 3, 5)],
            conflicts: vec![Place::from_digits("4402291002040010007").expect("a household")],
            ..ready()
        };
        let texts: Vec<_> = blocks(&facts).iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "没有生效的积分项目，请先导入或批准",
                "2026-09 尚未结账，请按月份先后结账",
                "评分组“一组”只有 2 人，不足 3 人，请补足评委",
                "评分组“二组”有 5 张积分卡未签字，请组长签字",
                "农户 4402291002040010007 有两张不同的积分卡，请组长取舍",
            ]
        );
        assert_eq!(readiness(&facts).iter().filter(|step| step.blocks).count(), 4);
    }
}
