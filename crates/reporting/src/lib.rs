//! Rows in, files out: CSV and Parquet in English for programs, XLSX in Chinese for people. No database,
//! no web.

mod awards;
mod comma;
mod form_workbook;
pub mod paper;
mod parquet;
mod progress;
mod results;
mod sheet;
mod workbook;

pub use awards::awards;
pub use comma::to_csv;
pub use form_workbook::{
    blank_workbook, form2_workbook, form3_workbook, form3_year_workbook, form4_workbook,
};
pub use parquet::to_parquet;
pub use progress::{VillageLine, progress};
pub use results::results;
pub use sheet::{Cells, Column, Sheet};
pub use workbook::to_xlsx;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// CSV.
    #[error("写 CSV 失败：{0}")]
    Csv(#[from] csv::Error),
    /// XLSX.
    #[error("写 XLSX 失败：{0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// Parquet.
    #[error("写 Parquet 失败：{0}")]
    Parquet(#[from] polars::error::PolarsError),
}
