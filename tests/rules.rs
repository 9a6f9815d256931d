//! `crates/domain/RULES.md`: every rule of the domain's doc comments, with its function, file and source.

use std::fmt::Write as _;
use std::fs;

use crate::architecture::{root, sources};

const FOLDER: &str = "crates/domain/src";

const HEAD: &str = "\
# Rules

Every rule of the county document as the code states it, with the function that is the rule. Generated from
the doc comments below `src`; `UPDATE=1 cargo test -p jifen --test acceptance rules` renews it.

| Rule | It says | Function | File | Source |
| --- | --- | --- | --- | --- |
";

/// For the reader of doc comments.
const TWO_RULES: &str = "\
impl<T> Month<T> {
    /// Rule R-07: a year has
    /// twelve.
    ///
    /// Rule R-08: there is no | thirteenth.
    ///
    /// Source: §1.
    #[must_use]
    pub const fn of() {}
}
";

/// A rule as its doc comment states it.
struct Rule {
    number: usize,
    sentence: String,
    function: String,
    file: String,
    source: String,
}

#[test]
fn every_rule_has_a_number_of_its_own_and_none_is_missing() {
    let numbers: Vec<usize> = rules().iter().map(|rule| rule.number).collect();
    let expected: Vec<usize> = (1..=numbers.len()).collect();
    assert!(!numbers.is_empty());
    assert_eq!(numbers, expected);
}

#[test]
fn the_list_of_rules_says_what_the_doc_comments_say() {
    check_generated("crates/domain/RULES.md", &list(&rules()));
}

#[test]
fn two_rules_before_a_method_are_both_its_rules_and_share_the_source() {
    let row = |rule: Rule| format!("{} {} {} {}", rule.number, rule.sentence, rule.function, rule.source);
    let rows: Vec<String> = rules_of("month.rs", TWO_RULES).into_iter().map(row).collect();
    assert_eq!(rows, ["7 A year has twelve. Month::of §1.", "8 There is no | thirteenth. Month::of §1."]);
}

/// Fails when a generated file of the repository is stale; with `UPDATE=1` writes it first.
pub fn check_generated(path: &str, fresh: &str) {
    let file = root().join(path);
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        fs::write(&file, fresh).expect("the generated file written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let differing = committed.lines().zip(fresh.lines()).find(|(old, new)| old != new);
    assert!(committed == fresh, "{path} is stale, UPDATE=1 renews it; first difference: {differing:?}");
}

/// The rules of all files, by number.
fn rules() -> Vec<Rule> {
    let files = sources(FOLDER);
    let mut rules: Vec<Rule> = files.iter().flat_map(|(path, text)| rules_of(path, text)).collect();
    rules.sort_by_key(|rule| rule.number);
    rules
}

fn list(rules: &[Rule]) -> String {
    let mut text = HEAD.to_owned();
    for Rule { number, sentence, function, file, source } in rules {
        let file = file.trim_start_matches(FOLDER).trim_start_matches('/');
        let (sentence, source) = (sentence.replace('|', "\\|"), source.replace('|', "\\|"));
        writeln!(text, "| R-{number:02} | {sentence} | `{function}` | [{file}](src/{file}) | {source} |")
            .expect("a text grows");
    }
    text
}

fn rules_of(file: &str, text: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    let (mut comment, mut owner) = (Vec::new(), "");
    for line in text.lines() {
        let code = line.trim_start();
        if let Some(words) = code.strip_prefix("///") {
            comment.push(words.trim());
            continue;
        }
        if code.starts_with("#[") {
            continue;
        }
        owner = if line.starts_with('}') { "" } else { implemented_type(line).unwrap_or(owner) };
        let of = if line.starts_with(' ') { owner } else { "" };
        rules.extend(stated(&comment, file, || function(of, code, file)));
        comment.clear();
    }
    rules
}

/// The rules of one doc comment.
fn stated(comment: &[&str], file: &str, function: impl Fn() -> String) -> Vec<Rule> {
    let paragraphs: Vec<String> =
        comment.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    let source = paragraphs.iter().find_map(|paragraph| paragraph.strip_prefix("Source: "));
    let rule = |paragraph: &String| {
        let (number, sentence) = paragraph.strip_prefix("Rule R-")?.split_once(": ")?;
        Some(Rule {
            number: number.parse().expect("the number of a rule"),
            sentence: capitalised(sentence),
            function: function(),
            file: file.to_owned(),
            source: source.unwrap_or_default().to_owned(),
        })
    };
    paragraphs.iter().filter_map(rule).collect()
}

/// The name of the function or type that a line of code opens, with the type whose method it is.
fn function(of: &str, code: &str, file: &str) -> String {
    let mut words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let kind = words.find(|word| ["fn", "struct", "enum", "trait", "type"].contains(word));
    let name = words.next().unwrap_or_default();
    assert!(kind.is_some(), "{file}: a rule stands before a function or type, not before `{code}`");
    if of.is_empty() { name.to_owned() } else { format!("{of}::{name}") }
}

/// The type of a line that opens its methods: `Month` for `impl fmt::Display for Month {`.
fn implemented_type(line: &str) -> Option<&str> {
    let header = line.strip_prefix("impl")?.trim_end_matches(" {");
    let target = header.rsplit(" for ").next()?.rsplit("> ").next()?;
    target.trim().split('<').next()
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
