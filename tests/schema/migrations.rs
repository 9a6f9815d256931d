//! Migrations: each way leads where it says, and two runs at once do not meet.

use std::fs;

use local_postgres::Role;
use records::migrations::{migrate, revert_all};
use testkit::TestDatabase;
use tokio_postgres::Client;

use super::committed::schema;
use super::keys::{foreign_keys, indexes};
use super::privileges::grants;
use super::security::policies;
use super::{MIGRATIONS, lines, migrated};
use crate::architecture::root;

/// Tables, views, sequences, functions and types of their own in the schema.
const EVERYTHING: &str = "
    select relname::text from pg_class
    where relnamespace = 'public'::regnamespace and relkind not in ('i', 'I')
    union all
    select proname::text from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select typname::text from pg_type
    where typnamespace = 'public'::regnamespace and typtype in ('d', 'e', 'r')";

#[tokio::test(flavor = "multi_thread")]
async fn undone_they_leave_nothing_and_applied_again_they_make_the_same() {
    let (database, owner) = migrated().await;
    let before = catalogue(&owner).await;
    revert_all(&database.url(Role::Owner)).await.expect("undone");
    assert_eq!(lines(&owner, EVERYTHING).await, [MIGRATIONS]);
    migrate(&database.url(Role::Owner)).await.expect("applied");
    assert_eq!(catalogue(&owner).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_at_once_one_applies_everything_and_the_other_nothing() {
    let database = TestDatabase::bare().await;
    let url = database.url(Role::Owner);
    let (one, other) = tokio::join!(migrate(&url), migrate(&url));
    let mut applied = [one.expect("applied").len(), other.expect("applied").len()];
    applied.sort_unstable();
    assert_eq!(applied, [0, written()]);
}

/// Everything that the other tests look at, in one list.
async fn catalogue(owner: &Client) -> Vec<String> {
    let mut lines: Vec<String> = schema(owner).await.lines().map(str::to_owned).collect();
    lines.extend(policies(owner).await);
    lines.extend(grants(owner).await);
    lines.extend(indexes(owner).await);
    lines.extend(foreign_keys(owner).await);
    lines
}

/// How many migrations there are.
fn written() -> usize {
    let folders = fs::read_dir(root().join("migrations")).expect("the migrations");
    folders
        .filter(|folder| folder.as_ref().is_ok_and(|folder| folder.path().join("up.sql").is_file()))
        .count()
}
