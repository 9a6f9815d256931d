//! The server's processes, as the system lists them.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::ClusterError;
use crate::files::{remove_file, same_file};
use crate::layout::Site;
use crate::locks::StartLock;

/// The server of this data directory that lives, going by its pid file.
///
/// The number in the file may meanwhile belong to another program, or to the server of another
/// directory; a dead process that nobody has buried yet does not count.
pub(crate) fn server(data: &Path) -> Option<u32> {
    let text = fs::read_to_string(pid_file(data)).ok()?;
    // A server without clients, as used for repairs, writes its number with a minus sign.
    let pid = text.lines().next()?.trim().trim_start_matches('-').parse().ok()?;
    (runs_postgres(pid) && works_in(pid, data, true)).then_some(pid)
}

/// The processes that work in this data directory, whether their server lives or not.
pub(crate) fn working_in(data: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| runs_postgres(*pid) && works_in(*pid, data, false))
        .collect()
}

/// Removes the pid file of a server that does not live.
///
/// PostgreSQL itself only does so when no process has that number.
pub(crate) fn forget_dead_server(site: &Site, _starting: &StartLock) -> Result<(), ClusterError> {
    let data = site.cluster();
    match server(&data) {
        Some(_) => Ok(()),
        None => remove_file(&pid_file(&data)),
    }
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

fn runs_postgres(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| names_postgres(&line))
}

/// Whether a command line is the server's (`/…/bin/postgres`) or one of its children's
/// (`postgres: checkpointer`); a dead process has an empty one.
fn names_postgres(command_line: &[u8]) -> bool {
    let first = command_line.split(|byte| *byte == 0).next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    first.starts_with("postgres:") || Path::new(&*first).ends_with("postgres")
}

/// Every process of a server works in its data directory; `unknown` is the answer for a process of
/// the directory's owner where the system does not let us look.
fn works_in(pid: u32, data: &Path, unknown: bool) -> bool {
    let Ok(data) = fs::metadata(data) else {
        return false;
    };
    match fs::metadata(format!("/proc/{pid}/cwd")) {
        Ok(folder) => same_file(&folder, &data),
        Err(failure) if failure.kind() == ErrorKind::PermissionDenied => unknown && owns(pid, &data),
        Err(_) => false,
    }
}

fn owns(pid: u32, data: &Metadata) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| process.uid() == data.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_their_children_are_told_from_others() {
        assert!(names_postgres(b"/usr/lib/postgresql/15/bin/postgres\0-D\0/srv/cluster\0"));
        assert!(names_postgres(b"postgres: checkpointer \0\0\0"));
        assert!(!names_postgres(b"/usr/bin/psql\0postgres\0"));
        assert!(!names_postgres(b"postgresql-exporter\0"));
        assert!(!names_postgres(b""));
    }

    #[test]
    fn this_process_is_no_server() {
        assert!(!runs_postgres(std::process::id()));
    }
}
