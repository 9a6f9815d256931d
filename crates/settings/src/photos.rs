//! Photos.

use serde::Deserialize;

/// Where photos are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    /// The folder; empty: `photos` in the data folder. Every web process and worker needs the same one.
    pub folder: String,
    /// How many photos one process decodes at a time; each takes up to 256 MB for a moment.
    pub at_once: u32,
}
