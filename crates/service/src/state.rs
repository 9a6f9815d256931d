//! What every handler can reach.

use std::sync::Arc;

use authz::{Actor, Guard};
use chrono::{DateTime, TimeDelta, Utc};
use records::accounts::sessions::Lifetime;
use records::households::Registrar;
use records::{Database, Moment};
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
    /// How months are closed.
    pub closing: Arc<settings::Database>,
    /// For whom the operations page acts.
    pub operator: Actor,
    /// Seals phones and addresses, and salts names.
    pub registrar: Registrar,
    /// The clock.
    pub now: fn() -> DateTime<Utc>,
    /// The county's time zone.
    pub zone: chrono_tz::Tz,
}

impl State {
    /// The moment a verb acts at.
    pub(crate) fn moment(&self) -> Moment {
        let now = (self.now)();
        Moment { now, wall: now, zone: self.zone, due_at: None }
    }

    /// For how long sessions live.
    pub(crate) fn lifetime(&self) -> Lifetime {
        Lifetime {
            idle: TimeDelta::minutes(i64::from(self.http.session_idle_minutes)),
            absolute: TimeDelta::hours(i64::from(self.http.session_hours)),
        }
    }

    /// Whether people reach the pages through TLS.
    pub(crate) fn is_behind_tls(&self) -> bool {
        self.http.public_url.starts_with("https://")
    }
}
