//! The time a verb acts at.

use chrono::{DateTime, NaiveDateTime, Utc};
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
}

impl Moment {
    /// The local time that rules see.
    pub fn local(&self) -> NaiveDateTime {
        local_time(self.now, self.zone)
    }
}
