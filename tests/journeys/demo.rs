//! The demo county is the same wherever it is made, and is served as public boards.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use testkit::{COUNTY, TestDatabase};

use crate::support::{Folder, get, path, results, succeed};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_makes_the_same_results() {
    let mut made = Vec::new();
    for _ in 0..2 {
        let database = TestDatabase::empty().await;
        succeed(
            &database,
            &["demo", "--county", COUNTY, "--households", "200", "--months", "1", "--seed", "5"],
        );
        succeed(
            &database,
            &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
        );
        made.push(results(&database, "2026-01"));
    }
    assert!(made[0].lines().count() > 150);
    assert_eq!(made[0], made[1]);
}

#[test]
fn up_serves_the_demo_boards_and_stops_cleanly() {
    let folder = Folder::new();
    let data = folder.0.join("var");
    let mut process = Command::new(env!("CARGO_BIN_EXE_jifen"))
        .args(["up", "--demo", "--json", "--listen", "127.0.0.1:0", "--data", path(&data)])
        .env_remove("DATABASE_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let address =
        ready["url"].as_str().expect("an address").strip_prefix("http://").expect("http").to_owned();
    let boards = ready["public"].as_array().expect("boards");
    assert!(boards.len() >= 2);

    assert_eq!(get(&address, "/healthz").0, "HTTP/1.1 200 OK");
    assert_eq!(get(&address, "/readyz").0, "HTTP/1.1 200 OK");
    let board = boards[0].as_str().expect("an address").rsplit_once("/p/").expect("a board").1;
    let (status, page) = get(&address, &format!("/p/{board}"));
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(page.contains("2026年10月") && page.contains("第一档次"), "{page}");
    assert!(!page.contains("10000"), "no phone is on the board");
    let (status, page) = get(&address, &format!("/p/{board}/2026-08"));
    assert!(status.ends_with("200 OK") && page.contains("2026年8月"), "{status}");
    for unknown in
        ["/p/440229100204", "/p/abc", "/p/990101000000", "/nothing", &format!("/p/{board}/2027-01")]
    {
        assert_eq!(get(&address, unknown).0, "HTTP/1.1 404 Not Found", "{unknown}");
    }

    let stopped = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().expect("kill");
    assert!(stopped.success());
    assert_eq!(process.wait().expect("its end").code(), Some(0));
    assert!(!data.join("cluster/postmaster.pid").exists(), "the server stopped with it");
}
