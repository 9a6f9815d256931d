//! Brings the schema up to date, as its owner, one process at a time.

use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::database::connect_alone;
use crate::error::{Error, Refusal, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// The key of the advisory lock; diesel takes none, and two runs at once fail.
const LOCK: i64 = 0x006a_6966_656e;

#[derive(diesel::QueryableByName)]
struct CurrentRow {
    #[diesel(sql_type = Bool)]
    current: bool,
}

/// Applies what is pending. Returns the names of the migrations that were applied.
///
/// # Errors
/// A migration that fails (it is rolled back), or a database that cannot be reached.
pub async fn migrate(owner_url: &str) -> Result<Vec<String>> {
    let mut lock = connect_alone(owner_url).await?;
    diesel::sql_query("select pg_advisory_lock($1)").bind::<BigInt, _>(LOCK).execute(&mut lock).await?;
    let connection = connect_alone(owner_url).await?;
    let applied = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        harness
            .run_pending_migrations(MIGRATIONS)
            .map(|applied| applied.iter().map(ToString::to_string).collect())
            .map_err(|error| Refusal::message(format!("数据库升级失败，已撤回：{error}")))
    })
    .await
    .map_err(|error| Error::Corrupt(error.to_string()))?;
    if applied.is_ok() {
        // Every role may see which migrations are applied, so that a program can tell whether it fits.
        diesel::sql_query("grant select on __diesel_schema_migrations to jifen_program, jifen_backup")
            .execute(&mut lock)
            .await?;
    }
    diesel::sql_query("select pg_advisory_unlock($1)").bind::<BigInt, _>(LOCK).execute(&mut lock).await?;
    applied
}

/// Undoes every migration; for the test that both ways work.
///
/// # Errors
/// As for [`migrate`].
pub async fn revert_all(owner_url: &str) -> Result<()> {
    let connection = connect_alone(owner_url).await?;
    tokio::task::spawn_blocking(move || {
        AsyncMigrationHarness::new(connection)
            .revert_all_migrations(MIGRATIONS)
            .map(drop)
            .map_err(|error| Refusal::message(format!("数据库降级失败：{error}")))
    })
    .await
    .map_err(|error| Error::Corrupt(error.to_string()))?
}

/// Whether the newest migration of this program is applied, as any role can see.
///
/// # Errors
/// A database that cannot be reached.
pub async fn is_current(connection: &mut crate::Connection) -> Result<bool> {
    let exists: CurrentRow =
        diesel::sql_query("select to_regclass('public.__diesel_schema_migrations') is not null as current")
            .get_result(connection)
            .await?;
    if !exists.current {
        return Ok(false);
    }
    let row: CurrentRow = diesel::sql_query(
        "select coalesce(max(version) = $1, false) as current from public.__diesel_schema_migrations",
    )
    .bind::<Text, _>(env!("JIFEN_NEWEST_MIGRATION"))
    .get_result(connection)
    .await?;
    Ok(row.current)
}

/// A name for the schema as these migrations make it: the start of the digest of their texts.
pub fn fingerprint() -> &'static str {
    env!("JIFEN_MIGRATIONS")
}
