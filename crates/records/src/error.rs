//! Refusals, which their reader can act on, and faults, which travel.

use domain::input::Problem;
use domain::place::{Level, Place};

/// What a verb answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A verb that did not succeed; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its reader can act on it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database answered with an error.
    #[error("数据库出错：{0}")]
    Database(#[from] diesel::result::Error),
    /// No connection could be had.
    #[error("连接数据库失败：{0}")]
    Connection(String),
    /// A stored value that the program could not have written.
    #[error("数据库中的内容不合规：{0}")]
    Corrupt(String),
}

/// Why something is not done, in Chinese, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Rows of a file, by line and field.
    #[error("{} 处有误，没有导入任何内容", .0.len())]
    Problems(Vec<Problem>),
    /// The request as a whole.
    #[error("{0}")]
    Message(String),
    /// What it is about is not there, or may not be seen.
    #[error("{0}")]
    Missing(String),
    /// Too many tries; the seconds to wait.
    #[error("尝试过多，请在 {0} 秒后再试")]
    TooMany(u32),
    /// Somebody else changed it since it was read.
    #[error("内容已被别人改动，请重新读取后再改")]
    Changed,
}

impl Refusal {
    /// A refusal of the request as a whole.
    pub fn message(text: impl Into<String>) -> Error {
        Error::Refused(Self::Message(text.into()))
    }

    /// A refusal for want of what it is about.
    pub(crate) fn missing(text: impl Into<String>) -> Error {
        Error::Refused(Self::Missing(text.into()))
    }

    /// A refusal because a place is not registered.
    pub(crate) fn unknown(place: &Place) -> Error {
        let title = match place.level() {
            Level::Household => "农户",
            level => level.title(),
        };
        Self::missing(format!("{title} {place} 没有登记，请核对代码"))
    }

    /// Refuses when what is there now is not what the request builds on, where it says on what; 0 stands for nothing.
    pub(crate) fn unless_same(builds_on: Option<i64>, now: Option<i64>) -> Result<()> {
        match builds_on {
            Some(version) if version != now.unwrap_or(0) => Err(Error::Refused(Self::Changed)),
            _ => Ok(()),
        }
    }

    /// Refuses when there are problems, in the order of their lines.
    pub(crate) fn unless_none(mut problems: Vec<Problem>) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        Err(Error::Refused(Self::Problems(problems)))
    }
}

impl From<authz::Outside> for Error {
    fn from(outside: authz::Outside) -> Self {
        Refusal::message(outside.to_string())
    }
}

/// What an import changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Rows that are new.
    pub added: usize,
    /// Rows that differ from before.
    pub changed: usize,
    /// Rows that say what is already known.
    pub unchanged: usize,
    /// What is allowed and yet worth a look, by line and field.
    pub warnings: Vec<Problem>,
}
