//! A database of its own for each test, copied from a template.

use std::sync::atomic::{AtomicU32, Ordering};

use local_postgres::{Cluster, Options, Role};
use records::Database;
use records::migrations;

/// A migrated, empty database that is dropped at the end of its test.
pub struct TestDatabase {
    /// Connections of the program's role.
    pub database: Database,
    name: String,
    cluster: Option<Cluster>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl TestDatabase {
    /// An empty database with the current schema.
    ///
    /// # Panics
    /// PostgreSQL cannot be started.
    pub async fn empty() -> Self {
        let cluster = cluster().await;
        let template = format!("template_{}", migrations::fingerprint());
        let migrate = async |url: String| migrations::migrate(&url).await.map(drop);
        cluster.template(&template, migrate).await.expect("a template");
        Self::make(cluster, Some(&template)).await
    }

    /// A database without a schema.
    ///
    /// # Panics
    /// PostgreSQL cannot be started.
    pub async fn bare() -> Self {
        Self::make(cluster().await, None).await
    }

    /// A copy of this database, as it is now.
    ///
    /// # Panics
    /// Somebody else is connected to it.
    pub async fn copied(&mut self) -> Self {
        self.database.close();
        let copy = Self::make(cluster().await, Some(&self.name)).await;
        self.database = Database::connect(&self.url(Role::Program), 4).await.expect("a connection");
        copy
    }

    async fn make(cluster: Cluster, template: Option<&str>) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        cluster.drop_database(&name).await.expect("a leftover of an earlier process dropped");
        cluster.create_database(&name, template).await.expect("a database");
        let database = Database::connect(&cluster.url(Role::Program, &name), 4).await.expect("a connection");
        Self { database, name, cluster: Some(cluster) }
    }

    /// The address of this database for a role.
    ///
    /// # Panics
    /// Never after it was made.
    pub fn url(&self, role: Role) -> String {
        self.cluster.as_ref().expect("a cluster").url(role, &self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(cluster) = self.cluster.take() else { return };
        let name = std::mem::take(&mut self.name);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(cluster.drop_database(&name)).map_err(std::io::Error::other)
        });
        // A database that stays behind is dropped by the next process with its number.
        drop(dropped.join());
    }
}

/// The cluster that all tests of this user share; the last one out stops it.
async fn cluster() -> Cluster {
    let user = std::env::var("USER").unwrap_or_else(|_| "anybody".into());
    let data = std::env::temp_dir().join(format!("jifen-tests-{user}"));
    Cluster::start(&Options { data, durable: false }).await.expect("a private PostgreSQL cluster")
}
