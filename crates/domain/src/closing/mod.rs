//! Closing (结账): from a month's frozen inputs to results that cannot drift.

mod chain;
mod close;
mod derivation;
mod forecast;
mod last_place;
mod qualify;
mod rank;
mod readiness;
#[cfg(test)]
mod sample;
mod schedule;
mod tie_break;
mod what_if;

use crate::canonical::Form;
use crate::place::Place;
use crate::points::Points;
use crate::scoring::Status;

pub use chain::{ChainLink, RECIPE, county_seal, genesis, inputs_digest, results_digest};
pub use close::{Closed, MonthInputs, close_month};
pub use derivation::{ScoreLine, explain_items, explain_rank, explain_score, explain_tie, explain_tier};
pub use forecast::{GroupPlaces, Misses, MonthForecast, PolicyForecast, forecast};
pub use last_place::{AtLastPlace, LastPlace, explain_places, tie_title, tied_at_last_place};
pub use qualify::{Tier, qualifying, tier};
pub use rank::competition_ranks;
pub use readiness::{Block, Readiness, Step, blocks, earliest_open, readiness};
pub use schedule::{CloseTooEarly, may_close, may_leave_out_unsigned, scheduled_at};
pub use tie_break::{Contender, compare, lot};
pub use what_if::{BANDS, Replay, WhatIf, WhatIfMonth, band_title, replay};

/// What a closed version says of one household (月度积分结果).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdResult {
    /// The household.
    pub household: Place,
    /// Its group in this month.
    pub group: Place,
    /// What became of the visit.
    pub status: Status,
    /// 本月总分, where scored.
    pub score: Option<Points>,
    /// 人居环境得分, where scored.
    pub environment: Option<Points>,
    /// The number of acts found.
    pub findings: u32,
    /// 组内名次: competition rank among the scored of the group.
    pub rank_in_group: Option<u32>,
    /// 村内名次: competition rank among the scored of the village.
    pub rank_in_village: Option<u32>,
    /// 年度累计: the year's scored months so far, this one included.
    pub year_total: Points,
    /// 是否符合兑换
    pub qualifies: bool,
    /// 档次, where it qualifies.
    pub tier: Option<Tier>,
}

/// A line of the results file: the latest version of a village's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedResult {
    /// The latest version.
    pub version: i16,
    /// The village.
    pub village: Place,
    /// What it says.
    pub result: HouseholdResult,
}

impl HouseholdResult {
    /// Adds this result's canonical line.
    pub fn write(&self, form: &mut Form) {
        form.code(self.household.digits()).code(self.group.digits()).number(self.status.number());
        form.maybe(self.score.map(Points::tenths)).maybe(self.environment.map(Points::tenths));
        form.number(self.findings).maybe(self.rank_in_group).maybe(self.rank_in_village);
        form.number(self.year_total.tenths()).truth(self.qualifies).maybe(self.tier.map(Tier::number)).end();
    }
}
