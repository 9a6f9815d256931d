//! The groups of a village in a month, as the clerk's table lists them.

use std::collections::BTreeMap;

use domain::place::Place;
use domain::points::{Points, mean};

/// A group's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupProgress {
    /// The group.
    pub group: Place,
    /// Its name.
    pub name: String,
    /// Households taking part.
    pub taking_part: usize,
    /// Those with a card.
    pub with_card: usize,
    /// The mean of the scored (均分).
    pub mean: Option<Points>,
    /// How many percent of the scored have full marks (满分占比), rounded half up; none without a score.
    pub full_percent: Option<usize>,
    /// The panel that scores it.
    pub panel: Option<String>,
    /// Whether it has cards and its panel's signature covers all of the panel's.
    pub signed: bool,
}

/// What is counted of a group.
#[derive(Debug, Default)]
pub(super) struct GroupFacts {
    /// Households taking part.
    pub(super) taking_part: usize,
    /// Those with a card.
    pub(super) with_card: usize,
    /// The scores.
    pub(super) scores: Vec<Points>,
}

/// The table: one row per group in which somebody takes part, in the order of codes. `panel_of` names the panel of a
/// group, with whether its cards are signed.
pub(super) fn table(
    facts: BTreeMap<Place, GroupFacts>,
    names: &BTreeMap<Place, String>,
    panel_of: impl Fn(&Place) -> Option<(String, bool)>,
) -> Vec<GroupProgress> {
    let row = |(group, facts): (Place, GroupFacts)| {
        let panel = panel_of(&group);
        let signed = facts.with_card > 0 && panel.as_ref().is_some_and(|(_, signed)| *signed);
        GroupProgress {
            group,
            name: names.get(&group).cloned().unwrap_or_else(|| group.code()),
            taking_part: facts.taking_part,
            with_card: facts.with_card,
            mean: mean(&facts.scores),
            full_percent: full_percent(&facts.scores),
            panel: panel.map(|(name, _)| name),
            signed,
        }
    };
    facts.into_iter().map(row).collect()
}

fn full_percent(scores: &[Points]) -> Option<usize> {
    let full = scores.iter().filter(|score| **score == Points::FULL).count();
    (200 * full + scores.len()).checked_div(2 * scores.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tenths: &[i32], percent: Option<usize>) {
        let scores: Vec<_> = tenths.iter().map(|tenths| Points::from_tenths(*tenths)).collect();
        assert_eq!(full_percent(&scores), percent, "{tenths:?}");
    }

    #[test]
    fn the_share_of_full_marks_is_rounded_half_up() {
        check(&[1000, 990], Some(50));
        check(&[1000, 990, 980], Some(33));
        check(&[1000, 1000, 980], Some(67));
        check(&[], None);
    }
}
