//! The town's queries whether a household may take part (参评资格质询): asked, answered, closed.

mod ask;
mod erase;
mod follow;
mod read;

use chrono::NaiveDate;
use domain::households::{QueryAbout, QueryState, QueryStep, query_state};
use domain::place::Place;

use super::load::RegisterEntry;
use crate::error::{Refusal, Result};

pub use ask::ask_eligibility;
pub(super) use erase::erase_queries;
pub use follow::take_step;
pub use read::{open_queries, queries_of_household};

/// A step on a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryStepTaken {
    /// What.
    pub kind: QueryStep,
    /// Why; none when lawfully erased.
    pub reason: Option<String>,
    /// The log-in of whoever did it.
    pub by: String,
    /// The local date.
    pub on: NaiveDate,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its row number.
    pub id: i64,
    /// The household.
    pub household: Place,
    /// The group where it is now.
    pub group: Place,
    /// What is asked.
    pub about: QueryAbout,
    /// Why it is asked; none when lawfully erased.
    pub words: Option<String>,
    /// The log-in of whoever asked.
    pub asked_by: String,
    /// The local date.
    pub asked_on: NaiveDate,
    /// What followed.
    pub steps: Vec<QueryStepTaken>,
    /// The register's revision when it was asked.
    revision: i32,
}

impl Query {
    fn kinds(&self) -> Vec<QueryStep> {
        self.steps.iter().map(|step| step.kind).collect()
    }

    /// Where it stands.
    pub fn state(&self) -> QueryState {
        query_state(&self.kinds())
    }
}

/// Refuses new words about a household whose personal values are lawfully erased.
fn unless_erased(entry: &RegisterEntry) -> Result<()> {
    let erased = || Refusal::message("这一户已退出并依法删除个人信息，不能再质询或答复");
    entry.head_name.as_ref().map(drop).ok_or_else(erased)
}
