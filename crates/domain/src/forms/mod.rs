//! The three forms and the sheets beside them, as rows: what they say, not how they look.

mod group_month;
mod household_year;

pub use group_month::{GroupMonth, GroupMonthRow, GroupYear, GroupYearRow, total_ranks};
pub use household_year::{HouseholdYear, MonthColumn, YearItem, household_year_items};

use crate::catalogue::Catalogue;
use crate::month::Month;
use crate::place::Place;

/// A blank scoring sheet of a group and month.
#[derive(Debug, Clone)]
pub struct BlankSheet {
    /// `龙仙镇青云村第一小组`.
    pub place_name: String,
    /// The month.
    pub month: Month,
    /// The panel that scores the group; none: no panel covers it.
    pub panel: Option<String>,
    /// The items and rules in force.
    pub catalogue: Catalogue,
    /// The households taking part, with the names of their heads.
    pub households: Vec<(Place, String)>,
}

/// A household's card (积分卡).
#[derive(Debug, Clone)]
pub struct HouseholdCard {
    /// The household.
    pub household: Place,
    /// 户主
    pub head: String,
    /// The name of its village, with its town.
    pub village_name: String,
    /// The name of its group.
    pub group_name: String,
    /// The token of its page.
    pub token: String,
}

/// How a household belongs to the village, for the column 户别.
pub fn household_kind(local: bool, resident: bool) -> &'static str {
    match (local, resident) {
        (true, true) => "本村常住",
        (true, false) => "本村非常住",
        (false, true) => "外来常住",
        (false, false) => "外来非常住",
    }
}
