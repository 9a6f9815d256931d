//! A table of named columns, whatever file it becomes.

use domain::points::Points;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The title that people read above it.
    pub title: String,
    /// Its columns, all of one length.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The English name, for programs.
    pub name: &'static str,
    /// The Chinese heading, for people.
    pub heading: &'static str,
    /// What it holds.
    pub cells: Cells,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// Codes and words; for people a word may stand for it.
    Text(Vec<Option<String>>),
    /// Words for programs, and the same for people.
    Worded(Vec<(&'static str, &'static str)>),
    /// Whole numbers.
    Number(Vec<Option<i64>>),
    /// Points, with one decimal.
    Points(Vec<Option<Points>>),
    /// Truth: `true` or `false`, 是 or 否.
    Truth(Vec<bool>),
}

impl Cells {
    /// How many cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Worded(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Points(cells) => cells.len(),
            Self::Truth(cells) => cells.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Sheet {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }
}

/// A column of codes or words that every row has.
pub(crate) fn text(name: &'static str, heading: &'static str, cells: impl Iterator<Item = String>) -> Column {
    Column { name, heading, cells: Cells::Text(cells.map(Some).collect()) }
}

/// A column of numbers.
pub(crate) fn number(
    name: &'static str,
    heading: &'static str,
    cells: impl Iterator<Item = Option<impl Into<i64>>>,
) -> Column {
    Column { name, heading, cells: Cells::Number(cells.map(|cell| cell.map(Into::into)).collect()) }
}

/// A column of points.
pub(crate) fn points(
    name: &'static str,
    heading: &'static str,
    cells: impl Iterator<Item = Option<Points>>,
) -> Column {
    Column { name, heading, cells: Cells::Points(cells.collect()) }
}
