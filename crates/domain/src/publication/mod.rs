//! Publication (公示): the state of a month, its deadline, and what of a name is shown.

mod honours;
mod masked;
mod notice;
mod photo;
mod posting;
mod provenance;
mod state;

use chrono::NaiveDate;

use crate::month::Month;
use crate::rulebook::PublicationRule;

pub use honours::{Honours, Praised, honours};
pub use masked::{Masked, Name, last_digits};
pub use notice::{
    Change, Notice, NoticeGroup, NoticeRow, ObjectionOutcome, Placed, PublicRow, notice_group, praise_line,
};
pub use photo::{NotForBoard, PhotoState, PhotoStep, PhotoStepProblem, is_second, may_hang, photo_state};
pub use posting::{BoardState, OnBoard, board_state, on_board, post_by};
pub use provenance::Provenance;
pub use state::{MonthFacts, MonthState, final_from, state};

/// Rule R-43: a month is published in time when its sheet is posted by the 10th of the next month,
/// that day included.
///
/// Source: part four (四): 于每月10日前在村务公开栏更新积分情况.
pub fn posted_in_time(month: Month, posted_on: NaiveDate, rule: &PublicationRule) -> bool {
    posted_on <= last_day(month, rule)
}

/// Rule R-86: a month is to be published by the last day on which its sheet can be posted in time. The document
/// sets no day for a correction: while an older version is published, a later one waits for its publication (待公示) and
/// is never late with it.
///
/// Returns the last day, none for a correction.
///
/// Source: part four (四): 于每月10日前在村务公开栏更新积分情况; 根据核实情况作出处理并公示, without a day; product §2.6, §2.7.
pub fn publish_by(month: Month, is_correction: bool, rule: &PublicationRule) -> Option<NaiveDate> {
    (!is_correction).then(|| last_day(month, rule))
}

/// The last day on which posting is in time.
pub fn last_day(month: Month, rule: &PublicationRule) -> NaiveDate {
    month.next().day(rule.until_day)
}
