//! Users by number: who we are, and as whom the server runs.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::ClusterError;
use crate::files::at;

/// A user and its first group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The user this process acts as.
    pub(crate) fn current() -> Result<Self, ClusterError> {
        let path = Path::new("/proc/self/status");
        let status = fs::read_to_string(path).map_err(at(path))?;
        acting(&status).ok_or_else(|| at(path)(io::Error::other("no user in it")))
    }

    /// The owner of a file or folder.
    pub(crate) fn owner(metadata: &Metadata) -> Self {
        Self { uid: metadata.uid(), gid: metadata.gid() }
    }

    /// The system's own user for databases, or else the one for nothing in particular.
    pub(crate) fn of_the_system() -> Result<Self, ClusterError> {
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(at(path))?;
        ["postgres", "nobody"]
            .into_iter()
            .filter_map(|name| named(&passwd, name))
            .find(|account| !account.is_root())
            .ok_or(ClusterError::NoAccount)
    }

    pub(crate) fn is_root(self) -> bool {
        self.uid == 0
    }

    /// Whether this user can go through `folder`, judged by the mode bits from there to the root.
    pub(crate) fn reaches(self, folder: &Path) -> Result<bool, ClusterError> {
        for ancestor in folder.ancestors() {
            let metadata = fs::metadata(ancestor).map_err(at(ancestor))?;
            if !self.enters(Self::owner(&metadata), metadata.mode()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn enters(self, owner: Self, mode: u32) -> bool {
        let search = if owner.uid == self.uid {
            0o100
        } else if owner.gid == self.gid {
            0o010
        } else {
            0o001
        };
        mode & search != 0
    }
}

/// The effective user in the text of `/proc/self/status`.
fn acting(status: &str) -> Option<Account> {
    let effective = |key: &str| -> Option<u32> {
        let numbers = status.lines().find_map(|line| line.strip_prefix(key))?;
        numbers.split_whitespace().nth(1)?.parse().ok()
    };
    Some(Account { uid: effective("Uid:")?, gid: effective("Gid:")? })
}

/// The user of this name in the text of `/etc/passwd`.
fn named(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        Some(Account { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Account = Account { uid: 1000, gid: 100 };

    #[test]
    fn the_effective_user_is_the_second_number() {
        let status = "Name:\tjifen\nUid:\t0\t1000\t0\t0\nGid:\t0\t100\t0\t0\n";
        assert_eq!(acting(status), Some(ALICE));
    }

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\nalice2:x:7:7::/:/bin/sh\nalice:x:1000:100::/:/bin/sh\n";
        assert_eq!(named(passwd, "alice"), Some(ALICE));
        assert_eq!(named(passwd, "bob"), None);
    }

    #[test]
    fn the_owner_class_decides_alone() {
        let root = Account { uid: 0, gid: 0 };
        let group = Account { uid: 7, gid: 100 };
        assert!(ALICE.enters(ALICE, 0o700));
        assert!(!ALICE.enters(ALICE, 0o077));
        assert!(ALICE.enters(group, 0o710));
        assert!(!ALICE.enters(group, 0o701));
        assert!(ALICE.enters(root, 0o711));
        assert!(!ALICE.enters(root, 0o700));
    }
}
