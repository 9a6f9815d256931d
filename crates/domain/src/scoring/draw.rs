//! The blind sample (抽查复核): which households the town looks at again.

use sha2::{Digest as _, Sha256};

use crate::canonical::Digest;
use crate::place::Place;

/// The seed of a draw.
pub fn sample_seed(secret: &[u8; 32], signed: &Digest) -> Digest {
    Digest(Sha256::new().chain_update(secret).chain_update(signed.0).finalize().into())
}

/// Rule R-23: the sample's seed is SHA-256(secret ‖ digest of the signed cards); the households with
/// the smallest SHA-256(seed in hex ‖ household code) are drawn.
///
/// The hash of the secret is on record before anybody signs, on last month's notice where the town fixed it by
/// then, and this notice reveals the secret, so nobody can steer the draw and everybody can repeat it. Returns at most `size` households, in the order drawn.
///
/// Source: product §2.4.
pub fn draw_sample(secret: &[u8; 32], signed: &Digest, households: &[Place], size: usize) -> Vec<Place> {
    let seed = sample_seed(secret, signed).hex();
    let lot = |household: &Place| Digest::of(format!("{seed}{}", household.digits()).as_bytes());
    let mut drawn: Vec<_> = households.iter().map(|household| (lot(household), *household)).collect();
    drawn.sort();
    drawn.truncate(size);
    drawn.into_iter().map(|(_, household)| household).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn households() -> Vec<Place> {
        (1..=9).filter_map(|n| Place::from_digits(&format!("440229100204001{n:04}"))).collect()
    }

    #[test]
    fn the_draw_can_be_repeated_and_hangs_on_secret_and_cards() {
        let draw =
            |secret: u8, cards: &[u8]| draw_sample(&[secret; 32], &Digest::of(cards), &households(), 3);
        assert_eq!(draw(1, b"cards"), draw(1, b"cards"));
        assert_ne!(draw(1, b"cards"), draw(2, b"cards"));
        assert_ne!(draw(1, b"cards"), draw(1, b"other cards"));
        assert_eq!(draw(1, b"cards").len(), 3);
    }

    #[test]
    fn the_order_of_the_list_does_not_steer_the_draw() {
        let mut reversed = households();
        reversed.reverse();
        let digest = Digest::of(b"cards");
        assert_eq!(
            draw_sample(&[7; 32], &digest, &households(), 4),
            draw_sample(&[7; 32], &digest, &reversed, 4)
        );
    }
}
