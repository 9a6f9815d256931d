//! What a row of the log came to, in words.

use authz::Table;
use chrono::DateTime;
use chrono_tz::Tz;
use domain::month::local_time;
use domain::objections::StepKind;
use serde_json::Value;

use super::labels::{LABELS, SAYINGS};

/// Where a request came from: shown apart from what it did.
const ORIGIN: &[&str] = &["request", "address"];

/// How many items of a list are written out.
const SHOWN: usize = 8;

/// The detail of a row in words: what was done, and from where.
pub(super) struct Told {
    /// Fields with their names.
    pub(super) what: String,
    /// Number and address of the request, where there was one.
    pub(super) from: String,
}

/// Reads details.
pub(super) struct Reader<'a> {
    pub(super) table: &'a Table,
    pub(super) zone: Tz,
}

impl Reader<'_> {
    /// The detail of a row; a text that is not as the log writes it stands as it is.
    pub(super) fn told(&self, detail: &str) -> Told {
        let Ok(Value::Object(fields)) = serde_json::from_str(detail) else {
            return Told { what: detail.to_owned(), from: String::new() };
        };
        let (from, what): (Vec<_>, Vec<_>) = fields
            .iter()
            .filter(|(_, value)| !is_nothing(value))
            .map(|(key, value)| (key, format!("{}：{}", label(key), self.value(key, value))))
            .partition(|(key, _)| ORIGIN.contains(&key.as_str()));
        let joined = |fields: Vec<(&String, String)>| {
            fields.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("；")
        };
        Told { what: joined(what), from: joined(from) }
    }

    fn value(&self, key: &str, value: &Value) -> String {
        match value {
            Value::Null => "—".to_owned(),
            Value::Bool(true) => "是".to_owned(),
            Value::Bool(false) => "否".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => self.text(key, text),
            Value::Array(items) => listed(items.iter().map(|item| self.value(key, item)).collect(), "、"),
            Value::Object(fields) => {
                let field =
                    |(key, value): (&String, &Value)| format!("{} {}", label(key), self.value(key, value));
                listed(fields.iter().map(field).collect(), "，")
            }
        }
    }

    fn text(&self, key: &str, text: &str) -> String {
        let said = SAYINGS.iter().find(|(field, saying, _)| *field == key && *saying == text);
        if let Some((_, _, words)) = said {
            return (*words).to_owned();
        }
        let step = StepKind::ALL.iter().find(|step| step.name() == text);
        match (key, step) {
            ("role", _) => self.table.role_title(text).to_owned(),
            ("refused", _) => self.table.act_title(text).to_owned(),
            ("step", Some(step)) => step.title().to_owned(),
            _ if is_digest(text) => short_hash(text),
            _ => match DateTime::parse_from_rfc3339(text) {
                Ok(time) => local_time(time.to_utc(), self.zone).format("%Y-%m-%d %H:%M").to_string(),
                Err(_) => text.to_owned(),
            },
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The first eight digits of a hash in two groups, as notices print it.
pub(super) fn short_hash(hash: &str) -> String {
    match (hash.get(..4), hash.get(4..8)) {
        (Some(first), Some(second)) => format!("{first}-{second}"),
        _ => hash.to_owned(),
    }
}

fn label(key: &str) -> &str {
    LABELS.iter().find(|(name, _)| *name == key).map_or(key, |(_, label)| label)
}

fn listed(mut items: Vec<String>, joint: &str) -> String {
    let all = items.len();
    items.truncate(SHOWN);
    let written = items.join(joint);
    if all > SHOWN { format!("{written} 等 {all} 项") } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authz::Guard;

    async fn check(detail: &str, what: &str, from: &str) {
        let guard = Guard::load().await.expect("the policy");
        let reader = Reader { table: guard.table(), zone: chrono_tz::Asia::Shanghai };
        let told = reader.told(detail);
        assert_eq!((told.what.as_str(), told.from.as_str()), (what, from));
    }

    #[tokio::test]
    async fn details_are_told_in_words_and_the_request_apart() {
        let granted =
            r#"{"granted": 3, "role": "panel_member", "until": null, "request": "0a1b", "address": "::1"}"#;
        check(granted, "授予，授权编号：3；角色：评分组成员", "来自地址：::1；请求编号：0a1b").await;
        check(r#"{"event": "log_in_wrong"}"#, "事项：登录失败，密码不对", "").await;
        check(r#"{"refused": "close", "at": "440229"}"#, "地方：440229；被拒绝的操作：结账", "").await;
    }

    #[tokio::test]
    async fn digests_are_short_times_local_and_lists_plain() {
        let hash = "3f9a07c1".repeat(8);
        check(
            &format!(r#"{{"closed": {{"440229100204": "{hash}"}}}}"#),
            "已结账的村和校验码：440229100204 3f9a-07c1",
            "",
        )
        .await;
        check(r#"{"expires_at": "2026-12-31T16:00:00+00:00"}"#, "截止时间：2027-01-01 00:00", "").await;
        check(r#"{"cards": {"added": 2, "changed": 1}, "reasons": {}}"#, "积分卡：新增 2，改动 1", "").await;
        check("说明", "说明", "").await;
    }

    #[test]
    fn every_step_is_told_in_chinese() {
        use domain::catalogue::SubmissionStep;
        use domain::households::{QueryAbout, QueryStep};
        use domain::objections::StepKind;
        use domain::publication::PhotoStep;
        use domain::scoring::ExceptionStep;

        let told = |field: &str, name: &str| {
            SAYINGS.iter().any(|(of, value, words)| *of == field && *value == name && !words.is_ascii())
        };
        let steps = StepKind::ALL.iter().map(|step| step.name());
        let steps = steps.chain(SubmissionStep::ALL.iter().map(|step| step.name()));
        let steps = steps.chain(QueryStep::ALL.iter().map(|step| step.name()));
        let steps = steps.chain(PhotoStep::ALL.iter().map(|step| step.name()));
        let steps = steps.chain(ExceptionStep::ALL.iter().map(|step| step.name()));
        for step in steps {
            assert!(told("step", step), "{step}");
        }
        for about in QueryAbout::ALL {
            assert!(told("about", about.name()), "{}", about.name());
        }
    }
}
