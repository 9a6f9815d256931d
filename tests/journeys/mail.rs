//! Digests by a real mail server and to a chat robot: refusal, silence, coming back, and a crash after sending.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use testkit::{COUNTY, TestDatabase};
use tokio_postgres::Client;

use crate::architecture::root;
use crate::support::{Folder, jifen, path, said, scored, succeed, superuser};

/// The 26th of January: nobody has entered February's cards, January's wait to be closed.
const NOW: &str = "2026-02-26T08:00:00+08:00";

/// A mail server that ends with the test.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Folder, mode: &str, port: Option<u16>) -> Self {
        // Debian's own Python has Debian's own modules.
        let mut command = Command::new("/usr/bin/python3");
        command.arg(root().join("tests/mail/server.py")).args([path(&folder.0), mode]);
        command.args(port.map(|port| port.to_string()));
        let mut process =
            command.stdout(Stdio::piped()).spawn().expect("python3 with aiosmtpd (deploy/test)");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        Self { process, port: line.trim().parse().expect("a port") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port()
}

/// A county with two contacts for its first village, one of them for the town too.
async fn with_contacts(contacts: &str) -> (TestDatabase, Client) {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let town = village.parent().expect("its town").code();
    let folder = Folder::new();
    let rows = contacts.replace("VILLAGE", &village.code()).replace("TOWN", &town);
    let file = folder.file("contacts.csv", format!("division_code,name,duty,email,webhook,reminded\n{rows}"));
    succeed(&database, &["import", "contacts", path(&file), "--county", COUNTY]);
    let owner = superuser(&database).await;
    (database, owner)
}

/// Runs what is due with mail by SMTP to a port. Returns what it printed.
fn run_due(database: &TestDatabase, port: u16, now: &str) -> String {
    let mut command = jifen(database, &["run-due", "--now", now]);
    for (key, value) in [
        ("WAY", "smtp"),
        ("HOST", "127.0.0.1"),
        ("PORT", &port.to_string()),
        ("TLS", "none"),
        ("TIMEOUT_SECONDS", "1"),
        ("FROM", "积分制 <jifen@jifen.example>"),
    ] {
        command.env(format!("JIFEN_MAIL__{key}"), value);
    }
    command.env("JIFEN_HTTP__PUBLIC_URL", "https://jifen.example");
    let said = said(command.output().expect("the program"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    said.out
}

/// Every mail that a server kept, in the order of its arrival.
fn mails(folder: &Folder) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(&folder.0)
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("text")).collect()
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let line = mail.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.and_then(|line| line.split_once(": ")).map(|(_, value)| value).unwrap_or_default()
}

async fn states(owner: &Client) -> Vec<(String, String)> {
    let rows = owner
        .query("select state, coalesce(outcome, '') from job_run where kind = 'send' order by id", &[])
        .await
        .expect("the jobs");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_gets_one_digest_a_day_for_all_places_and_who_declined_gets_none() {
    let contacts = "VILLAGE,赖文,村文书,lai@jifen.example,,\nTOWN,赖文,镇经办,LAI@jifen.example,,\n\
        VILLAGE,钟秀,村主任,zhong@jifen.example,,否\n";
    let (database, owner) = with_contacts(contacts).await;
    let folder = Folder::new();
    let server = Server::start(&folder, "accept", None);
    run_due(&database, server.port, NOW);
    let received = mails(&folder);
    assert_eq!(received.len(), 1, "{received:?}");
    let mail = &received[0];
    assert_eq!(header(mail, "to").rsplit_once(' ').map(|(_, to)| to), Some("<lai@jifen.example>"));
    assert!(header(mail, "message-id").ends_with("@jifen.example>"));
    assert!(
        mail.contains("multipart/alternative") && mail.contains("text/plain") && mail.contains("text/html")
    );
    let content: String = owner.query_one("select content from message", &[]).await.expect("one").get(0);
    assert!(
        content.contains("没有积分卡") && content.contains("2026年3月3日") && content.contains("/p/"),
        "{content}"
    );

    run_due(&database, server.port, "2026-02-26T20:00:00+08:00");
    assert_eq!(mails(&folder).len(), 1, "one a day");
    run_due(&database, server.port, "2026-02-27T08:00:00+08:00");
    assert_eq!(mails(&folder).len(), 2, "the next day's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_defers_mail_stops_no_closing_and_gets_it_when_it_is_back() {
    let (database, owner) = with_contacts("VILLAGE,赖文,村文书,lai@jifen.example,,\n").await;
    let (folder, port) = (Folder::new(), free_port());
    let out = run_due(&database, port, NOW);
    assert!(out.contains("结账：完成 1") && out.contains("发送：延后 1"), "{out}");
    assert!(states(&owner).await[0].1.contains("邮件服务器不通"));
    let _server = Server::start(&folder, "accept", Some(port));
    run_due(&database, port, NOW);
    assert_eq!(mails(&folder).len(), 0, "not before its time");
    run_due(&database, port, "2026-02-26T08:01:00+08:00");
    assert_eq!(mails(&folder).len(), 1);
    assert_eq!(states(&owner).await[0].0, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_left_after_its_time_and_asked_again() {
    let (database, owner) = with_contacts("VILLAGE,赖文,村文书,lai@jifen.example,,\n").await;
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let out = run_due(&database, silent.local_addr().expect("its address").port(), NOW);
    assert!(out.contains("发送：延后 1"), "{out}");
    assert_eq!(states(&owner).await[0].0, "due");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_is_given_up_with_the_reason_and_a_busy_server_is_not() {
    for (mode, state) in [("refuse", "given_up"), ("busy", "due")] {
        let (database, owner) = with_contacts("VILLAGE,赖文,村文书,lai@jifen.example,,\n").await;
        let folder = Folder::new();
        let server = Server::start(&folder, mode, None);
        run_due(&database, server.port, NOW);
        let found = states(&owner).await;
        assert_eq!(found[0].0, state, "{found:?}");
        assert!(mode == "busy" || found[0].1.contains("邮件服务器拒收"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_sending_and_noting_it_repeats_the_mail_once_under_the_same_id() {
    let (database, owner) = with_contacts("VILLAGE,赖文,村文书,lai@jifen.example,,\n").await;
    let folder = Folder::new();
    let server = Server::start(&folder, "accept", None);
    run_due(&database, server.port, NOW);
    // What a process leaves behind that dies after the server's answer.
    let crash = "update message set sent_at = null;
        update job_run set state = 'running', lease_until = now() - interval '1 second' where kind = 'send'";
    owner.batch_execute(crash).await.expect("as after a crash");
    run_due(&database, server.port, NOW);
    run_due(&database, server.port, NOW);
    let received = mails(&folder);
    let ids: BTreeSet<_> = received.iter().map(|mail| header(mail, "message-id")).collect();
    assert_eq!((received.len(), ids.len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_robot_gets_one_signed_post_and_is_asked_again_after_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let answers = ["500 Internal Server Error", "200 OK"];
    let robot = std::thread::spawn(move || {
        answers.map(|answer| {
            let (mut stream, _) = listener.accept().expect("a post");
            let request = read_request(&mut stream);
            let body = r#"{"errcode":0,"errmsg":"ok"}"#;
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {answer}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .expect("answered");
            request
        })
    });
    let contacts = format!("VILLAGE,群机器人,村群,,http://localhost:{port}/send?access_token=t#SECgeheim,\n");
    let (database, owner) = with_contacts(&contacts).await;
    run_due(&database, free_port(), NOW);
    assert_eq!(states(&owner).await[0].0, "due", "the robot had an error of its own");
    run_due(&database, free_port(), "2026-02-26T08:01:00+08:00");
    assert_eq!(states(&owner).await[0].0, "done");
    let [first, second] = robot.join().expect("its posts");
    for post in [&first, &second] {
        assert!(
            post.starts_with("POST /send?access_token=t&timestamp=") && post.contains("&sign="),
            "{post}"
        );
        assert!(
            post.contains(r#""msgtype":"text""#) && post.contains("没有积分卡") && !post.contains("geheim")
        );
    }
    let id = |post: &str| {
        post.lines()
            .find(|line| line.to_ascii_lowercase().starts_with("x-jifen-message-id"))
            .map(str::to_owned)
    };
    assert_eq!(id(&first), id(&second));
}

/// A request with the body that its length announces.
fn read_request(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).expect("readable");
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .and_then(|length| length.parse::<usize>().ok())
            .unwrap_or(0);
        if body.len() >= length || read == 0 {
            return text;
        }
    }
}
