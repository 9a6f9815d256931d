//! Sheets handed in from phones: each is kept as it came, and becomes the card where nothing stands against it.

mod decide;
mod erase;
mod evidence;
mod phone;
mod read;
mod receive;
mod store;

use chrono::NaiveDate;
use domain::canonical::Digest;
use domain::input::{Line, Problem, Scorecard};
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{FindingsError, Status, parse_findings};

pub use decide::{Decided, Decision, decide_sheet};
pub(crate) use erase::erase_sheets;
pub use evidence::{MissingEvidence, Photographed, evidence_missing, photographed};
pub use phone::{OpenMonth, PhoneCard, PhoneHousehold, PhoneMonth, PhonePanel, months_to_score, phone_month};
pub use read::{CurrentCard, OpenSheet, conflicts, open_sheet_count, open_sheets};
pub(crate) use read::{Undecided, conflicts_in, undecided_from};
pub use receive::{AT_ONCE, HandedIn, hand_in};
pub(crate) use store::{scored_by, scorers};

/// A sheet as a phone hands it in (手机评分单).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// 36 characters that the phone chose, the same whenever it sends this sheet.
    pub key: String,
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
    /// What was found, as the contract writes it: `H1a*2;H3b`.
    pub findings: String,
    /// Why it was scored after the month's end.
    pub late_reason: Option<String>,
    /// Anything else; a written note also stands for evidence.
    pub note: Option<String>,
    /// Whether the evidence was seen on paper.
    pub seen_on_paper: bool,
    /// The row number of the catalogue that the phone counted with.
    pub catalogue: Option<i64>,
    /// The revision of the card that the phone knew; 0 for none.
    pub base_revision: i16,
    /// The photos it rests on.
    pub photos: Vec<SheetPhoto>,
}

/// A photo that a sheet names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetPhoto {
    /// The hash of what the phone sends.
    pub client_hash: Digest,
    /// The act it shows, `H1a+H7a`.
    pub act: Option<String>,
    /// The code of the item at which it was taken; with neither it shows the house.
    pub item: Option<String>,
}

impl Sheet {
    /// The sheet as a row of cards, where its findings can be read.
    fn line(&self) -> Result<Line<Scorecard>, FindingsError> {
        let row = Scorecard {
            month: self.month,
            household: self.household,
            panel: self.panel.clone(),
            scored_on: self.scored_on,
            status: self.status,
            findings: parse_findings(&self.findings)?,
            late_reason: self.late_reason.clone(),
            note: self.note.clone(),
        };
        Ok(Line { number: 0, row })
    }
}

/// The reasons of problems that belong to no line of a file.
fn reasons(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("；")
}
