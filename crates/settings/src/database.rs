//! PostgreSQL.

use serde::Deserialize;

/// How the program uses its database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The most connections of one process.
    pub connections: usize,
    /// How many villages one transaction closes.
    pub slice: usize,
    /// How many connections close side by side.
    pub closing_connections: usize,
}
