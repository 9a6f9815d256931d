//! Whatever was left behind, the next start works or says what to do.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use local_postgres::{Cluster, ClusterError, Role, find_binaries};
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

use crate::support::{
    Folder, USER_PROGRAM, User, as_root, connect, lives, open_to_all, options, signal, start,
};

#[tokio::test]
async fn a_killed_server_is_started_again_with_its_data() {
    let folder = Folder::new("crash");
    let first = start(folder.path()).await;
    first.create_database("kept", None).await.unwrap();
    signal(&first.server_pid().to_string(), "KILL");

    let second = start(folder.path()).await;
    assert_ne!(second.server_pid(), first.server_pid());
    assert!(second.database_exists("kept").await.unwrap());

    first.stop().await.unwrap();
    assert!(lives(second.server_pid()));
}

#[tokio::test]
async fn a_session_that_outlives_its_server_is_ended() {
    let folder = Folder::new("orphan");
    let first = start(folder.path()).await;
    let busy = connect(&first, Role::Superuser, "postgres").await;
    let endless = "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$";
    let work = tokio::spawn(async move { busy.batch_execute(endless).await });
    let watcher = connect(&first, Role::Superuser, "postgres").await;
    let orphan = timeout(Duration::from_secs(60), endless_session(&watcher)).await.expect("a busy session");
    signal(&first.server_pid().to_string(), "KILL");
    assert!(lives(orphan));

    let second = start(folder.path()).await;
    assert!(!lives(orphan));
    assert!(work.await.unwrap().is_err());
    drop((first, second));
}

#[tokio::test]
async fn a_pid_file_that_names_another_program_is_ignored() {
    let folder = Folder::new("stale");
    let cluster = start(folder.path()).await;
    let data = cluster.data_directory();
    cluster.stop().await.unwrap();

    let mut other = Command::new("sleep");
    other.arg("600");
    if as_root() {
        let server = fs::metadata(&data).unwrap();
        other.uid(server.uid()).gid(server.gid());
    }
    let mut other = other.spawn().unwrap();
    fs::write(data.join("postmaster.pid"), format!("{}\n{}\n", other.id(), data.display())).unwrap();

    let again = Cluster::start(&options(folder.path())).await;
    other.kill().unwrap();
    other.wait().unwrap();
    again.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_half_made_cluster_is_made_anew() {
    let folder = Folder::new("half");
    let unfinished = folder.path().join("cluster.new");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();

    let cluster = start(folder.path()).await;
    assert!(!unfinished.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_with_something_else_in_it_is_refused() {
    let folder = Folder::new("something");
    let cluster = folder.path().join("cluster");
    fs::create_dir(&cluster).unwrap();
    fs::write(cluster.join("letter.txt"), "keep me").unwrap();
    let refusal = Cluster::start(&options(folder.path())).await.unwrap_err();
    assert!(matches!(refusal, ClusterError::NotACluster(_)), "{refusal}");
    assert!(cluster.join("letter.txt").exists());
}

#[tokio::test]
async fn a_lost_password_is_named() {
    let folder = Folder::new("lost");
    start(folder.path()).await.stop().await.unwrap();
    fs::remove_file(folder.path().join("secrets/jifen_superuser.password")).unwrap();
    let refusal = Cluster::start(&options(folder.path())).await.unwrap_err();
    assert!(matches!(refusal, ClusterError::SecretMissing(_)), "{refusal}");
}

#[tokio::test]
async fn a_server_that_does_not_start_shows_its_log() {
    let folder = Folder::new("broken");
    let cluster = start(folder.path()).await;
    let settings = cluster.data_directory().join("postgresql.auto.conf");
    cluster.stop().await.unwrap();
    let mut settings = OpenOptions::new().append(true).open(settings).unwrap();
    writeln!(settings, "nonsense").unwrap();

    let refusal = Cluster::start(&options(folder.path())).await.unwrap_err().to_string();
    assert!(refusal.contains("syntax error in file"), "{refusal}");
}

#[tokio::test]
async fn a_server_of_another_version_is_renewed_once_nobody_uses_it() {
    let folder = Folder::new("version");
    let (programs, data) = (folder.inner("bin"), folder.inner("data"));
    pretend_another_build(&programs);
    let updated_user = || {
        let mut command = Command::new(USER_PROGRAM);
        command.env("JIFEN_PG_BIN", &programs);
        User::run(command, &data)
    };

    let mut before = User::start(&data);
    let (old, _) = before.ready();
    let mut during = updated_user();
    assert_eq!(during.ready().0, old);
    before.signal_group("KILL");
    during.signal_group("KILL");

    let mut after = updated_user();
    assert_ne!(after.ready().0, old);
    assert!(!lives(old));
    after.leave();
}

/// Waits for the endless session to be at work; returns its process.
async fn endless_session(watcher: &Client) -> u32 {
    let question = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'";
    loop {
        if let Some(row) = watcher.query_opt(question, &[]).await.expect("the sessions") {
            return u32::try_from(row.get::<_, i32>(0)).expect("a process");
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Fills `folder` with the real programs under a version of their own.
fn pretend_another_build(folder: &Path) {
    let real = find_binaries().unwrap();
    let (programs, version) = (real.folder().display(), real.version());
    for name in ["initdb", "pg_ctl", "postgres"] {
        let script = format!(
            "#!/bin/sh\n\
             [ \"$1\" = --version ] && exec echo '{name} (PostgreSQL) {version} rebuilt'\n\
             exec '{programs}/{name}' \"$@\"\n"
        );
        let path = folder.join(name);
        fs::write(&path, script).unwrap();
        open_to_all(&path);
    }
}
