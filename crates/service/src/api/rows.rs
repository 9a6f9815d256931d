//! Lists of rows: the columns of the files, as JSON. They are read by the same functions as the files.

use axum::Json;
use domain::input::Line;
use intake::{FileProblem, Limits, Parsed, Table};
use records::{Mode, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::input::wrong;
use crate::problem::{Answered, FieldProblem, Problem};

/// Rows to bring in, all or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rows<T> {
    /// 在哪个地方办理；不写即自己角色所在的地方
    #[serde(default)]
    pub(super) place: Option<String>,
    /// 只检查，不写入
    #[serde(default)]
    pub(super) dry_run: bool,
    /// 各行，列与导入文件相同
    #[schema(min_items = 1, max_items = 20000)]
    pub(super) rows: Vec<T>,
}

/// What bringing rows in changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed {
    /// 新增的行数
    added: usize,
    /// 改动的行数
    changed: usize,
    /// 与已有内容相同的行数
    unchanged: usize,
    /// 可以保存但值得核对的地方
    warnings: Vec<FieldProblem>,
}

impl From<Outcome> for Changed {
    fn from(outcome: Outcome) -> Self {
        Self {
            added: outcome.added,
            changed: outcome.changed,
            unchanged: outcome.unchanged,
            warnings: outcome.warnings.into_iter().map(FieldProblem::from).collect(),
        }
    }
}

impl<T: Serialize> Rows<T> {
    /// Whether to keep what is done.
    pub(super) fn mode(&self) -> Mode {
        mode(self.dry_run)
    }

    /// The rows as the files' reader understands them.
    ///
    /// # Errors
    /// What is wrong with them, row by row.
    pub(super) fn parsed<R>(
        &self,
        read: impl FnOnce(&Table) -> Result<Parsed<R>, FileProblem>,
    ) -> Result<Vec<Line<R>>, Problem> {
        rows(&self.rows, read)
    }
}

/// Whether to keep what is done.
pub(super) fn mode(dry_run: bool) -> Mode {
    if dry_run { Mode::DryRun } else { Mode::Apply }
}

/// How many rows one request may bring.
const MOST_ROWS: usize = 20_000;

/// Rows as the files' reader understands them.
///
/// # Errors
/// None at all, too many, or what is wrong with them, row by row.
pub(super) fn rows<T: Serialize, R>(
    rows: &[T],
    read: impl FnOnce(&Table) -> Result<Parsed<R>, FileProblem>,
) -> Result<Vec<Line<R>>, Problem> {
    if rows.len() > MOST_ROWS {
        let message = format!("一次至多 {MOST_ROWS} 行，现在是 {} 行；请分几次", rows.len());
        return Err(wrong("rows", message));
    }
    if rows.is_empty() {
        return Err(wrong("rows", "没有内容，请至少给出一行".into()));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = rows.iter().try_for_each(|row| writer.serialize(row));
    written.map_err(|error| Problem::malformed().because(error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| Problem::malformed().because(error.to_string()))?;
    let whole = |problem: FileProblem| Problem::invalid().because(problem.to_string());
    let table = intake::read_bytes("rows", bytes, &Limits::default()).map_err(whole)?;
    let parsed = read(&table).map_err(whole)?;
    if parsed.is_sound() { Ok(parsed.rows) } else { Err(parsed.problems.into()) }
}

/// Answers with what was changed.
pub(super) fn changed(outcome: Outcome) -> Answered<Json<Changed>> {
    Ok(Json(outcome.into()))
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// 本页各项
    pub(crate) items: Vec<T>,
    /// 下一页的 after；没有即到末尾
    pub(crate) next: Option<String>,
}

/// How many items a page has at most.
pub(super) const MOST: i64 = 500;

/// The number of items asked for.
pub(super) fn limit(asked: Option<u16>) -> i64 {
    asked.map_or(100, i64::from).clamp(1, MOST)
}

/// A page of what was loaded with one item more than asked for.
pub(crate) fn page<T>(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(key) } else { None };
    Page { items, next }
}

/// The page of a whole list that begins after the item of a key; from the beginning without one.
///
/// # Errors
/// A key that no item has (any more).
pub(super) fn page_after<T>(
    items: impl Iterator<Item = T>,
    after: Option<&str>,
    limit: i64,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, Problem> {
    let mut items = items.peekable();
    if let Some(after) = after {
        while items.next_if(|item| key(item) != after).is_some() {}
        if items.next().is_none() {
            return Err(wrong("after", "不是本列表里的一项，或已不在；请从头读起".into()));
        }
    }
    let most = usize::try_from(limit + 1).unwrap_or(1);
    Ok(page(items.take(most).collect(), limit, key))
}
