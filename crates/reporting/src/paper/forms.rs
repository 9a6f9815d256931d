//! 附件2, 附件3 and 附件4.

use domain::closing::{HouseholdResult, Tier};
use domain::forms::{
    GroupMonth, GroupMonthRow, GroupYear, HouseholdYear, YearItem, household_kind, total_ranks,
};
use domain::month::date_title;
use domain::points::Points;
use domain::publication::last_digits;
use domain::scoring::typed_findings;
use serde_json::{Value, json};

use super::notice::mean;
use super::{Sheet, number, points};

/// 附件3 of a month: headings and rows, the same for paper and workbook.
pub(crate) fn form3_rows(month: &GroupMonth) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let columns = vec![
        "序号",
        "户主",
        "户别",
        "人居环境得分",
        "乡风文明得分",
        "本月总分",
        "组内名次",
        "年度累计",
        "累计名次",
        "是否符合兑换",
        "档次",
        "扣分项目摘要",
        "备注",
    ];
    let ranks = total_ranks(&month.rows);
    let rows = month.rows.iter().zip(ranks).enumerate().map(|(at, (row, total_rank))| {
        let result = &row.result;
        let civility = result.score.zip(result.environment).map(|(score, environment)| score - environment);
        vec![
            (at + 1).to_string(),
            row.head.clone(),
            household_kind(row.local, row.resident).to_owned(),
            points(result.environment),
            points(civility),
            points(result.score),
            number(result.rank_in_group),
            result.year_total.short(),
            number(total_rank),
            if result.qualifies { "是" } else { "否" }.to_owned(),
            result.tier.map(Tier::title).unwrap_or_default().to_owned(),
            typed_findings(&row.findings),
            remark(row),
        ]
    });
    (columns, rows.collect())
}

/// 附件3 of a month.
pub fn form3(month: &GroupMonth) -> Sheet {
    let (columns, rows) = form3_rows(month);
    let data = json!({
        "title": format!("{}家庭积分情况汇总表", month.place_name),
        "attachment": "附件3",
        "period": month.month.title(),
        "preview": !month.published,
        "columns": columns,
        "rows": rows,
        "facts": format!(
            "常住 {} 户　参与 {} 户　已评 {} 户　平均 {}",
            month.resident, month.rows.len(), month.scored(), mean(month.mean())
        ),
        "date": date_title(month.closed_on),
        "version": format!("第{}版　校验码 {}", month.version, month.hash.short()),
    });
    Sheet { template: "form3.typ", data }
}

/// 附件3 of a year: headings and rows.
pub(crate) fn form3_year_rows(year: &GroupYear) -> (Vec<String>, Vec<Vec<String>>) {
    let mut columns: Vec<String> = ["序号", "户主", "户别"].map(str::to_owned).to_vec();
    columns.extend((1..=12).map(|month| format!("{month}月")));
    columns.extend(["年度累计", "累计名次", "备注"].map(str::to_owned));
    let has_a_score = |at: usize| year.rows[at].months.iter().flatten().any(Result::is_ok);
    let totals: Vec<_> =
        year.rows.iter().enumerate().map(|(at, row)| has_a_score(at).then_some(row.total)).collect();
    let ranks = domain::closing::competition_ranks(&totals);
    let rows = year.rows.iter().zip(ranks).enumerate().map(|(at, (row, rank))| {
        let mut cells =
            vec![(at + 1).to_string(), row.head.clone(), household_kind(row.local, row.resident).to_owned()];
        cells.extend(row.months.iter().map(|month| match month {
            Some(Ok(score)) => score.short(),
            Some(Err(_)) => "/".to_owned(),
            None => String::new(),
        }));
        cells.extend([row.total.short(), number(rank), String::new()]);
        cells
    });
    (columns, rows.collect())
}

/// 附件3 of a year.
pub fn form3_year(year: &GroupYear) -> Sheet {
    let (columns, rows) = form3_year_rows(year);
    let data = json!({
        "title": format!("{}家庭积分情况年度汇总表", year.place_name),
        "attachment": "附件3",
        "period": format!("{}年", year.year),
        "preview": false,
        "columns": columns,
        "rows": rows,
        "facts": format!("{} 户；“/”为该月未评", year.rows.len()),
        "date": "",
        "version": "",
    });
    Sheet { template: "form3.typ", data }
}

fn remark(row: &GroupMonthRow) -> String {
    let mut words = Vec::new();
    if row.result.score.is_none() {
        words.push(row.result.status.title());
    }
    if row.corrected {
        words.push("更正");
    }
    words.join("，")
}

/// 附件2: the twelve months of a household.
pub fn form2(year: &HouseholdYear) -> Sheet {
    let head = if year.head.is_empty() { "（已依法删除）" } else { &year.head };
    let reasons = year.months.iter().filter(|month| !month.findings.is_empty());
    let reasons: Vec<String> = reasons
        .map(|month| format!("{}月：{}", month.month.of_year(), typed_findings(&month.findings)))
        .collect();
    let corrections = year.months.iter().filter(|month| month.version > 1);
    let corrections: Vec<String> = corrections
        .map(|month| {
            let reason = month.reason.as_deref().unwrap_or_default();
            format!("{}月 第{}版：{reason}", month.month.of_year(), month.version)
        })
        .collect();
    let data = json!({
        "title": format!("{head}家庭积分情况统计表"),
        "attachment": "附件2",
        "period": format!("{}年", year.year),
        "preview": !year.published,
        "header": [
            ["户主", head],
            ["户号", &year.number],
            ["村小组", &year.place_name],
            ["家庭人口", &format!("{} 人（常住 {} 人）", year.members.0, year.members.1)],
            ["户别", household_kind(year.kind.0, year.kind.1)],
        ],
        "months": (1..=12).map(|month| format!("{month}月")).collect::<Vec<_>>(),
        "items": year.items.iter().map(item).collect::<Vec<_>>(),
        "feet": feet(year),
        "reasons": reasons,
        "corrections": corrections,
    });
    Sheet { template: "form2.typ", data }
}

fn item(item: &YearItem) -> Value {
    let cell = |lost: &Option<Points>| match lost {
        Some(lost) if *lost == Points::ZERO => String::new(),
        Some(lost) => format!("-{}", lost.short()),
        None => String::new(),
    };
    json!({
        "category": item.category,
        "name": item.name,
        "full": item.full.short(),
        "cells": item.lost.iter().map(cell).collect::<Vec<_>>(),
    })
}

/// The rows at the foot of 附件2; a month that was not scored prints `/`.
fn feet(year: &HouseholdYear) -> Value {
    let row = |label: &str, cell: &dyn Fn(&HouseholdResult) -> String| {
        let cells: Vec<String> = (1..=12)
            .map(|month| {
                let column = year.months.iter().find(|column| column.month.of_year() == month);
                column.map(|column| cell(&column.result)).unwrap_or_default()
            })
            .collect();
        json!({ "label": label, "cells": cells })
    };
    json!([
        row("当月得分", &|result| points(result.score)),
        row("组内名次", &|result| result.rank_in_group.map_or("/".to_owned(), |rank| rank.to_string())),
        row("年度累计", &|result| result.year_total.short()),
        row("档次", &|result| result
            .tier
            .map_or("/".to_owned(), |tier| tier.title().replace("档次", "档"))),
    ])
}

/// 附件4: headings and rows of those who redeem; goods are not set yet and print empty.
pub(crate) fn form4_rows(month: &GroupMonth) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let columns = vec![
        "序号",
        "户主",
        "当月积分",
        "组内名次",
        "档次",
        "物品",
        "规格",
        "数量",
        "单价",
        "金额",
        "领取方式",
        "签名",
        "领取日期",
        "备注",
    ];
    let mut redeeming: Vec<_> = month.rows.iter().filter(|row| row.result.qualifies).collect();
    redeeming.sort_by_key(|row| (row.result.rank_in_group, row.result.household));
    let rows = redeeming.iter().enumerate().map(|(at, row)| {
        let result = &row.result;
        let mut cells = vec![
            (at + 1).to_string(),
            if row.head.is_empty() { last_digits(&result.household).to_owned() } else { row.head.clone() },
            points(result.score),
            number(result.rank_in_group),
            result.tier.map(Tier::title).unwrap_or_default().to_owned(),
        ];
        cells.resize(columns.len(), String::new());
        cells
    });
    let rows = rows.collect();
    (columns, rows)
}

/// 附件4.
pub fn form4(month: &GroupMonth) -> Sheet {
    let (columns, rows) = form4_rows(month);
    let tiers = (1..=4_i16).filter_map(Tier::new).filter_map(|tier| {
        let count =
            month.rows.iter().filter(|row| row.result.qualifies && row.result.tier == Some(tier)).count();
        (count > 0).then(|| format!("{} {count} 户", tier.title()))
    });
    let tiers: Vec<String> = tiers.collect();
    let sum = if tiers.is_empty() { String::new() } else { format!("：{}", tiers.join("，")) };
    let data = json!({
        "title": format!("{}家庭积分兑换表", month.place_name),
        "attachment": "附件4",
        "period": month.month.title(),
        "preview": !month.published,
        "columns": columns,
        "facts": format!("符合兑换 {} 户{sum}", rows.len()),
        "rows": rows,
        "day": "兑换日：　　　　年　　月　　日",
    });
    Sheet { template: "form4.typ", data }
}
