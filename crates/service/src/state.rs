//! What every handler can reach.

use std::sync::Arc;

use authz::{Actor, Guard};
use chrono::{DateTime, TimeDelta, Utc};
use domain::month::local_time;
use records::accounts::sessions::Lifetime;
use records::households::Registrar;
use records::photos::PhotoStore;
use records::{Database, Moment};
use settings::Http;
use tokio::sync::Semaphore;

use crate::setup::Setup;

/// The clock of the pages.
#[derive(Clone, Copy)]
pub enum Clock {
    /// The clock on the wall.
    Wall(fn() -> DateTime<Utc>),
    /// One stated time, beside the clock on the wall, which the log tells too.
    Stated(DateTime<Utc>, fn() -> DateTime<Utc>),
}

/// What every handler can reach.
#[derive(Clone)]
pub struct State {
    /// Connections.
    pub database: Database,
    /// The first guard.
    pub guard: Arc<Guard>,
    /// How pages are served; `public_url` is never empty.
    pub http: Arc<Http>,
    /// How months are closed.
    pub closing: Arc<settings::Database>,
    /// For whom the operations page acts.
    pub operator: Actor,
    /// Seals phones and addresses, and salts names.
    pub registrar: Registrar,
    /// Where the bytes of photos are.
    pub photos: PhotoStore,
    /// How many photos are decoded at once: each takes memory.
    pub decoding: Arc<Semaphore>,
    /// The clock.
    pub clock: Clock,
    /// The first start, where nobody had a role when the program began.
    pub setup: Option<Arc<Setup>>,
    /// The county's time zone.
    pub zone: chrono_tz::Tz,
}

impl State {
    /// The moment a verb acts at.
    pub(crate) fn moment(&self) -> Moment {
        let (now, wall) = match self.clock {
            Clock::Wall(wall) => {
                let now = wall();
                (now, now)
            }
            Clock::Stated(now, wall) => (now, wall()),
        };
        Moment { now, wall, zone: self.zone, due_at: None }
    }

    /// An instant as lists show it: `11月4日 00:30`, in the county's time.
    pub(crate) fn short_time(&self, instant: DateTime<Utc>) -> String {
        local_time(instant, self.zone).format("%-m月%-d日 %H:%M").to_string()
    }

    /// An instant in full: `2026年11月4日 00:30`, in the county's time.
    pub(crate) fn long_time(&self, instant: DateTime<Utc>) -> String {
        local_time(instant, self.zone).format("%Y年%-m月%-d日 %H:%M").to_string()
    }

    /// The time that rules see.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.moment().now
    }

    /// The address below which people reach the pages, as mails and codes on paper have it.
    pub(crate) fn public_url(&self) -> &str {
        self.http.public_url.trim_end_matches('/')
    }

    /// Whether that address is of this machine only: a code printed with it opens on no phone.
    pub(crate) fn is_reached_from_here_only(&self) -> bool {
        let host = self.public_url().split_once("://").map_or("", |(_, rest)| rest);
        ["127.", "localhost", "[::1]"].iter().any(|local| host.starts_with(local))
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
