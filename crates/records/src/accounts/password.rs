//! Passwords: what they must be, and argon2id behind them.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use zxcvbn::zxcvbn;

use crate::error::{Error, Refusal, Result};
use crate::sealing::random;

/// Fewest and most characters of a password.
const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// What may be guessed within so many tries stands on the lists of leaked passwords, or is close to one that does.
const FEWEST_GUESSES: u64 = 10_000_000;

/// How many passwords are hashed side by side: each takes 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(2);

/// What a password is compared with where there is no account, so that the answer takes as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

/// Refuses a password that is too short, too long, or near the top of the lists of leaked passwords; which characters
/// it is made of does not matter.
///
/// # Errors
/// The reason, with the remedy.
pub(super) fn check_password(password: &str, login: &str, name: &str) -> Result<()> {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        let (least, most) = (LENGTH.start(), LENGTH.end());
        return Err(Refusal::message(format!("密码应为 {least} 到 {most} 个字符，现在是 {length} 个")));
    }
    if zxcvbn(password, &[login, name, "jifen", "jifenzhi", "weng yuan"]).guesses() < FEWEST_GUESSES {
        return Err(Refusal::message(
            "这个密码太常见，或与已泄露的密码相近，容易被猜中；请换一个，例如几个不相干的词连在一起",
        ));
    }
    Ok(())
}

/// The hash of a password, salted.
///
/// # Errors
/// No randomness could be had.
pub(super) async fn hash_password(password: &str) -> Result<String> {
    let password = password.to_owned();
    off_the_way(move || hash_now(&password)).await?
}

/// Whether a password is the one of a hash. Takes as long where there is no hash to compare with.
pub(super) async fn is_password(password: &str, hash: Option<String>) -> Result<bool> {
    let password = password.to_owned();
    off_the_way(move || {
        let known = hash.is_some();
        let nobody = NOBODY.clone();
        let Some(hash) = hash.or(nobody) else { return false };
        let Ok(hash) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
    })
    .await
}

/// A password that is easy to read out: 12 of 31 letters and digits that are not mistaken for each other.
///
/// # Errors
/// No randomness could be had.
pub fn initial_password() -> Result<String> {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut password = String::with_capacity(14);
    while password.len() < 14 {
        let mut byte = [0];
        random(&mut byte)?;
        // Of 32 equally likely numbers one stands for no letter.
        if let Some(letter) = LETTERS.get(usize::from(byte[0]) % 32) {
            if matches!(password.len(), 4 | 9) {
                password.push('-');
            }
            password.push(char::from(*letter));
        }
    }
    Ok(password)
}

fn hash_now(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    random(&mut salt)?;
    let hashed: Result<PasswordHash, _> =
        Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::Corrupt(format!("口令散列：{error}")))
}

/// Runs what takes long on a thread of its own, a few at a time.
async fn off_the_way<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R> {
    let _turn = HASHING.acquire().await.map_err(|error| Error::Corrupt(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> bool {
        check_password(password, "lai.wen", "赖文").is_err()
    }

    #[test]
    fn short_and_common_passwords_are_refused_whatever_their_characters() {
        for password in ["Ab1!", "password123", "1234567890", "qwertyuiop", "P@ssw0rd123", "lai.wen2026"] {
            assert!(refused(password), "{password}");
        }
    }

    #[test]
    fn long_ones_of_plain_words_are_taken() {
        assert!(!refused("榕树下的石磨和水牛谷仓"));
        assert!(!refused("copper lantern orchard seven"));
        assert!(!refused(&initial_password().expect("a password")));
    }

    #[tokio::test]
    async fn only_the_same_password_is_the_one_of_a_hash() {
        let hash = hash_password("copper lantern").await.expect("a hash");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(is_password("copper lantern", Some(hash.clone())).await.expect("an answer"));
        assert!(!is_password("copper Lantern", Some(hash)).await.expect("an answer"));
        assert!(!is_password("nobody has this password", None).await.expect("an answer"));
    }
}
