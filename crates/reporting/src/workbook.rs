//! XLSX for people: a title, Chinese headings that stay in sight, widths that fit, ready to print.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use crate::ReportError;
use crate::sheet::{Cells, Column, Sheet};

/// The font of sheets; Excel and WPS fall back to what they have.
pub(crate) const FONT: &str = "Noto Sans CJK SC";

/// Writes a sheet as an XLSX workbook.
///
/// # Errors
/// More rows than a sheet holds (1,048,576).
pub fn to_xlsx(sheet: &Sheet) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    page.set_name("明细")?;
    let last_column = u16::try_from(sheet.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let title = Format::new().set_font_name(FONT).set_font_size(16).set_bold().set_align(FormatAlign::Center);
    page.merge_range(0, 0, 0, last_column, &sheet.title, &title)?;
    page.set_row_height(0, 30)?;
    page.set_row_height(1, 20)?;
    let heading = bordered().set_bold().set_align(FormatAlign::Center).set_background_color("F2F2F2");
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(1, at, column.heading, &heading)?;
        page.set_column_width(at, width(column))?;
        write(page, at, &column.cells)?;
    }
    let last_row = u32::try_from(sheet.rows()).unwrap_or(u32::MAX).saturating_add(1);
    page.set_freeze_panes(2, 0)?;
    page.set_repeat_rows(0, 1)?;
    page.set_print_area(0, 0, last_row, last_column)?;
    page.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    page.set_header("&R&D").set_footer("&C第 &P 页 / 共 &N 页");
    Ok(workbook.save_to_buffer()?)
}

fn write(page: &mut Worksheet, at: u16, cells: &Cells) -> Result<(), ReportError> {
    let left = bordered();
    let centred = bordered().set_align(FormatAlign::Center);
    let whole = bordered().set_num_format("0");
    let tenths = bordered().set_num_format("0.0");
    for row in 0..cells.len() {
        let line = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(2);
        match cells {
            Cells::Text(cells) => {
                page.write_string_with_format(line, at, cells[row].as_deref().unwrap_or_default(), &left)?;
            }
            Cells::Worded(cells) => {
                page.write_string_with_format(line, at, cells[row].1, &centred)?;
            }
            Cells::Number(cells) => match cells[row].and_then(|number| i32::try_from(number).ok()) {
                Some(number) => {
                    page.write_number_with_format(line, at, f64::from(number), &whole)?;
                }
                None => {
                    page.write_blank(line, at, &whole)?;
                }
            },
            Cells::Points(cells) => match cells[row] {
                Some(points) => {
                    page.write_number_with_format(line, at, f64::from(points.tenths()) / 10.0, &tenths)?;
                }
                None => {
                    page.write_blank(line, at, &tenths)?;
                }
            },
            Cells::Truth(cells) => {
                let word = if cells[row] { "是" } else { "否" };
                page.write_string_with_format(line, at, word, &centred)?;
            }
        }
    }
    Ok(())
}

fn bordered() -> Format {
    Format::new().set_font_name(FONT).set_font_size(11).set_border(FormatBorder::Thin)
}

/// The characters of a text; a Chinese one takes two.
pub(crate) fn wide(text: &str) -> u32 {
    text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
}

/// Characters that fit the longest text.
fn width(column: &Column) -> f64 {
    let longest = match &column.cells {
        Cells::Text(cells) => cells.iter().flatten().map(|cell| wide(cell)).max().unwrap_or(0),
        Cells::Worded(cells) => cells.iter().map(|cell| wide(cell.1)).max().unwrap_or(0),
        Cells::Number(_) | Cells::Points(_) => 8,
        Cells::Truth(_) => 4,
    };
    f64::from(longest.max(wide(column.heading)) + 2)
}
