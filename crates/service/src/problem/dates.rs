//! Months and dates of a refusal as pages write them; files, programs and the command line keep theirs.

use chrono::NaiveDate;
use domain::month::{Month, date_title};

/// A text with its months and dates in words: `2026年11月还没有结束`. A sample of how one is typed stays, and so does what
/// somebody typed, which stands in quotes.
pub(crate) fn dates_in_words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next == '“'
            && let Some((quoted, after)) = rest.split_once('”')
        {
            words.extend([quoted, "”"]);
            rest = after;
            continue;
        }
        let found = if next.is_ascii_digit() && may_follow(&words) { leading(rest) } else { None };
        let Some((title, after)) = found else {
            words.push(next);
            rest = rest.strip_prefix(next).unwrap_or_default();
            continue;
        };
        // Blanks set digits apart from Chinese, which words do not need.
        if words.strip_suffix(' ').is_some_and(|before| before.ends_with(is_chinese)) {
            words.pop();
        }
        words.push_str(&title);
        rest = after.strip_prefix(' ').filter(|after| after.starts_with(is_chinese)).unwrap_or(after);
    }
    words
}

fn is_chinese(letter: char) -> bool {
    !letter.is_ascii()
}

/// What a number, a file's name or an address goes on with.
fn goes_on(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_./:=".contains(letter)
}

/// Whether a month or a date may stand after this text.
fn may_follow(before: &str) -> bool {
    let is_sample = ["如", "写成", "填成"].iter().any(|word| before.trim_end().ends_with(*word));
    !is_sample && !before.ends_with(goes_on)
}

/// The month or the date that a text begins with, in words, and what follows it.
fn leading(text: &str) -> Option<(String, &str)> {
    let date = text.split_at_checked("2026-02-03".len()).filter(|(_, after)| !after.starts_with(goes_on));
    let date = date.and_then(|(date, after)| Some((date.parse::<NaiveDate>().ok()?, after)));
    if let Some((date, after)) = date {
        let title = date_title(date);
        return Some(match after.strip_prefix(" 24:00") {
            Some(after) => (format!("{title}24时"), after),
            None => (title, after),
        });
    }
    let (month, after) =
        text.split_at_checked("2026-02".len()).filter(|(_, after)| !after.starts_with(goes_on))?;
    Some((Month::parse(month).ok()?.title(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(dates_in_words(text), expected);
        assert_eq!(dates_in_words(expected), expected, "again changes nothing");
    }

    #[test]
    fn months_and_dates_are_told_in_words() {
        check(
            "2026-11 还没有结束，最早 2026-12-01 起可以结账",
            "2026年11月还没有结束，最早2026年12月1日起可以结账",
        );
        check(
            "2026-01 的评分已于 2026-02-03 24:00 截止，需要镇批准的补录",
            "2026年1月的评分已于2026年2月3日24时截止，需要镇批准的补录",
        );
        check("请从 2026-02 起", "请从2026年2月起");
        check("自动结账 2026-02-04 00:30", "自动结账2026年2月4日 00:30");
        check("村 440229100201 2026-01 第1版", "村 440229100201 2026年1月第1版");
    }

    #[test]
    fn samples_and_what_was_typed_stay() {
        for text in [
            "“2026-13”不是月份：请写成 2026-10 的样子",
            "“2026-1”不是月份：请写成 2026-10 的样子",
            "应为 2000 到 2099 年的日期，如 2026-11-05",
            "请填成 2026-10-28 的样子",
            "“青云村 2026-02 名单”没有内容",
            "“从 2026-02-03 起”应为日期",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn numbers_files_and_times_of_machines_stay() {
        for text in [
            "异议 2026-10-003 已办结",
            "意2026-02-001",
            "results-2026-10.csv",
            "2026-11-05T08:00:00+08:00",
            "“2026-02”",
            "没有日期",
            "2026-13",
            "",
        ] {
            check(text, text);
        }
    }
}
