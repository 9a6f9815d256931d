//! From CSV to cells, with the line that each row really begins on.

use crate::cells::{Cells, MOST_COLUMNS};
use crate::file_problem::FileFault;
use crate::limits::Limits;

/// The most bytes of a line.
const LONGEST_LINE: usize = 1 << 20;

/// The cells of a CSV: apart by commas, quoted where they hold a comma, a quote or a line break.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Cells, FileFault> {
    check_lines(text)?;
    let quotes_are_even = text.bytes().filter(|byte| *byte == b'"').count().is_multiple_of(2);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut lines = LineCounter { text: text.as_bytes(), line: 1, counted: 0 };
    let mut cells = Cells::new(limits.rows);
    let mut open_quote = None;
    while reader.read_record(&mut record).map_err(|error| FileFault::Unreadable(error.to_string()))? {
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines.line_of(usize::try_from(start).unwrap_or(usize::MAX));
        cells.start_row(line);
        for cell in record.iter().take(MOST_COLUMNS + 1) {
            cells.push(cell, None)?;
        }
        cells.end_row()?;
        open_quote = record.iter().any(|cell| cell.contains('\n')).then_some(line);
    }
    match open_quote {
        Some(line) if !quotes_are_even => Err(FileFault::OpenQuote { line }),
        _ => Ok(cells),
    }
}

/// Refuses a line that would become a row of millions of cells.
fn check_lines(text: &str) -> Result<(), FileFault> {
    match text.split('\n').position(|line| line.len() > LONGEST_LINE) {
        None => Ok(()),
        Some(at) => {
            Err(FileFault::LongLine { line: u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1) })
        }
    }
}

/// Counts lines up to where a row begins; the reader's own count stops before blank lines.
struct LineCounter<'a> {
    text: &'a [u8],
    line: u32,
    counted: usize,
}

impl LineCounter<'_> {
    /// The line of the first row at or after a byte; bytes are asked for in order.
    fn line_of(&mut self, from: usize) -> u32 {
        while let Some(byte) = self.text.get(self.counted) {
            let is_end = matches!(byte, b'\r' | b'\n');
            if self.counted >= from && !is_end {
                break;
            }
            // The two bytes of a Windows line end are one end.
            if is_end && !self.text[self.counted..].starts_with(b"\r\n") {
                self.line = self.line.saturating_add(1);
            }
            self.counted += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u32, &str)]) {
        let cells = read(text, &Limits::default()).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
        let rows: Vec<_> = cells.rows_from(0).map(|row| (row.line(), row.text(0))).collect();
        assert_eq!(rows, expected, "{text:?}");
    }

    #[test]
    fn rows_know_their_lines_past_blank_lines_and_quoted_breaks() {
        check("a\nb\n", &[(1, "a"), (2, "b")]);
        check("a\r\nb\r\n\r\nc", &[(1, "a"), (2, "b"), (4, "c")]);
        check("\n\na\n,,\n\nb\n", &[(3, "a"), (6, "b")]);
        check("a\n\"b\nb\",x\nc\n", &[(1, "a"), (2, "b\nb"), (4, "c")]);
        check("a\rb\r\rc", &[(1, "a"), (2, "b"), (4, "c")]);
    }

    #[test]
    fn quoted_cells_lose_their_quotes() {
        check("\"a,\"\"b\"\"\"\n\"\"\nc\n", &[(1, "a,\"b\""), (3, "c")]);
    }

    #[test]
    fn a_quote_that_swallows_the_rest_is_named_by_its_line() {
        let refused = read("a,b\n1,\"x\n2,y\n3,z\n", &Limits::default()).expect_err("refused");
        assert_eq!(refused, FileFault::OpenQuote { line: 2 });
    }

    #[test]
    fn a_line_of_a_megabyte_is_no_row() {
        let text = format!("a\n{}", ",".repeat(LONGEST_LINE + 1));
        let refused = read(&text, &Limits::default()).expect_err("refused");
        assert_eq!(refused, FileFault::LongLine { line: 2 });
    }
}
