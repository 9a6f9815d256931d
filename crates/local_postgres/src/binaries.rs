//! Finding the PostgreSQL programs of this machine.

use std::env;
use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use crate::error::ClusterError;
use crate::layout::Site;

/// The oldest major version that everything here is tried with.
const OLDEST: u32 = 15;
const DEBIAN: &str = "/usr/lib/postgresql";
const OVERRIDE: &str = "JIFEN_PG_BIN";
const PROGRAMS: [&str; 3] = ["postgres", "pg_ctl", "initdb"];

/// The server programs of one PostgreSQL, version 15 or newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    version: String,
    numbers: Vec<u32>,
}

impl Binaries {
    /// The folder that holds `postgres`, `pg_ctl`, `initdb` and, on most systems, `pg_dump`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The version as the server reports it in `server_version`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The major version, such as 15.
    pub fn major(&self) -> u32 {
        self.numbers.first().copied().unwrap_or_default()
    }

    /// The programs in `folder`, if they are all there and new enough.
    fn inspect(folder: &Path) -> Option<Self> {
        if !PROGRAMS.iter().all(|name| folder.join(name).is_file()) {
            return None;
        }
        let said = said_by(&folder.join("postgres"), "--version")?;
        let version = version_in(&said)?;
        let found =
            Self { folder: folder.to_path_buf(), numbers: numbers_in(version), version: version.to_owned() };
        (found.major() >= OLDEST).then_some(found)
    }
}

/// The newest server programs of this machine.
///
/// Looked for in Debian's folders and where `pg_config` points; `JIFEN_PG_BIN` stands in for both.
///
/// # Errors
///
/// [`ClusterError::NoBinaries`] or [`ClusterError::NoBinariesAt`], saying what to install.
pub fn find_binaries() -> Result<Binaries, ClusterError> {
    installed()?
        .into_iter()
        .max_by(|one, other| one.numbers.cmp(&other.numbers))
        .ok_or(ClusterError::NoBinaries)
}

/// The programs for this cluster: of its own major version, or the newest before it is made.
pub(crate) fn for_site(site: &Site) -> Result<Binaries, ClusterError> {
    let Some(major) = site.major()? else {
        return find_binaries();
    };
    installed()?
        .into_iter()
        .filter(|binaries| binaries.major().to_string() == major)
        .max_by(|one, other| one.numbers.cmp(&other.numbers))
        .ok_or_else(|| ClusterError::OtherMajor(site.cluster(), major))
}

fn installed() -> Result<Vec<Binaries>, ClusterError> {
    if let Some(stated) = env::var_os(OVERRIDE) {
        let folder = path::absolute(&stated).unwrap_or_else(|_| PathBuf::from(stated));
        let found = Binaries::inspect(&folder).ok_or(ClusterError::NoBinariesAt(folder))?;
        return Ok(vec![found]);
    }
    let folders = debian_folders().into_iter().chain(configured_folder());
    Ok(folders.filter_map(|folder| Binaries::inspect(&folder)).collect())
}

fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(DEBIAN) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path().join("bin")).collect()
}

fn configured_folder() -> Option<PathBuf> {
    let said = said_by(Path::new("pg_config"), "--bindir")?;
    Some(PathBuf::from(said.trim()))
}

fn said_by(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output.status.success().then_some(())?;
    String::from_utf8(output.stdout).ok()
}

/// `15.14 (Debian 15.14-0)` in `postgres (PostgreSQL) 15.14 (Debian 15.14-0)`.
fn version_in(said: &str) -> Option<&str> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    Some(version.trim())
}

/// `[15, 14]` for `15.14 (Debian 15.14-0)`, `[17]` for `17beta1`.
fn numbers_in(version: &str) -> Vec<u32> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    let first_word = version.split_whitespace().next().unwrap_or_default();
    first_word.split('.').map_while(|part| digits(part).parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_what_follows_the_product() {
        let said = "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n";
        assert_eq!(version_in(said), Some("15.14 (Debian 15.14-0+deb12u1)"));
        assert_eq!(version_in("postgres"), None);
    }

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert_eq!(numbers_in("15.14 (Debian 15.14-0)"), [15, 14]);
        assert_eq!(numbers_in("17beta1"), [17]);
        assert_eq!(numbers_in("16"), [16]);
        assert!(numbers_in("15.14") > numbers_in("15.9"));
    }
}
