//! What reading a table as one kind of file gives.

use domain::input::{Line, Problem};

use crate::columns::{Column, Layout};
use crate::file_problem::FileProblem;
use crate::row::{Noted, Problems, Row};
use crate::table::Table;

/// The rows of a file that can be used, and what is wrong with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The rows without problems, in the order of the file.
    pub rows: Vec<Line<T>>,
    /// The first problems, in the order of lines and columns.
    pub problems: Vec<Problem>,
    /// How many more problems there are than are kept.
    pub more_problems: usize,
    /// Columns that the kind does not know.
    pub ignored_columns: Vec<String>,
}

impl<T> Parsed<T> {
    /// Whether every row can be used.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.more_problems == 0
    }
}

/// Reads every row of a table whose columns are these.
pub(crate) fn parse<T>(
    table: &Table,
    columns: &[Column],
    mut read: impl FnMut(&mut Row<'_>) -> Result<T, Noted>,
) -> Result<Parsed<T>, FileProblem> {
    let layout = Layout::find(table, columns).map_err(|fault| table.problem(fault))?;
    let mut problems = Problems::new(table.most_problems());
    let mut rows = Vec::with_capacity(table.len());
    for cells in table.rows() {
        let mut row = Row::new(cells, &layout, &mut problems);
        let read = match table.misfit(cells) {
            Some(message) => Err(row.note("row", message)),
            None => read(&mut row),
        };
        if let Ok(row) = read {
            rows.push(Line { number: cells.line(), row });
        }
    }
    let (problems, more_problems) = problems.into_parts();
    Ok(Parsed { rows, problems, more_problems, ignored_columns: layout.into_ignored() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::required;
    use crate::file::read_bytes;
    use crate::limits::Limits;

    #[test]
    fn problems_above_the_limit_are_counted() {
        let limits = Limits { problems: 2, ..Limits::default() };
        let table = read_bytes("sample.csv", "name\n \u{7},\na\u{7}\nb\u{7}\nc\u{7}\nd\n".into(), &limits);
        let table = table.expect("a table");
        let parsed =
            parse(&table, &[required("name", &["名称"])], |row| row.text("name", 9)).expect("a header");
        assert_eq!(parsed.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3]);
        assert_eq!((parsed.more_problems, parsed.rows.len(), parsed.is_sound()), (2, 1, false));
    }
}
