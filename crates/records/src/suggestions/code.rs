//! The code by which an answer is looked up: short enough to be written down. Only its hash is kept.

use domain::canonical::Digest;
use domain::place::{Level, Place};

/// Without what is taken for something else: 0 and O, 1 and I.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// How many of them a code has: 60 bits.
const LENGTH: usize = 12;

/// The code of what a form with a key says. The same form sent twice has one code; with other words it has another.
pub(super) fn code_of(county: &Place, key: &str, said: &str) -> String {
    let digest = Digest::of(format!("look-up code\t{key}\t{said}").as_bytes());
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    written(county, &digest.0.iter().take(LENGTH).map(letter).collect::<String>())
}

fn written(county: &Place, letters: &str) -> String {
    format!("{}-{}-{}-{}", county.digits(), &letters[..4], &letters[4..8], &letters[8..])
}

/// What a code leaves in the table.
pub(super) fn hash_of(code: &str) -> Digest {
    Digest::of(code.as_bytes())
}

/// A code as somebody typed it, with its county and as it was given out; none where it has not the form of one.
pub(super) fn typed(text: &str) -> Option<(Place, String)> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_uppercase();
    let (county, letters) = plain.split_at_checked(Level::County.digits())?;
    let is_known = letters.len() == LENGTH && letters.bytes().all(|letter| LETTERS.contains(&letter));
    let county = Place::from_digits(county).filter(|_| is_known)?;
    Some((county, written(&county, letters)))
}

/// The county that a code names, where it has the form of one.
pub fn county_of_code(text: &str) -> Option<Place> {
    typed(text).map(|(county, _)| county)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let county = Place::from_digits("440229").expect("a county");
        let code = code_of(&county, "0f", "建议");
        assert_eq!(code.len(), 21, "{code}");
        for text in [code.clone(), code.to_lowercase(), code.replace('-', " "), code.replace('-', "")] {
            assert_eq!(typed(&text), Some((county, code.clone())), "{text}");
        }
    }

    #[test]
    fn the_same_form_has_one_code_and_other_words_have_another() {
        let county = Place::from_digits("440229").expect("a county");
        assert_eq!(code_of(&county, "0f", "建议"), code_of(&county, "0f", "建议"));
        assert_ne!(code_of(&county, "0f", "建议"), code_of(&county, "0f", "投诉"));
        assert_ne!(code_of(&county, "0f", "建议"), code_of(&county, "10", "建议"));
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in ["", "440229", "440229-AAAA-AAAA-AAA0", "44022-AAAAA-AAAA-AAAA", "意2026-11-001"] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
