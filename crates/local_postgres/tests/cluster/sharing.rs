//! Several processes with one cluster: all get in, the last one out stops it.

use local_postgres::Probe;

use crate::support::{Folder, User, eventually, lives, probe, start};

#[tokio::test]
async fn eight_processes_at_once_share_one_server() {
    let folder = Folder::new("eight");
    let mut users: Vec<User> = (0..8).map(|_| User::start(folder.path())).collect();
    let servers: Vec<u32> = users.iter_mut().map(|user| user.ready().0).collect();
    assert!(servers.iter().all(|pid| *pid == servers[0]), "{servers:?}");
    assert!(matches!(probe(folder.path()).await, Probe::Running { pid, .. } if pid == servers[0]));

    users.into_iter().for_each(User::leave);
    assert_eq!(probe(folder.path()).await, Probe::Stopped);
    assert!(!lives(servers[0]));
}

#[tokio::test]
async fn a_command_leaves_the_server_to_those_who_use_it() {
    let folder = Folder::new("leaving");
    let up = start(folder.path()).await;
    let command = start(folder.path()).await;
    assert_eq!(command.server_pid(), up.server_pid());
    command.stop().await.unwrap();
    assert!(matches!(probe(folder.path()).await, Probe::Running { .. }));
    up.stop().await.unwrap();
    assert_eq!(probe(folder.path()).await, Probe::Stopped);
}

#[tokio::test]
async fn a_dropped_cluster_stops_its_server() {
    let folder = Folder::new("dropped");
    let cluster = start(folder.path()).await;
    let server = cluster.server_pid();
    drop(cluster);
    assert!(!lives(server));
}

#[tokio::test]
async fn a_killed_user_leaves_the_server_to_the_next_one() {
    let folder = Folder::new("killed");
    let mut user = User::start(folder.path());
    let (server, _) = user.ready();
    user.signal_group("KILL");
    assert!(lives(server));

    let next = start(folder.path()).await;
    assert_eq!(next.server_pid(), server);
    next.stop().await.unwrap();
    assert!(!lives(server));
}

#[tokio::test]
async fn an_interrupt_from_the_terminal_does_not_reach_the_server() {
    let folder = Folder::new("interrupt");
    let mut user = User::start(folder.path());
    let (server, _) = user.ready();
    user.signal_group("INT");

    let next = start(folder.path()).await;
    assert_eq!(next.server_pid(), server);
}

#[tokio::test]
async fn a_user_killed_while_making_the_cluster_does_no_harm() {
    let folder = Folder::new("making");
    let user = User::start(folder.path());
    let unfinished = folder.path().join("cluster.new");
    eventually("initdb is at work", || unfinished.join("PG_VERSION").exists());
    user.signal_group("KILL");

    let next = start(folder.path()).await;
    assert!(!unfinished.exists());
    next.create_database("jifen", None).await.unwrap();
}

#[tokio::test]
async fn two_processes_build_a_template_once() {
    let folder = Folder::new("template");
    let mut users = [User::start(folder.path()), User::start(folder.path())];
    for user in &mut users {
        user.ready();
    }
    for user in &mut users {
        user.ask("template villages");
    }
    let mut answers = users.each_mut().map(User::answer);
    answers.sort();
    assert_eq!(answers, ["built", "found"]);

    let cluster = start(folder.path()).await;
    cluster.create_database("copy", Some("villages")).await.unwrap();
    users.into_iter().for_each(User::leave);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let folder = Folder::new("looking");
    let missing = folder.path().join("missing");
    assert_eq!(probe(&missing).await, Probe::Absent);
    assert_eq!(probe(folder.path()).await, Probe::Absent);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
