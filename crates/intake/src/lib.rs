//! Files in, typed rows out: CSV, XLSX and TOML become the rows of `domain::input`, or problems by
//! line, field and remedy.
//!
//! A file becomes a [`Table`] first, whatever its kind; then one function per kind reads the rows:
//!
//! ```no_run
//! use intake::{FileProblem, Limits, households, read_file};
//!
//! let table = read_file("households.xlsx".as_ref(), &Limits::default())?;
//! let parsed = households(&table)?;
//! println!("{} 行可用，{} 个问题", parsed.rows.len(), parsed.problems.len());
//! # Ok::<(), FileProblem>(())
//! ```
//!
//! What concerns the file as a whole is a [`FileProblem`]; what concerns a row is a
//! [`Problem`](domain::input::Problem), and all problems of a row are reported at once. Whatever the
//! bytes, nothing here panics, and memory stays in proportion to the [`Limits`].

mod assembly;
mod catalogue;
mod cells;
mod columns;
mod comma_text;
mod contacts;
mod corrections;
mod divisions;
mod encoding;
mod file;
mod file_problem;
mod group_facts;
mod households;
mod limits;
mod package;
mod panels;
mod postings;
mod parsed;
mod row;
mod rulebook;
#[cfg(test)]
mod samples;
mod scorecards;
mod seen;
mod table;
mod templates;
mod values;
mod visit;
mod workbook;

pub use assembly::assemble_catalogue;
pub use catalogue::catalogue;
pub use columns::title_of;
pub use contacts::contacts;
pub use corrections::corrections;
pub use divisions::divisions;
pub use file::{read_bytes, read_file, read_text};
pub use file_problem::{FileFault, FileProblem};
pub use group_facts::group_facts;
pub use households::households;
pub use limits::Limits;
pub use panels::panels;
pub use parsed::Parsed;
pub use postings::postings;
pub use rulebook::rulebook;
pub use scorecards::scorecards;
pub use table::Table;
pub use templates::template;
