//! Runs the program as a user of the shell does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use local_postgres::Role;
use testkit::{COUNTY, County, TestDatabase};

/// The sealing key of `testkit::registrar`.
const SEALING_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// A folder of its own that is removed at the end.
pub struct Folder(pub PathBuf);

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Folder {
    pub fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("jifen-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// Writes a file into it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, content).expect("a file");
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A command on a test's database; `--now` is taken.
pub fn jifen(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jifen"));
    command
        .args(arguments)
        .env("DATABASE_URL", database.url(Role::Program))
        .env("JIFEN_SEALING_KEY", SEALING_KEY)
        .env("JIFEN_CLOCK__STATED", "on")
        // Tests may share it but for those that read or erase photos: they name a folder of their own.
        .env("JIFEN_PHOTOS__FOLDER", std::env::temp_dir().join("jifen-test-photos"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits until something is so; a minute is longer than anything here takes.
pub async fn until<R>(what: &str, mut so: impl AsyncFnMut() -> Option<R>) -> R {
    let started = std::time::Instant::now();
    loop {
        if let Some(result) = so().await {
            return result;
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "waited in vain: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A connection of the superuser, whom nothing binds.
pub async fn superuser(database: &TestDatabase) -> tokio_postgres::Client {
    let url = database.url(Role::Superuser);
    let (client, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn run(database: &TestDatabase, arguments: &[&str]) -> Said {
    said(jifen(database, arguments).output().expect("the program"))
}

pub fn said(output: Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs a command that must succeed. Returns its standard output.
pub fn succeed(database: &TestDatabase, arguments: &[&str]) -> String {
    let said = run(database, arguments);
    assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
    said.out
}

/// The results of a month as the file says them.
pub fn results(database: &TestDatabase, month: &str) -> String {
    let folder = Folder::new();
    let file = folder.0.join("results.csv");
    succeed(database, &["export", "results", "--county", COUNTY, "--month", month, "--out", path(&file)]);
    std::fs::read_to_string(&file).expect("the file")
}

pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// A county with signed cards for every month of its plan, not closed.
pub async fn scored(households: u32, first_month: &str, months: u32) -> (TestDatabase, County) {
    let database = TestDatabase::empty().await;
    let county = County::new(households, first_month, months);
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    for month in county.plan.span() {
        county.score(&mut connection, month).await;
    }
    drop(connection);
    (database, county)
}

/// The body that a GET answers with, and its status line.
pub fn get(address: &str, path: &str) -> (String, String) {
    let (head, body) = request(address, &format!("GET {path} HTTP/1.1"), &[]);
    (head.lines().next().unwrap_or_default().to_owned(), body)
}

/// Head and body of the answer to a request line with headers and no body.
pub fn request(address: &str, line: &str, headers: &[&str]) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("the server");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "{line}\r\nHost: {address}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

/// A web process that ends with the test.
pub struct Serving {
    process: Child,
    /// The address of the pages and the API.
    pub pages: String,
    /// The address of the operations page.
    pub operations: String,
    /// The code of the first start, where nobody has a role.
    pub setup: Option<String>,
}

impl Serving {
    /// Starts `jifen serve` on a test's database.
    pub fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, &[])
    }

    /// The same with more environment variables.
    pub fn start_with(database: &TestDatabase, environment: &[(&str, &str)]) -> Self {
        Self::start_at(database, "127.0.0.1:0", None, environment)
    }

    /// The same at an address, where the clock stands at a stated time.
    pub fn start_at(
        database: &TestDatabase,
        listen: &str,
        now: Option<&str>,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = jifen(database, &["serve", "--listen", listen, "--json"]);
        command.env("JIFEN_HTTP__OPERATIONS", "127.0.0.1:0");
        command.args(now.into_iter().flat_map(|now| ["--now", now]));
        let mut process = command.envs(environment.iter().copied()).spawn().expect("the program");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let ready: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let pages = ready["url"].as_str().and_then(|url| url.strip_prefix("http://")).expect("an address");
        let setup = ready["setup"].as_str().map(str::to_owned);
        let mut told = String::new();
        let mut errors = BufReader::new(process.stderr.take().expect("its errors"));
        errors.read_line(&mut told).expect("a line");
        // What it logs later is for whoever reads the test's output.
        std::thread::spawn(move || errors.lines().map_while(Result::ok).for_each(|line| println!("{line}")));
        let operations = told.trim().rsplit_once("http://").expect("the operations page").1.to_owned();
        Self { pages: pages.to_owned(), operations, setup, process }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What a request was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The value of a header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// The cookie that the answer sets, as a request sends it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}

/// Sends a request with headers and a body.
pub fn send(address: &str, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}");
    write!(stream, "{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// Sends JSON, or nothing, with a cookie or a token.
pub fn call(address: &str, method: &str, path: &str, who: &str, body: &serde_json::Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut headers = vec!["Content-Type: application/json"];
    headers.extend((!who.is_empty()).then_some(who));
    send(address, method, path, &headers, &body)
}
