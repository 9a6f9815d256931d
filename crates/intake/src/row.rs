//! One row of a table: its cells by the names of their columns, and what is wrong with them.

use domain::input::Problem;

use crate::cells::{Mark, RowCells};
use crate::columns::Layout;

/// The most bytes of a value that is not free text.
const LONGEST_VALUE: usize = 64;

/// The most characters of a message.
const LONGEST_MESSAGE: usize = 200;

/// A problem was noted: there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noted;

/// The problems of a file, as many as are kept.
#[derive(Debug)]
pub(crate) struct Problems {
    kept: Vec<Problem>,
    most: usize,
    more: usize,
}

impl Problems {
    /// None yet; the first `most` will be kept.
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, more: 0 }
    }

    /// Those that were kept, and how many more there were.
    pub(crate) fn into_parts(self) -> (Vec<Problem>, usize) {
        (self.kept, self.more)
    }

    fn push(&mut self, line: u32, field: &'static str, message: &str) {
        if self.kept.len() >= self.most {
            self.more += 1;
            return;
        }
        let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
        let message: String = message.chars().take(LONGEST_MESSAGE).map(plain).collect();
        self.kept.push(Problem::new(line, field, message));
    }
}

/// Reads the cells of a row; what is wrong is noted, and reading goes on with the next cell.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    cells: RowCells<'a>,
    layout: &'a Layout,
    problems: &'a mut Problems,
}

impl<'a> Row<'a> {
    /// A row of a table with that layout.
    pub(crate) fn new(cells: RowCells<'a>, layout: &'a Layout, problems: &'a mut Problems) -> Self {
        Self { cells, layout, problems }
    }

    /// The line it stands on.
    pub(crate) fn line(&self) -> u32 {
        self.cells.line()
    }

    /// Notes a problem of one of the row's fields.
    pub(crate) fn note(&mut self, field: &'static str, message: impl AsRef<str>) -> Noted {
        self.problems.push(self.cells.line(), field, message.as_ref());
        Noted
    }

    /// What the cell was in a workbook, where that matters.
    pub(crate) fn mark(&self, field: &'static str) -> Option<Mark> {
        self.cells.mark(self.layout.position(field)?)
    }

    /// The cell as it stands; empty when the table has no such column.
    pub(crate) fn cell(&mut self, field: &'static str) -> Result<&'a str, Noted> {
        let Some(column) = self.layout.position(field) else { return Ok("") };
        match self.cells.mark(column).and_then(Mark::refusal) {
            Some(message) => Err(self.note(field, message)),
            None => Ok(self.cells.text(column)),
        }
    }

    /// A value that is not free text.
    pub(crate) fn value(&mut self, field: &'static str) -> Result<&'a str, Noted> {
        match self.maybe_value(field)? {
            Some(value) => Ok(value),
            None => Err(self.note(field, "不能为空：请填写")),
        }
    }

    /// A value that is not free text, none where the cell is empty.
    pub(crate) fn maybe_value(&mut self, field: &'static str) -> Result<Option<&'a str>, Noted> {
        match self.cell(field)? {
            "" => Ok(None),
            value if value.len() <= LONGEST_VALUE => Ok(Some(value)),
            _ => Err(self.note(field, "内容太长，不像这一列的值：请核对是否填错了列")),
        }
    }

    /// A text of at most so many characters.
    pub(crate) fn text(&mut self, field: &'static str, most: usize) -> Result<String, Noted> {
        match self.maybe_text(field, most)? {
            Some(text) => Ok(text),
            None => Err(self.note(field, "不能为空：请填写")),
        }
    }

    /// A text of at most so many characters, none where the cell is empty.
    pub(crate) fn maybe_text(&mut self, field: &'static str, most: usize) -> Result<Option<String>, Noted> {
        let text = self.cell(field)?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().any(is_hidden) {
            return Err(self.note(field, "含有换行或看不见的控制字符：请删去后重新填写"));
        }
        let length = text.chars().count();
        if length > most {
            return Err(self.note(field, format!("有 {length} 个字，至多 {most} 个：请缩短")));
        }
        Ok(Some(text.to_owned()))
    }
}

/// Characters that break lines, or turn the direction in which a text is shown.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use crate::columns::required;
    use crate::parsed::parse;
    use crate::samples::{rows, table};

    fn check(cell: &str) -> Result<Option<String>, String> {
        let table = table(&format!("name,other\n\"{cell}\",x\n"));
        let parsed = parse(&table, &[required("name", &["名称"])], |row| row.maybe_text("name", 5));
        let parsed = parsed.expect("a header");
        match parsed.problems.first() {
            Some(problem) => Err(problem.message.clone()),
            None => Ok(rows(parsed).remove(0)),
        }
    }

    #[test]
    fn texts_are_trimmed_and_may_be_empty() {
        assert_eq!(check("  李 四　"), Ok(Some("李 四".into())));
        assert_eq!(check(" "), Ok(None));
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert_eq!(check("一二三四五"), Ok(Some("一二三四五".into())));
        assert_eq!(check("一二三四五六"), Err("有 6 个字，至多 5 个：请缩短".into()));
    }

    #[test]
    fn line_breaks_and_turned_directions_are_refused() {
        for cell in ["李\n四", "李\u{7}", "李\u{202e}四", "李\u{85}四"] {
            assert!(check(cell).is_err_and(|message| message.contains("控制字符")), "{cell:?}");
        }
    }
}
