//! The columns of a kind of file, described once, and where a table has them.

use crate::file_problem::FileFault;
use crate::table::Table;

/// A column (列) by its English name and its Chinese headings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    name: &'static str,
    headings: &'static [&'static str],
    is_required: bool,
}

/// A column that every file of the kind has.
pub(crate) const fn required(name: &'static str, headings: &'static [&'static str]) -> Column {
    Column { name, headings, is_required: true }
}

/// A column that may be absent.
pub(crate) const fn optional(name: &'static str, headings: &'static [&'static str]) -> Column {
    Column { name, headings, is_required: false }
}

impl Column {
    /// What people call the column of a name.
    fn title(&self, name: &str) -> Option<&'static str> {
        self.headings.first().copied().filter(|_| self.name == name)
    }

    /// What people call it.
    pub(crate) fn heading(&self) -> &'static str {
        self.headings.first().copied().unwrap_or(self.name)
    }

    fn is_called(&self, title: &str) -> bool {
        self.name.eq_ignore_ascii_case(title) || self.headings.contains(&title)
    }

    /// `head_name（户主）`
    fn both_names(&self) -> String {
        format!("{}（{}）", self.name, self.headings.first().unwrap_or(&self.name))
    }
}

/// What people call a column (`head_name` is 户主), whatever the kind of file; none where there is no such column.
pub fn title_of(name: &str) -> Option<&'static str> {
    let kinds = [
        crate::households::COLUMNS,
        crate::panels::COLUMNS,
        crate::scorecards::COLUMNS,
        crate::catalogue::COLUMNS,
        crate::corrections::COLUMNS,
        crate::divisions::COLUMNS,
        crate::contacts::COLUMNS,
        crate::group_facts::COLUMNS,
        crate::postings::COLUMNS,
    ];
    kinds.into_iter().flatten().find_map(|column| column.title(name))
}

/// Where a table has the columns of a kind.
#[derive(Debug)]
pub(crate) struct Layout {
    positions: Vec<(&'static str, Option<usize>)>,
    ignored: Vec<String>,
}

impl Layout {
    /// Finds every column in the table's header.
    ///
    /// # Errors
    ///
    /// A required column is missing or any column stands twice; the others are ignored.
    pub(crate) fn find(table: &Table, columns: &[Column]) -> Result<Self, FileFault> {
        let positions = columns.iter().map(|column| (column.name, None)).collect();
        let mut layout = Self { positions, ignored: Vec::new() };
        for (position, title) in table.header().iter().enumerate() {
            let called =
                columns.iter().zip(&mut layout.positions).find(|(column, _)| column.is_called(title));
            match called {
                Some((column, (_, Some(_)))) => return Err(FileFault::ColumnTwice(column.both_names())),
                Some((_, (_, free))) => *free = Some(position),
                None if title.is_empty() => {}
                None => layout.ignored.push(shortened(title)),
            }
        }
        layout.check_complete(table, columns)?;
        Ok(layout)
    }

    /// Where the column of that name stands, if the table has it.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.positions.iter().find(|(column, _)| *column == name).and_then(|(_, position)| *position)
    }

    /// The titles that the kind does not know.
    pub(crate) fn into_ignored(self) -> Vec<String> {
        self.ignored
    }

    fn check_complete(&self, table: &Table, columns: &[Column]) -> Result<(), FileFault> {
        let required = columns.iter().filter(|column| column.is_required);
        let missing: Vec<_> = required.filter(|column| self.position(column.name).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let names = |columns: &[&Column]| -> String {
            columns.iter().map(|column| column.both_names()).collect::<Vec<_>>().join("、")
        };
        if let [title] = table.header()
            && title.contains([';', '；', '\t'])
        {
            return Err(FileFault::OtherSeparator);
        }
        let found = shown_header(table.header());
        if self.positions.iter().all(|(_, position)| position.is_none()) {
            return Err(FileFault::NoHeader { found, wanted: names(&missing) });
        }
        Err(FileFault::MissingColumns { missing: names(&missing), found })
    }
}

/// The first titles of a header, for a message.
fn shown_header(header: &[String]) -> String {
    let mut shown: Vec<_> = header.iter().take(20).map(|title| shortened(title)).collect();
    if header.len() > shown.len() {
        shown.push("…".into());
    }
    shown.join("、")
}

/// The first letters of a title, without what would break a message.
fn shortened(title: &str) -> String {
    title.chars().take(20).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::table;

    const COLUMNS: &[Column] = &[
        required("group_code", &["小组代码", "村小组代码"]),
        required("head_name", &["户主"]),
        optional("phone", &["电话"]),
    ];

    fn check(header: &str) -> Result<Vec<String>, String> {
        let layout = Layout::find(&table(header), COLUMNS);
        layout.map(Layout::into_ignored).map_err(|fault| fault.to_string())
    }

    #[test]
    fn columns_are_found_in_both_languages_and_any_order() {
        let layout = Layout::find(&table("电话, 村 小组代码 ,HEAD_NAME\n"), COLUMNS).expect("complete");
        let positions = ["group_code", "head_name", "phone", "other"].map(|name| layout.position(name));
        assert_eq!(positions, [Some(1), Some(2), Some(0), None]);
    }

    #[test]
    fn unknown_columns_are_ignored_and_reported() {
        assert_eq!(check("group_code,备注,head_name,,\n"), Ok(vec!["备注".to_owned()]));
    }

    #[test]
    fn every_missing_column_is_named_in_both_languages() {
        assert_eq!(
            check("phone,备注\n"),
            Err("缺少列 group_code（小组代码）、head_name（户主）；表头现有 phone、备注：请补上缺少的列"
                .into())
        );
    }

    #[test]
    fn a_column_twice_in_two_languages_is_refused() {
        assert_eq!(
            check("head_name,group_code,户主\n"),
            Err("的表头里列 head_name（户主） 出现了两次：请只留一列".into())
        );
    }

    #[test]
    fn a_row_of_data_in_place_of_the_header_is_told() {
        let refused = check("440229100204001,李四\n").expect_err("refused");
        assert!(refused.starts_with("的第一行不像表头（440229100204001、李四）"), "{refused}");
        let refused = check("group_code\thead_name\n").expect_err("refused");
        assert!(refused.starts_with("用分号或制表符分列"), "{refused}");
    }
}
