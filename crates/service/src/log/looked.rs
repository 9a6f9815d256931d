//! What is looked for in the log: the form, the search it stands for, and the addresses that repeat it.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use domain::month::start_of;
use records::audit::Search;
use serde::Deserialize;

use crate::http::input::{day, short};
use crate::problem::Problem;

/// What is looked for, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    pub(super) act: String,
    pub(super) actor: String,
    pub(super) text: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) before: String,
}

impl Looked {
    /// The search that it stands for; dates include their whole day.
    ///
    /// # Errors
    /// Dates that are none, and texts that are too long.
    pub(super) fn search(&self, zone: Tz) -> Result<Search, Problem> {
        for (field, text) in [("操作", &self.act), ("谁", &self.actor), ("内容", &self.text)] {
            short(field, Some(text))?;
        }
        let from = day("开始日期", &self.from)?;
        let until = day("结束日期", &self.until)?.and_then(|day| day.succ_opt());
        let before = filled(&self.before).map(|before| before.parse::<i64>()).transpose();
        Ok(Search {
            act: filled(&self.act),
            actor: filled(&self.actor).map(of_account),
            text: filled(&self.text),
            from: from.map(|day| beginning(day, zone)),
            until: until.map(|day| beginning(day, zone)),
            before: before.map_err(|_| Problem::invalid().because("请从第一页翻起"))?,
        })
    }

    /// What is looked for, as far as it is filled in.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("act", &self.act),
            ("actor", &self.actor),
            ("text", &self.text),
            ("from", &self.from),
            ("until", &self.until),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, filled(value)?))).collect()
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The number of an account stands for its person; who has none is called as pages call it.
fn of_account(actor: String) -> String {
    match actor.as_str() {
        "日程" => return "schedule".to_owned(),
        "操作员" | "本机操作员" => return "operator".to_owned(),
        _ => {}
    }
    if actor.bytes().all(|byte| byte.is_ascii_digit()) { format!("person:{actor}:") } else { actor }
}

/// When a local day begins.
pub(crate) fn beginning(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let local = start_of(day);
    let time = zone.from_local_datetime(&local).earliest();
    time.map_or_else(|| local.and_utc(), |time| time.to_utc())
}

/// An address with a query.
pub(super) fn address(path: &str, pairs: &[(&str, String)]) -> String {
    match serde_urlencoded::to_string(pairs) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_looked_through_whole_and_a_number_is_an_account() {
        let looked = Looked {
            actor: " 12 ".to_owned(),
            from: "2026-11-01".to_owned(),
            until: "2026-11-01".to_owned(),
            ..Looked::default()
        };
        let search = looked.search(chrono_tz::Asia::Shanghai).expect("a search");
        assert_eq!(search.actor.as_deref(), Some("person:12:"));
        assert_eq!(search.from.map(|time| time.to_rfc3339()).as_deref(), Some("2026-10-31T16:00:00+00:00"));
        assert_eq!(search.until.map(|time| time.to_rfc3339()).as_deref(), Some("2026-11-01T16:00:00+00:00"));
        assert_eq!(address("/log", &looked.pairs()), "/log?actor=12&from=2026-11-01&until=2026-11-01");
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        let looked = Looked { from: "11月".to_owned(), ..Looked::default() };
        assert!(looked.search(chrono_tz::Asia::Shanghai).is_err());
    }
}
