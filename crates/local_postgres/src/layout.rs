//! Where everything lies: the folder that the caller named, and the home of the server's own files.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::error::ClusterError;
use crate::files::{at, private_folder, read_if_present, write_private};
use crate::locks::StartLock;
use crate::socket;

/// Homes for clusters whose folder the server's user cannot reach.
const AWAY: &str = "/var/lib/jifen";
const CLUSTER: &str = "cluster";
const NOTE: &str = "cluster-location.txt";

/// The folder that the caller named, with its links resolved.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder {
    pub(crate) path: PathBuf,
    /// Its owner, who keeps the locks and the secrets.
    pub(crate) keeper: Account,
    /// The user this process acts as.
    pub(crate) current: Account,
}

/// The folder together with the home of the server's own files.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) folder: DataFolder,
    home: PathBuf,
    /// The user the server runs as.
    pub(crate) server: Account,
    /// The folder of the server's socket.
    pub(crate) socket: PathBuf,
}

impl DataFolder {
    /// The folder, made where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, ClusterError> {
        fs::create_dir_all(path).map_err(at(path))?;
        Self::resolve(path)
    }

    /// The folder, if there is one.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, ClusterError> {
        match fs::metadata(path) {
            Ok(_) => Self::resolve(path).map(Some),
            Err(failure) if failure.kind() == ErrorKind::NotFound => Ok(None),
            Err(failure) => Err(at(path)(failure)),
        }
    }

    fn resolve(path: &Path) -> Result<Self, ClusterError> {
        let path = fs::canonicalize(path).map_err(at(path))?;
        if !path.to_str().is_some_and(is_plain) {
            return Err(ClusterError::AwkwardPath(path));
        }
        let keeper = Account::owner(&fs::metadata(&path).map_err(at(&path))?);
        let current = Account::current()?;
        if !current.is_root() && keeper.uid != current.uid {
            return Err(ClusterError::ForeignOwner(path, keeper.uid));
        }
        Ok(Self { path, keeper, current })
    }
}

impl Site {
    /// Finds out where things lie or will lie, without touching anything.
    pub(crate) fn locate(folder: DataFolder) -> Result<Self, ClusterError> {
        let (home, server) = if folder.current.is_root() {
            home_for_root(&folder)?
        } else {
            (folder.path.clone(), folder.current)
        };
        let socket = socket::folder(&home, server);
        Ok(Self { folder, home, server, socket })
    }

    /// Makes the folders that do not depend on the cluster.
    pub(crate) fn prepare(&self, _starting: &StartLock) -> Result<(), ClusterError> {
        private_folder(&self.secrets(), self.folder.keeper)?;
        if self.home == self.folder.path {
            return Ok(());
        }
        write_note(&self.folder, &self.home)?;
        open_to_all(Path::new(AWAY))?;
        private_folder(&self.home, self.server)
    }

    /// The server's data directory.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.home.join(CLUSTER)
    }

    /// The data directory while it is being made.
    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        self.home.join("cluster.new")
    }

    /// The superuser's password for `initdb`, there only while it runs.
    pub(crate) fn password_file(&self) -> PathBuf {
        self.home.join("cluster.password")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.home.join("server.log")
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.folder.path.join("secrets")
    }

    /// The major version that made the cluster, or nothing before it is made.
    pub(crate) fn major(&self) -> Result<Option<String>, ClusterError> {
        major(&self.cluster())
    }
}

/// Sixteen hexadecimal digits that stand for a path.
pub(crate) fn digest(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hex::encode(hash).chars().take(16).collect()
}

/// Whether `pg_ctl`, which puts paths into a shell's double quotes, passes this one on unchanged.
fn is_plain(path: &str) -> bool {
    !path.contains(|letter: char| letter.is_control() || "\"$`\\".contains(letter))
}

/// An existing cluster stays where it is and keeps its user; a new one lies in the folder if the
/// server's user can reach that.
fn home_for_root(folder: &DataFolder) -> Result<(PathBuf, Account), ClusterError> {
    let here = folder.path.clone();
    if let Some(owner) = cluster_owner(&here)? {
        if !owner.reaches(&here)? {
            return Err(ClusterError::Unreachable(here, owner.uid));
        }
        return Ok((here, owner));
    }
    let server = if folder.keeper.is_root() { Account::of_the_system()? } else { folder.keeper };
    let away = Path::new(AWAY).join(digest(&here));
    match read_note(folder)? {
        Some(noted) if noted != away => Err(ClusterError::Moved(noted, away)),
        None if server.reaches(&here)? => Ok((here, server)),
        _ => {
            let server = cluster_owner(&away)?.unwrap_or(server);
            Ok((away, server))
        }
    }
}

/// The owner of the cluster in `home`, or nothing when there is none.
fn cluster_owner(home: &Path) -> Result<Option<Account>, ClusterError> {
    let cluster = home.join(CLUSTER);
    if major(&cluster)?.is_none() {
        return Ok(None);
    }
    let owner = Account::owner(&fs::metadata(&cluster).map_err(at(&cluster))?);
    if owner.is_root() {
        return Err(ClusterError::OwnedByRoot(cluster));
    }
    Ok(Some(owner))
}

fn major(cluster: &Path) -> Result<Option<String>, ClusterError> {
    let text = read_if_present(&cluster.join("PG_VERSION"))?;
    Ok(text.map(|version| version.trim().to_owned()))
}

fn read_note(folder: &DataFolder) -> Result<Option<PathBuf>, ClusterError> {
    let text = read_if_present(&folder.path.join(NOTE))?;
    let named = |text: String| text.lines().rfind(|line| line.starts_with('/')).map(PathBuf::from);
    Ok(text.and_then(named))
}

fn write_note(folder: &DataFolder, home: &Path) -> Result<(), ClusterError> {
    let note = format!(
        "运行数据库的普通用户进不了本目录，所以数据库的文件放在下面的位置。\n\
         两处同属一份数据：请一起备份，不要只移动或删除其中一处。\n\
         {}\n",
        home.display()
    );
    let path = folder.path.join(NOTE);
    if read_if_present(&path)?.as_deref() == Some(note.as_str()) {
        return Ok(());
    }
    write_private(&path, &note, folder.keeper)
}

/// Makes a folder that everybody may go through, whatever the umask.
fn open_to_all(path: &Path) -> Result<(), ClusterError> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).create(path).map_err(at(path))?;
    fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_shell_would_change_is_not_plain() {
        for path in ["/srv/$(date)", "/srv/\"a\"", "/srv/`a`", "/srv/a\\b", "/srv/a\nb"] {
            assert!(!is_plain(path), "{path:?}");
        }
        assert!(is_plain("/srv/it's 积分, data"));
    }

    #[test]
    fn a_digest_is_sixteen_digits_of_the_path() {
        assert_eq!(digest(Path::new("/srv/a")).len(), 16);
        assert_ne!(digest(Path::new("/srv/a")), digest(Path::new("/srv/b")));
    }
}
