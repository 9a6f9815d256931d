//! A fixed time.

use chrono::{DateTime, Utc};
use chrono_tz::Asia::Shanghai;
use records::Moment;

/// The instant of an RFC 3339 text.
///
/// # Panics
/// Another text.
pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an RFC 3339 time").to_utc()
}

/// A verb's moment at a local time of Asia/Shanghai: `2026-11-05 08:00`.
///
/// # Panics
/// Another text.
pub fn moment(local: &str) -> Moment {
    let now = at(&format!("{}:00+08:00", local.replace(' ', "T")));
    Moment { now, wall: now, zone: Shanghai, due_at: None }
}
