//! The time a verb acts at.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::month::local_time;

/// When something is done: the time it counts as, and the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time that rules see; the wall clock unless `--now` states another.
    pub now: DateTime<Utc>,
    /// The wall clock.
    pub wall: DateTime<Utc>,
    /// The county's time zone.
    pub zone: Tz,
    /// Since when it was due, for what the schedule does; the log tells when that is long ago.
    pub due_at: Option<DateTime<Utc>>,
}

/// What is done so much later than it was due was late.
const LATE: TimeDelta = TimeDelta::hours(1);

impl Moment {
    /// Since when it was due, where it is late.
    pub(crate) fn late_since(&self) -> Option<DateTime<Utc>> {
        self.due_at.filter(|due_at| self.now - *due_at > LATE)
    }

    /// The local time that rules see.
    pub fn local(&self) -> NaiveDateTime {
        local_time(self.now, self.zone)
    }
}
