//! The second guard: a tenant transaction opens only with a permission, and sees only its place.

use authz::{Act, Allowed};
use diesel::sql_types::Text;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};

use crate::audit;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::idempotency;

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
    let (done, copies) = audit::gathered(async {
        match enter(connection, allowed, isolation).await {
            Ok(()) => work(connection).await,
            Err(error) => Err(error),
        }
    })
    .await;
    let done = match (done, mode) {
        (Ok(result), Mode::Apply) => before_commit(connection, allowed, &copies).await.map(|()| result),
        (done, _) => done,
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

/// What belongs to an effect is done with it: its idempotency key is marked, and its rows of the log are copied out of
/// the database's reach.
async fn before_commit<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    copies: &[String],
) -> Result<()> {
    idempotency::took_effect(connection, allowed.actor()).await?;
    audit::write_copies(copies)
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

/// What a transaction outside any place is for: which rows of the platform's own tables it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform<'a> {
    /// The jobs of every county, which counties there are, and what has expired.
    Worker,
    /// The account of a log-in.
    Login(&'a str),
    /// An account with its grants and sessions.
    Account(&'a str),
    /// The session of a cookie's hash, in hexadecimal digits.
    Session(&'a str),
    /// The machine token of a hash, in hexadecimal digits.
    Token(&'a str),
    /// The idempotency keys of an actor.
    Actor(&'a str),
    /// Attempts to log in.
    Attempts,
}

impl Platform<'_> {
    fn setting(self) -> Option<(&'static str, String)> {
        match self {
            Self::Worker => Some(("jifen.worker", "on".to_owned())),
            Self::Login(login) => Some(("jifen.login", login.to_owned())),
            Self::Account(account) => Some(("jifen.account", account.to_owned())),
            Self::Session(hash) => Some(("jifen.session", hash.to_owned())),
            Self::Token(hash) => Some(("jifen.token", hash.to_owned())),
            Self::Actor(actor) => Some(("jifen.actor", actor.to_owned())),
            Self::Attempts => None,
        }
    }
}

/// Runs `work` in one transaction that belongs to no place, and reaches what `platform` says and nothing else. What
/// follows from it inside a place is done through [`transaction`].
pub(crate) async fn platform<R>(
    connection: &mut Connection,
    platform: Platform<'_>,
    work: impl AsyncFnOnce(&mut Connection) -> Result<R>,
) -> Result<R> {
    AnsiTransactionManager::begin_transaction(connection).await?;
    let entered = match platform.setting() {
        Some((name, value)) => set(connection, name, &value).await,
        None => Ok(()),
    };
    let done = match entered {
        Ok(()) => work(connection).await,
        Err(error) => Err(error),
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

/// Reaches the idempotency keys of an actor as well, to mark one in the transaction of its effect.
pub(crate) async fn reach_keys(connection: &mut Connection, actor: &str) -> Result<()> {
    set(connection, "jifen.actor", actor).await
}

/// Reaches a person's own account as well, for a verb on it inside a transaction of its place.
pub(crate) async fn reach_account(connection: &mut Connection, account: i64) -> Result<()> {
    set(connection, "jifen.account", &account.to_string()).await
}

async fn set(connection: &mut Connection, name: &str, value: &str) -> Result<()> {
    diesel::sql_query("select set_config($1, $2, true)")
        .bind::<Text, _>(name)
        .bind::<Text, _>(value)
        .execute(connection)
        .await?;
    Ok(())
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
    // Whoever asked may be gone, and the connection wait in the pool with its locks: the server ends it.
    // The interval reaches the planner as an unknown value, so that it expects one row where there are ten
    // thousand, and would join them in nested loops: quadratic. Hash joins cost nothing where there are few.
    diesel::sql_query(
        "select set_config('jifen.lo', $1, true), set_config('jifen.hi', $2, true),
            set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true),
            set_config('idle_in_transaction_session_timeout', '120s', true)",
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
