//! A file as a table: a header and rows of cells with their lines.

use crate::cells::{Cells, MOST_COLUMNS, RowCells};
use crate::file_problem::{FileFault, FileProblem};
use crate::limits::Limits;

/// A file that was read (表), whatever kind of rows it brings.
#[derive(Debug)]
pub struct Table {
    name: String,
    header: Vec<String>,
    /// For text, the number of cells of the header line: a row with fewer was cut off, one with more
    /// has a comma too many. Sheets leave out cells that are empty.
    width: Option<usize>,
    cells: Cells,
    most_problems: usize,
}

impl Table {
    /// The table of a CSV's cells.
    pub(crate) fn of_text(name: &str, cells: Cells, limits: &Limits) -> Result<Self, FileFault> {
        let width = cells.rows_from(0).next().map(|header| header.len());
        if width.is_some_and(|width| width > MOST_COLUMNS) {
            return Err(FileFault::TooManyCells { columns: MOST_COLUMNS });
        }
        Ok(Self { width, ..Self::of_sheet(name, cells, limits)? })
    }

    /// The table of a sheet's cells.
    pub(crate) fn of_sheet(name: &str, cells: Cells, limits: &Limits) -> Result<Self, FileFault> {
        let first = cells.rows_from(0).next().ok_or(FileFault::Empty)?;
        let mut header: Vec<String> = (0..first.len()).map(|column| title(first.text(column))).collect();
        while header.pop_if(|title| title.is_empty()).is_some() {}
        Ok(Self { name: name.to_owned(), header, width: None, cells, most_problems: limits.problems })
    }

    /// The file, as the caller named it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The titles of the columns, without blanks.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The number of rows below the header; blank ones do not count.
    pub fn len(&self) -> usize {
        self.cells.len().saturating_sub(1)
    }

    /// Whether there is nothing below the header.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The texts of every row's cells, as many as the header has.
    pub fn all_cells(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        let width = self.header.len();
        self.rows().map(move |row| {
            (0..width)
                .map(|column| if column < row.len() { row.text(column).to_owned() } else { String::new() })
                .collect()
        })
    }

    /// The texts of a line's cells, as many as the header has; none where there is no such line.
    pub fn cells_of(&self, line: u32) -> Vec<String> {
        let Some(row) = self.rows().find(|row| row.line() == line) else { return Vec::new() };
        (0..self.header.len().min(row.len())).map(|column| row.text(column).to_owned()).collect()
    }

    /// The rows below the header.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RowCells<'_>> {
        self.cells.rows_from(1)
    }

    /// How many problems are kept.
    pub(crate) fn most_problems(&self) -> usize {
        self.most_problems
    }

    /// The fault as a problem of this file.
    pub(crate) fn problem(&self, fault: FileFault) -> FileProblem {
        FileProblem::new(self.name.as_str(), fault)
    }

    /// What is wrong with the number of a row's cells: its cells may stand in the wrong columns.
    pub(crate) fn misfit(&self, row: RowCells<'_>) -> Option<String> {
        let (has, width) = (row.len(), self.width?);
        if has < self.header.len() {
            let wanted = self.header.len();
            return Some(format!("只有 {has} 格，表头有 {wanted} 格：请补齐逗号，并核对这一行是否被截断"));
        }
        let is_beyond = (width..has).any(|column| !row.text(column).is_empty());
        is_beyond.then(|| "比表头多出内容：内容里有逗号的格子，请前后加双引号".to_owned())
    }
}

/// The text without blanks, except for tabs: these tell that the columns are apart by tabs.
fn title(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() || *letter == '\t').collect()
}

#[cfg(test)]
mod tests {
    use crate::samples::table;

    fn misfits(text: &str) -> Vec<u32> {
        let table = table(text);
        table.rows().filter(|row| table.misfit(*row).is_some()).map(|row| row.line()).collect()
    }

    #[test]
    fn the_header_loses_blanks_and_empty_columns_at_its_end() {
        let table = table("\n 户 主 ,,电话,,\n李四,,1,,\n");
        assert_eq!(table.header(), ["户主", "", "电话"]);
        assert_eq!((table.len(), table.name()), (1, "sample.csv"));
    }

    #[test]
    fn rows_that_were_cut_off_or_have_a_comma_too_many_are_found() {
        assert_eq!(misfits("a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3,,\n"), [3, 4]);
        assert_eq!(misfits("a,b,,\n1,2\n1,2,,\n1,2,,,\n1,2,,,5\n"), [5]);
    }
}
