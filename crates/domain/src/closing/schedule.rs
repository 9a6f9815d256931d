//! When a month closes, and who may close it early or without a panel.

use chrono::{Days, NaiveDateTime, TimeDelta};

use crate::month::{Month, start_of};
use crate::place::Level;
use crate::rulebook::ClosingRule;

/// The month is not over yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{month} 还没有结束，最早 {from} 起可以结账")]
pub struct CloseTooEarly {
    /// The month.
    pub month: Month,
    /// The first day on which it may be closed.
    pub from: chrono::NaiveDate,
}

/// Rule R-35: the schedule closes a month on the 4th of the next at 00:30 (setting).
///
/// Source: product §2.5; the document ends scoring on the 3rd.
pub fn scheduled_at(month: Month, rule: &ClosingRule) -> NaiveDateTime {
    start_of(month.next().day(rule.day)) + TimeDelta::minutes(i64::from(rule.minute))
}

/// Rule R-36: by hand a month is closed from the 1st of the next on.
///
/// Source: product §2.5.
pub fn may_close(month: Month, now: NaiveDateTime) -> Result<(), CloseTooEarly> {
    let from = month.next().day(1);
    if now < start_of(from) { Err(CloseTooEarly { month, from }) } else { Ok(()) }
}

/// Rule R-37: from the 4th the village and from the 6th the town or county may close without an
/// unsigned panel, with a reason; its households are 未评.
///
/// Source: product §2.5.
pub fn may_leave_out_unsigned(level: Level, month: Month, now: NaiveDateTime, rule: &ClosingRule) -> bool {
    let day = match level {
        Level::County | Level::Town => rule.town_without_panel_from_day,
        Level::Village => rule.village_without_panel_from_day,
        Level::Group | Level::Household => return false,
    };
    now >= start_of(month.next().day(1) + Days::new(u64::from(day - 1)))
}
