//! What happens by itself. The schedule writes jobs, workers claim and do them, each effect once; mail and
//! chat robots are told of in messages of their own.

mod backend;
mod handle;
mod jobs;
mod mail;
mod run;
mod schedule;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use authz::{Act, Actor, Allowed, Guard};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::place::Place;
use records::photos::PhotoStore;
use records::{Database, Moment};

pub use mail::{Mailer, MailerError};
pub use run::{Ran, run_due, work};
pub use webhook::Robots;

/// The time that jobs are done at.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The clock on the wall.
    Wall(fn() -> DateTime<Utc>),
    /// Everything is done at one stated time.
    Stated(Moment),
}

/// What a worker stands on.
#[derive(Clone)]
pub struct Worker {
    /// Connections.
    pub database: Database,
    /// The first guard.
    pub guard: Arc<Guard>,
    /// What the configuration says.
    pub settings: Arc<settings::Worker>,
    /// How a month is closed.
    pub closing: Arc<settings::Database>,
    /// Sends mail.
    pub mailer: Arc<Mailer>,
    /// Tells chat robots.
    pub robots: Arc<Robots>,
    /// Where the bytes of photos are: what an erasure left behind is swept.
    pub photos: PhotoStore,
    /// The time.
    pub clock: Clock,
    /// The county's time zone.
    pub zone: Tz,
    /// Its name, for people.
    pub name: String,
}

impl Worker {
    /// The moment it is.
    fn moment(&self) -> Moment {
        match self.clock {
            Clock::Wall(now) => {
                let now = now();
                Moment { now, wall: now, zone: self.zone, due_at: None }
            }
            Clock::Stated(moment) => moment,
        }
    }

    /// For how long a claim holds unless it is renewed.
    fn lease(&self) -> Duration {
        Duration::from_secs(u64::from(self.settings.lease_seconds.max(1)))
    }

    /// The schedule's permission to do something at a place.
    ///
    /// # Errors
    /// `policy/roles.csv` gives the schedule no row for it.
    fn allow<A: Act>(&self, act: A, place: Place) -> records::Result<Allowed<A>> {
        self.guard
            .allow(&Actor::Schedule, act, place)
            .map_err(|denied| records::Refusal::message(denied.to_string()))
    }
}
