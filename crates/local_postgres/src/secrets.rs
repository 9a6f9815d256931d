//! The secrets of the cluster: one password per role, and named keys, each in a file of its own.

use std::path::PathBuf;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::databases::checked_name;
use crate::error::ClusterError;
use crate::files::{read_if_present, write_private};
use crate::layout::Site;
use crate::locks::StartLock;
use crate::roles::Role;

/// The passwords of all roles.
pub(crate) struct Passwords {
    owner: String,
    program: String,
    backup: String,
    superuser: String,
}

impl Passwords {
    /// The passwords from their files, made where they are missing.
    ///
    /// The superuser's is only made before the cluster is: afterwards nobody could set it.
    pub(crate) fn ensure(site: &Site, starting: &StartLock) -> Result<Self, ClusterError> {
        let superuser = if site.major()?.is_some() {
            password(site, Role::Superuser)?
        } else {
            ensure_password(site, Role::Superuser, starting)?
        };
        Ok(Self {
            owner: ensure_password(site, Role::Owner, starting)?,
            program: ensure_password(site, Role::Program, starting)?,
            backup: ensure_password(site, Role::Backup, starting)?,
            superuser,
        })
    }

    /// The password of one role.
    pub(crate) fn of(&self, role: Role) -> &str {
        match role {
            Role::Owner => &self.owner,
            Role::Program => &self.program,
            Role::Backup => &self.backup,
            Role::Superuser => &self.superuser,
        }
    }
}

/// The password of a role of an existing cluster.
pub(crate) fn password(site: &Site, role: Role) -> Result<String, ClusterError> {
    let path = password_file(site, role);
    match read_if_present(&path)? {
        Some(text) => hexadecimal(text.trim(), path),
        None => Err(ClusterError::SecretMissing(path)),
    }
}

/// The key of this name, made at the first call.
pub(crate) fn ensure_key(site: &Site, name: &str, _starting: &StartLock) -> Result<[u8; 32], ClusterError> {
    if let Some(key) = known_key(site, name)? {
        return Ok(key);
    }
    let key = random()?;
    write_private(&key_file(site, name)?, &hex::encode(key), site.folder.keeper)?;
    Ok(key)
}

/// The key of this name, where it was made.
pub(crate) fn known_key(site: &Site, name: &str) -> Result<Option<[u8; 32]>, ClusterError> {
    let path = key_file(site, name)?;
    let Some(text) = read_if_present(&path)? else { return Ok(None) };
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).map_err(|_| ClusterError::SecretDamaged(path))?;
    Ok(Some(key))
}

fn key_file(site: &Site, name: &str) -> Result<PathBuf, ClusterError> {
    Ok(site.secrets().join(format!("{}.key", checked_name(name)?)))
}

fn ensure_password(site: &Site, role: Role, _starting: &StartLock) -> Result<String, ClusterError> {
    let path = password_file(site, role);
    if read_if_present(&path)?.is_none() {
        let made = hex::encode(random::<16>()?);
        write_private(&path, &made, site.folder.keeper)?;
    }
    password(site, role)
}

fn password_file(site: &Site, role: Role) -> PathBuf {
    site.secrets().join(format!("{}.password", role.name()))
}

/// Passwords go into SQL and URLs as they are, so they hold nothing but digits and letters.
fn hexadecimal(text: &str, path: PathBuf) -> Result<String, ClusterError> {
    if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    Err(ClusterError::SecretDamaged(path))
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], ClusterError> {
    let mut bytes = [0; LENGTH];
    SysRng.try_fill_bytes(&mut bytes).map_err(|failure| ClusterError::Random(failure.to_string()))?;
    Ok(bytes)
}
