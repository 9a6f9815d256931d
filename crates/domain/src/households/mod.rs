//! Households (农户): who takes part, from when to when, and what the month's roster says of them.

mod change;
mod erasure;
mod participation;
mod query;

use crate::canonical::{Digest, Form};
use crate::month::Month;
use crate::place::Place;

pub use change::{ChangeKind, ChangeProblem, Earliest, total_after};
pub use erasure::{ErasureProblem, may_erase};
pub use participation::{Participation, ParticipationProblem};
pub use query::{QueryAbout, QueryFacts, QueryProblem, QueryState, QueryStep, check_query_step, query_state};

/// A household's entry in the register as it holds in some month (花名册条目).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterEntry {
    /// The household's code of 19 digits, fixed when it was registered.
    pub household: Place,
    /// The village group it belongs to in this month.
    pub group: Place,
    /// 1 for the household's first revision.
    pub revision: i32,
    /// The first month this revision holds.
    pub effective: Month,
    /// The salted digest of the head's name.
    pub name: Digest,
    /// People registered (户籍人口).
    pub members_registered: u16,
    /// People living here (常住人口).
    pub members_resident: u16,
    /// Whether it lives in the village (常住户).
    pub resident: bool,
    /// Whether it is of the village's own people (本村).
    pub local: bool,
    /// From when to when it takes part.
    pub participation: Participation,
}

impl RosterEntry {
    /// Adds this entry's canonical line.
    pub fn write(&self, form: &mut Form) {
        form.code(self.household.digits()).code(self.group.digits());
        form.number(self.revision).number(self.effective.number()).digest(&self.name);
        form.number(self.members_registered).number(self.members_resident);
        form.truth(self.resident).truth(self.local);
        form.maybe(self.participation.joined.map(Month::number));
        form.maybe(self.participation.left.map(Month::number)).end();
    }

    /// Rule R-14: a household that takes part without living here is shown as a warning, and may.
    ///
    /// Source: part four (一): 在本村居住的…村民; product §2.2.
    pub fn warns_of_absence(&self, month: Month) -> bool {
        self.participation.covers(month) && !self.resident
    }
}
