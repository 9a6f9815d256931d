//! Phones and addresses are sealed: ChaCha20-Poly1305, bound to county, household and field, with a
//! blind index for search. Keys are numbered: new values take the newest, and older ones open what they sealed until it
//! is sealed anew.

mod reseal;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use diesel::ExpressionMethods;
use diesel::prelude::QueryDsl;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::place::Place;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::schema::seal_canary;

pub use reseal::{Resealed, reseal};

/// What the canary says when the key is right.
const CANARY: &str = "jifen";

/// Which value of a household is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 电话
    Phone,
    /// 地址
    Address,
    /// 动态口令: the secret of an account's second factor, by the number of the account.
    SecondFactor(i64),
    /// 户码: the token of a household's page.
    Token,
    /// 异议电话: the phone that was left with an objection.
    ObjectionPhone,
    /// 建议人姓名: the name that was left with a suggestion or complaint, by its village.
    SuggestionName,
    /// 建议人电话: the phone that was left with one, by its village.
    SuggestionPhone,
    /// 抽查密数: the secret of a village's sample, by the number of its month.
    SampleSecret(i32),
}

/// A key with its number, from 1 on.
#[derive(Clone)]
struct Key {
    number: u8,
    cipher: ChaCha20Poly1305,
    index_key: [u8; 32],
}

impl Key {
    fn new(number: u8, key: &[u8; 32]) -> Self {
        let index_key = keyed(key, b"jifen blind index");
        let cipher_key = keyed(key, b"jifen seal");
        Self { number, cipher: ChaCha20Poly1305::new(&cipher_key.into()), index_key }
    }
}

/// Seals personal values with one key, and opens what that or an earlier key sealed.
#[derive(Clone)]
pub struct Sealer {
    current: Key,
    earlier: Vec<Key>,
}

/// A sealed value that this key does not open: another key, or tampered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("密文无法解开：密钥不符，或内容被改动")]
pub struct Unsealable;

impl Sealer {
    /// A sealer of one 32-byte key, the first.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { current: Key::new(1, key), earlier: Vec::new() }
    }

    /// A sealer of numbered keys, of which the newest has the highest number; none without keys, or when two have one
    /// number.
    pub fn of_keys(keys: &[(u8, [u8; 32])]) -> Option<Self> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        let distinct = keys.windows(2).all(|two| two[0].0 != two[1].0);
        let (number, key) = keys.pop().filter(|_| distinct)?;
        let earlier = keys.iter().map(|(number, key)| Key::new(*number, key)).collect();
        Some(Self { current: Key::new(number, &key), earlier })
    }

    /// The number of the key that new values are sealed with.
    pub fn current(&self) -> u8 {
        self.current.number
    }

    /// A fingerprint of a request, which may hold secrets: nobody can try them out on it without the key.
    pub fn fingerprint(&self, request: &[u8]) -> Digest {
        Digest(keyed(&self.current.index_key, &[b"request\t", request].concat()))
    }

    /// Whether a value was sealed with an earlier key.
    pub(crate) fn is_earlier(&self, sealed: &[u8]) -> bool {
        sealed.first() != Some(&self.current.number)
    }

    fn key_of(&self, sealed: &[u8]) -> Option<&Key> {
        let number = sealed.first()?;
        std::iter::once(&self.current).chain(&self.earlier).find(|key| key.number == *number)
    }

    /// Seals a value: key number, nonce, ciphertext. The same value seals differently each time.
    ///
    /// # Errors
    /// No randomness could be had.
    pub fn seal(&self, household: &Place, field: Field, value: &str) -> Result<Vec<u8>> {
        let mut nonce = [0; 12];
        random(&mut nonce)?;
        let bound = binding(household, field);
        let sealed = self
            .current
            .cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: value.as_bytes(), aad: bound.as_bytes() })
            .map_err(|_| Error::Corrupt("加密失败".into()))?;
        Ok([&[self.current.number], nonce.as_slice(), &sealed].concat())
    }

    /// Opens a sealed value.
    ///
    /// # Errors
    /// Another key, another household or field, or a changed byte.
    pub fn open(&self, household: &Place, field: Field, sealed: &[u8]) -> Result<String, Unsealable> {
        let key = self.key_of(sealed).ok_or(Unsealable)?;
        let (nonce, ciphertext) =
            sealed.get(1..).and_then(|rest| rest.split_at_checked(12)).ok_or(Unsealable)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| Unsealable)?;
        let bound = binding(household, field);
        let opened = key
            .cipher
            .decrypt(&Nonce::from(nonce), Payload { msg: ciphertext, aad: bound.as_bytes() })
            .map_err(|_| Unsealable)?;
        String::from_utf8(opened).map_err(|_| Unsealable)
    }

    /// The blind index of a value: equal values of a county have equal indexes, which tell nothing else.
    pub fn index(&self, county: &Place, field: Field, value: &str) -> Vec<u8> {
        index(&self.current, county, field, value)
    }

    /// The blind index of a value under the key that sealed it.
    pub(crate) fn index_beside(&self, sealed: &[u8], county: &Place, field: Field, value: &str) -> Vec<u8> {
        self.key_of(sealed).map(|key| index(key, county, field, value)).unwrap_or_default()
    }

    /// Writes the canary of a new key, and refuses keys that do not open theirs.
    ///
    /// # Errors
    /// The data were sealed with another key.
    pub async fn check_canary(&self, connection: &mut Connection) -> Result<()> {
        let nowhere = Place::from_digits("000000").ok_or_else(|| Error::Corrupt("代码".into()))?;
        let canaries: Vec<(i16, Vec<u8>)> = seal_canary::table
            .select((seal_canary::key_id, seal_canary::sealed))
            .order(seal_canary::key_id)
            .load(connection)
            .await?;
        let sings =
            |sealed: &[u8]| self.open(&nowhere, Field::Phone, sealed).is_ok_and(|text| text == CANARY);
        let ours = |number: i16| {
            std::iter::once(&self.current).chain(&self.earlier).any(|key| i16::from(key.number) == number)
        };
        let wrong = canaries.iter().any(|(number, sealed)| ours(*number) && !sings(sealed));
        if wrong || canaries.iter().any(|(number, _)| !ours(*number)) {
            return Err(Refusal::message(
                "密钥与数据库不符：电话、地址是用另一把密钥加密的；请恢复原来的密钥（数据目录的 secrets，或 JIFEN_SEALING_KEY、JIFEN_SEALING_KEYS_BEFORE）",
            ));
        }
        let current = i16::from(self.current.number);
        if !canaries.iter().any(|(number, _)| *number == current) {
            let sealed = self.seal(&nowhere, Field::Phone, CANARY)?;
            diesel::insert_into(seal_canary::table)
                .values((seal_canary::key_id.eq(current), seal_canary::sealed.eq(sealed)))
                .on_conflict_do_nothing()
                .execute(connection)
                .await?;
        }
        Ok(())
    }
}

/// Forgets the canaries of earlier keys, once nothing of any county is sealed with them.
///
/// # Errors
/// Faults of the database.
pub async fn retire_earlier(connection: &mut Connection, sealer: &Sealer) -> Result<usize> {
    let earlier = seal_canary::table.filter(seal_canary::key_id.lt(i16::from(sealer.current.number)));
    Ok(diesel::delete(earlier).execute(connection).await?)
}

fn index(key: &Key, county: &Place, field: Field, value: &str) -> Vec<u8> {
    keyed(&key.index_key, format!("{}\t{value}", binding(county, field)).as_bytes())[..16].to_vec()
}

/// Where the salts of names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Salts {
    /// The operating system: what real data have.
    Random,
    /// A seed, so that a demonstration county is the same wherever it is made.
    Derived([u8; 32]),
}

impl Salts {
    /// A salt of 16 bytes for what `of` names.
    ///
    /// # Errors
    /// No randomness could be had.
    pub fn salt(&self, of: &str) -> Result<[u8; 16]> {
        let mut salt = [0; 16];
        match self {
            Self::Random => random(&mut salt)?,
            Self::Derived(seed) => salt.copy_from_slice(&keyed(seed, of.as_bytes())[..16]),
        }
        Ok(salt)
    }
}

/// Fills a buffer with randomness from the operating system.
///
/// # Errors
/// None could be had.
pub fn random(buffer: &mut [u8]) -> Result<()> {
    getrandom::fill(buffer).map_err(|error| Error::Corrupt(format!("取不到随机数：{error}")))
}

fn binding(place: &Place, field: Field) -> String {
    let field = match field {
        Field::Phone => "phone".to_owned(),
        Field::Address => "address".to_owned(),
        Field::SecondFactor(account) => format!("second factor {account}"),
        Field::Token => "token".to_owned(),
        Field::ObjectionPhone => "objection phone".to_owned(),
        Field::SuggestionName => "suggestion name".to_owned(),
        Field::SuggestionPhone => "suggestion phone".to_owned(),
        Field::SampleSecret(month) => format!("sample secret {month}"),
    };
    format!("{}\t{}\t{field}", place.county().digits(), place.digits())
}

fn keyed(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key shorter than the block is padded with zeros (RFC 2104).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn household(number: u32) -> Place {
        Place::from_digits(&format!("440229100204001{number:04}")).expect("a household")
    }

    #[test]
    fn a_value_opens_only_for_its_household_field_and_key() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal(&household(1), Field::Phone, "19900000001").expect("sealed");
        assert_eq!(sealer.open(&household(1), Field::Phone, &sealed), Ok("19900000001".into()));
        assert_eq!(sealer.open(&household(2), Field::Phone, &sealed), Err(Unsealable));
        assert_eq!(sealer.open(&household(1), Field::Address, &sealed), Err(Unsealable));
        assert_eq!(Sealer::new(&[8; 32]).open(&household(1), Field::Phone, &sealed), Err(Unsealable));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal(&household(1), Field::Phone, "19900000001").expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open(&household(1), Field::Phone, &changed), Err(Unsealable), "byte {at}");
        }
        assert_eq!(sealer.open(&household(1), Field::Phone, &sealed[..5]), Err(Unsealable));
    }

    #[test]
    fn equal_phones_seal_differently_and_index_equally() {
        let sealer = Sealer::new(&[7; 32]);
        let seal = || sealer.seal(&household(1), Field::Phone, "19900000001").expect("sealed");
        assert_ne!(seal(), seal());
        let index = |value| sealer.index(&household(1).county(), Field::Phone, value);
        assert_eq!(index("19900000001"), index("19900000001"));
        assert_ne!(index("19900000001"), index("19900000002"));
    }

    #[test]
    fn an_earlier_key_opens_what_it_sealed_and_new_values_take_the_newest() {
        let first = Sealer::new(&[7; 32]);
        let sealed = first.seal(&household(1), Field::Phone, "19900000001").expect("sealed");
        let both = Sealer::of_keys(&[(2, [8; 32]), (1, [7; 32])]).expect("two keys");
        assert_eq!(both.open(&household(1), Field::Phone, &sealed), Ok("19900000001".into()));
        assert!(both.is_earlier(&sealed));
        let anew = both.seal(&household(1), Field::Phone, "19900000001").expect("sealed");
        assert_eq!((anew[0], both.is_earlier(&anew)), (2, false));
        let second = Sealer::of_keys(&[(2, [8; 32])]).expect("a key");
        assert_eq!(second.open(&household(1), Field::Phone, &sealed), Err(Unsealable));
        assert_eq!(second.open(&household(1), Field::Phone, &anew), Ok("19900000001".into()));
        assert!(Sealer::of_keys(&[(1, [7; 32]), (1, [8; 32])]).is_none());
    }
}
