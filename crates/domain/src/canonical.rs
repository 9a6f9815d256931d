//! The canonical byte form: how facts are written before they are digested, so that another
//! program can check a chain.
//!
//! A record is one line: fields separated by a tab, ended by a line feed. In a text, backslash, tab,
//! line feed and carriage return are written `\\`, `\t`, `\n`, `\r`. An absent value is `-`; a
//! present text therefore starts with `=`. Numbers are decimal, points are tenths, months `yyyymm`,
//! dates `YYYY-MM-DD`, digests 64 hex digits, truth `1` or `0`. A form starts with a line that names it.

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest (摘要).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of raw bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a text under a salt: stands for a name, so that erasing name and salt leaves
    /// whatever was computed from the digest whole.
    pub fn salted(salt: &[u8], text: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(salt);
        hasher.update(text.as_bytes());
        Self(hasher.finalize().into())
    }

    /// Sixty-four hex digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The first eight hex digits in two groups, as notices print them: `3f9a-07c1`.
    pub fn short(&self) -> String {
        let hex = self.hex();
        format!("{}-{}", &hex[..4], &hex[4..8])
    }

    /// The digest of 32 stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.hex())
    }
}

/// Writes canonical lines and digests them.
///
/// Full blocks are digested on the way, so a form of any length needs little memory.
pub struct Form {
    hasher: Sha256,
    line: Vec<u8>,
}

/// The buffered bytes at which a form feeds its hasher.
const BLOCK: usize = 8 * 1024;

impl Form {
    /// A form that starts with a line of its name.
    pub fn new(name: &str) -> Self {
        let mut form = Self { hasher: Sha256::new(), line: Vec::with_capacity(BLOCK + 512) };
        form.line.extend_from_slice(name.as_bytes());
        form.end();
        form
    }

    /// Adds a field of ASCII letters, digits and signs that needs no escape.
    pub fn code(&mut self, code: &str) -> &mut Self {
        self.line.extend_from_slice(code.as_bytes());
        self.tab()
    }

    /// Adds a number.
    pub fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        self.decimal(number.into());
        self.tab()
    }

    /// Adds a number, or `-` when there is none.
    pub fn maybe(&mut self, number: Option<impl Into<i64>>) -> &mut Self {
        match number {
            Some(number) => self.number(number),
            None => self.code("-"),
        }
    }

    /// Adds `1` or `0`.
    pub fn truth(&mut self, truth: bool) -> &mut Self {
        self.code(if truth { "1" } else { "0" })
    }

    /// Adds a digest in hex.
    pub fn digest(&mut self, digest: &Digest) -> &mut Self {
        let mut hex = [0; 64];
        if hex::encode_to_slice(digest.0, &mut hex).is_ok() {
            self.line.extend_from_slice(&hex);
        }
        self.tab()
    }

    /// Adds a digest in hex, or `-` when there is none.
    pub fn maybe_digest(&mut self, digest: Option<&Digest>) -> &mut Self {
        match digest {
            Some(digest) => self.digest(digest),
            None => self.code("-"),
        }
    }

    /// Adds any text, escaped and marked as present.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.line.push(b'=');
        for byte in text.bytes() {
            match byte {
                b'\\' => self.line.extend_from_slice(b"\\\\"),
                b'\t' => self.line.extend_from_slice(b"\\t"),
                b'\n' => self.line.extend_from_slice(b"\\n"),
                b'\r' => self.line.extend_from_slice(b"\\r"),
                other => self.line.push(other),
            }
        }
        self.tab()
    }

    /// Adds any text, or `-` when there is none.
    pub fn maybe_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.code("-"),
        }
    }

    /// Ends the line.
    pub fn end(&mut self) {
        if self.line.last() == Some(&b'\t') {
            self.line.pop();
        }
        self.line.push(b'\n');
        if self.line.len() >= BLOCK {
            self.hasher.update(&self.line);
            self.line.clear();
        }
    }

    /// The digest of all lines.
    pub fn finish(mut self) -> Digest {
        self.hasher.update(&self.line);
        Digest(self.hasher.finalize().into())
    }

    fn tab(&mut self) -> &mut Self {
        self.line.push(b'\t');
        self
    }

    fn decimal(&mut self, number: i64) {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            self.line.push(b'-');
        }
        self.line.extend_from_slice(&digits[at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_is_the_digest_of_its_documented_lines() {
        let mut form = Form::new("jifen example 1");
        form.code("440229").number(-20).maybe(None::<i32>).truth(true).text("甲\t乙").maybe_text(None).end();
        assert_eq!(form.finish(), Digest::of("jifen example 1\n440229\t-20\t-\t1\t=甲\\t乙\t-\n".as_bytes()));
    }

    #[test]
    fn a_digest_is_shown_in_two_groups_of_four() {
        assert_eq!(Digest::of(b"").short(), "e3b0-c442");
    }

    proptest! {
        #[test]
        fn different_texts_have_different_forms(a in "\\PC{0,6}[\t\n\\\\=-]{0,2}", b in "\\PC{0,6}[\t\n\\\\=-]{0,2}") {
            let digest = |text: &str| {
                let mut form = Form::new("t");
                form.text(text).maybe_text(None).end();
                form.finish()
            };
            prop_assert_eq!(digest(&a) == digest(&b), a == b);
        }

        #[test]
        fn numbers_print_as_decimals(number: i64) {
            let mut form = Form::new("n");
            form.number(number).end();
            prop_assert_eq!(form.finish(), Digest::of(format!("n\n{number}\n").as_bytes()));
        }
    }
}
