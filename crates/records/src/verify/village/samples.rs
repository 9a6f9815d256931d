//! A village's samples drawn again: from the secret that was made known, and the cards that were signed.

use domain::scoring::{candidates, commitment, draw_sample, signed_digest};

use super::Facts;
use crate::database::Connection;
use crate::error::Result;
use crate::samples::{drawn_households, draws};
use crate::scoring::counting;
use crate::verify::Verified;

/// Checks every draw of the village against its commitment, the signed cards and the list that follows from both.
pub(super) async fn check(connection: &mut Connection, facts: &Facts, verified: &mut Verified) -> Result<()> {
    for draw in draws(connection, &facts.village, None).await? {
        let mut signed = facts.cards.get(&draw.month).cloned().unwrap_or_default();
        signed.retain(|card| !card.is_correction && card.id <= draw.last_card_id);
        let digest = signed_digest(signed.iter().map(|card| &card.card));
        let latest = counting(signed);
        let eligible = candidates(latest.iter().map(|card| &card.card));
        let expected = draw_sample(&draw.secret, &digest, &eligible, draw.size);
        let stored = drawn_households(connection, &facts.village, draw.month).await?;
        let mut fail = |difference: &str| {
            verified.fail_in(draw.month, facts.village, "的抽查", difference.to_owned());
        };
        if commitment(&draw.secret) != draw.commitment {
            fail("公开的密数与事先的承诺不符");
        }
        if digest != draw.signed {
            fail("所依据的积分卡与签字的不符");
        }
        if !stored.iter().map(|(_, household)| household).eq(&expected) {
            fail("抽中的户与重新抽出的不同");
        }
    }
    Ok(())
}
