//! A problem in the words of a page.

use serde::Deserialize;

use crate::problem::{FieldProblem, dates_in_words};

/// What pages call otherwise than files do, or alone.
const TITLES: &[(&str, &str)] = &[
    ("attendance", "到会情况"),
    ("few_reason", "到场人数不足的原因"),
    ("from", "从哪个月起"),
    ("meeting_on", "会议日期"),
    ("on_behalf", "代签说明"),
    ("points", "扣分"),
    ("rows", "积分项目"),
];

/// A problem as it was answered, read again to be shown on a page.
#[derive(Default, Deserialize)]
pub(crate) struct ToldProblem {
    pub(crate) title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<FieldProblem>,
}

impl ToldProblem {
    /// What is the matter, with every wrong field; the title stands above it.
    pub(crate) fn sentence(&self) -> String {
        sentence(dates_in_words(&self.detail), &self.errors)
    }
}

/// What is the matter, and below it each wrong field as people call it.
pub(super) fn sentence(words: String, errors: &[FieldProblem]) -> String {
    let fields = errors.iter().map(in_words);
    std::iter::once(words).filter(|words| !words.is_empty()).chain(fields).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a field, with its line.
pub(crate) fn in_words(one: &FieldProblem) -> String {
    let line = one.line.map(|line| format!("第 {line} 行 ")).unwrap_or_default();
    format!("{line}{}{}", called(&one.field), dates_in_words(&one.message))
}

/// A field as people call it, before what is wrong with it; a name that only programs use is left out.
fn called(field: &str) -> String {
    let known = TITLES.iter().find(|(name, _)| *name == field).map(|(_, title)| *title);
    match known.or_else(|| intake::title_of(field)) {
        Some(title) => format!("{title}："),
        // Settings are called by their keys, on pages too.
        None if field.is_ascii() && !field.contains('.') => String::new(),
        None => format!("{field}："),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    #[test]
    fn fields_are_called_as_people_call_them() {
        let wrong =
            |field: &str, line| FieldProblem { field: field.to_owned(), line, message: "为空".to_owned() };
        let problem = Problem::invalid().with(vec![
            wrong("head_name", Some(3)),
            wrong("form", None),
            wrong("closing.at", None),
        ]);
        assert_eq!(problem.sentence(), "内容有误，没有保存\n第 3 行 户主：为空\n为空\nclosing.at：为空");
    }

    #[test]
    fn what_was_answered_is_told_as_it_was_meant() {
        let wrong =
            FieldProblem { field: "phone".to_owned(), line: None, message: "应为数字".to_owned() };
        let problem = Problem::refused().because("不能从 2026-01 起登记").with(vec![wrong]);
        let answered = serde_json::to_vec(&problem).expect("JSON");
        let told: ToldProblem = serde_json::from_slice(&answered).expect("the same");
        assert_eq!(
            (told.title.as_str(), told.sentence().as_str()),
            ("不能办理", "不能从2026年1月起登记\n电话：应为数字")
        );
    }
}
