//! From the first sheet of an XLSX to cells.

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::catch_unwind;

use calamine::{
    DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError, open_workbook_from_rs,
};

use crate::cells::{Cells, MOST_COLUMNS, Mark};
use crate::file_problem::FileFault;
use crate::limits::Limits;
use crate::package;

/// Numbers from here on have more digits than a workbook keeps.
const FIRST_INEXACT: f64 = 1e15;

/// The cells of the first visible sheet, each as a person would write it into a CSV.
///
/// Cells are streamed: a stray cell far below or to the right costs nothing.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Cells, FileFault> {
    // A damaged workbook may make the library's arithmetic overflow, which panics in some builds.
    catch_unwind(|| {
        package::check(bytes, limits)?;
        read_first_sheet(bytes, limits)
    })
    .unwrap_or_else(|_| Err(FileFault::BrokenWorkbook("内容已损坏".into())))
}

fn read_first_sheet(bytes: &[u8], limits: &Limits) -> Result<Cells, FileFault> {
    let mut workbook = open_workbook_from_rs::<Xlsx<_>, _>(Cursor::new(bytes)).map_err(broken)?;
    let name = first_visible(&workbook).ok_or(FileFault::NoSheet)?;
    let mut sheet = workbook.worksheet_cells_reader(&name).map_err(broken)?;
    let mut cells = Cells::new(limits.rows);
    let mut open_row = None;
    while let Some(cell) = sheet.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if *cell.get_value() == DataRef::Empty || column >= MOST_COLUMNS {
            continue;
        }
        if open_row != Some(row) {
            if open_row.is_some_and(|open| row < open) {
                return Err(disordered());
            }
            cells.end_row()?;
            cells.start_row(row.saturating_add(1));
            open_row = Some(row);
        }
        if column < cells.open_row() {
            return Err(disordered());
        }
        cells.pad_to(column)?;
        let (text, mark) = written(cell.get_value());
        cells.push(&text, mark)?;
    }
    cells.end_row()?;
    Ok(cells)
}

fn first_visible(workbook: &Xlsx<Cursor<&[u8]>>) -> Option<String> {
    let mut sheets = workbook.sheets_metadata().iter();
    let first =
        sheets.find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    first.map(|sheet| sheet.name.clone())
}

/// A cell's text, and what it was where that matters.
fn written<'a>(value: &'a DataRef<'_>) -> (Cow<'a, str>, Option<Mark>) {
    match value {
        DataRef::Empty => (Cow::Borrowed(""), None),
        DataRef::String(text) => (Cow::Borrowed(text.as_str()), None),
        DataRef::SharedString(text) => (Cow::Borrowed(*text), None),
        DataRef::Bool(truth) => (Cow::Borrowed(if *truth { "true" } else { "false" }), None),
        DataRef::Int(number) if number.unsigned_abs() >= 1_000_000_000_000_000 => marked(Mark::LongNumber),
        DataRef::Int(number) => (Cow::Owned(number.to_string()), Some(Mark::Number)),
        DataRef::Float(number) => written_number(*number),
        DataRef::DateTime(moment) => written_date(*moment),
        DataRef::DateTimeIso(text) => {
            let date = text.split('T').next().unwrap_or_default();
            (Cow::Owned(date.to_owned()), Some(Mark::Date))
        }
        DataRef::DurationIso(_) => marked(Mark::Time),
        DataRef::Error(_) => marked(Mark::Failed),
    }
}

fn written_number(number: f64) -> (Cow<'static, str>, Option<Mark>) {
    if !number.is_finite() {
        return marked(Mark::Failed);
    }
    if number.abs() >= FIRST_INEXACT {
        return marked(Mark::LongNumber);
    }
    // Nine decimals are more than anybody types and fewer than binary fractions betray.
    let text = format!("{number:.9}");
    let text = match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0",
        text => text,
    };
    (Cow::Owned(text.to_owned()), Some(Mark::Number))
}

fn written_date(moment: ExcelDateTime) -> (Cow<'static, str>, Option<Mark>) {
    if moment.is_duration() || moment.as_f64() < 1.0 {
        return marked(Mark::Time);
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    (Cow::Owned(format!("{year:04}-{month:02}-{day:02}")), Some(Mark::Date))
}

fn marked(mark: Mark) -> (Cow<'static, str>, Option<Mark>) {
    (Cow::Borrowed(""), Some(mark))
}

fn disordered() -> FileFault {
    FileFault::BrokenWorkbook("单元格次序错乱".into())
}

fn broken(error: XlsxError) -> FileFault {
    FileFault::BrokenWorkbook(error.to_string())
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    fn check(value: DataRef<'_>, text: &str, mark: Option<Mark>) {
        assert_eq!(written(&value), (Cow::Borrowed(text), mark), "{value:?}");
    }

    #[test]
    fn numbers_are_written_without_binary_noise() {
        check(DataRef::Float(7.0), "7", Some(Mark::Number));
        check(DataRef::Float(-0.0), "0", Some(Mark::Number));
        check(DataRef::Float(0.1 + 0.2), "0.3", Some(Mark::Number));
        check(DataRef::Float(100.0), "100", Some(Mark::Number));
        check(DataRef::Int(-3), "-3", Some(Mark::Number));
        check(DataRef::Float(440_229_100_204_001.0), "440229100204001", Some(Mark::Number));
    }

    #[test]
    fn numbers_that_lost_digits_are_marked() {
        check(DataRef::Float(4.4e18), "", Some(Mark::LongNumber));
        check(DataRef::Int(4_402_291_002_040_010_007), "", Some(Mark::LongNumber));
        check(DataRef::Float(f64::NAN), "", Some(Mark::Failed));
    }

    #[test]
    fn dates_are_written_as_dates_and_times_are_marked() {
        let moment = |value, kind| DataRef::DateTime(ExcelDateTime::new(value, kind, false));
        check(moment(46_300.5, ExcelDateTimeType::DateTime), "2026-10-05", Some(Mark::Date));
        check(moment(0.5, ExcelDateTimeType::DateTime), "", Some(Mark::Time));
        check(moment(46_300.0, ExcelDateTimeType::TimeDelta), "", Some(Mark::Time));
        check(DataRef::DateTimeIso("2026-10-05T00:00:00".into()), "2026-10-05", Some(Mark::Date));
    }
}
