//! What the notice tells of how the month came about: exceptions from the lock, and the town's sample.

use crate::canonical::Digest;

/// What everybody may know and check (公开核查).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// How many exceptions from the lock were granted.
    pub exceptions: usize,
    /// The secret of this month's sample and the digest of the signed cards, once it is drawn.
    pub drawn: Option<([u8; 32], Digest)>,
    /// The hash of the secret of the next month's sample, where it is fixed already.
    pub next: Option<Digest>,
}

impl Provenance {
    /// As notices print it: words, and the digits that belong to them.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        if self.exceptions > 0 {
            lines.push((format!("录入截止后，经批准补录 {} 次。", self.exceptions), String::new()));
        }
        if let Some((secret, signed)) = &self.drawn {
            lines.push(("本月抽查的密数".to_owned(), hex::encode(secret)));
            lines.push(("本月签字积分卡的摘要".to_owned(), signed.hex()));
        }
        if let Some(next) = &self.next {
            lines.push(("下月抽查密数的校验码".to_owned(), next.hex()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_without_either_says_nothing() {
        assert!(Provenance::default().lines().is_empty());
    }

    #[test]
    fn exceptions_are_counted_and_the_secret_stands_beside_what_it_was_drawn_with() {
        let told = Provenance {
            exceptions: 2,
            drawn: Some(([7; 32], Digest::of(b"cards"))),
            next: Some(Digest::of(b"next")),
        };
        let lines = told.lines();
        assert_eq!(lines[0], ("录入截止后，经批准补录 2 次。".to_owned(), String::new()));
        assert_eq!(lines[1].1, "07".repeat(32));
        assert_eq!(lines[3].1, Digest::of(b"next").hex());
    }
}
