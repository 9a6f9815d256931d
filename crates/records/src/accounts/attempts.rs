//! Attempts to log in, counted for each log-in and each address, over all processes.
//!
//! A name that does not exist is counted like one that does. A window of a minute lets [`TRIES`] through, so that no
//! sixty seconds see more than twice as many.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Binary, Double, Integer};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;

use crate::database::Connection;
use crate::error::Result;
use crate::tenancy::{self, Platform};

/// How many tries a window lets through to the password check.
const TRIES: i32 = 5;

/// From so many failures in a row on, a log-in is locked for a while after each.
const FREE_FAILURES: u32 = 5;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// A log-in, existing or not.
    Login(&'a str),
    /// An address.
    Address(&'a str),
    /// An account whose holder is logged in and tries the own password or code.
    Own(i64),
}

impl Subject<'_> {
    fn hash(self) -> Vec<u8> {
        let text = match self {
            Self::Login(login) => format!("login\t{login}"),
            Self::Address(address) => format!("address\t{address}"),
            Self::Own(account) => format!("account\t{account}"),
        };
        Digest::of(text.as_bytes()).0.to_vec()
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = Integer)]
    tries: i32,
    /// Seconds until it may be tried again.
    #[diesel(sql_type = Double)]
    locked_for: f64,
    /// Seconds until the window ends.
    #[diesel(sql_type = Double)]
    window_left: f64,
}

/// For how long a log-in is locked after so many failures in a row: a minute after the fifth, twice as long after each
/// further one, an hour at most.
fn lock_out(failures: u32) -> TimeDelta {
    match failures.checked_sub(FREE_FAILURES) {
        None => TimeDelta::zero(),
        Some(beyond) => TimeDelta::minutes(1_i64 << beyond.min(6)).min(TimeDelta::hours(1)),
    }
}

/// Counts a try. Returns for how many seconds nothing may be tried, where it may not.
pub(super) async fn count(connection: &mut Connection, subject: Subject<'_>) -> Result<Option<u32>> {
    tenancy::platform(connection, Platform::Attempts, async |connection| {
        let count: Count = diesel::sql_query(
            "insert into login_attempt as a (subject, window_began_at, tries, failures, not_before)
             values ($1, now(), 1, 0, now())
             on conflict (subject) do update set
                tries = case when a.window_began_at < now() - interval '1 minute' then 1 else a.tries + 1 end,
                window_began_at = case when a.window_began_at < now() - interval '1 minute' then now()
                    else a.window_began_at end
             returning tries, extract(epoch from not_before - now())::float8 as locked_for,
                extract(epoch from window_began_at + interval '1 minute' - now())::float8 as window_left",
        )
        .bind::<Binary, _>(subject.hash())
        .get_result(connection)
        .await?;
        let full = if count.tries > TRIES { count.window_left } else { 0.0 };
        let wait = full.max(count.locked_for).ceil();
        Ok((wait > 0.0).then(|| seconds(wait)))
    })
    .await
}

/// The log-in failed: after several in a row it is locked.
pub(super) async fn failed(connection: &mut Connection, subject: Subject<'_>) -> Result<()> {
    tenancy::platform(connection, Platform::Attempts, async |connection| {
        let row: Failures = diesel::sql_query(
            "update login_attempt set failures = failures + 1 where subject = $1 returning failures, now() as now",
        )
        .bind::<Binary, _>(subject.hash())
        .get_result(connection)
        .await?;
        let not_before = row.now + lock_out(u32::try_from(row.failures).unwrap_or(u32::MAX));
        diesel::sql_query("update login_attempt set not_before = $2 where subject = $1")
            .bind::<Binary, _>(subject.hash())
            .bind::<diesel::sql_types::Timestamptz, _>(not_before)
            .execute(connection)
            .await?;
        Ok(())
    })
    .await
}

#[derive(diesel::QueryableByName)]
struct Failures {
    #[diesel(sql_type = Integer)]
    failures: i32,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    now: DateTime<Utc>,
}

/// The log-in succeeded, or its lock was lifted by whoever sees to it: nothing is held against it.
pub(super) async fn clear(connection: &mut Connection, subject: Subject<'_>) -> Result<()> {
    tenancy::platform(connection, Platform::Attempts, async |connection| forget(connection, subject).await)
        .await
}

/// The same inside a transaction.
pub(super) async fn forget(connection: &mut Connection, subject: Subject<'_>) -> Result<()> {
    let query = "update login_attempt set tries = greatest(tries - 1, 0), failures = 0, not_before = now()
        where subject = $1";
    diesel::sql_query(query).bind::<Binary, _>(subject.hash()).execute(connection).await?;
    Ok(())
}

/// Deletes what is older than a day.
pub(super) async fn delete_old(connection: &mut Connection) -> Result<usize> {
    let query =
        "delete from login_attempt where greatest(window_began_at, not_before) < now() - interval '1 day'";
    Ok(diesel::sql_query(query).execute(connection).await?)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an hour of seconds, not negative"
)]
fn seconds(wait: f64) -> u32 {
    wait.clamp(0.0, 86_400.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_grows_from_a_minute_to_an_hour() {
        let minutes: Vec<_> = (4..=13).map(|failures| lock_out(failures).num_minutes()).collect();
        assert_eq!(minutes, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(lock_out(u32::MAX).num_minutes(), 60);
    }
}
