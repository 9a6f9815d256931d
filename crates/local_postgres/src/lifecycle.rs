//! Coming and going: how a process gets its share in the cluster and gives it up.

use crate::binaries;
use crate::cluster::{Cluster, Options, Probe};
use crate::command::Programs;
use crate::error::ClusterError;
use crate::initialise;
use crate::layout::{DataFolder, Site};
use crate::locks::{StartLock, UsersLock};
use crate::process;
use crate::roles::{self, Role};
use crate::secrets::{self, Passwords};
use crate::server;
use crate::session::{self, Answer};

impl Cluster {
    /// Makes and starts the cluster as far as that is needed, and takes a share in it. Blocks.
    pub(crate) fn launch(options: &Options) -> Result<Self, ClusterError> {
        let folder = DataFolder::open(&options.data)?;
        let starting = StartLock::hold(&folder)?;
        let site = Site::locate(folder)?;
        site.prepare(&starting)?;
        let binaries = binaries::for_site(&site)?;
        let passwords = Passwords::ensure(&site, &starting)?;
        let password = passwords.of(Role::Superuser);
        let url = session::url(&site, Role::Superuser, password, "postgres");

        let share = UsersLock::open(&site.folder)?;
        let alone = share.take_alone(&starting)?;
        let programs = Programs { site: &site, binaries: &binaries, starting: &starting };
        initialise::ensure(&programs, password, options.durable)?;
        let server_pid = server::bring_up(&programs, &url, alone)?;
        let roles = session::block_on(roles::ensure(&url, &passwords));
        share.take_share(&starting)?;

        // Dropping the cluster, should the roles have failed, takes the lock again.
        drop(starting);
        let cluster = Self { site, binaries, passwords, server_pid, share: Some(share) };
        roles.map(|()| cluster)
    }

    /// Gives up the share, once, and stops the server when nobody else has one. Blocks.
    pub(crate) fn leave(&mut self) -> Result<(), ClusterError> {
        let Some(share) = self.share.take() else {
            return Ok(());
        };
        let starting = StartLock::hold(&self.site.folder)?;
        if !share.take_alone(&starting)? {
            return Ok(());
        }
        server::stop(&Programs { site: &self.site, binaries: &self.binaries, starting: &starting })
    }

    /// Finds out what is there without taking a lock or writing anything. Blocks.
    pub(crate) fn look(options: &Options) -> Result<Probe, ClusterError> {
        let Some(folder) = DataFolder::find(&options.data)? else {
            return Ok(Probe::Absent);
        };
        let site = Site::locate(folder)?;
        if site.major()?.is_none() {
            return Ok(Probe::Absent);
        }
        let password = secrets::password(&site, Role::Superuser)?;
        let url = session::url(&site, Role::Superuser, &password, "postgres");
        let data = site.cluster();
        let answer = server::who_answers(&site, &url)?;
        match (answer, process::server(&data)) {
            (Answer::Stranger(other), _) => Err(ClusterError::Stranger(other)),
            (Answer::Ours { version }, Some(pid)) => Ok(Probe::Running { pid, version }),
            (Answer::Silent, Some(pid)) => Ok(Probe::Busy { pid }),
            (_, None) => Ok(Probe::Stopped),
        }
    }
}
