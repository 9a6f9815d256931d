//! Files and folders that only one user may read.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::ClusterError;

/// Adds the path to what the system said.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
    move |source| ClusterError::File { path: path.to_path_buf(), source }
}

/// Makes `path` a folder that only `owner` may enter, or finds that it is one.
///
/// # Errors
///
/// [`ClusterError::ForeignOwner`] when somebody else owns it, or when it is no folder at all.
pub(crate) fn private_folder(path: &Path, owner: Account) -> Result<(), ClusterError> {
    if let Err(failure) = DirBuilder::new().mode(0o700).create(path)
        && failure.kind() != ErrorKind::AlreadyExists
    {
        return Err(at(path)(failure));
    }
    let found = fs::symlink_metadata(path).map_err(at(path))?;
    refuse_foreign(path, &found, owner)?;
    if found.uid() != owner.uid {
        lchown(path, Some(owner.uid), Some(owner.gid)).map_err(at(path))?;
    }
    if found.mode() & 0o777 != 0o700 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(at(path))?;
    }
    Ok(())
}

/// Whether there is such a folder; one of somebody else is refused as [`private_folder`] does.
pub(crate) fn has_private_folder(path: &Path, owner: Account) -> Result<bool, ClusterError> {
    match fs::symlink_metadata(path) {
        Ok(found) => refuse_foreign(path, &found, owner).map(|()| true),
        Err(failure) if failure.kind() == ErrorKind::NotFound => Ok(false),
        Err(failure) => Err(at(path)(failure)),
    }
}

/// Makes a new file that only `owner` may read; it must not exist.
fn create_private(path: &Path, owner: Account) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    if file.metadata()?.uid() != owner.uid {
        fchown(&file, Some(owner.uid), Some(owner.gid))?;
    }
    Ok(file)
}

/// Opens a file of `owner`, making it where it is missing; what it holds stays.
pub(crate) fn open_private(path: &Path, owner: Account) -> Result<File, ClusterError> {
    let file = match create_private(path, owner) {
        Err(failure) if failure.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(path)
        }
        created => created,
    };
    file.map_err(at(path))
}

/// Puts `content` in place of whatever `path` held: whole or not at all, also after a power cut.
pub(crate) fn write_private(path: &Path, content: &str, owner: Account) -> Result<(), ClusterError> {
    let fresh = with_suffix(path, ".new");
    remove_file(&fresh)?;
    create_private(&fresh, owner)
        .and_then(|mut file| {
            file.write_all(content.as_bytes())?;
            file.sync_all()
        })
        .map_err(at(&fresh))?;
    rename(&fresh, path)
}

/// Renames for good: the folder is written to disk too.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), ClusterError> {
    fs::rename(from, to).map_err(at(to))?;
    let folder = to.parent().unwrap_or(to);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

/// Removes a file; none is as good.
pub(crate) fn remove_file(path: &Path) -> Result<(), ClusterError> {
    forgive_missing(fs::remove_file(path)).map_err(at(path))
}

/// Removes a folder with all it holds; none is as good.
pub(crate) fn remove_folder(path: &Path) -> Result<(), ClusterError> {
    forgive_missing(fs::remove_dir_all(path)).map_err(at(path))
}

/// The text of a file, or nothing when there is no such file.
pub(crate) fn read_if_present(path: &Path) -> Result<Option<String>, ClusterError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(failure) if failure.kind() == ErrorKind::NotFound => Ok(None),
        Err(failure) => Err(at(path)(failure)),
    }
}

/// Whether two names led to the same file or folder, links and mounts apart.
pub(crate) fn same_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The path with something appended to its last name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut longer = OsString::from(path);
    longer.push(suffix);
    PathBuf::from(longer)
}

/// A folder that we made for `owner` is ours until it is handed over.
fn refuse_foreign(path: &Path, found: &Metadata, owner: Account) -> Result<(), ClusterError> {
    let ours = found.uid() == owner.uid || found.uid() == Account::current()?.uid;
    if found.is_dir() && ours {
        return Ok(());
    }
    Err(ClusterError::ForeignOwner(path.to_path_buf(), found.uid()))
}

fn forgive_missing(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(failure) if failure.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
