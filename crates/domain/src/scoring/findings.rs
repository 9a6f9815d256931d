//! The text of findings: `H1a*2;H3b;H1a+H7a*2`.

use std::collections::BTreeMap;

use crate::catalogue::is_rule_code;

/// Acts found: one rule, or several joined by `+` that one act broke together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The rule codes as written, joined by `+`.
    pub act: String,
    /// How often the act was found, 1 to 999.
    pub times: u16,
}

impl Finding {
    /// The rules the act broke, as written.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.act.split('+')
    }
}

/// Why a text is not a list of findings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingsError {
    /// A piece that is not a rule code.
    #[error("“{0}”不是扣分代码：代码以字母结尾，如 H1a；次数写作 H1a2")]
    Code(String),
    /// A count that is not 1 to 999.
    #[error("“{0}”的次数应为 1 到 999 的整数")]
    Count(String),
    /// The same rule twice in one act.
    #[error("“{0}”在同一件事里把同一条标准写了两次")]
    Repeated(String),
    /// More than fits.
    #[error("“{0}”一件事至多违反 8 条标准")]
    TooMany(String),
}

/// Rule R-18: findings are acts separated by `;` or space; an act is one rule, or several joined by
/// `+`, and may carry a count for the whole act; repeated acts add up; `H1a2` reads as `H1a*2`.
///
/// The result holds each act once, in the order of the acts' texts.
///
/// Source: contract "Files in", Findings.
pub fn parse_findings(text: &str) -> Result<Vec<Finding>, FindingsError> {
    let mut acts: BTreeMap<String, u32> = BTreeMap::new();
    let separators =
        |letter: char| matches!(letter, ';' | '；' | ',' | '，' | '、') || letter.is_whitespace();
    for piece in text.split(separators).filter(|piece| !piece.is_empty()) {
        let (act, times) = parse_act(piece)?;
        *acts.entry(act).or_default() += times;
    }
    acts.into_iter()
        .map(|(act, times)| match u16::try_from(times) {
            Ok(times) if times <= 999 => Ok(Finding { act, times }),
            _ => Err(FindingsError::Count(act)),
        })
        .collect()
}

/// The text of findings, as it would be written again: `H1a*2;H3b`.
pub fn write_findings(findings: &[Finding]) -> String {
    let mut text = String::with_capacity(findings.len() * 8);
    for finding in findings {
        if !text.is_empty() {
            text.push(';');
        }
        text.push_str(&finding.act);
        if finding.times > 1 {
            text.push('*');
            text.push_str(&finding.times.to_string());
        }
    }
    text
}

fn parse_act(piece: &str) -> Result<(String, u32), FindingsError> {
    let (act, count) = split_count(piece);
    let times = match count {
        None => 1,
        Some(count) => count
            .parse()
            .ok()
            .filter(|times| (1..=999).contains(times))
            .ok_or_else(|| FindingsError::Count(piece.to_owned()))?,
    };
    let rules: Vec<_> = act.split('+').collect();
    if let Some(wrong) = rules.iter().find(|rule| !is_rule_code(rule)) {
        return Err(FindingsError::Code(if wrong.is_empty() { piece } else { wrong }.to_owned()));
    }
    if rules.len() > 8 {
        return Err(FindingsError::TooMany(piece.to_owned()));
    }
    if rules.iter().enumerate().any(|(at, rule)| rules[..at].contains(rule)) {
        return Err(FindingsError::Repeated(piece.to_owned()));
    }
    Ok((act.to_owned(), times))
}

/// Splits `H1a*2`, `H1a×2` and `H1a2` into act and count.
fn split_count(piece: &str) -> (&str, Option<&str>) {
    if let Some((act, count)) = piece.split_once(['*', '×']).filter(|(act, _)| is_act(act)) {
        return (act, Some(count));
    }
    let act = piece.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if act.len() < piece.len() && is_act(act) { (act, Some(&piece[act.len()..])) } else { (piece, None) }
}

fn is_act(text: &str) -> bool {
    text.split('+').all(is_rule_code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, canonical: &str) {
        let findings = parse_findings(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(write_findings(&findings), canonical, "{text}");
    }

    #[test]
    fn acts_are_read_as_the_contract_writes_them() {
        check("H1a*2;H3b;H1a+H7a*2", "H1a*2;H1a+H7a*2;H3b");
        check("H1a2 H3b", "H1a*2;H3b");
        check("", "");
        check(" ； ", "");
        check("H10a", "H10a");
    }

    #[test]
    fn repeated_acts_add_up_and_other_acts_stay_apart() {
        check("H1a;H1a*2", "H1a*3");
        check("H1a+H7a;H7a+H1a", "H1a+H7a;H7a+H1a");
    }

    #[test]
    fn zero_negative_and_huge_counts_are_refused() {
        for text in ["H1a*0", "H1a*-1", "H1a*1000", "H1a*", "H1a*x", "H1a*999;H1a"] {
            assert!(matches!(parse_findings(text), Err(FindingsError::Count(_))), "{text}");
        }
    }

    #[test]
    fn a_code_without_its_letter_reads_as_a_count_and_is_caught_by_the_catalogue() {
        check("H1", "H");
    }

    #[test]
    fn what_is_no_code_is_named() {
        for text in ["H1a+", "+", "*2", "甲", "-1", "H1a-2", "12"] {
            assert!(matches!(parse_findings(text), Err(FindingsError::Code(_))), "{text}");
        }
        assert!(matches!(parse_findings("H1a+H1a"), Err(FindingsError::Repeated(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(text in "([A-Z][0-9]{0,2}[a-c](\\+[W][0-9][a-d])?(\\*[1-9])?[; ]){0,8}") {
            let findings = parse_findings(&text).expect("well formed");
            prop_assert_eq!(parse_findings(&write_findings(&findings)), Ok(findings));
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,40}") {
            let _ = parse_findings(&text);
        }
    }
}
