//! The forms as workbooks: a title, the table with its header repeated on every page, and what stands below.

use domain::forms::{BlankSheet, GroupMonth, GroupYear, HouseholdYear};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use crate::ReportError;
use crate::paper::{form2, form3_rows, form3_year_rows, form4_rows};
use crate::workbook::{FONT, wide};

/// A form: what stands above the table, in it and below.
struct Form {
    attachment: &'static str,
    title: String,
    unit_line: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    foot: Vec<String>,
    /// The height of a row of one line, in points.
    row_height: f64,
}

/// 附件3 of a month.
///
/// # Errors
/// The workbook cannot be written.
pub fn form3_workbook(month: &GroupMonth) -> Result<Vec<u8>, ReportError> {
    let (columns, rows) = form3_rows(month);
    let scored = month.scored();
    let mean = month.mean().map(|mean| mean.short()).unwrap_or_else(|| "—".to_owned());
    workbook(&Form {
        attachment: "附件3",
        title: format!("{}家庭积分情况汇总表{}", month.place_name, preview(month.published)),
        unit_line: format!("{}　第{}版　校验码 {}", month.month.title(), month.version, month.hash.short()),
        columns: owned(&columns),
        foot: vec![
            format!("常住 {} 户　参与 {} 户　已评 {scored} 户　平均 {mean}", month.resident, rows.len()),
            "评分小组长：　　　　　　组员：　　　　　　　　　　　　　村民委员会（盖章）　　　　　　镇评分指导组：".to_owned(),
        ],
        rows,
        row_height: 20.0,
    })
}

/// 附件3 of a year.
///
/// # Errors
/// The workbook cannot be written.
pub fn form3_year_workbook(year: &GroupYear) -> Result<Vec<u8>, ReportError> {
    let (columns, rows) = form3_year_rows(year);
    workbook(&Form {
        attachment: "附件3",
        title: format!("{}家庭积分情况年度汇总表", year.place_name),
        unit_line: format!("{}年", year.year),
        columns,
        foot: vec!["“/”为该月未评。评分小组长：　　　　　　村民委员会（盖章）".to_owned()],
        rows,
        row_height: 20.0,
    })
}

/// 附件4.
///
/// # Errors
/// The workbook cannot be written.
pub fn form4_workbook(month: &GroupMonth) -> Result<Vec<u8>, ReportError> {
    let (columns, rows) = form4_rows(month);
    workbook(&Form {
        attachment: "附件4",
        title: format!("{}家庭积分兑换表{}", month.place_name, preview(month.published)),
        unit_line: format!("{}　符合兑换 {} 户", month.month.title(), rows.len()),
        columns: owned(&columns),
        rows,
        foot: vec![
            "合计：　　　　　　资金来源：　　　　　　发票号码：　　　　　　经办人：　　　　　　村小组长："
                .to_owned(),
        ],
        row_height: 30.0,
    })
}

/// 附件2.
///
/// # Errors
/// The workbook cannot be written.
pub fn form2_workbook(year: &HouseholdYear) -> Result<Vec<u8>, ReportError> {
    let sheet = form2(year).data;
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let cells = value.as_array().map(Vec::as_slice).unwrap_or_default();
        cells.iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect()
    };
    let mut columns = vec!["类别".to_owned(), "积分项目".to_owned(), "满分".to_owned()];
    columns.extend(texts(&sheet["months"]));
    let mut rows = Vec::new();
    for item in &year.items {
        let mut row = vec![item.category.to_owned(), item.name.clone(), item.full.short()];
        let lost = item.lost.iter().map(|lost| match lost {
            Some(lost) if *lost > domain::points::Points::ZERO => format!("-{}", lost.short()),
            _ => String::new(),
        });
        row.extend(lost);
        rows.push(row);
    }
    for foot in sheet["feet"].as_array().into_iter().flatten() {
        let mut row =
            vec![String::new(), foot["label"].as_str().unwrap_or_default().to_owned(), String::new()];
        row.extend(texts(&foot["cells"]));
        rows.push(row);
    }
    let header: Vec<String> =
        sheet["header"].as_array().into_iter().flatten().map(|pair| texts(pair).join("：")).collect();
    let mut foot = texts(&sheet["reasons"]);
    foot.extend(texts(&sheet["corrections"]));
    workbook(&Form {
        attachment: "附件2",
        title: format!("{}{}", sheet["title"].as_str().unwrap_or_default(), preview(year.published)),
        unit_line: format!("{}年　{}", year.year, header.join("　")),
        columns,
        rows,
        foot,
        row_height: 20.0,
    })
}

/// A blank scoring sheet whose filled-in workbook `jifen import scorecards` takes as it is: the header stands in
/// the first row, the codes on a sheet of their own.
///
/// # Errors
/// The workbook cannot be written.
pub fn blank_workbook(sheet: &BlankSheet) -> Result<Vec<u8>, ReportError> {
    const COLUMNS: [(&str, f64); 9] = [
        ("月份", 10.0),
        ("农户代码", 24.0),
        ("户主", 12.0),
        ("评分组", 14.0),
        ("评分日期", 13.0),
        ("状态", 9.0),
        ("扣分", 26.0),
        ("逾期原因", 18.0),
        ("备注", 24.0),
    ];
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    page.set_name("评分表")?;
    let (heading, cell) = (heading(), text_cell());
    for (at, (title, width)) in (0_u16..).zip(COLUMNS) {
        page.write_string_with_format(0, at, title, &heading)?;
        page.set_column_width(at, width)?;
    }
    page.set_row_height(0, 24)?;
    for (line, (household, head)) in (1_u32..).zip(&sheet.households) {
        let month = sheet.month.to_string();
        let known = [month.as_str(), household.digits(), head, sheet.panel.as_deref().unwrap_or_default()];
        for (at, text) in (0_u16..).zip(known) {
            page.write_string_with_format(line, at, text, &cell)?;
        }
        for at in 4..9 {
            page.write_blank(line, at, &cell)?;
        }
        page.set_row_height(line, 22)?;
    }
    let last = u32::try_from(sheet.households.len()).unwrap_or(u32::MAX);
    let states =
        rust_xlsxwriter::DataValidation::new().allow_list_strings(&["已评", "外出", "拒评", "未到"])?;
    if last > 0 {
        page.add_data_validation(1, 5, last, 5, &states)?;
    }
    page.set_freeze_panes(1, 3)?;
    page.set_repeat_rows(0, 0)?;
    page.set_print_area(0, 0, last, 8)?;
    print_setup(page, &format!("{}{}评分表", sheet.place_name, sheet.month.title()));
    let codes = workbook.add_worksheet();
    codes.set_name("扣分代码")?;
    write_codes(codes, sheet)?;
    Ok(workbook.save_to_buffer()?)
}

fn write_codes(page: &mut Worksheet, sheet: &BlankSheet) -> Result<(), ReportError> {
    let (heading, cell) = (heading(), text_cell().set_text_wrap());
    for (at, (title, width)) in (0_u16..).zip([
        ("类别", 12.0),
        ("积分项目", 24.0),
        ("满分", 8.0),
        ("代码", 8.0),
        ("扣分标准", 50.0),
        ("每次扣分", 12.0),
    ]) {
        page.write_string_with_format(0, at, title, &heading)?;
        page.set_column_width(at, width)?;
    }
    let mut line = 1;
    for item in &sheet.catalogue.items {
        for rule in &item.rules {
            let cells = [
                item.category.title().to_owned(),
                item.name.clone(),
                item.full.short(),
                rule.code.clone(),
                rule.text.clone(),
                format!("{}/{}", rule.points.short(), rule.unit),
            ];
            for (at, text) in (0_u16..).zip(&cells) {
                page.write_string_with_format(line, at, text, &cell)?;
            }
            line += 1;
        }
    }
    page.set_freeze_panes(1, 0)?;
    page.set_repeat_rows(0, 0)?;
    page.set_print_area(0, 0, line.saturating_sub(1), 5)?;
    print_setup(page, "扣分代码：两处写 H1a2，一事多项写 H1a+H7a，多件用空格隔开");
    Ok(())
}

fn workbook(form: &Form) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    page.set_name(form.attachment)?;
    let last_column = u16::try_from(form.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let plain = Format::new().set_font_name(FONT).set_font_size(11);
    let title = plain.clone().set_bold().set_font_size(18).set_align(FormatAlign::Center);
    page.write_string_with_format(0, 0, form.attachment, &plain)?;
    page.merge_range(1, 0, 1, last_column, &form.title, &title)?;
    page.merge_range(2, 0, 2, last_column, &form.unit_line, &plain.clone().set_align(FormatAlign::Center))?;
    page.set_row_height(1, 30)?;
    page.set_row_height(3, 32)?;
    let heading = heading().set_text_wrap();
    for (at, column) in (0_u16..).zip(&form.columns) {
        page.write_string_with_format(3, at, column, &heading)?;
        page.set_column_width(at, width(form, usize::from(at)))?;
    }
    for (line, row) in (4_u32..).zip(&form.rows) {
        let mut lines = 1;
        for (at, cell) in (0_u16..).zip(row) {
            write_cell(page, line, at, cell)?;
            lines = lines.max(wide(cell).div_ceil(columns_of(form, usize::from(at))));
        }
        // A workbook does not make a row higher for wrapped text by itself.
        page.set_row_height(line, form.row_height.max(16.0 * f64::from(lines)))?;
    }
    let below = 4 + u32::try_from(form.rows.len()).unwrap_or(u32::MAX - 100);
    for (line, text) in (below..).zip(&form.foot) {
        page.merge_range(line, 0, line, last_column, text, &plain.clone().set_text_wrap())?;
        page.set_row_height(line, 26)?;
    }
    let last_row = below + u32::try_from(form.foot.len()).unwrap_or(0);
    page.set_freeze_panes(4, 2)?;
    page.set_repeat_rows(0, 3)?;
    page.set_print_area(0, 0, last_row.saturating_sub(1), last_column)?;
    print_setup(page, "");
    Ok(workbook.save_to_buffer()?)
}

/// A number where it reads as one, so that it can be summed; a text otherwise.
fn write_cell(page: &mut Worksheet, line: u32, at: u16, cell: &str) -> Result<(), ReportError> {
    let centred = text_cell().set_align(FormatAlign::Center);
    match cell.parse::<f64>() {
        Ok(number) => {
            let format = centred.set_num_format(if cell.contains('.') { "0.0" } else { "General" });
            page.write_number_with_format(line, at, number, &format)?;
        }
        _ if cell.is_empty() => {
            page.write_blank(line, at, &centred)?;
        }
        _ => {
            page.write_string_with_format(line, at, cell, &centred.set_text_wrap())?;
        }
    }
    Ok(())
}

fn print_setup(page: &mut Worksheet, header: &str) {
    page.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    page.set_margins(0.6, 0.6, 0.6, 0.7, 0.3, 0.3);
    // `&` begins a code of the header.
    page.set_header(format!("&C{}", header.replace('&', "&&"))).set_footer("&C第 &P 页 / 共 &N 页");
}

fn heading() -> Format {
    text_cell().set_bold().set_align(FormatAlign::Center).set_background_color("F2F2F2")
}

fn text_cell() -> Format {
    Format::new()
        .set_font_name(FONT)
        .set_font_size(11)
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
        .set_num_format("@")
}

/// How many characters fit into a column: its longest cell, within what a page bears; columns to be filled in by
/// hand have room.
fn columns_of(form: &Form, at: usize) -> u32 {
    let longest = form.rows.iter().filter_map(|row| row.get(at)).map(|cell| wide(cell)).max().unwrap_or(0);
    let least = match form.columns[at].as_str() {
        "物品" | "规格" | "签名" => 14,
        "领取日期" | "备注" => 10,
        heading => wide(heading).clamp(5, 8),
    };
    longest.clamp(least, 30)
}

fn width(form: &Form, at: usize) -> f64 {
    f64::from(columns_of(form, at) + 2)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn preview(published: bool) -> &'static str {
    if published { "" } else { "（预览）" }
}
