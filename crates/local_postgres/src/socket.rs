//! Where the server listens: a socket in a folder that only its user may enter.

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::ClusterError;
use crate::files::{has_private_folder, private_folder, remove_file, with_suffix};
use crate::layout::{Site, digest};
use crate::locks::StartLock;

/// The port names the socket; nothing listens on the network.
pub(crate) const PORT: u16 = 5432;
/// The system allows 107 bytes for the path of a socket.
const LONGEST: usize = 100;

/// The socket's folder: in the home, or in `/tmp` when its path would be too long or, for
/// PostgreSQL's lists, ambiguous.
pub(crate) fn folder(home: &Path, server: Account) -> PathBuf {
    let near = home.join("socket");
    let text = file(&near).to_string_lossy().into_owned();
    if text.len() <= LONGEST && !text.contains(',') {
        return near;
    }
    PathBuf::from(format!("/tmp/jifen-{}-{}", server.uid, digest(home)))
}

/// Whether the folder is there; refuses one of somebody else.
pub(crate) fn has_folder(site: &Site) -> Result<bool, ClusterError> {
    has_private_folder(&site.socket, site.server)
}

/// Makes the folder, and removes what a killed server left in it.
pub(crate) fn prepare(site: &Site, _starting: &StartLock) -> Result<(), ClusterError> {
    private_folder(&site.socket, site.server)?;
    let socket = file(&site.socket);
    remove_file(&socket)?;
    remove_file(&with_suffix(&socket, ".lock"))
}

/// Removes the folder after the server has stopped; one that is not empty may stay.
pub(crate) fn tidy(site: &Site, _starting: &StartLock) {
    drop(fs::remove_dir(&site.socket));
}

fn file(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Account = Account { uid: 101, gid: 104 };

    #[test]
    fn the_socket_lies_at_home() {
        let folder = folder(Path::new("/srv/积分"), SERVER);
        assert_eq!(folder, Path::new("/srv/积分/socket"));
    }

    #[test]
    fn a_path_over_one_hundred_bytes_goes_to_tmp() {
        let room = LONGEST - "/socket/.s.PGSQL.5432".len();
        let longest = format!("/{}", "a".repeat(room - 1));
        assert!(folder(Path::new(&longest), SERVER).starts_with(&longest));
        let longer = format!("{longest}a");
        let away = folder(Path::new(&longer), SERVER);
        assert!(away.to_string_lossy().starts_with("/tmp/jifen-101-"));
    }

    #[test]
    fn a_comma_goes_to_tmp() {
        assert!(folder(Path::new("/srv/a,b"), SERVER).starts_with("/tmp"));
    }
}
