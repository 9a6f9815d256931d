//! The score that a phone shows is the score of the rules: the same texts, read and counted by both.

use domain::scoring::{ScoringTable, parse_findings, write_findings};
use serde_json::{Value, json};
use testkit::County;

use super::driver::{Browser, Driver, SCREEN};
use super::phone::HOUSEHOLDS;
use super::stage::Stage;

/// How many texts are made up, always the same.
const TEXTS: usize = 300;

/// Texts that neither may take.
const REFUSED: &[&str] = &[
    "H1a*0",
    "H1a*-1",
    "H1a*1000",
    "H1a*99999999999999999999",
    "H1a*",
    "H1a*x",
    "H1a*2*3",
    "H1a*999;H1a",
    "+",
    "H1a+",
    "+H1a",
    "*2",
    "甲",
    "12",
    "-1",
    "H1a-2",
    "H1a.H3b",
    "H1a\u{200b}",
    "H1a+H1a",
    "H1a+H1b+H1c+H2a+H2b+H3a+H3b+H3c+H4a",
    "H1",
    "h1a",
    "Z9z",
    "H1a;Z9z*2",
    "H1a+Z9z",
    "H1aaaaaaaaaaaaa",
];

/// Texts at the edges of what is taken.
const TAKEN: &[&str] =
    &["", " ； ", "H1a*999", "H1a2 H3b", "H1a*+5", "H1a\u{85}H3b、H3b", "H7a+H1a;H1a+H7a*2"];

/// Reads and counts texts in the page. The catalogue is the one that phones get.
const COUNTS: &str = "
    const [texts, done] = arguments;
    const counted = async () => {
        const { FindingsError, parseFindings, score, writeFindings } = await import('/assets/now/phone/score.js');
        const { catalogue } = await (await fetch('/phone/month/2026-01')).json();
        return texts.map((text) => {
            try {
                const findings = parseFindings(text);
                const { total, environment, findings: count, items } = score(catalogue, findings);
                const caps = items.map(({ deducted, lost }) => [deducted, lost]);
                return [writeFindings(findings), total, environment, count, caps];
            } catch (error) {
                if (error instanceof FindingsError) return error.message;
                throw error;
            }
        });
    };
    counted().then(done, (error) => done(`${error}`));";

#[tokio::test(flavor = "multi_thread")]
async fn the_score_on_the_phone_is_the_score_of_the_rules() {
    let catalogue = County::new(HOUSEHOLDS, "2026-01", 1).catalogue;
    let table = ScoringTable::new(&catalogue);
    let codes: Vec<&str> = catalogue.rules().map(|(_, rule)| rule.code.as_str()).collect();
    let mut dice = Dice(20_260_128);
    let made_up = (0..TEXTS).map(|_| text(&mut dice, &codes));
    let texts: Vec<String> =
        made_up.chain(TAKEN.iter().chain(REFUSED).map(|&text| text.to_owned())).collect();
    let expected: Vec<Value> = texts.iter().map(|text| counted(&table, text)).collect();
    for (text, expected) in texts.iter().zip(&expected).skip(TEXTS) {
        assert_eq!(expected.is_string(), REFUSED.contains(&text.as_str()), "{text}: {expected}");
    }
    let taken = expected[..TEXTS].iter().filter(|expected| expected.is_array()).count();
    let capped = |expected: &&Value| expected[4].as_array().is_some_and(|items| items.iter().any(is_capped));
    let capped = expected[..TEXTS].iter().filter(capped).count();
    assert!(taken > TEXTS / 2 && capped > TEXTS / 5, "{taken} taken, {capped} with an item that lost all");

    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let driver = Driver::start();
    let browser = Browser::open(&driver, &stage.serving.pages, SCREEN).await;
    browser.log_in("panel_member").await;
    let found = browser.run_async(COUNTS, vec![json!(texts)]).await;
    let found = found.as_array().unwrap_or_else(|| panic!("{found}"));
    assert_eq!(found.len(), texts.len());
    for ((text, found), expected) in texts.iter().zip(found).zip(&expected) {
        assert_eq!(found, expected, "{text}");
    }
    drop(browser.close().await);
}

/// What the rules make of a text, as the page says it: its reading and score, or why it is refused.
fn counted(table: &ScoringTable, text: &str) -> Value {
    let scored = || -> Result<Value, String> {
        let findings = parse_findings(text).map_err(|error| error.to_string())?;
        let score = table.score(&findings).map_err(|error| error.to_string())?;
        let caps: Vec<[i32; 2]> =
            score.items.iter().map(|item| [item.deducted.tenths(), item.lost.tenths()]).collect();
        let (total, environment) = (score.total.tenths(), score.environment.tenths());
        Ok(json!([write_findings(&findings), total, environment, score.findings, caps]))
    };
    scored().unwrap_or_else(Value::String)
}

/// Whether more was deducted for an item than it has.
fn is_capped(item: &Value) -> bool {
    item[0].as_i64() > item[1].as_i64()
}

/// Numbers that only look like chance: another seed gives other texts.
struct Dice(u64);

impl Dice {
    /// A number below an end.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let end = u64::try_from(end).expect("a small end");
        usize::try_from((self.0 >> 33) % end).expect("below it")
    }

    /// One of several.
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Acts of one to three rules with counts in every way of writing them; a rule may come twice in an act.
fn text(dice: &mut Dice, codes: &[&str]) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(9) {
        let rules = [1, 1, 1, 1, 2, 2, 3][dice.below(7)];
        let act: Vec<&str> = (0..rules).map(|_| dice.one(codes)).collect();
        text.push_str(&act.join("+"));
        text.push_str(dice.one(&["", "", "", "*1", "*2", "×3", "4", "*05", "*+2", "*12", "*0"]));
        text.push_str(dice.one(&[";", ";", "；", ",", "，", "、", " ", "\u{3000}", ";; "]));
    }
    text
}
