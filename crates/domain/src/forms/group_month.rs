//! 附件3: one group, one month or one year.

use chrono::NaiveDate;

use crate::canonical::Digest;
use crate::closing::{HouseholdResult, competition_ranks};
use crate::month::Month;
use crate::points::{Points, mean};
use crate::scoring::Finding;

/// A group's month as the form lists it; for the village's own use, with full names.
#[derive(Debug, Clone)]
pub struct GroupMonth {
    /// `龙仙镇青云村第一小组`.
    pub place_name: String,
    /// The month.
    pub month: Month,
    /// The version.
    pub version: i16,
    /// Its hash.
    pub hash: Digest,
    /// Whether it is published; otherwise it is a preview.
    pub published: bool,
    /// 常住户 of the group, taking part or not.
    pub resident: usize,
    /// The local date of closing.
    pub closed_on: NaiveDate,
    /// The households taking part, in the order of their numbers.
    pub rows: Vec<GroupMonthRow>,
}

/// A household in a group's month.
#[derive(Debug, Clone)]
pub struct GroupMonthRow {
    /// What the closed version says.
    pub result: HouseholdResult,
    /// 户主; empty when lawfully erased.
    pub head: String,
    /// 本村
    pub local: bool,
    /// 常住户
    pub resident: bool,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whether the card corrects an earlier one.
    pub corrected: bool,
}

impl GroupMonth {
    /// Households with a score.
    pub fn scored(&self) -> usize {
        self.rows.iter().filter(|row| row.result.score.is_some()).count()
    }

    /// The mean of the scored.
    pub fn mean(&self) -> Option<Points> {
        mean(&self.rows.iter().filter_map(|row| row.result.score).collect::<Vec<_>>())
    }
}

/// 累计名次: the competition rank of the year's total among households with a scored month, in the order given.
pub fn total_ranks(rows: &[GroupMonthRow]) -> Vec<Option<u32>> {
    let totals = rows.iter().map(|row| {
        let has_a_score = row.result.score.is_some() || row.result.year_total > Points::ZERO;
        has_a_score.then_some(row.result.year_total)
    });
    competition_ranks(&totals.collect::<Vec<_>>())
}

/// A group's year: the months' scores side by side.
#[derive(Debug, Clone)]
pub struct GroupYear {
    /// `龙仙镇青云村第一小组`.
    pub place_name: String,
    /// The year.
    pub year: i32,
    /// The households of any month, in the order of their numbers.
    pub rows: Vec<GroupYearRow>,
}

/// A household in a group's year.
#[derive(Debug, Clone)]
pub struct GroupYearRow {
    /// 户号
    pub number: String,
    /// 户主
    pub head: String,
    /// 本村
    pub local: bool,
    /// 常住户
    pub resident: bool,
    /// Per month of the year what the latest version says: the score, or the reason there is none; none where it
    /// did not take part or the month is not closed.
    pub months: [Option<Result<Points, &'static str>>; 12],
    /// The sum of the months.
    pub total: Points,
}
