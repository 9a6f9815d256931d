//! Making a new cluster, complete or not at all.

use std::fs;

use crate::command::{Programs, complaint, run};
use crate::configuration;
use crate::error::ClusterError;
use crate::files::{private_folder, remove_file, remove_folder, rename, write_private};
use crate::layout::Site;
use crate::roles::Role;

/// Byte order for sorting, which no update of the C library changes, and UTF-8 for letters; the
/// second choice is for systems that know no such locale.
const LOCALES: [&[&str]; 2] = [&["--locale=C.UTF-8", "--lc-collate=C"], &["--locale=C"]];

/// Makes the cluster unless there is one.
///
/// It is made under another name, so that a cluster under its own name is a complete one.
pub(crate) fn ensure(programs: &Programs<'_>, password: &str, durable: bool) -> Result<(), ClusterError> {
    let site = programs.site;
    if site.major()?.is_some() {
        return Ok(());
    }
    clear_the_way(site)?;
    write_private(&site.password_file(), password, site.server)?;
    let made = initialise(programs, durable);
    remove_file(&site.password_file())?;
    made?;
    configuration::complete(site, &site.unfinished_cluster(), durable)?;
    rename(&site.unfinished_cluster(), &site.cluster())
}

/// An empty folder may give way to the cluster; anything else was put there by somebody.
fn clear_the_way(site: &Site) -> Result<(), ClusterError> {
    let cluster = site.cluster();
    if fs::symlink_metadata(&cluster).is_ok() && fs::remove_dir(&cluster).is_err() {
        return Err(ClusterError::NotACluster(cluster));
    }
    Ok(())
}

fn initialise(programs: &Programs<'_>, durable: bool) -> Result<(), ClusterError> {
    let site = programs.site;
    let unfinished = site.unfinished_cluster();
    let mut complaints = String::new();
    for locale in LOCALES {
        remove_folder(&unfinished)?;
        private_folder(&unfinished, site.server)?;
        let mut initdb = programs.command("initdb")?;
        initdb.arg("--pgdata").arg(&unfinished);
        initdb.arg("--pwfile").arg(site.password_file());
        initdb.arg("--username").arg(Role::Superuser.name());
        initdb.args(["--encoding=UTF8", "--auth=scram-sha-256"]);
        initdb.args(["--data-checksums", "--no-instructions"]);
        initdb.args(locale);
        if !durable {
            initdb.arg("--no-sync");
        }
        let output = run(initdb)?;
        if output.status.success() {
            return Ok(());
        }
        complaints = complaint(&output);
        if !complaints.contains("invalid locale") {
            break;
        }
    }
    Err(ClusterError::NotInitialised(complaints))
}
