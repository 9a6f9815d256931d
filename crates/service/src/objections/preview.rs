//! Whom a decision would move: tried, and shown before it is made.

use std::collections::BTreeMap;

use domain::place::Place;
use domain::points::Points;
use records::closing::StoredDifference;

use crate::log::{household_named, now_in};

/// Whom a decision would move.
pub(crate) struct Preview {
    /// Those whose right to redeem changes stand first.
    pub(crate) flips: Vec<Flip>,
    /// Whose right to redeem changes, in a sentence; empty where nobody's does.
    pub(crate) rights: String,
}

/// A household that the correction moves.
pub(crate) struct Flip {
    /// Group of the month and number, with the group where it is now where that is another.
    pub(crate) household: String,
    pub(crate) score: (String, String),
    pub(crate) rank: (String, String),
    pub(crate) qualifies: (&'static str, &'static str),
    pub(crate) flips: bool,
}

/// Whom the movements of a decision that was tried concern.
pub(crate) fn preview(moved: &[StoredDifference], names: &BTreeMap<Place, String>) -> Preview {
    let mut flips: Vec<Flip> = moved.iter().map(|one| flip(one, names)).collect();
    flips.sort_by_key(|one| !one.flips);
    let rights = flips.iter().filter(|one| one.flips);
    let rights = rights.map(|one| format!("{}：{} → {}", one.household, one.qualifies.0, one.qualifies.1));
    Preview { rights: rights.collect::<Vec<_>>().join("；"), flips }
}

fn flip(StoredDifference { moved, present }: &StoredDifference, names: &BTreeMap<Place, String>) -> Flip {
    let points = |points: Option<Points>| points.map(Points::short).unwrap_or_else(|| "/".to_owned());
    let rank = |rank: Option<u32>| rank.map(|rank| rank.to_string()).unwrap_or_else(|| "/".to_owned());
    let may = |qualifies: Option<bool>| if qualifies == Some(true) { "可兑换" } else { "不可兑换" };
    let household = household_named(&moved.household, &moved.group, names);
    Flip {
        household: format!("{household}{}", now_in(&moved.group, present, names)),
        score: (points(moved.score.0), points(moved.score.1)),
        rank: (rank(moved.rank.0), rank(moved.rank.1)),
        qualifies: (may(moved.qualifies.0), may(moved.qualifies.1)),
        flips: moved.qualifies.0 != moved.qualifies.1,
    }
}
