//! Running the PostgreSQL programs as the server's user.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::binaries::Binaries;
use crate::error::ClusterError;
use crate::layout::Site;
use crate::locks::StartLock;

/// The programs for one cluster; whoever has them holds its start lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Programs<'held> {
    pub(crate) site: &'held Site,
    pub(crate) binaries: &'held Binaries,
    pub(crate) starting: &'held StartLock,
}

impl Programs<'_> {
    /// One of the programs, ready for its arguments.
    ///
    /// It runs as the server's user, out of reach of Ctrl-C, in a folder that every user may be in,
    /// with untranslated messages and without the caller's own `PG…` settings.
    pub(crate) fn command(&self, name: &str) -> Result<Command, ClusterError> {
        let program = self.binaries.folder().join(name);
        let mut command = Command::new(&program);
        match self.starting.as_input() {
            Ok(lock) => command.stdin(lock),
            Err(source) => return Err(ClusterError::Program { program, source }),
        };
        command.current_dir("/").env("LC_ALL", "C").process_group(0);
        for (setting, _) in env::vars_os() {
            if setting.to_string_lossy().starts_with("PG") {
                command.env_remove(setting);
            }
        }
        if self.site.folder.current.is_root() {
            let server = self.site.server;
            command.uid(server.uid).gid(server.gid);
        }
        Ok(command)
    }
}

/// Runs a program to its end and returns what it said.
pub(crate) fn run(mut command: Command) -> Result<Output, ClusterError> {
    command
        .output()
        .map_err(|source| ClusterError::Program { program: PathBuf::from(command.get_program()), source })
}

/// What a program said of its failure.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
