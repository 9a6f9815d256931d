//! Workbooks as spreadsheet programs write them.

use domain::month::Month;
use intake::{assemble_catalogue, catalogue, households, scorecards};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet, XlsxError};

use crate::{names, parsed, read};

const HEADER: [&str; 11] = [
    "小组代码",
    "户号",
    "户主",
    "电话",
    "户籍人口",
    "常住人口",
    "常住户",
    "本村",
    "地址",
    "加入月份",
    "退出月份",
];

/// The bytes of a workbook with one sheet.
pub(crate) fn workbook(fill: impl FnOnce(&mut Worksheet) -> Result<(), XlsxError>) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let filled = fill(workbook.add_worksheet());
    let bytes = filled.and_then(|()| workbook.save_to_buffer());
    bytes.unwrap_or_else(|error| panic!("{error}"))
}

/// A household of texts in a row.
pub(crate) fn household(sheet: &mut Worksheet, row: u32, number: &str, name: &str) -> Result<(), XlsxError> {
    sheet.write_row(row, 0, ["440229100204001", number, name, "", "4", "3", "是", "是"])?;
    Ok(())
}

#[test]
fn cells_of_every_type_are_read_as_people_mean_them() {
    let bytes = workbook(|sheet| {
        sheet.write_row(0, 0, HEADER)?;
        sheet.write_number(1, 0, 440_229_100_204_001_f64)?;
        sheet.write_number(1, 1, 7)?;
        sheet.write_string(1, 2, " 李四\u{3000}")?;
        sheet.write_number(1, 3, 13_800_138_000_f64)?;
        sheet.write_number(1, 4, 4)?;
        sheet.write_formula(1, 5, Formula::new("=E2-1").set_result("3"))?;
        sheet.write_boolean(1, 6, true)?;
        sheet.write_number(1, 7, 0)?;
        sheet.write_number_with_format(1, 9, 46_082, &Format::new().set_num_format("yyyy-mm"))?;
        Ok(())
    });
    let parsed = parsed("households.xlsx", bytes);
    assert_eq!(parsed.problems, []);
    let household = &parsed.rows[0].row;
    assert_eq!(household.household.code(), "4402291002040010007");
    assert_eq!((household.head_name.as_str(), household.phone.as_deref()), ("李四", Some("13800138000")));
    assert_eq!((household.members_registered, household.members_resident), (4, 3));
    assert_eq!((household.resident, household.local, &household.address), (true, false, &None));
    assert_eq!(household.participation.joined, Month::new(2026, 3));
}

#[test]
fn rows_are_those_of_the_sheet_and_stray_cells_do_no_harm() {
    let bytes = workbook(|sheet| {
        sheet.write_row(1, 0, HEADER)?;
        household(sheet, 2, "0001", "李四")?;
        household(sheet, 9, "0002", "王五")?;
        sheet.write_string(9, 40, "备注：已核对")?;
        sheet.write_string(1_048_575, 16_383, " ")?;
        Ok(())
    });
    // The name does not matter, the content does.
    let parsed = parsed("households.csv", bytes);
    assert_eq!(names(&parsed.rows), ["3 李四", "10 王五"]);
    assert!(parsed.is_sound() && parsed.ignored_columns.is_empty());
}

#[test]
fn codes_typed_as_numbers_are_refused_with_the_remedy() {
    let bytes = workbook(|sheet| {
        sheet.write_row(0, 0, ["month", "household_code", "panel", "scored_on", "status", "findings"])?;
        sheet.write_string(1, 0, "2026-10")?;
        sheet.write_number(1, 1, 4.402_291_002_040_01e18)?;
        sheet.write_string(1, 2, "第一评分组")?;
        sheet.write_number_with_format(1, 3, 46_323, &Format::new().set_num_format("yyyy/m/d"))?;
        Ok(())
    });
    let parsed = read("scorecards.xlsx", bytes).and_then(|table| scorecards(&table)).expect("a header");
    assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);
    assert_eq!((parsed.problems[0].line, parsed.problems[0].field), (2, "household_code"));
    assert!(parsed.problems[0].message.contains("请把该列设为文本格式"), "{}", parsed.problems[0]);
}

#[test]
fn a_failed_formula_is_refused_where_it_is_read_and_nowhere_else() {
    let bytes = workbook(|sheet| {
        sheet.write_row(0, 0, HEADER)?;
        sheet.write_string(0, 11, "核对")?;
        household(sheet, 1, "0001", "李四")?;
        sheet.write_formula(1, 11, Formula::new("=NA()").set_result("#N/A"))?;
        household(sheet, 2, "0002", "王五")?;
        sheet.write_formula(2, 2, Formula::new("=1/0").set_result("#DIV/0!"))?;
        Ok(())
    });
    let parsed = parsed("households.xlsx", bytes);
    assert_eq!((names(&parsed.rows), parsed.ignored_columns), (vec!["2 李四".into()], vec!["核对".into()]));
    assert_eq!((parsed.problems[0].line, parsed.problems[0].field), (3, "head_name"));
}

#[test]
fn a_text_that_looks_like_a_short_number_is_not_padded() {
    let bytes = workbook(|sheet| {
        sheet.write_row(0, 0, HEADER)?;
        household(sheet, 1, "7", "李四")
    });
    assert_eq!(parsed("households.xlsx", bytes).problems[0].field, "number");
}

#[test]
fn a_hidden_first_sheet_is_passed_over() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_hidden(true).write_string(0, 0, "字典").expect("written");
    let sheet = workbook.add_worksheet();
    sheet.set_active(true).write_row(0, 0, HEADER).expect("written");
    household(sheet, 1, "0001", "李四").expect("written");
    let bytes = workbook.save_to_buffer().expect("saved");
    assert_eq!(names(&parsed("households.xlsx", bytes).rows), ["2 李四"]);
}

#[test]
fn a_catalogue_is_assembled_from_a_sheet() {
    let bytes = workbook(|sheet| {
        sheet.write_row(
            0,
            0,
            ["项目代码", "类别", "项目", "满分", "标准代码", "扣分标准", "分值", "单位", "需要佐证"],
        )?;
        for (row, item, category, points) in [(1, "H1", "人居环境", 2.5), (2, "W1", "乡风文明", 10.0)]
        {
            sheet.write_row(row, 0, [item, category, "项目"])?;
            sheet.write_number(row, 3, 50)?;
            sheet.write_row(row, 4, [format!("{item}a"), "情形".to_owned()])?;
            sheet.write_number(row, 6, points)?;
            sheet.write_string(row, 7, "每处")?;
            sheet.write_boolean(row, 8, row == 2)?;
        }
        Ok(())
    });
    let parsed = read("catalogue.xlsx", bytes).and_then(|table| catalogue(&table)).expect("a header");
    let assembled = assemble_catalogue(&parsed.rows).expect("sums to one hundred");
    let rules: Vec<_> = assembled
        .rules()
        .map(|(item, rule)| format!("{} {} {}", item.code, rule.points, rule.evidence))
        .collect();
    assert_eq!(rules, ["H1 2.5 false", "W1 10.0 true"]);
}

#[test]
fn an_empty_sheet_is_an_empty_file() {
    let refused = read("households.xlsx", workbook(|_| Ok(())))
        .and_then(|table| households(&table))
        .expect_err("refused");
    assert!(refused.to_string().contains("是空的"), "{refused}");
}
