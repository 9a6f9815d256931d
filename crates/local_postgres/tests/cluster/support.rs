//! Folders, helper processes and looks that the tests share.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use local_postgres::{Cluster, Options, Probe, Role};
use tokio_postgres::{Client, NoTls};

/// The program that starts or joins a cluster in a process of its own.
pub const USER_PROGRAM: &str = env!("CARGO_BIN_EXE_local_postgres_user");

/// A folder of one test, removed at its end.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new empty folder that every user may enter.
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("jifen-{name}-{}-{number}", std::process::id());
        let temporary = fs::canonicalize(std::env::temp_dir()).expect("the folder for temporary files");
        let path = temporary.join(name);
        fs::create_dir(&path).expect("a new folder");
        open_to_all(&path);
        Self { path }
    }

    /// A new folder inside, as open.
    pub fn inner(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir(&path).expect("a new folder");
        open_to_all(&path);
        path
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// A process that uses a cluster; it leaves when its input ends.
pub struct User {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl User {
    pub fn start(folder: &Path) -> Self {
        Self::run(Command::new(USER_PROGRAM), folder)
    }

    /// Runs `command` in a process group of its own, as a shell does with a command.
    pub fn run(mut command: Command, folder: &Path) -> Self {
        command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = loop {
            match command.spawn() {
                // Another test's new process still holds the program that was just copied.
                Err(failure) if failure.kind() == ErrorKind::ExecutableFileBusy => thread::yield_now(),
                started => break started.expect("a user process"),
            }
        };
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, input, output }
    }

    /// Waits until it uses the cluster; returns the server's process and data directory.
    pub fn ready(&mut self) -> (u32, PathBuf) {
        let line = self.answer();
        let (pid, data) = line.strip_prefix("ready ").and_then(|rest| rest.split_once(' ')).expect("ready");
        (pid.parse().expect("a process"), PathBuf::from(data))
    }

    pub fn ask(&mut self, line: &str) {
        writeln!(self.input.as_mut().expect("its input"), "{line}").expect("a user that reads");
    }

    pub fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a user that answers");
        line.trim_end().to_owned()
    }

    /// Lets it leave, and waits for its good end.
    pub fn leave(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().expect("its end").success());
    }

    /// Sends a signal to its whole process group and sees to its end.
    pub fn signal_group(mut self, name: &str) {
        signal(&format!("-{}", self.child.id()), name);
        // Where the tests run in the background, an interrupt may be ignored.
        drop(self.child.kill());
        assert!(!self.child.wait().expect("its end").success());
    }
}

/// A cluster for tests under `folder`.
pub fn options(folder: &Path) -> Options {
    Options { data: folder.to_path_buf(), durable: false }
}

pub async fn start(folder: &Path) -> Cluster {
    Cluster::start(&options(folder)).await.expect("a cluster")
}

pub async fn probe(folder: &Path) -> Probe {
    Cluster::probe(&options(folder)).await.expect("a look at the cluster")
}

/// Connects as `role`.
pub async fn connect(cluster: &Cluster, role: Role, database: &str) -> Client {
    let url = cluster.url(role, database);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// A setting of the server as `role` finds it.
pub async fn setting(cluster: &Cluster, role: Role, name: &str) -> String {
    let client = connect(cluster, role, "postgres").await;
    let row = client.query_one("SELECT current_setting($1)", &[&name]).await.expect("a setting");
    row.get(0)
}

pub fn signal(target: &str, name: &str) {
    let command = format!("kill -s {name} -- {target}");
    let status = Command::new("sh").args(["-c", &command]).status().expect("a shell");
    assert!(status.success(), "{command}");
}

/// Whether a process lives; one that ended but was not buried yet has no command line.
pub fn lives(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

pub fn as_root() -> bool {
    uid_of("/proc/self") == 0
}

pub fn uid_of(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).expect("a file").uid()
}

/// Looks again and again until the condition holds.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("its owner");
}
