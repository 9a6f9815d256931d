//! What files and forms bring in: rows with their lines, and problems by line, field and remedy.

use chrono::NaiveDate;

use crate::catalogue::Category;
use crate::households::Participation;
use crate::month::Month;
use crate::panels::Capacity;
use crate::place::{Level, Place};
use crate::points::Points;
use crate::scoring::{Finding, Status};

/// A row and the line it stands on; the header is line 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<T> {
    /// The line of the file, or the row of the sheet.
    pub number: u32,
    /// What it says.
    pub row: T,
}

/// What is wrong with a line, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("第 {line} 行 {field}：{message}")]
pub struct Problem {
    /// The line of the file; 0 for the file as a whole.
    pub line: u32,
    /// The English name of the column.
    pub field: &'static str,
    /// The reason, in Chinese, with the remedy.
    pub message: String,
}

impl Problem {
    /// A problem of a line's field.
    pub fn new(line: u32, field: &'static str, message: impl Into<String>) -> Self {
        Self { line, field, message: message.into() }
    }
}

/// A row of `divisions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// The place.
    pub place: Place,
    /// The place above; the parent of the file's root may be absent.
    pub parent: Option<Place>,
    /// Its level.
    pub level: Level,
    /// Its name.
    pub name: String,
}

/// A row of `households`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// The household's code of 19 digits: group and number.
    pub household: Place,
    /// The group it belongs to.
    pub group: Place,
    /// 户主
    pub head_name: String,
    /// Digits only, where known.
    pub phone: Option<String>,
    /// 户籍人口
    pub members_registered: u16,
    /// 常住人口
    pub members_resident: u16,
    /// 常住户
    pub resident: bool,
    /// 本村
    pub local: bool,
    /// Where it lives, where known.
    pub address: Option<String>,
    /// From when to when it takes part.
    pub participation: Participation,
}

/// A row of `panels`: one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelMember {
    /// The village.
    pub village: Place,
    /// The panel's name.
    pub panel: String,
    /// The member's name.
    pub member: String,
    /// Why this person may score.
    pub capacity: Capacity,
    /// Whether this member leads.
    pub is_leader: bool,
    /// The groups the panel scores; rows of one panel that name groups must agree.
    pub groups: Vec<Place>,
}

/// A row of `catalogue`: one rule with its item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueRow {
    /// The item's code.
    pub item_code: String,
    /// Its class.
    pub category: Category,
    /// Its name.
    pub item: String,
    /// Its full points.
    pub full_points: Points,
    /// The rule's code.
    pub rule_code: String,
    /// The rule's text.
    pub rule: String,
    /// What it takes each time.
    pub points: Points,
    /// What is counted.
    pub unit: String,
    /// Whether evidence is wanted.
    pub evidence_required: bool,
}

/// A row of `scorecards`: one household's sheet for a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecard {
    /// The month.
    pub month: Month,
    /// The household.
    pub household: Place,
    /// The panel's name.
    pub panel: String,
    /// The local date of the visit.
    pub scored_on: NaiveDate,
    /// What became of it.
    pub status: Status,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Why it was scored after the month's end.
    pub late_reason: Option<String>,
    /// Anything else.
    pub note: Option<String>,
}

/// A row of `corrections`: what a household's card should have said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The month.
    pub month: Month,
    /// The household.
    pub household: Place,
    /// What became of the visit.
    pub status: Status,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Why the card is replaced.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
    /// The local date of the decision.
    pub decided_on: NaiveDate,
    /// The objection it answers, where there is one.
    pub objection_no: Option<String>,
}

/// A row of `group-facts`: a certified number of resident households.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFact {
    /// The group.
    pub group: Place,
    /// The year.
    pub year: i32,
    /// 常住户数 on 31 December.
    pub resident_households: u32,
    /// Where the number comes from.
    pub source: String,
    /// Who certified it.
    pub certified_by: String,
}

/// A row of `contacts`: whom a place is reminded through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The place.
    pub place: Place,
    /// The person.
    pub name: String,
    /// What the person does.
    pub duty: String,
    /// An address for mail, where there is one.
    pub email: Option<String>,
    /// An address for a chat robot, where there is one.
    pub webhook: Option<String>,
    /// Whether the person wants to be reminded.
    pub reminded: bool,
}

/// A row of `postings`: when and where a month's sheet went up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// The version of the sheet; none: the newest that was published by the date.
    pub version: Option<i16>,
    /// The local date.
    pub posted_on: NaiveDate,
    /// Which board.
    pub board: String,
    /// Who put it up.
    pub posted_by: String,
}
