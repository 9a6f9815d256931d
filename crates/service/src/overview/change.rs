//! 较上月: how many more or fewer households take part than in the month before.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use domain::place::Place;
use records::progress::VillageCounts;

/// A difference, with its sign and in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// As it is seen.
    pub(crate) sign: String,
    /// As it is read out.
    pub(crate) words: String,
}

impl Change {
    /// Of the villages that closed the month before, with the households that took part in it; none where none did.
    pub(super) fn of(villages: &[VillageCounts], before: &BTreeMap<Place, u32>) -> Option<Self> {
        let change = |one: &VillageCounts| {
            before.get(&one.village).map(|before| i64::from(one.taking_part) - i64::from(*before))
        };
        let changes: Vec<i64> = villages.iter().filter_map(change).collect();
        (!changes.is_empty()).then(|| Self::said(changes.iter().sum()))
    }

    fn said(change: i64) -> Self {
        let size = change.unsigned_abs();
        let (sign, words) = match change.cmp(&0) {
            Ordering::Greater => (format!("↑ +{size}"), format!("增加 {size} 户")),
            Ordering::Less => (format!("↓ −{size}"), format!("减少 {size} 户")),
            Ordering::Equal => ("持平".to_owned(), "持平".to_owned()),
        };
        Self { sign, words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: i64, sign: &str, words: &str) {
        assert_eq!(Change::said(change), Change { sign: sign.to_owned(), words: words.to_owned() });
    }

    #[test]
    fn a_change_has_a_sign_and_a_word() {
        check(12, "↑ +12", "增加 12 户");
        check(-3, "↓ −3", "减少 3 户");
        check(0, "持平", "持平");
    }

    #[test]
    fn where_nothing_was_closed_before_nothing_is_compared() {
        assert_eq!(Change::of(&[], &BTreeMap::new()), None);
    }
}
