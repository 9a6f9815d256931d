//! The cluster as its users see it.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use tokio_postgres::Client;

use crate::binaries::Binaries;
use crate::databases::{self, checked_name};
use crate::error::ClusterError;
use crate::layout::Site;
use crate::locks::{StartLock, TemplateLock, UsersLock};
use crate::roles::Role;
use crate::secrets::{self, Passwords};
use crate::session::{self, blocking};

/// Which cluster, and how a new one is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder of the cluster, made where it is missing.
    pub data: PathBuf,
    /// Whether a new cluster survives a power cut; false is faster and for tests. A cluster stays
    /// as it was made.
    pub durable: bool,
}

/// A running cluster and our share in it.
///
/// The server runs as long as somebody holds a share: [`Cluster::stop`] or dropping the value gives
/// it up. Do not keep it in a `static`, which is never dropped.
pub struct Cluster {
    pub(crate) site: Site,
    pub(crate) binaries: Binaries,
    pub(crate) passwords: Passwords,
    pub(crate) server_pid: u32,
    pub(crate) share: Option<UsersLock>,
}

/// What is found under a folder by looking only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// No cluster was made there yet.
    Absent,
    /// The server does not run.
    Stopped,
    /// A server process lives but does not answer: it starts, stops or recovers.
    Busy {
        /// The server's process.
        pid: u32,
    },
    /// The server answers.
    Running {
        /// The server's process.
        pid: u32,
        /// Its version, as [`Binaries::version`] names it.
        version: String,
    },
}

/// How a call of [`Cluster::template`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// This call built it.
    Built,
    /// It was there, or another process built it meanwhile.
    Found,
}

impl Cluster {
    /// Starts the cluster, or joins the one that runs; makes it first where there is none.
    ///
    /// Any number of processes may do so at once. Given up half-way, it still ends by itself.
    ///
    /// # Errors
    ///
    /// Every [`ClusterError`] says what to do.
    pub async fn start(options: &Options) -> Result<Self, ClusterError> {
        let options = options.clone();
        blocking(move || Self::launch(&options)).await
    }

    /// Looks whether the cluster runs, and changes nothing.
    ///
    /// # Errors
    ///
    /// When the folder may not be read, or is one that [`Cluster::start`] would refuse.
    pub async fn probe(options: &Options) -> Result<Probe, ClusterError> {
        let options = options.clone();
        blocking(move || Self::look(&options)).await
    }

    /// Gives up our share; the last one out stops the server.
    ///
    /// # Errors
    ///
    /// [`ClusterError::NotStopped`] when the server did not obey.
    pub async fn stop(self) -> Result<(), ClusterError> {
        let mut cluster = self;
        blocking(move || cluster.leave()).await
    }

    /// The address of a database for a role, password included.
    pub fn url(&self, role: Role, database: &str) -> String {
        session::url(&self.site, role, self.passwords.of(role), database)
    }

    /// The server's data directory.
    pub fn data_directory(&self) -> PathBuf {
        self.site.cluster()
    }

    /// The folder of the server's socket.
    pub fn socket_directory(&self) -> &Path {
        &self.site.socket
    }

    /// The server's process.
    pub fn server_pid(&self) -> u32 {
        self.server_pid
    }

    /// The programs that go with the server, such as `pg_dump`.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Makes a database, owned by `jifen_owner`; a copy of `template` where one is named.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Database`] when there is one of this name.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<(), ClusterError> {
        let template = template.map(checked_name).transpose()?;
        databases::create(&self.connect().await?, checked_name(name)?, template).await
    }

    /// Makes an empty database unless there is one of this name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Database`] when the server refuses.
    pub async fn ensure_database(&self, name: &str) -> Result<(), ClusterError> {
        if self.database_exists(name).await? {
            return Ok(());
        }
        let made = self.create_database(name, None).await;
        if made.is_err() && self.database_exists(name).await? {
            // Another process was quicker.
            return Ok(());
        }
        made
    }

    /// Drops a database or template with all that is in it, ending its sessions; none is as good.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Database`] when the server refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), ClusterError> {
        databases::remove(&self.connect().await?, checked_name(name)?).await
    }

    /// Whether there is a database of this name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Database`] when the server refuses.
    pub async fn database_exists(&self, name: &str) -> Result<bool, ClusterError> {
        databases::exists(&self.connect().await?, checked_name(name)?).await
    }

    /// Sees to it that there is a template of this name to copy databases from.
    ///
    /// Where there is none, `build` gets the address of an empty database, for its owner, and fills
    /// it. Of several processes that ask at once, one builds; one that is killed over it leaves
    /// nothing behind. A template is never built again: let the name change with its content.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Template`] when `build` fails.
    pub async fn template<Build, Building, Failure>(
        &self,
        name: &str,
        build: Build,
    ) -> Result<Template, ClusterError>
    where
        Build: FnOnce(String) -> Building,
        Building: Future<Output = Result<(), Failure>>,
        Failure: Into<Box<dyn Error + Send + Sync>>,
    {
        let client = self.connect().await?;
        let name = checked_name(name)?;
        if databases::is_template(&client, name).await? == Some(true) {
            return Ok(Template::Found);
        }
        let folder = self.site.folder.clone();
        let _held = blocking(move || TemplateLock::hold(&folder)).await?;
        if databases::is_template(&client, name).await? == Some(true) {
            return Ok(Template::Found);
        }
        let unfinished = databases::unfinished(name);
        databases::remove(&client, &unfinished).await?;
        databases::create(&client, &unfinished, None).await?;
        let built: Result<(), Box<dyn Error + Send + Sync>> =
            build(self.url(Role::Owner, &unfinished)).await.map_err(Into::into);
        if let Err(source) = built {
            databases::remove(&client, &unfinished).await?;
            let name = name.to_owned();
            return Err(ClusterError::Template { name, source });
        }
        databases::finish(&client, name).await?;
        Ok(Template::Built)
    }

    /// The key of this name: 32 random bytes, made at the first call and kept in a file beside the
    /// passwords. A lost key cannot be made again.
    ///
    /// # Errors
    ///
    /// [`ClusterError::SecretDamaged`] when the file holds something else.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], ClusterError> {
        let (site, name) = (self.site.clone(), name.to_owned());
        blocking(move || {
            let starting = StartLock::hold(&site.folder)?;
            secrets::ensure_key(&site, &name, &starting)
        })
        .await
    }

    /// The key of this name, where it was made before.
    ///
    /// # Errors
    ///
    /// [`ClusterError::SecretDamaged`] when the file holds something else.
    pub async fn known_secret(&self, name: &str) -> Result<Option<[u8; 32]>, ClusterError> {
        let (site, name) = (self.site.clone(), name.to_owned());
        blocking(move || secrets::known_key(&site, &name)).await
    }

    async fn connect(&self) -> Result<Client, ClusterError> {
        let url = self.url(Role::Superuser, "postgres");
        Ok(session::connect(&url).await?)
    }
}

impl Drop for Cluster {
    /// Waits for the server to stop, where we are the last one out.
    fn drop(&mut self) {
        // Nobody is left to be told; the next command joins the server and stops it.
        drop(self.leave());
    }
}

impl fmt::Debug for Cluster {
    /// Without the passwords.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("site", &self.site)
            .field("binaries", &self.binaries)
            .field("server_pid", &self.server_pid)
            .finish_non_exhaustive()
    }
}
