//! Typed values of a row: codes, months, dates, points, numbers, truths and names of a list.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;

use crate::cells::Mark;
use crate::row::{Noted, Row};

impl Row<'_> {
    /// The place of a code of one of these levels.
    pub(crate) fn code(&mut self, field: &'static str, levels: &[Level]) -> Result<Place, Noted> {
        let text = self.value(field)?;
        self.code_in(field, text, levels)
    }

    /// The place of one code among others in a cell.
    pub(crate) fn code_in(
        &mut self,
        field: &'static str,
        text: &str,
        levels: &[Level],
    ) -> Result<Place, Noted> {
        match Place::parse_code(text) {
            Ok(place) if levels.contains(&place.level()) => Ok(place),
            Ok(place) => {
                let wanted: Vec<_> = levels.iter().map(|level| level.title()).collect();
                let (is, wanted) = (place.level().title(), wanted.join("、"));
                Err(self.note(field, format!("“{text}”是{is}的代码，这里请填{wanted}的代码")))
            }
            Err(_) if is_scientific(text) => {
                let why = "被表格软件改成了科学计数，末几位已丢失：请把该列设为文本格式后重新填写";
                Err(self.note(field, format!("“{text}”{why}")))
            }
            Err(error) => Err(self.note(field, error.to_string())),
        }
    }

    /// A month.
    pub(crate) fn month(&mut self, field: &'static str) -> Result<Month, Noted> {
        let text = self.value(field)?;
        self.month_in(field, text)
    }

    /// A month, none where the cell is empty.
    pub(crate) fn maybe_month(&mut self, field: &'static str) -> Result<Option<Month>, Noted> {
        match self.maybe_value(field)? {
            Some(text) => self.month_in(field, text).map(Some),
            None => Ok(None),
        }
    }

    /// A local date.
    pub(crate) fn date(&mut self, field: &'static str) -> Result<NaiveDate, Noted> {
        let text = self.value(field)?;
        let date = is_date(text).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten();
        let date = date.filter(|date| Month::of(*date).is_some());
        date.ok_or_else(|| self.note(field, format!("“{text}”不是日期：请写成 2026-10-05 的样子")))
    }

    /// A number of points.
    pub(crate) fn points(&mut self, field: &'static str) -> Result<Points, Noted> {
        let text = self.value(field)?;
        Points::parse(text).map_err(|error| self.note(field, error.to_string()))
    }

    /// A whole number in a range.
    pub(crate) fn integer<N: TryFrom<u32>>(
        &mut self,
        field: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<N, Noted> {
        let text = self.value(field)?;
        self.integer_in(field, text, &range)
    }

    /// A whole number in a range, none where the cell is empty.
    pub(crate) fn maybe_integer<N: TryFrom<u32>>(
        &mut self,
        field: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<N>, Noted> {
        match self.maybe_value(field)? {
            Some(text) => self.integer_in(field, text, &range).map(Some),
            None => Ok(None),
        }
    }

    fn integer_in<N: TryFrom<u32>>(
        &mut self,
        field: &'static str,
        text: &str,
        range: &RangeInclusive<u32>,
    ) -> Result<N, Noted> {
        let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number =
            digits.and_then(|digits| digits.parse::<u32>().ok()).filter(|number| range.contains(number));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            self.note(field, format!("“{text}”应为 {least} 到 {most} 的整数"))
        })
    }

    /// Yes or no.
    pub(crate) fn truth(&mut self, field: &'static str) -> Result<bool, Noted> {
        match self.maybe_truth(field)? {
            Some(truth) => Ok(truth),
            None => Err(self.note(field, "不能为空：请填 是 或 否")),
        }
    }

    /// Yes or no, none where the cell is empty.
    pub(crate) fn maybe_truth(&mut self, field: &'static str) -> Result<Option<bool>, Noted> {
        match self.maybe_value(field)? {
            None => Ok(None),
            Some("1" | "是") => Ok(Some(true)),
            Some("0" | "否") => Ok(Some(false)),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(self.note(field, format!("“{text}”应为 是 或 否（true/false、1/0 也可以）"))),
        }
    }

    /// One of the names of a list, which `choices` spells out for people.
    pub(crate) fn named<T>(
        &mut self,
        field: &'static str,
        from_name: impl FnOnce(&str) -> Option<T>,
        choices: &str,
    ) -> Result<T, Noted> {
        let text = self.value(field)?;
        from_name(text).ok_or_else(|| self.note(field, format!("“{text}”不在可选的值里：{choices}")))
    }

    fn month_in(&mut self, field: &'static str, text: &str) -> Result<Month, Noted> {
        // A workbook turns a typed 2026-10 into the first of October.
        let month = match self.mark(field) {
            Some(Mark::Date) => text.strip_suffix("-01").unwrap_or(text),
            _ => text,
        };
        Month::parse(month).map_err(|error| self.note(field, error.to_string()))
    }
}

/// Whether a spreadsheet wrote a long number as `4.40229E+18`.
fn is_scientific(text: &str) -> bool {
    text.split_once(['E', 'e'])
        .is_some_and(|(number, exponent)| number.parse::<f64>().is_ok() && exponent.parse::<i32>().is_ok())
}

/// Whether a text has the shape of `2026-10-05`.
fn is_date(text: &str) -> bool {
    let fits =
        |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::required;
    use crate::parsed::parse;
    use crate::samples::{rows, table};

    fn check<T>(cell: &str, read: impl FnMut(&mut Row<'_>) -> Result<T, Noted>) -> Result<T, String> {
        let table = table(&format!("value,x\n{cell},x\n"));
        let parsed = parse(&table, &[required("value", &["值"])], read).expect("a header");
        match parsed.problems.first() {
            Some(problem) => Err(problem.message.clone()),
            None => Ok(rows(parsed).remove(0)),
        }
    }

    #[test]
    fn a_code_of_another_level_is_named_by_its_own() {
        let group = |row: &mut Row<'_>| row.code("value", &[Level::Group]);
        assert_eq!(check("440229100204001", group).map(|place| place.level()), Ok(Level::Group));
        assert_eq!(
            check("440229100204", group),
            Err("“440229100204”是村的代码，这里请填村小组的代码".into())
        );
        assert!(check("4.40229E+14", group).is_err_and(|message| message.contains("科学计数")));
        assert!(check("甲", group).is_err_and(|message| message.contains("数字")));
    }

    #[test]
    fn dates_are_strict() {
        let date = |row: &mut Row<'_>| row.date("value");
        assert_eq!(check("2026-10-05", date), Ok(NaiveDate::from_ymd_opt(2026, 10, 5).expect("a date")));
        for text in ["2026-1-5", "2026-02-30", "2026/10/05", "2026- 1- 5", "0026-10-05", "", "今天"] {
            assert!(check(text, date).is_err(), "{text}");
        }
    }

    #[test]
    fn integers_have_no_sign_and_no_decimals() {
        let count = |row: &mut Row<'_>| row.integer::<u16>("value", 0..=99);
        assert_eq!(check("0", count), Ok(0));
        for text in ["-1", "+1", "1.0", "100", "99999999999", "三"] {
            assert_eq!(check(text, count), Err(format!("“{text}”应为 0 到 99 的整数")));
        }
    }

    #[test]
    fn truths_have_six_spellings() {
        let truth = |row: &mut Row<'_>| row.truth("value");
        for (text, expected) in [("true", true), ("TRUE", true), ("1", true), ("是", true), ("0", false)] {
            assert_eq!(check(text, truth), Ok(expected), "{text}");
        }
        assert_eq!((check("否", truth), check("False", truth)), (Ok(false), Ok(false)));
        assert!(check("有", truth).is_err() && check("", truth).is_err());
    }
}
