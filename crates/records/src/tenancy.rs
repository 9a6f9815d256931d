//! The second guard: a tenant transaction opens only with a permission, and sees only its place.

use authz::{Act, Allowed};
use diesel::sql_types::Text;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};

use crate::database::Connection;
use crate::error::{Error, Result};

/// Whether a verb keeps what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Apply,
    /// It does everything, reports, and undoes it (试导入).
    DryRun,
}

/// Runs `work` in one transaction whose rows are those of the permission's place.
///
/// Commits when `work` succeeds and `mode` says so; rolls back otherwise.
///
/// # Errors
/// What `work` refuses, and faults of the database.
pub async fn transaction<A: Act, R>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    mode: Mode,
    work: impl AsyncFnOnce(&mut Connection) -> Result<R>,
) -> Result<R> {
    run(connection, allowed, mode, "", work).await
}

async fn run<A: Act, R>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    mode: Mode,
    isolation: &str,
    work: impl AsyncFnOnce(&mut Connection) -> Result<R>,
) -> Result<R> {
    AnsiTransactionManager::begin_transaction(connection).await?;
    let done = match enter(connection, allowed, isolation).await {
        Ok(()) => work(connection).await,
        Err(error) => Err(error),
    };
    match (done, mode) {
        (Ok(result), Mode::Apply) => {
            AnsiTransactionManager::commit_transaction(connection).await?;
            Ok(result)
        }
        (result, _) => {
            let rolled_back = AnsiTransactionManager::rollback_transaction(connection).await;
            let result = result?;
            rolled_back?;
            Ok(result)
        }
    }
}

/// Runs `work` in one read-only snapshot of the permission's place.
///
/// # Errors
/// Faults of the database.
pub async fn read<A: Act, R>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    work: impl AsyncFnOnce(&mut Connection) -> Result<R>,
) -> Result<R> {
    run(connection, allowed, Mode::DryRun, "set transaction isolation level repeatable read read only", work)
        .await
}

/// Runs `work` in one transaction that sees the jobs of every county, and which counties there are; nothing
/// else. What a job then does, it does through [`transaction`] inside its own place.
pub(crate) async fn jobs<R>(
    connection: &mut Connection,
    work: impl AsyncFnOnce(&mut Connection) -> Result<R>,
) -> Result<R> {
    AnsiTransactionManager::begin_transaction(connection).await?;
    let entered =
        diesel::sql_query("select set_config('jifen.worker', 'on', true)").execute(connection).await;
    let done = match entered {
        Ok(_) => work(connection).await,
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(result) => {
            AnsiTransactionManager::commit_transaction(connection).await?;
            Ok(result)
        }
        Err(error) => {
            // What the work said is told, not what undoing it said after.
            drop(AnsiTransactionManager::rollback_transaction(connection).await);
            Err(error)
        }
    }
}

async fn enter<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    isolation: &str,
) -> Result<(), Error> {
    if !isolation.is_empty() {
        diesel::sql_query(isolation).execute(connection).await?;
    }
    let scope = allowed.place().scope();
    // The interval reaches the planner as an unknown value, so that it expects one row where there are ten
    // thousand, and would join them in nested loops: quadratic. Hash joins cost nothing where there are few.
    diesel::sql_query(
        "select set_config('jifen.lo', $1, true), set_config('jifen.hi', $2, true),
            set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)",
    )
    .bind::<Text, _>(scope.low)
    .bind::<Text, _>(scope.high)
    .execute(connection)
    .await?;
    Ok(())
}

/// Rows that row-level security hides are not joined and would be lost silently: a bulk statement compares.
pub(crate) fn all_written(written: usize, expected: usize) -> Result<()> {
    if written == expected {
        Ok(())
    } else {
        Err(Error::Corrupt(format!("应写入 {expected} 行，实写 {written} 行")))
    }
}

/// Runs a statement that writes many rows.
///
/// The program's role plans every query anew, since a plan kept for one scope is wrong for another. The checks
/// of foreign keys are queries too, one per row, and planning each of them takes ten times as long as running
/// it: for such a statement their plans are kept. Such a plan outlives the rows that it was made for: made while
/// the month's closings were none, it reads them one by one for every row, and a county of 1,800 villages takes
/// twice as long as it should. Hence no sequential scans here.
pub(crate) async fn bulk_write<R>(
    connection: &mut Connection,
    statement: impl AsyncFnOnce(&mut Connection) -> Result<R>,
) -> Result<R> {
    bulk(connection, "auto", "off").await?;
    let result = statement(connection).await?;
    bulk(connection, "force_custom_plan", "on").await?;
    Ok(result)
}

async fn bulk(connection: &mut Connection, plans: &str, sequential: &str) -> Result<()> {
    diesel::sql_query(
        "select set_config('plan_cache_mode', $1, true), set_config('enable_seqscan', $2, true)",
    )
    .bind::<Text, _>(plans)
    .bind::<Text, _>(sequential)
    .execute(connection)
    .await?;
    Ok(())
}
