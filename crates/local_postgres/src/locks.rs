//! The file locks that let several processes share one cluster; a lock ends with its process.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::process::Stdio;

use crate::error::ClusterError;
use crate::files::{at, open_private};
use crate::layout::DataFolder;

/// Held by the one process that starts or stops the server.
///
/// The value is asked for by everything that may only happen then.
#[derive(Debug)]
pub(crate) struct StartLock {
    file: File,
}

/// Shared by every process that uses the server.
#[derive(Debug)]
pub(crate) struct UsersLock {
    file: File,
    path: PathBuf,
}

/// Held by the one process that builds a template.
#[derive(Debug)]
pub(crate) struct TemplateLock {
    _file: File,
}

impl StartLock {
    /// Waits until nobody else starts or stops the server.
    pub(crate) fn hold(folder: &DataFolder) -> Result<Self, ClusterError> {
        let file = hold_alone(folder, "start.lock")?;
        Ok(Self { file })
    }

    /// The lock as the input of a program.
    ///
    /// The lock then lasts as long as the program runs, even if this process is killed meanwhile:
    /// no two `initdb` ever write to the same folder.
    pub(crate) fn as_input(&self) -> io::Result<Stdio> {
        Ok(Stdio::from(self.file.try_clone()?))
    }
}

impl UsersLock {
    /// Opens the lock without taking it.
    pub(crate) fn open(folder: &DataFolder) -> Result<Self, ClusterError> {
        let path = folder.path.join("users.lock");
        let file = open_private(&path, folder.keeper)?;
        Ok(Self { file, path })
    }

    /// Gives up a share and says whether nobody else holds one; true takes the whole lock.
    ///
    /// Shares are only taken under the start lock, so the answer stays true while that is held.
    pub(crate) fn take_alone(&self, _starting: &StartLock) -> Result<bool, ClusterError> {
        self.file.unlock().map_err(at(&self.path))?;
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(failure)) => Err(at(&self.path)(failure)),
        }
    }

    /// Takes a share.
    pub(crate) fn take_share(&self, _starting: &StartLock) -> Result<(), ClusterError> {
        self.file.unlock().map_err(at(&self.path))?;
        wait(|| self.file.lock_shared()).map_err(at(&self.path))
    }
}

impl TemplateLock {
    /// Waits until nobody else builds a template.
    pub(crate) fn hold(folder: &DataFolder) -> Result<Self, ClusterError> {
        let file = hold_alone(folder, "templates.lock")?;
        Ok(Self { _file: file })
    }
}

fn hold_alone(folder: &DataFolder, name: &str) -> Result<File, ClusterError> {
    let path = folder.path.join(name);
    let file = open_private(&path, folder.keeper)?;
    wait(|| file.lock()).map_err(at(&path))?;
    Ok(file)
}

/// Waits through signals, which end a waiting system call early.
fn wait(lock: impl Fn() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(failure) if failure.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
