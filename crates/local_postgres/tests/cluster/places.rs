//! Where the cluster lies and as whom the server runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use local_postgres::{Cluster, ClusterError, Probe};

use crate::support::{Folder, USER_PROGRAM, User, as_root, options, probe, start, uid_of};

/// The ordinary user for whom root runs a command here.
const NOBODY: u32 = 65534;
/// Somebody who has nothing to do with it.
const STRANGER: u32 = 54321;

#[tokio::test]
async fn the_server_never_runs_as_root() {
    let folder = Folder::new("root");
    let cluster = start(folder.path()).await;
    let server = format!("/proc/{}", cluster.server_pid());
    assert_ne!(uid_of(server), 0);
    assert_ne!(uid_of(cluster.data_directory()), 0);
    assert_eq!(uid_of(folder.path().join("secrets")), uid_of("/proc/self"));
}

#[tokio::test]
async fn an_ordinary_user_keeps_everything_in_the_folder() {
    let folder = Folder::new("ordinary");
    let data = folder.path().join("data");
    let program = folder.path().join("user");
    fs::copy(USER_PROGRAM, &program).unwrap();
    let mut command = Command::new(&program);
    let mut ordinary = uid_of("/proc/self");
    if as_root() {
        ordinary = NOBODY;
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
    }
    let mut user = User::run(command, &data);
    let (server, cluster) = user.ready();
    assert_eq!(cluster, data.join("cluster"));
    assert_eq!(uid_of(&cluster), ordinary);
    assert_eq!(uid_of(data.join("secrets")), ordinary);

    let other = start(&data).await;
    assert_eq!(other.server_pid(), server);
    other.secret("sealing").await.unwrap();
    assert_eq!(uid_of(data.join("secrets/sealing.key")), ordinary);
    user.leave();
    other.stop().await.unwrap();
    assert_eq!(probe(&data).await, Probe::Stopped);
}

#[tokio::test]
async fn a_folder_the_server_cannot_reach_has_its_cluster_elsewhere() {
    if !as_root() {
        return;
    }
    let folder = Folder::new("closed");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let data = folder.path().join("data");
    let cluster = start(&data).await;
    let home = Away(cluster.data_directory().parent().unwrap().to_path_buf());
    assert!(home.0.starts_with("/var/lib/jifen"), "{:?}", home.0);
    let note = fs::read_to_string(data.join("cluster-location.txt")).unwrap();
    assert!(note.contains(home.0.to_str().unwrap()), "{note}");
    cluster.create_database("kept", None).await.unwrap();
    cluster.stop().await.unwrap();

    let again = start(&data).await;
    assert!(again.database_exists("kept").await.unwrap());
    again.stop().await.unwrap();

    let moved = folder.path().join("moved");
    fs::rename(&data, &moved).unwrap();
    let refusal = Cluster::start(&options(&moved)).await.unwrap_err();
    assert!(matches!(refusal, ClusterError::Moved(..)), "{refusal}");
}

#[tokio::test]
async fn a_long_path_has_its_socket_in_tmp() {
    let folder = Folder::new("long");
    let data = long_path(&folder);
    let cluster = start(&data).await;
    let socket = cluster.socket_directory().to_path_buf();
    assert!(socket.to_str().unwrap().starts_with("/tmp/jifen-"), "{socket:?}");
    assert_eq!(mode_of(&socket), 0o700);
    assert_eq!(uid_of(&socket), uid_of(cluster.data_directory()));
    cluster.create_database("jifen", None).await.unwrap();
    cluster.stop().await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_socket_folder_of_somebody_else_is_refused() {
    let folder = Folder::new("foreign");
    let data = long_path(&folder);
    let cluster = start(&data).await;
    let socket = cluster.socket_directory().to_path_buf();
    cluster.stop().await.unwrap();

    symlink(folder.path(), &socket).unwrap();
    let linked = Cluster::start(&options(&data)).await;
    fs::remove_file(&socket).unwrap();
    assert!(matches!(linked.unwrap_err(), ClusterError::ForeignOwner(path, _) if path == socket));

    if as_root() {
        fs::create_dir(&socket).unwrap();
        chown(&socket, Some(STRANGER), Some(STRANGER)).unwrap();
        let foreign = Cluster::start(&options(&data)).await;
        fs::remove_dir(&socket).unwrap();
        assert!(matches!(foreign.unwrap_err(), ClusterError::ForeignOwner(_, STRANGER)));
    }
    start(&data).await.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_owner_reads_secrets_and_enters_the_socket_folder() {
    let folder = Folder::new("modes");
    let cluster = start(folder.path()).await;
    cluster.secret("sealing").await.unwrap();
    let secrets = folder.path().join("secrets");
    assert_eq!(mode_of(&secrets), 0o700);
    assert_eq!(mode_of(cluster.socket_directory()), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(&secrets).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        assert_eq!(mode_of(&file), 0o600, "{file:?}");
    }
    assert!(!folder.path().join("cluster.password").exists());
}

#[tokio::test]
async fn a_path_that_a_shell_would_change_is_refused() {
    let folder = Folder::new("shell");
    let data = folder.path().join("$(date)");
    let refusal = Cluster::start(&options(&data)).await.unwrap_err();
    assert!(matches!(refusal, ClusterError::AwkwardPath(_)), "{refusal}");
}

#[tokio::test]
async fn quotes_spaces_and_chinese_in_the_path_do_no_harm() {
    let folder = Folder::new("it's 积分 数据");
    let cluster = start(folder.path()).await;
    cluster.create_database("jifen", None).await.unwrap();
    cluster.stop().await.unwrap();
}

/// A home elsewhere, removed at the end of the test.
struct Away(PathBuf);

impl Drop for Away {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A new folder whose path leaves no room for a socket.
fn long_path(folder: &Folder) -> PathBuf {
    folder.inner(&"a".repeat(120))
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
