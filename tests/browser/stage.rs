//! What the journeys in the browser play on: a small county with people in every role.

use authz::Role;
use domain::place::Place;
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant};
use crate::support::{Serving, scored, succeed};

/// The village of the journeys.
pub const VILLAGE: &str = "440229100201";

/// Its town.
pub const TOWN: &str = "440229100000";

/// Its first group.
pub const GROUP: &str = "440229100201001";

/// A county with a web process whose clock stands still.
pub struct Stage {
    pub database: TestDatabase,
    pub serving: Serving,
    address: String,
}

impl Stage {
    /// A county of so many households with signed cards for the months from one on; the clock stands at a time.
    pub async fn set(households: u32, first_month: &str, months: u32, now: &str) -> Self {
        let (database, _) = scored(households, first_month, months).await;
        Self::on(database, now).await
    }

    /// The same with registered households and no card yet.
    pub async fn registered(households: u32, first_month: &str, now: &str) -> Self {
        let database = TestDatabase::empty().await;
        let mut connection = database.database.connection().await.expect("a connection");
        County::new(households, first_month, 1).register(&mut connection).await;
        drop(connection);
        Self::on(database, now).await
    }

    async fn on(database: TestDatabase, now: &str) -> Self {
        let mut connection = database.database.connection().await.expect("a connection");
        for role in Role::ALL.iter().copied().filter(|role| !role.is_for_machines()) {
            let places = [COUNTY, TOWN, VILLAGE, GROUP].map(|code| Place::parse_code(code).expect("a code"));
            let at = places.into_iter().find(|place| role.fits(place)).expect("a place");
            let number = account(&mut connection, role.name(), at).await;
            grant(&mut connection, number, role, at).await;
        }
        drop(connection);
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
        let address = serving.pages.clone();
        Self { database, serving, address }
    }

    /// Closes and publishes a month from the shell.
    pub fn publish(&self, month: &str, now: &str) {
        let what = ["--county", COUNTY, "--month", month, "--now", now];
        succeed(&self.database, &[&["close"], what.as_slice()].concat());
        succeed(&self.database, &[&["publish"], what.as_slice()].concat());
    }

    /// Ends the web process: nobody can reach it.
    pub fn goes_away(self) -> Away {
        drop(self.serving);
        Away { database: self.database, address: self.address }
    }

    /// Lets the clock of the pages stand at another time.
    pub fn at(self, now: &str) -> Self {
        self.goes_away().comes_back(now)
    }
}

/// A county whose web process is not there.
pub struct Away {
    pub database: TestDatabase,
    address: String,
}

impl Away {
    /// Starts the web process at the same address as before.
    pub fn comes_back(self, now: &str) -> Stage {
        let serving = Serving::start_at(&self.database, &self.address, Some(now), UNLIMITED);
        Stage { database: self.database, serving, address: self.address }
    }
}
