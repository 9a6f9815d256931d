//! The second factor (动态口令): RFC 6238 codes of an authenticator, whose secret is sealed.

use totp_rs::{Builder, Totp};

use crate::error::{Error, Result};
use crate::sealing::random;

/// Bytes of a secret.
const SECRET: usize = 20;

/// A new secret.
///
/// # Errors
/// No randomness could be had.
pub(super) fn new_secret() -> Result<Vec<u8>> {
    let mut secret = vec![0; SECRET];
    random(&mut secret)?;
    Ok(secret)
}

/// The secret of an offer that comes back.
pub(super) fn secret_of(offered: &str) -> Option<Vec<u8>> {
    hex::decode(offered).ok().filter(|secret| secret.len() == SECRET)
}

/// What an authenticator reads from a QR code.
pub(super) fn address(secret: &[u8], login: &str) -> Result<String> {
    totp(secret, login)?.to_url().map_err(|error| Error::Corrupt(format!("动态口令：{error}")))
}

/// The step of a code that is right at a time (seconds since 1970) and was not used before.
pub(super) fn step_of(secret: &[u8], code: &str, now: i64, used: i64) -> Result<Option<i64>> {
    let now = u64::try_from(now).unwrap_or(0);
    let step = totp(secret, "jifen")?.check(code.trim(), now);
    Ok(step.and_then(|step| i64::try_from(step).ok()).filter(|step| *step > used))
}

fn totp(secret: &[u8], login: &str) -> Result<Totp> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(login)
        .with_issuer(Some("jifen"))
        .build()
        .map_err(|error| Error::Corrupt(format!("动态口令：{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B, whose code at 59 s is 94287082: six digits are its end.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn a_code_is_right_for_its_half_minute_and_the_two_beside_it_once() {
        let step = |code, now, used| step_of(SECRET, code, now, used).expect("an answer");
        assert_eq!(step("287082", 59, 0), Some(1));
        assert_eq!(step("287082", 89, 0), Some(1), "half a minute late");
        assert_eq!(step("287082", 121, 0), None, "too late");
        assert_eq!(step("287082", 59, 1), None, "used");
        for wrong in ["287083", "", "abc", "28708２", "2870820000"] {
            assert_eq!(step(wrong, 59, 0), None, "{wrong}");
        }
    }
}
