//! What happens by itself.

use serde::Deserialize;

/// How workers work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// How many jobs one process does side by side.
    pub concurrency: usize,
    /// For how many seconds a claim holds unless it is renewed; a job of a dead worker is begun again after that.
    pub lease_seconds: u32,
    /// How often a job is begun before it is given up.
    pub attempts: i32,
    /// The local time of day at which reminders are written, `08:00`.
    pub remind_at: String,
    /// For how many days the text of messages is kept.
    pub keep_messages_days: u32,
}
