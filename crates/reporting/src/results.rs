//! The results of a month: `export results`.

use domain::closing::{ExportedResult, Tier};
use domain::month::Month;

use crate::sheet::{Cells, Column, Sheet, number, points, text};

/// The sheet of a month's results, in the order given.
pub fn results(month: Month, place: &str, rows: &[ExportedResult]) -> Sheet {
    let each = || rows.iter().map(|row| &row.result);
    let status = each().map(|result| (result.status.name(), result.status.title())).collect();
    let qualifies = each().map(|result| result.qualifies).collect();
    Sheet {
        title: format!("{place}{}家庭积分", month.title()),
        columns: vec![
            text("month", "月份", rows.iter().map(|_| month.to_string())),
            number("version", "版本", rows.iter().map(|row| Some(row.version))),
            text("village_code", "村代码", rows.iter().map(|row| row.village.code())),
            text("group_code", "小组代码", each().map(|result| result.group.code())),
            text("household_code", "农户代码", each().map(|result| result.household.code())),
            Column { name: "status", heading: "状态", cells: Cells::Worded(status) },
            points("score", "本月总分", each().map(|result| result.score)),
            number("rank_in_group", "组内名次", each().map(|result| result.rank_in_group)),
            number("rank_in_village", "村内名次", each().map(|result| result.rank_in_village)),
            points("year_total", "年度累计", each().map(|result| Some(result.year_total))),
            Column { name: "qualifies", heading: "符合兑换", cells: Cells::Truth(qualifies) },
            number("tier", "档次", each().map(|result| result.tier.map(Tier::number))),
        ],
    }
}
