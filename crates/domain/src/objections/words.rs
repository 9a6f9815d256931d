//! What people write into an objection, or as the reason of a decision.

/// The most characters.
const LONGEST: usize = 500;

/// Why what somebody wrote is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsProblem {
    /// Nothing but blanks.
    #[error("请用几句话写明情况和理由")]
    Empty,
    /// Too much.
    #[error("至多写 500 字，现在有 {0} 字，请写短一些")]
    TooLong(usize),
    /// A character that no page or paper shows.
    #[error("文字里有不能显示的字符，请删去后再提交")]
    Unprintable,
}

/// What was written, without blanks around it and with plain line ends: 1 to 500 characters, no control characters.
///
/// # Errors
/// What is wrong with it.
pub fn check_words(text: &str) -> Result<String, WordsProblem> {
    let words = text.replace("\r\n", "\n");
    let words = words.trim();
    let length = words.chars().count();
    if length == 0 {
        Err(WordsProblem::Empty)
    } else if length > LONGEST {
        Err(WordsProblem::TooLong(length))
    } else if words.chars().any(|letter| letter.is_control() && letter != '\n') {
        Err(WordsProblem::Unprintable)
    } else {
        Ok(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_around_and_the_line_ends_of_browsers_do_not_count() {
        assert_eq!(check_words(" 那天我家在修路\r\n不是乱堆 "), Ok("那天我家在修路\n不是乱堆".to_owned()));
    }

    #[test]
    fn nothing_too_much_and_what_cannot_be_shown_is_refused() {
        assert_eq!(check_words(" \n "), Err(WordsProblem::Empty));
        assert!(check_words(&"异".repeat(500)).is_ok());
        assert_eq!(check_words(&"异".repeat(501)), Err(WordsProblem::TooLong(501)));
        assert_eq!(check_words("路\u{7}面"), Err(WordsProblem::Unprintable));
        assert_eq!(WordsProblem::TooLong(501).to_string(), "至多写 500 字，现在有 501 字，请写短一些");
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_unchanged(text in "\\PC{0,40}") {
            if let Ok(words) = check_words(&text) {
                prop_assert_eq!(check_words(&words), Ok(words.clone()));
            }
        }
    }
}
