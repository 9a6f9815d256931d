//! Roles, databases, templates and keys.

use local_postgres::{Cluster, ClusterError, Options, Role, Template};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use crate::support::{Folder, connect, setting, start};

#[tokio::test]
async fn each_role_may_do_what_it_is_for() {
    let folder = Folder::new("roles");
    let cluster = start(folder.path()).await;
    check_role(&cluster, Role::Owner, "bypasses").await;
    check_role(&cluster, Role::Program, "bound").await;
    check_role(&cluster, Role::Backup, "bypasses").await;
    check_role(&cluster, Role::Superuser, "superuser bypasses").await;
    assert_eq!(setting(&cluster, Role::Program, "plan_cache_mode").await, "force_custom_plan");
    assert_eq!(setting(&cluster, Role::Backup, "default_transaction_read_only").await, "on");
}

#[tokio::test]
async fn a_changed_role_is_put_right_at_the_next_start() {
    let folder = Folder::new("repair");
    let first = start(folder.path()).await;
    let keeper = connect(&first, Role::Superuser, "postgres").await;
    keeper.batch_execute("ALTER ROLE jifen_program BYPASSRLS CREATEDB PASSWORD 'other'").await.unwrap();
    let second = start(folder.path()).await;
    check_role(&second, Role::Program, "bound").await;
}

#[tokio::test]
async fn nobody_gets_in_without_the_password_or_over_the_network() {
    let folder = Folder::new("password");
    let cluster = start(folder.path()).await;
    assert_eq!(setting(&cluster, Role::Program, "listen_addresses").await, "");
    let right = cluster.url(Role::Superuser, "postgres");
    let (user_and_password, place) = right.split_once('@').unwrap();
    let (user, _) = user_and_password.rsplit_once(':').unwrap();
    let wrong = format!("{user}:wrong@{place}");
    let refusal = tokio_postgres::connect(&wrong, NoTls).await.err().unwrap();
    assert_eq!(refusal.code(), Some(&SqlState::INVALID_PASSWORD));
}

#[tokio::test]
async fn a_cluster_stays_as_durable_as_it_was_made() {
    let folder = Folder::new("durable");
    for (name, durable, fsync) in [("fleeting", false, "off"), ("lasting", true, "on")] {
        let data = folder.inner(name);
        let made = Cluster::start(&Options { data: data.clone(), durable }).await.unwrap();
        made.stop().await.unwrap();
        let joined = Cluster::start(&Options { data, durable: !durable }).await.unwrap();
        assert_eq!(setting(&joined, Role::Owner, "fsync").await, fsync);
    }
}

#[tokio::test]
async fn a_database_belongs_to_the_owner_until_it_is_dropped() {
    let folder = Folder::new("database");
    let cluster = start(folder.path()).await;
    cluster.ensure_database("jifen").await.unwrap();
    cluster.ensure_database("jifen").await.unwrap();
    let owner = connect(&cluster, Role::Owner, "jifen").await;
    owner.batch_execute("CREATE TABLE village (code text)").await.unwrap();
    let program = connect(&cluster, Role::Program, "jifen").await;
    let refusal = program.batch_execute("DROP TABLE village").await.unwrap_err();
    assert_eq!(refusal.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    let backup = connect(&cluster, Role::Backup, "jifen").await;
    assert_eq!(count_villages(&backup).await, 0);

    cluster.drop_database("jifen").await.unwrap();
    assert!(!cluster.database_exists("jifen").await.unwrap());
    cluster.drop_database("jifen").await.unwrap();
}

#[tokio::test]
async fn a_name_that_needs_quoting_is_refused() {
    let folder = Folder::new("names");
    let cluster = start(folder.path()).await;
    let refusal = cluster.create_database("a\"b", None).await.unwrap_err();
    assert!(matches!(refusal, ClusterError::InvalidName(_)), "{refusal}");
    let refusal = cluster.secret("../key").await.unwrap_err();
    assert!(matches!(refusal, ClusterError::InvalidName(_)), "{refusal}");
}

#[tokio::test]
async fn a_template_is_built_once_and_copied_with_its_content() {
    let folder = Folder::new("copies");
    let cluster = start(folder.path()).await;
    cluster.create_database("villages_building", None).await.unwrap();
    assert_eq!(cluster.template("villages", fill).await.unwrap(), Template::Built);
    assert!(!cluster.database_exists("villages_building").await.unwrap());
    assert_eq!(cluster.template("villages", fill).await.unwrap(), Template::Found);

    cluster.create_database("copy", Some("villages")).await.unwrap();
    let copy = connect(&cluster, Role::Owner, "copy").await;
    assert_eq!(count_villages(&copy).await, 1);
    cluster.drop_database("villages").await.unwrap();
    assert!(!cluster.database_exists("villages").await.unwrap());
}

#[tokio::test]
async fn a_template_that_fails_leaves_nothing() {
    let folder = Folder::new("failing");
    let cluster = start(folder.path()).await;
    let failing = |_url: String| async { Err::<(), _>("no migration") };
    let refusal = cluster.template("villages", failing).await.unwrap_err();
    assert!(refusal.to_string().contains("no migration"), "{refusal}");
    assert!(!cluster.database_exists("villages").await.unwrap());
    assert!(!cluster.database_exists("villages_building").await.unwrap());
}

#[tokio::test]
async fn a_key_is_made_once() {
    let folder = Folder::new("key");
    let cluster = start(folder.path()).await;
    let (one, other) = tokio::join!(cluster.secret("sealing"), cluster.secret("sealing"));
    let key = one.unwrap();
    assert_eq!(key, other.unwrap());
    assert_ne!(key, cluster.secret("index").await.unwrap());
    cluster.stop().await.unwrap();
    assert_eq!(start(folder.path()).await.secret("sealing").await.unwrap(), key);
}

async fn check_role(cluster: &Cluster, role: Role, expected: &str) {
    let client = connect(cluster, role, "postgres").await;
    let question = "SELECT concat_ws(' ',
            CASE WHEN rolsuper THEN 'superuser' WHEN rolcreatedb OR rolcreaterole THEN 'creates' END,
            CASE WHEN rolbypassrls THEN 'bypasses' ELSE 'bound' END)
        FROM pg_roles WHERE rolname = current_user";
    let row = client.query_one(question, &[]).await.expect("the role");
    assert_eq!(row.get::<_, String>(0), expected, "{role:?}");
}

async fn count_villages(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM village", &[]).await.expect("a table").get(0)
}

/// Fills a template, and leaves its connection to be closed by whoever turns it into one.
async fn fill(url: String) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    client
        .batch_execute("CREATE TABLE village (code text); INSERT INTO village VALUES ('440229100204')")
        .await
}
