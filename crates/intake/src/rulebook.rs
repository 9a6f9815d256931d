//! The file of a rulebook: TOML, flattened to the settings of one level.

use domain::input::Problem;
use domain::rulebook::{KEYS, Settings};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::encoding::line_at;

/// The field of a problem that concerns no key we know.
const FILE: &str = "rulebook";

/// Reads a rulebook (规则): `[section]` and `key = value` become `section.key`, lists are joined with
/// commas, and every value becomes text.
///
/// # Errors
///
/// TOML that cannot be read, keys that there are not, and values that no setting has, each with its
/// line. Whether a value is in range is for the domain to say.
pub fn rulebook(text: &str) -> Result<Settings, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = DeTable::parse(text).map_err(|error| vec![unreadable(text, &error)])?;
    let mut reader = Reader { text, settings: Settings::new(), problems: Vec::new() };
    for (name, value) in document.get_ref().iter() {
        match value.get_ref() {
            DeValue::Table(section) => reader.section(name.get_ref(), section),
            _ => reader.setting(name.get_ref(), value),
        }
    }
    if reader.problems.is_empty() {
        return Ok(reader.settings);
    }
    reader.problems.sort();
    Err(reader.problems)
}

struct Reader<'a> {
    text: &'a str,
    settings: Settings,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table.iter() {
            self.setting(&format!("{section}.{}", name.get_ref()), value);
        }
    }

    fn setting(&mut self, name: &str, value: &Spanned<DeValue<'_>>) {
        let line = line_at(self.text.as_bytes(), value.span().start);
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let shown: String = name.chars().filter(|letter| !letter.is_control()).take(60).collect();
            self.problems.push(Problem::new(line, FILE, format!("没有“{shown}”这一项：请核对小节和名称")));
            return;
        };
        match written(value.get_ref()) {
            Ok(text) => {
                self.settings.insert(name.to_owned(), text);
            }
            Err(remedy) => self.problems.push(Problem::new(line, key.name, remedy)),
        }
    }
}

/// The text of a value, or how it should be written.
fn written(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::Array(items) => {
            let texts: Result<Vec<_>, _> = items.iter().map(|item| written_plain(item.get_ref())).collect();
            Ok(texts?.join(","))
        }
        plain => written_plain(plain),
    }
}

fn written_plain(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) if text.chars().any(char::is_control) => Err("不能换行：请写在一行里"),
        DeValue::String(text) => Ok(text.trim().to_owned()),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            number.map(|number| number.to_string()).map_err(|_| "数字太大：请改小")
        }
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Ok(truth.to_string()),
        DeValue::Datetime(_) => Err("时刻和日期请加双引号，如 \"00:30\""),
        DeValue::Array(_) | DeValue::Table(_) => {
            Err("嵌套太深：请写成 [小节] 下的 名称 = 值，列表写成 [95, 90, 85, 80]")
        }
    }
}

fn unreadable(text: &str, error: &Error) -> Problem {
    let line = error.span().map_or(0, |span| line_at(text.as_bytes(), span.start));
    let cause: String = error.message().chars().filter(|letter| !letter.is_control()).take(100).collect();
    let remedy = "请写成 [小节] 和 名称 = 值，文字加双引号，同一名称只写一次";
    Problem::new(line, FILE, format!("写法不符合 TOML（{cause}）：{remedy}"))
}

#[cfg(test)]
mod tests {
    use domain::place::Place;
    use domain::rulebook::{Layer, Rulebook};

    use super::*;
    use crate::samples::fields;

    fn check(text: &str) -> Vec<(u32, &'static str)> {
        fields(&rulebook(text).expect_err("refused"))
    }

    #[test]
    fn sections_and_keys_become_settings_that_the_domain_reads() {
        let text = "\u{feff}# 县规则\n[redemption]\nplaces = 20\nminimum = 80.0\ntiers = [95, 90.5, 85, 80]\n\
            tie_break = [\"environment\", \"lot\"]\n[awards]\nat_least_one_first = true\n\
            [closing]\ntime = \"01:00\"\n";
        let settings = rulebook(text).expect("a rulebook");
        let lines: Vec<_> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            lines,
            [
                "awards.at_least_one_first=true",
                "closing.time=01:00",
                "redemption.minimum=80.0",
                "redemption.places=20",
                "redemption.tie_break=environment,lot",
                "redemption.tiers=95,90.5,85,80",
            ]
        );
        let county = Place::parse_code("440229000000").expect("a code");
        assert!(Rulebook::resolve([&Layer { place: county, settings }]).is_ok());
    }

    #[test]
    fn an_empty_rulebook_inherits_everything() {
        assert_eq!(rulebook(""), Ok(Settings::new()));
        assert_eq!(rulebook("redemption.places = 0x10"), rulebook("[redemption]\nplaces = 16"));
    }

    #[test]
    fn what_is_not_toml_is_named_by_its_line() {
        assert_eq!(check("[redemption]\nplaces = \n"), [(2, "rulebook")]);
        assert_eq!(check("[redemption]\nplaces = 1\nplaces = 2\n"), [(3, "rulebook")]);
    }

    #[test]
    fn unknown_keys_and_values_of_other_shapes_are_named_by_their_line() {
        let text = "places = 15\n[redemption]\nplace = 15\ntiers = [[95], 90]\nplaces = 99999999999999999999\n\
            [closing]\ntime = 00:30:00\n[closing.day]\nfirst = 4\n[awards]\nscope = \"all\\nlocal\"\n";
        assert_eq!(
            check(text),
            [
                (1, "rulebook"),
                (3, "rulebook"),
                (4, "redemption.tiers"),
                (5, "redemption.places"),
                (7, "closing.time"),
                (8, "closing.day"),
                (11, "awards.scope"),
            ]
        );
    }
}
