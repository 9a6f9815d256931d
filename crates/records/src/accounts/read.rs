//! Reads accounts, for those who see to them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::account;

/// An account as its administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// Its row number.
    pub id: i64,
    /// Where the person belongs.
    pub place: Place,
    /// The log-in.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The password was set by somebody else and was not changed yet.
    pub must_change: bool,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it is switched off.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// The accounts that belong to places inside `scope`, in the order of their numbers, after a number.
///
/// # Errors
/// Faults of the database.
pub async fn accounts_of(
    connection: &mut Connection,
    scope: &Place,
    after: i64,
    limit: i64,
) -> Result<Vec<AccountSummary>> {
    let interval = scope.scope();
    let rows: Vec<SummaryRow> = account::table
        .filter(account::county_code.eq(scope.county().digits()))
        .filter(account::place.ge(interval.low))
        .filter(account::place.lt(interval.high))
        .filter(account::id.gt(after))
        .order(account::id)
        .limit(limit)
        .select(SUMMARY)
        .load(connection)
        .await?;
    rows.into_iter().map(summary).collect()
}

/// The account of a number, where it is inside the permission's place.
///
/// # Errors
/// Faults of the database.
pub async fn account(connection: &mut Connection, id: i64) -> Result<Option<AccountSummary>> {
    let row: Option<SummaryRow> =
        account::table.filter(account::id.eq(id)).select(SUMMARY).first(connection).await.optional()?;
    row.map(summary).transpose()
}

/// The account of a log-in inside the permission's place.
///
/// # Errors
/// Faults of the database.
pub async fn account_of_login(connection: &mut Connection, login: &str) -> Result<Option<AccountSummary>> {
    let row: Option<SummaryRow> =
        account::table.filter(account::login.eq(login)).select(SUMMARY).first(connection).await.optional()?;
    row.map(summary).transpose()
}

type SummaryRow =
    (i64, String, (String, String), (bool, Option<Vec<u8>>), (DateTime<Utc>, Option<DateTime<Utc>>));

type SummaryColumns = (
    account::id,
    account::place,
    (account::login, account::name),
    (account::must_change, account::totp_sealed),
    (account::created_at, account::disabled_at),
);

const SUMMARY: SummaryColumns = (
    account::id,
    account::place,
    (account::login, account::name),
    (account::must_change, account::totp_sealed),
    (account::created_at, account::disabled_at),
);

fn summary((id, place, (login, name), (must_change, totp), dates): SummaryRow) -> Result<AccountSummary> {
    let (created_at, disabled_at) = dates;
    let (place, second_factor) = (codec::place(&place)?, totp.is_some());
    Ok(AccountSummary { id, place, login, name, must_change, second_factor, created_at, disabled_at })
}
