//! The closed versions of a village's month, with what each moved.

use std::collections::BTreeMap;

use domain::closing::Tier;
use domain::place::Place;
use domain::points::Points;
use domain::publication::last_digits;
use records::closing::{ClosedMonth, StoredDifference};

use crate::log::{named, now_in};
use crate::state::State;

/// A closed version.
pub(super) struct Version {
    pub(super) number: i16,
    pub(super) closed_at: String,
    pub(super) taking_part: u32,
    pub(super) scored: u32,
    pub(super) reason: String,
    pub(super) hash: String,
    pub(super) moved: Vec<Moved>,
}

/// What a version moved for a household: before and after.
pub(crate) struct Moved {
    /// The group of the month, with the one where it is now where that is another.
    pub(crate) group: String,
    pub(crate) number: String,
    pub(crate) score: String,
    pub(crate) rank: String,
    pub(crate) total: String,
    pub(crate) qualifies: String,
    pub(crate) tier: String,
}

impl Moved {
    /// In words, a slash where there is nothing; `names` holds the groups'.
    pub(crate) fn of(stored: &StoredDifference, names: &BTreeMap<Place, String>) -> Self {
        let one = &stored.moved;
        let group = named(&one.group, names);
        let may = |may: bool| String::from(if may { "可兑换" } else { "不可兑换" });
        Self {
            group: format!("{group}{}", now_in(&one.group, &stored.present, names)),
            number: last_digits(&one.household).to_owned(),
            score: change(one.score, Points::short),
            rank: change(one.rank, |rank| rank.to_string()),
            total: change(one.year_total, Points::short),
            qualifies: change(one.qualifies, may),
            tier: change(one.tier, |tier: Tier| tier.title().to_owned()),
        }
    }
}

/// Both values where they differ.
fn change<T>((before, after): (Option<T>, Option<T>), words: impl Fn(T) -> String) -> String {
    let said = |value: Option<T>| value.map(&words).unwrap_or_else(|| "/".to_owned());
    let (before, after) = (said(before), said(after));
    if before == after { after } else { format!("{before} → {after}") }
}

/// Versions in the order given, each with what it moved.
pub(super) fn versions(
    state: &State,
    closed: Vec<(ClosedMonth, Vec<StoredDifference>)>,
    names: &BTreeMap<Place, String>,
) -> Vec<Version> {
    let version = |(one, moved): (ClosedMonth, Vec<StoredDifference>)| Version {
        number: one.version,
        closed_at: state.short_time(one.closed_at),
        taking_part: one.taking_part,
        scored: one.scored,
        reason: one.reason.unwrap_or_default(),
        hash: one.hash.short(),
        moved: moved.iter().map(|one| Moved::of(one, names)).collect(),
    };
    closed.into_iter().map(version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_change_is_said_once() {
        assert_eq!(change((Some(2_u32), Some(1)), |rank| rank.to_string()), "2 → 1");
        assert_eq!(change((Some(2_u32), Some(2)), |rank| rank.to_string()), "2");
        assert_eq!(change((None, Some(true)), |may| may.to_string()), "/ → true");
    }
}
