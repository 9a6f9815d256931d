//! The schedule (日程): what is due when, in one list, each with its rule.

mod due;
mod due_next;
mod in_hand;
mod reminders;
mod urging;
mod waiting;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::month::Month;
use crate::place::Place;

pub use due::{Due, SCHEDULE, due};
pub use due_next::{DueStep, LateStep, NextDue, late_steps, next_date, next_due};
pub use in_hand::month_in_hand;
pub use reminders::{Reminder, ReminderKind, VillageMonth, reminders};
pub use urging::Urging;
pub use waiting::{Waiting, waiting_reminders};

/// Something that is done without anybody at the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 结账
    Close,
    /// 公示
    Publish,
    /// 提醒: everybody's digest of the day.
    Remind,
    /// 年终评比
    Award,
    /// 发送: one message.
    Send,
    /// 清理: what need not be kept.
    Retain,
    /// 催办: what somebody above asks a village for, to one of its contacts.
    Urge,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Close, Self::Publish, Self::Remind, Self::Award, Self::Send, Self::Retain, Self::Urge];

    /// Its name in the table of jobs and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Publish => "publish",
            Self::Remind => "remind",
            Self::Award => "award",
            Self::Send => "send",
            Self::Retain => "retain",
            Self::Urge => "urge",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Close => "结账",
            Self::Publish => "公示",
            Self::Remind => "提醒",
            Self::Award => "年终评比",
            Self::Send => "发送",
            Self::Retain => "清理",
            Self::Urge => "催办",
        }
    }

    /// The kind of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A month that a village has not closed although somebody takes part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclosed {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// When its rulebook closes it, in local time.
    pub scheduled_at: NaiveDateTime,
}

/// A year for which a village has no award list yet although its December is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awardable {
    /// The village.
    pub village: Place,
    /// The year.
    pub year: i32,
    /// The first day on which every month of the year is final, if nothing is corrected.
    pub final_from: NaiveDate,
}

/// What the schedule looks at in a county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The county.
    pub county: Place,
    /// Months to close.
    pub unclosed: Vec<Unclosed>,
    /// Award lists to compute.
    pub awardable: Vec<Awardable>,
    /// When digests go out.
    pub remind_at: NaiveTime,
}
