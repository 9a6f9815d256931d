//! What goes into the hash of a log row.

use chrono::{DateTime, Utc};
use domain::canonical::{Digest, Form};
use domain::place::Place;

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// 1 for the county's first.
    pub number: i64,
    /// Where it happened.
    pub place: Place,
    /// What was done, as in `policy/roles.csv`.
    pub act: String,
    /// Who did it.
    pub actor: String,
    /// Counts, codes and digests, as JSON.
    pub detail: String,
    /// The time that rules saw.
    pub stated_at: DateTime<Utc>,
    /// The wall clock.
    pub recorded_at: DateTime<Utc>,
    /// The hash of the row before, or the county's genesis value.
    pub previous: Digest,
}

/// The hash of a row: one canonical line of all it says, times in microseconds since 1970.
pub fn event_hash(event: &Event) -> Digest {
    let mut form = Form::new("jifen log 1");
    form.digest(&event.previous).number(event.number).code(event.place.digits());
    form.text(&event.act).text(&event.actor).text(&event.detail);
    form.number(event.stated_at.timestamp_micros()).number(event.recorded_at.timestamp_micros()).end();
    form.finish()
}
