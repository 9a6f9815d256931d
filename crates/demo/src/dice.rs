//! Dice that fall the same way for the same seed, purpose, place and number, whoever asks first.

use domain::place::Place;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of throws decides; no two purposes share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Where a town's villages begin.
    TownShare,
    /// Where a village's households begin.
    VillageShare,
    /// Where a group's households begin.
    GroupShare,
    /// Where a list of place names is entered.
    PlaceName,
    /// Who sits on a panel.
    Panel,
    /// What a household is like.
    Profile,
    /// Who a household is.
    Person,
    /// When a group is scored in a month, and what its panel looks at.
    Visit,
    /// What a household's card says in a month.
    Card,
    /// The name of a contact.
    Contact,
}

impl Purpose {
    fn number(self) -> u8 {
        match self {
            Self::TownShare => 1,
            Self::VillageShare => 2,
            Self::GroupShare => 3,
            Self::PlaceName => 4,
            Self::Panel => 5,
            Self::Profile => 6,
            Self::Person => 7,
            Self::Visit => 8,
            Self::Card => 9,
            Self::Contact => 10,
        }
    }
}

/// The throws for one purpose at one place; `number` tells months or parts of the place apart.
///
/// The four values fill the 32 bytes of the key exactly, so no two of them can meet in one stream.
pub(crate) fn stream(seed: u64, purpose: Purpose, place: &Place, number: u32) -> ChaCha8Rng {
    let digits = place.digits().as_bytes();
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose.number();
    key[9..9 + digits.len()].copy_from_slice(digits);
    key[28..].copy_from_slice(&number.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Whether something happens that does `permille` times in a thousand.
pub(crate) fn chance(dice: &mut ChaCha8Rng, permille: u32) -> bool {
    dice.random_ratio(permille.min(1000), 1000)
}

/// One of the texts, each as likely; empty when there are none.
pub(crate) fn one_of(dice: &mut ChaCha8Rng, texts: &[&'static str]) -> &'static str {
    texts.choose(dice).copied().unwrap_or_default()
}

/// One of the choices, as likely as its weight; none when nothing weighs.
pub(crate) fn weighted<'a, T>(dice: &mut ChaCha8Rng, choices: &'a [(T, u32)]) -> Option<&'a T> {
    let total = weight(choices);
    if total == 0 { None } else { at_weight(choices, dice.random_range(0..total)) }
}

/// The choice on which `roll` falls when the choices lie side by side, each as wide as its weight.
pub(crate) fn at_weight<T>(choices: &[(T, u32)], roll: u32) -> Option<&T> {
    let mut end = 0_u32;
    choices.iter().find_map(|(choice, weight)| {
        end += weight;
        (roll < end).then_some(choice)
    })
}

/// What all choices weigh together.
pub(crate) fn weight<T>(choices: &[(T, u32)]) -> u32 {
    choices.iter().map(|(_, weight)| weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn first(seed: u64, purpose: Purpose, place: &str, number: u32) -> u64 {
        stream(seed, purpose, &sample::place(place), number).random()
    }

    #[test]
    fn a_stream_depends_on_seed_purpose_place_and_number_alone() {
        let throw = first(7, Purpose::Card, "449901100201", 202_601);
        assert_eq!(throw, first(7, Purpose::Card, "449901100201", 202_601));
        assert_ne!(throw, first(8, Purpose::Card, "449901100201", 202_601));
        assert_ne!(throw, first(7, Purpose::Visit, "449901100201", 202_601));
        assert_ne!(throw, first(7, Purpose::Card, "449901100202", 202_601));
        assert_ne!(throw, first(7, Purpose::Card, "449901100201", 202_602));
    }

    #[test]
    fn a_household_code_fits_the_key() {
        assert_ne!(
            first(7, Purpose::Card, "4499011002010010001", 1),
            first(7, Purpose::Card, "4499011002010010002", 1)
        );
    }

    #[test]
    fn a_roll_falls_on_the_choice_that_covers_it() {
        let choices = [("a", 2), ("b", 0), ("c", 1)];
        let found: Vec<_> = (0..4).map(|roll| at_weight(&choices, roll).copied()).collect();
        assert_eq!(found, [Some("a"), Some("a"), Some("c"), None]);
    }

    #[test]
    fn without_weight_nothing_is_chosen() {
        let mut dice = stream(7, Purpose::Card, &sample::place("449901100201"), 1);
        assert_eq!(weighted::<&str>(&mut dice, &[]), None);
        assert_eq!(weighted(&mut dice, &[("a", 0)]), None);
        assert_eq!(one_of(&mut dice, &[]), "");
    }
}
