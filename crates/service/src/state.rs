//! What every handler can reach.

use std::sync::Arc;

use authz::{Actor, Guard};
use chrono::{DateTime, Utc};
use records::Database;
use settings::Http;

/// What every handler can reach.
#[derive(Clone)]
pub struct State {
    /// Connections.
    pub database: Database,
    /// The first guard.
    pub guard: Arc<Guard>,
    /// How pages are served.
    pub http: Arc<Http>,
    /// For whom the operations page acts.
    pub operator: Actor,
    /// The clock.
    pub now: fn() -> DateTime<Utc>,
    /// The county's time zone.
    pub zone: chrono_tz::Tz,
}
