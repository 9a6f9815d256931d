//! Sealing keys: numbered, from the private cluster's secrets or from the environment.

use anyhow::{Context as _, Result, anyhow, bail};
use local_postgres::Cluster;

/// A key with its number.
pub type Keys = Vec<(u8, [u8; 32])>;

const FORM: &str = "应是 64 个十六进制数字，前面可加编号，如 2:0123…";

/// The keys of a private cluster that are there: `sealing` is the first, then `sealing_2` and so on. The first is made where
/// there is none at all, never in place of one that was thrown away.
///
/// # Errors
/// A secret that cannot be read.
pub async fn of_cluster(cluster: &Cluster) -> Result<Keys> {
    let mut keys = Keys::new();
    for number in 1..=u8::MAX {
        if let Some(key) = cluster.known_secret(&name(number)).await? {
            keys.push((number, key));
        }
    }
    if keys.is_empty() {
        keys.push((1, cluster.secret(&name(1)).await?));
    }
    Ok(keys)
}

/// Makes the key after the newest. Returns its number.
///
/// # Errors
/// The numbers are used up.
pub async fn make_next(cluster: &Cluster, newest: u8) -> Result<u8> {
    let next = newest.checked_add(1).context("密钥编号已用完")?;
    cluster.secret(&name(next)).await?;
    Ok(next)
}

/// The name of a key among the secrets of a cluster.
fn name(number: u8) -> String {
    if number == 1 { "sealing".to_owned() } else { format!("sealing_{number}") }
}

/// The keys of `JIFEN_SEALING_KEY` (the newest) and `JIFEN_SEALING_KEYS_BEFORE` (those before it, with commas).
///
/// # Errors
/// No key, or one that is none.
pub fn of_environment() -> Result<Keys> {
    let newest = std::env::var("JIFEN_SEALING_KEY").with_context(|| {
        format!("使用 DATABASE_URL 时要设置 JIFEN_SEALING_KEY，电话和地址用它加密；{FORM}")
    })?;
    let mut keys = vec![read(&newest).with_context(|| format!("JIFEN_SEALING_KEY {FORM}"))?];
    let before = std::env::var("JIFEN_SEALING_KEYS_BEFORE").unwrap_or_default();
    for text in before.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let key = read(text).with_context(|| format!("JIFEN_SEALING_KEYS_BEFORE {FORM}"))?;
        if key.0 >= keys[0].0 {
            bail!("JIFEN_SEALING_KEYS_BEFORE 里的编号应小于 JIFEN_SEALING_KEY 的编号 {}", keys[0].0);
        }
        keys.push(key);
    }
    Ok(keys)
}

/// A key, with its number before a colon; without one it is the first.
fn read(text: &str) -> Result<(u8, [u8; 32])> {
    let (number, digits) = text.trim().split_once(':').unwrap_or(("1", text.trim()));
    let number = number.trim().parse().ok().filter(|number| *number > 0).context("编号应是 1 到 255")?;
    let key = hex::decode(digits.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    key.map(|key| (number, key)).ok_or_else(|| anyhow!("长度或数字不对"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_have_a_number_and_is_the_first_without() {
        let digits = "07".repeat(32);
        assert_eq!(read(&digits).expect("a key"), (1, [7; 32]));
        assert_eq!(read(&format!(" 2: {digits} ")).expect("a key"), (2, [7; 32]));
        for wrong in
            ["", "07", "0:00", &format!("0:{digits}"), &format!("x:{digits}"), &format!("2:{digits}0")]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
