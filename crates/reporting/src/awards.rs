//! The awards of a year: `export awards`.

use domain::awards::ExportedAward;

use crate::sheet::{Sheet, number, points, text};

/// The sheet of a year's awards, in the order given.
pub fn awards(year: i32, place: &str, rows: &[ExportedAward]) -> Sheet {
    let quota = |at: usize| rows.iter().map(move |row| Some(row.quota[at]));
    Sheet {
        title: format!("{place}{year}年年终评比"),
        columns: vec![
            number("year", "年度", rows.iter().map(|_| Some(year))),
            number("version", "版本", rows.iter().map(|row| Some(row.version))),
            text("group_code", "小组代码", rows.iter().map(|row| row.group.code())),
            text("household_code", "农户代码", rows.iter().map(|row| row.household.code())),
            number("months_counted", "计分月数", rows.iter().map(|row| Some(row.months_counted))),
            points("year_total", "年度累计", rows.iter().map(|row| Some(row.year_total))),
            number("rank_in_group", "组内名次", rows.iter().map(|row| Some(row.rank_in_group))),
            number("prize", "奖项", rows.iter().map(|row| row.prize)),
            number("quota", "实设名额", quota(0)),
            number("quota_first", "一等奖", quota(1)),
            number("quota_second", "二等奖", quota(2)),
            number("quota_third", "三等奖", quota(3)),
        ],
    }
}
