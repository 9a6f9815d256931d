//! Names as the public sees them.

use std::fmt;
use std::marker::PhantomData;

/// A text of which only the masked form is left, so that a public page cannot show more.
///
/// `T` says what was masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked<T> {
    text: String,
    of: PhantomData<T>,
}

/// Marks the masked name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name;

impl Masked<Name> {
    /// Rule R-41: a public name keeps its first and last character, of two characters the first
    /// only (张*); a single one is not shown at all.
    ///
    /// Source: product §2.6.
    pub fn name(name: &str) -> Self {
        let letters: Vec<char> = name.trim().chars().collect();
        let text = match letters.as_slice() {
            [] | [_] => "*".to_owned(),
            [first, _] => format!("{first}*"),
            [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
        };
        Self { text, of: PhantomData }
    }
}

impl<T> fmt::Display for Masked<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The last four digits of a household's code, its public number (户号).
pub fn last_digits(household: &crate::place::Place) -> &str {
    let digits = household.digits();
    &digits[digits.len().saturating_sub(4)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(name: &str, masked: &str) {
        assert_eq!(Masked::name(name).to_string(), masked);
    }

    #[test]
    fn the_middle_of_a_name_is_hidden() {
        check("张小明", "张*明");
        check("张明", "张*");
        check("欧阳小明", "欧**明");
        check("张", "*");
        check("", "*");
    }

    proptest! {
        #[test]
        fn at_most_two_letters_of_a_name_are_left(name in "[a-z]{2,8}") {
            prop_assert!(Masked::name(&name).to_string().chars().filter(|letter| *letter != '*').count() <= 2);
        }
    }
}
