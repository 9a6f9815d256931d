//! Who a session belongs to: the account, and the grants that hold today.

use authz::{Hat, Origin, Person, Role};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{account, role_grant};
use crate::tenancy::{self, Platform};

/// An account with the grants that hold on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The row number of the account.
    pub account: i64,
    /// Where the person belongs.
    pub home: Place,
    /// The log-in.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The password was set by somebody else and must be changed first.
    pub must_change: bool,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// Sessions of an earlier number have ended.
    pub generation: i32,
    /// The grants, the highest place first.
    pub hats: Vec<Hat>,
}

impl Identity {
    /// The person, acting under one of the grants; under none where it does not hold.
    pub fn acting(&self, grant: Option<i64>, origin: Origin) -> Person {
        let hat = self.hats.iter().find(|hat| Some(hat.grant) == grant).copied();
        Person { account: self.account, home: self.home, hat, origin }
    }
}

pub(super) type AccountRow = (i64, String, String, String, bool, Option<Vec<u8>>, i32);

pub(super) const ACCOUNT: (
    account::id,
    account::place,
    account::login,
    account::name,
    account::must_change,
    account::totp_sealed,
    account::generation,
) = (
    account::id,
    account::place,
    account::login,
    account::name,
    account::must_change,
    account::totp_sealed,
    account::generation,
);

/// The account of a number with the grants that hold on a local date; none where it is switched off.
///
/// # Errors
/// Faults of the database.
pub async fn identity_of(
    connection: &mut Connection,
    account: i64,
    today: NaiveDate,
) -> Result<Option<Identity>> {
    tenancy::platform(connection, Platform::Account(&account.to_string()), async |connection| {
        let row: Option<AccountRow> = account::table
            .filter(account::id.eq(account))
            .filter(account::disabled_at.is_null())
            .select(ACCOUNT)
            .first(connection)
            .await
            .optional()?;
        match row {
            Some(row) => Ok(Some(with_grants(connection, row, today).await?)),
            None => Ok(None),
        }
    })
    .await
}

/// Adds the grants that hold on a day, in a transaction that reaches the account.
pub(super) async fn with_grants(
    connection: &mut Connection,
    (account, home, login, name, must_change, second_factor, generation): AccountRow,
    today: NaiveDate,
) -> Result<Identity> {
    let home = codec::place(&home)?;
    let rows: Vec<(i64, String, String)> = role_grant::table
        .filter(role_grant::county_code.eq(home.county().digits()))
        .filter(role_grant::account_id.eq(account))
        .filter(role_grant::revoked_at.is_null())
        .filter(role_grant::valid_from.le(today))
        .filter(role_grant::valid_until.is_null().or(role_grant::valid_until.ge(today)))
        .order((role_grant::place, role_grant::id))
        .select((role_grant::id, role_grant::role, role_grant::place))
        .load(connection)
        .await?;
    let hats: Result<Vec<Hat>> = rows
        .into_iter()
        .map(|(grant, role, place)| Ok(Hat { grant, role: role_of(&role)?, place: codec::place(&place)? }))
        .collect();
    let second_factor = second_factor.is_some();
    Ok(Identity { account, home, login, name, must_change, second_factor, generation, hats: hats? })
}

/// The role of a stored name.
pub(super) fn role_of(name: &str) -> Result<Role> {
    Role::of_name(name).ok_or_else(|| Error::Corrupt(format!("角色 {name}")))
}
