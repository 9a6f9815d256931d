//! Literal files for the unit tests.

use domain::input::Problem;

use crate::file::read_bytes;
use crate::limits::Limits;
use crate::parsed::Parsed;
use crate::table::Table;

/// The table of a CSV.
pub(crate) fn table(text: &str) -> Table {
    read_bytes("sample.csv", text.into(), &Limits::default()).unwrap_or_else(|problem| panic!("{problem}"))
}

/// The rows of a file without problems.
pub(crate) fn rows<T>(parsed: Parsed<T>) -> Vec<T> {
    assert_eq!(parsed.problems, [], "no problems");
    parsed.rows.into_iter().map(|line| line.row).collect()
}

/// The line and field of every problem.
pub(crate) fn fields(problems: &[Problem]) -> Vec<(u32, &'static str)> {
    problems.iter().map(|problem| (problem.line, problem.field)).collect()
}
