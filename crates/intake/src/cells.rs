//! Rows of cells, packed: one text for all of them, and where each cell of it ends.
//!
//! A million rows of ten cells take their text and 50 MB; as strings they would take a gigabyte.

use crate::file_problem::FileFault;

/// The most columns of a table.
pub(crate) const MOST_COLUMNS: usize = 200;

/// The most cells of a table, whatever its shape: 400 MB of ends.
const MOST_CELLS: usize = 100_000_000;

/// What a workbook's cell was, where its text does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A number: leading zeros are lost.
    Number,
    /// A date, which may have been a month when it was typed.
    Date,
    /// A time of day or a length of time.
    Time,
    /// A formula that failed: `#N/A`.
    Failed,
    /// A number with more digits than a workbook keeps.
    LongNumber,
}

impl Mark {
    /// Why the cell cannot be read, with the remedy; none when it can.
    pub(crate) fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Number | Self::Date => None,
            Self::Time => Some("这一格是时刻或时长：请把该列设为文本格式后重新填写"),
            Self::Failed => Some("这一格的公式出错（如 #N/A）：请改成正确的值"),
            Self::LongNumber => Some("数字超过 15 位，表格软件已丢掉末几位：请把该列设为文本格式后重新填写"),
        }
    }
}

/// Rows of cells with the lines they stand on.
#[derive(Debug)]
pub(crate) struct Cells {
    text: String,
    /// Where each cell ends in the text; it begins where the one before ends.
    ends: Vec<u32>,
    rows: Vec<RowStart>,
    /// Marked cells by index, in order.
    marks: Vec<(u32, Mark)>,
    most_rows: u32,
}

#[derive(Debug)]
struct RowStart {
    line: u32,
    first_cell: usize,
}

/// One row of cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowCells<'a> {
    cells: &'a Cells,
    line: u32,
    first_cell: usize,
    length: usize,
}

impl Cells {
    /// No rows yet; at most `most_rows` below the header.
    pub(crate) fn new(most_rows: u32) -> Self {
        Self { text: String::new(), ends: Vec::new(), rows: Vec::new(), marks: Vec::new(), most_rows }
    }

    /// Begins a row that stands on `line`.
    pub(crate) fn start_row(&mut self, line: u32) {
        self.rows.push(RowStart { line, first_cell: self.ends.len() });
    }

    /// Adds a cell to the row, trimmed.
    pub(crate) fn push(&mut self, text: &str, mark: Option<Mark>) -> Result<(), FileFault> {
        let index = u32::try_from(self.ends.len()).ok().filter(|_| self.ends.len() < MOST_CELLS);
        let index = index.ok_or(FileFault::TooManyCells { columns: MOST_COLUMNS })?;
        self.text.push_str(trimmed(text));
        let end = u32::try_from(self.text.len());
        self.ends.push(end.map_err(|_| too_large(self.text.len()))?);
        self.marks.extend(mark.map(|mark| (index, mark)));
        Ok(())
    }

    /// Adds empty cells to the row until the next one is that of `column`.
    pub(crate) fn pad_to(&mut self, column: usize) -> Result<(), FileFault> {
        while self.open_row() < column {
            self.push("", None)?;
        }
        Ok(())
    }

    /// The number of cells in the row that is being added.
    pub(crate) fn open_row(&self) -> usize {
        self.rows.last().map_or(0, |row| self.ends.len().saturating_sub(row.first_cell))
    }

    /// Ends the row; a row without any content is dropped.
    pub(crate) fn end_row(&mut self) -> Result<(), FileFault> {
        let Some(first_cell) = self.rows.last().map(|row| row.first_cell) else { return Ok(()) };
        let has_text = self.start_of(first_cell) < self.text.len();
        let has_mark = self.marks.last().is_some_and(|(index, _)| position(*index) >= first_cell);
        if !has_text && !has_mark {
            self.ends.truncate(first_cell);
            self.rows.pop();
        } else if self.rows.len() > position(self.most_rows).saturating_add(1) {
            return Err(FileFault::TooManyRows { limit: self.most_rows });
        }
        Ok(())
    }

    /// The number of rows, the header among them.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows from one on.
    pub(crate) fn rows_from(&self, first: usize) -> impl Iterator<Item = RowCells<'_>> {
        let starts = self.rows.iter().enumerate().skip(first);
        starts.map(move |(at, row)| {
            let next = self.rows.get(at + 1).map_or(self.ends.len(), |next| next.first_cell);
            let length = next.saturating_sub(row.first_cell);
            RowCells { cells: self, line: row.line, first_cell: row.first_cell, length }
        })
    }

    /// Where a cell begins in the text.
    fn start_of(&self, cell: usize) -> usize {
        cell.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| position(*end))
    }
}

impl<'a> RowCells<'a> {
    /// The line of the file, or the row of the sheet.
    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The text of a column, empty where the row has no such cell.
    pub(crate) fn text(&self, column: usize) -> &'a str {
        let Some(cell) = self.cell(column) else { return "" };
        let end = self.cells.ends.get(cell).map_or(0, |end| position(*end));
        self.cells.text.get(self.cells.start_of(cell)..end).unwrap_or_default()
    }

    /// What the cell of a column was, where it is marked.
    pub(crate) fn mark(&self, column: usize) -> Option<Mark> {
        let cell = u32::try_from(self.cell(column)?).ok()?;
        let marks = &self.cells.marks;
        marks.binary_search_by_key(&cell, |(index, _)| *index).ok().map(|at| marks[at].1)
    }

    fn cell(&self, column: usize) -> Option<usize> {
        (column < self.length).then_some(self.first_cell + column)
    }
}

/// The text without the blanks around it, those without width among them.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}'))
}

fn position(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn too_large(bytes: usize) -> FileFault {
    FileFault::TooLarge { bytes: u64::try_from(bytes).unwrap_or(u64::MAX), limit: u64::from(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(rows: &[&[&str]], most_rows: u32) -> Result<Cells, FileFault> {
        let mut cells = Cells::new(most_rows);
        for (line, row) in (1..).zip(rows) {
            cells.start_row(line);
            for text in *row {
                cells.push(text, None)?;
            }
            cells.end_row()?;
        }
        Ok(cells)
    }

    #[test]
    fn cells_are_read_back_trimmed_and_blank_rows_are_dropped() {
        let cells = cells(&[&["a", " b\u{3000}"], &["", " "], &[], &["c"]], 9).expect("within the limits");
        let rows: Vec<_> = cells.rows_from(0).map(|row| (row.line(), row.text(0), row.text(1))).collect();
        assert_eq!(rows, [(1, "a", "b"), (4, "c", "")]);
    }

    #[test]
    fn marks_belong_to_their_cell() {
        let mut cells = Cells::new(9);
        cells.start_row(1);
        cells.pad_to(2).expect("within the limits");
        cells.push("", Some(Mark::Failed)).expect("within the limits");
        cells.end_row().expect("within the limits");
        let row = cells.rows_from(0).next().expect("a row with a mark is not blank");
        assert_eq!((row.mark(1), row.mark(2), row.mark(3)), (None, Some(Mark::Failed), None));
    }

    #[test]
    fn rows_above_the_limit_are_refused() {
        assert!(cells(&[&["header"], &["1"], &["2"]], 2).is_ok());
        let refused = cells(&[&["header"], &["1"], &["2"], &["3"]], 2).expect_err("one too many");
        assert_eq!(refused, FileFault::TooManyRows { limit: 2 });
    }
}
