//! CSV: UTF-8 without a byte order mark, a header row, `\n` ends, empty for none.

use std::io::Write;

use crate::ReportError;
use crate::sheet::{Cells, Sheet};

/// Writes a sheet as CSV.
///
/// # Errors
/// The writer fails.
pub fn to_csv(sheet: &Sheet, writer: impl Write) -> Result<(), ReportError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(writer);
    writer.write_record(sheet.columns.iter().map(|column| column.name))?;
    for row in 0..sheet.rows() {
        writer.write_record(sheet.columns.iter().map(|column| cell(&column.cells, row)))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    Ok(())
}

fn cell(cells: &Cells, row: usize) -> String {
    match cells {
        Cells::Text(cells) => cells[row].clone().unwrap_or_default(),
        Cells::Worded(cells) => cells[row].0.to_owned(),
        Cells::Number(cells) => cells[row].map(|number| number.to_string()).unwrap_or_default(),
        Cells::Points(cells) => cells[row].map(|points| points.to_string()).unwrap_or_default(),
        Cells::Truth(cells) => cells[row].to_string(),
    }
}
