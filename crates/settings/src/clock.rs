//! Where and when.

use serde::Deserialize;

/// The county's clock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The time zone of every deadline, an IANA name.
    pub zone: String,
    /// Whether `--now` is taken: `private` on the private cluster only, `on`, `off`.
    pub stated: String,
}
