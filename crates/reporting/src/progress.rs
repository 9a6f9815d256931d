//! Where every village stands in a month: the table of a county's or town's overview.

use chrono::NaiveDate;
use domain::month::Month;
use domain::place::Place;

use crate::sheet::{Cells, Column, Sheet, number, text};

/// A village's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageLine {
    /// The name of its town.
    pub town: String,
    /// The village.
    pub village: Place,
    /// Its name.
    pub name: String,
    /// 常住户
    pub resident: u32,
    /// Households taking part.
    pub taking_part: u32,
    /// Those with a card.
    pub with_card: u32,
    /// Those with a score.
    pub scored: u32,
    /// Panels whose cards are all signed.
    pub signed_panels: u32,
    /// Panels.
    pub panels: u32,
    /// The latest closed version.
    pub closed: Option<i16>,
    /// When a version was last published.
    pub published_on: Option<NaiveDate>,
    /// When a sheet was last put up.
    pub posted_on: Option<NaiveDate>,
    /// Whether the month's first sheet was put up in time (按时公示).
    pub in_time: bool,
    /// Objections that are not decided.
    pub open_objections: u32,
    /// What is late, in words.
    pub late: String,
}

/// The sheet of a month, in the order given.
pub fn progress(month: Month, place: &str, rows: &[VillageLine]) -> Sheet {
    Sheet {
        title: format!("{place}{}积分进度", month.title()),
        columns: vec![
            text("month", "月份", rows.iter().map(|_| month.to_string())),
            text("town", "镇", rows.iter().map(|row| row.town.clone())),
            text("village_code", "村代码", rows.iter().map(|row| row.village.code())),
            text("village", "村", rows.iter().map(|row| row.name.clone())),
            count(rows, "resident", "常住户", |row| row.resident),
            count(rows, "taking_part", "参与户", |row| row.taking_part),
            count(rows, "with_card", "有积分卡", |row| row.with_card),
            count(rows, "scored", "计分户", |row| row.scored),
            count(rows, "signed_panels", "已签字评分组", |row| row.signed_panels),
            count(rows, "panels", "评分组", |row| row.panels),
            number("closed_version", "结账版本", rows.iter().map(|row| row.closed)),
            day(rows, "published_on", "公示日期", |row| row.published_on),
            day(rows, "posted_on", "张贴日期", |row| row.posted_on),
            Column {
                name: "in_time",
                heading: "按时张贴",
                cells: Cells::Truth(rows.iter().map(|row| row.in_time).collect()),
            },
            count(rows, "open_objections", "异议待办", |row| row.open_objections),
            text("late", "迟办", rows.iter().map(|row| row.late.clone())),
        ],
    }
}

fn count(
    rows: &[VillageLine],
    name: &'static str,
    heading: &'static str,
    cell: fn(&VillageLine) -> u32,
) -> Column {
    number(name, heading, rows.iter().map(|row| Some(cell(row))))
}

fn day(
    rows: &[VillageLine],
    name: &'static str,
    heading: &'static str,
    cell: fn(&VillageLine) -> Option<NaiveDate>,
) -> Column {
    let days = rows.iter().map(|row| cell(row).map(|day| day.to_string()));
    Column { name, heading, cells: Cells::Text(days.collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{to_csv, to_xlsx};

    #[test]
    fn a_village_is_a_line_for_programs_and_for_people() {
        let line = VillageLine {
            town: "龙仙镇".into(),
            village: Place::from_digits("440229100201").expect("a village"),
            name: "青云村".into(),
            resident: 50,
            taking_part: 40,
            with_card: 38,
            scored: 36,
            signed_panels: 1,
            panels: 2,
            closed: None,
            published_on: None,
            posted_on: NaiveDate::from_ymd_opt(2026, 11, 9),
            in_time: true,
            open_objections: 0,
            late: "签字已迟 1 天".into(),
        };
        let sheet = progress(Month::parse("2026-10").expect("a month"), "翁源县", &[line]);
        let mut bytes = Vec::new();
        to_csv(&sheet, &mut bytes).expect("written");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let wanted = "2026-10,龙仙镇,440229100201,青云村,50,40,38,36,1,2,,,2026-11-09,true,0,签字已迟 1 天\n";
        assert_eq!(text.lines().nth(1), wanted.lines().next());
        assert!(!to_xlsx(&sheet).expect("written").is_empty());
    }
}
