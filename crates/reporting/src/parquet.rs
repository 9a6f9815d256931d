//! Parquet, through polars: the columns of the CSV with their types.

use std::io::Write;

use domain::points::Points;
use polars::prelude::{Column as Frame, DataFrame, NamedFrom, ParquetWriter, Series};

use crate::ReportError;
use crate::sheet::{Cells, Sheet};

/// Writes a sheet as Parquet. Points are 64-bit floating point there, exact to the one decimal they have.
///
/// # Errors
/// The writer fails.
pub fn to_parquet(sheet: &Sheet, writer: impl Write) -> Result<(), ReportError> {
    let columns: Vec<Frame> =
        sheet.columns.iter().map(|column| series(column.name, &column.cells).into()).collect();
    let mut frame = DataFrame::new(sheet.rows(), columns)?;
    ParquetWriter::new(writer).finish(&mut frame)?;
    Ok(())
}

fn series(name: &str, cells: &Cells) -> Series {
    match cells {
        Cells::Text(cells) => Series::new(name.into(), cells.as_slice()),
        Cells::Worded(cells) => {
            let words: Vec<_> = cells.iter().map(|(word, _)| *word).collect();
            Series::new(name.into(), words)
        }
        Cells::Number(cells) => Series::new(name.into(), cells.as_slice()),
        Cells::Points(cells) => {
            let points = |points: Points| f64::from(points.tenths()) / 10.0;
            let points: Vec<Option<f64>> = cells.iter().map(|cell| cell.map(points)).collect();
            Series::new(name.into(), points)
        }
        Cells::Truth(cells) => Series::new(name.into(), cells.as_slice()),
    }
}
