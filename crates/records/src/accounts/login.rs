//! Logging in: attempts counted first, then the password, then the second factor.

use authz::{Guard, Origin, OwnAccount};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::attempts::{self, Subject};
use super::identity::{ACCOUNT, AccountRow, Identity, with_grants};
use super::{password, second_factor};
use crate::audit;
use crate::database::{Connection, Database};
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::schema::account;
use crate::sealing::{Field, Sealer};
use crate::tenancy::{self, Mode, Platform};

/// What somebody logs in with.
#[derive(Clone)]
pub struct Credentials {
    /// The log-in.
    pub login: String,
    /// The password.
    pub password: String,
    /// The code of the second factor, where it is asked for.
    pub code: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Logged in.
    Done(Box<Identity>),
    /// Too many tries; the seconds to wait.
    TooMany(u32),
    /// Log-in or password are wrong, or the account is switched off: one answer for all three.
    Wrong,
    /// The password is right; the code of the second factor is missing.
    CodeNeeded,
    /// The password is right; the code is not, or was used.
    CodeWrong,
}

/// Logs in. Every attempt is counted before the password is looked at; a name that does not exist takes as long as one
/// that does. What came of it is logged where the account belongs.
///
/// # Errors
/// Faults of the database.
pub async fn log_in(
    database: &Database,
    guard: &Guard,
    credentials: &Credentials,
    origin: &Origin,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Attempt> {
    let login = credentials.login.trim().to_lowercase();
    let address = Subject::Address(&origin.address);
    let found = {
        let mut connection = database.connection().await?;
        for subject in [address, Subject::Login(&login)] {
            if let Some(wait) = attempts::count(&mut connection, subject).await? {
                return Ok(Attempt::TooMany(wait));
            }
        }
        account_of(&mut connection, &login, moment).await?
    };
    // No connection is held while passwords wait for their turn.
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let right = password::is_password(&credentials.password, hash).await?;
    let mut attempt = match &found {
        Some(found) if right => check_code(found, credentials.code.as_deref(), sealer, moment)?,
        _ => Checked::Wrong,
    };
    let connection = &mut *database.connection().await?;
    if attempt == Checked::Wrong || attempt == Checked::CodeWrong {
        attempts::failed(connection, Subject::Login(&login)).await?;
    }
    if let Some(found) = &found {
        let person = found.identity.acting(None, origin.clone());
        let allowed = guard.allow_own(&person).map_err(|denied| Refusal::message(denied.to_string()))?;
        if !note(connection, &allowed, attempt, moment).await? {
            attempt = Checked::CodeWrong;
        }
    }
    Ok(match (attempt, found) {
        (Checked::Done(_), Some(found)) => {
            attempts::clear(connection, Subject::Login(&login)).await?;
            attempts::clear(connection, address).await?;
            Attempt::Done(Box::new(found.identity))
        }
        (Checked::CodeNeeded, _) => {
            attempts::clear(connection, address).await?;
            Attempt::CodeNeeded
        }
        (Checked::CodeWrong, _) => Attempt::CodeWrong,
        _ => Attempt::Wrong,
    })
}

/// An account as logging in needs it.
struct Found {
    identity: Identity,
    password_hash: String,
    totp_sealed: Option<Vec<u8>>,
    totp_step: i64,
}

async fn account_of(connection: &mut Connection, login: &str, moment: &Moment) -> Result<Option<Found>> {
    let today = moment.local().date();
    tenancy::platform(connection, Platform::Login(login), async |connection| {
        let row: Option<(AccountRow, String, i64)> = account::table
            .filter(account::login.eq(login))
            .filter(account::disabled_at.is_null())
            .select((ACCOUNT, account::password_hash, account::totp_step))
            .first(connection)
            .await
            .optional()?;
        let Some((row, password_hash, totp_step)) = row else { return Ok(None) };
        tenancy::reach_account(connection, row.0).await?;
        let totp_sealed = row.5.clone();
        let identity = with_grants(connection, row, today).await?;
        Ok(Some(Found { identity, password_hash, totp_sealed, totp_step }))
    })
    .await
}

/// How far an attempt came; the step of its code, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checked {
    Done(Option<i64>),
    CodeNeeded,
    CodeWrong,
    Wrong,
}

fn check_code(found: &Found, code: Option<&str>, sealer: &Sealer, moment: &Moment) -> Result<Checked> {
    let Some(sealed) = &found.totp_sealed else { return Ok(Checked::Done(None)) };
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else { return Ok(Checked::CodeNeeded) };
    let secret = open_secret(sealer, &found.identity, sealed)?;
    let step = second_factor::step_of(&secret, code, moment.wall.timestamp(), found.totp_step)?;
    Ok(step.map_or(Checked::CodeWrong, |step| Checked::Done(Some(step))))
}

/// The secret of an account's second factor.
pub(super) fn open_secret(sealer: &Sealer, identity: &Identity, sealed: &[u8]) -> Result<Vec<u8>> {
    let text = sealer
        .open(&identity.home, Field::SecondFactor(identity.account), sealed)
        .map_err(|error| Error::Corrupt(error.to_string()))?;
    hex::decode(text).map_err(|error| Error::Corrupt(error.to_string()))
}

/// Logs an attempt where the account belongs; a code that was right is used up in the same transaction. Returns whether it
/// was: of several log-ins at once, one uses it.
async fn note(
    connection: &mut Connection,
    allowed: &authz::Allowed<OwnAccount>,
    attempt: Checked,
    moment: &Moment,
) -> Result<bool> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let authz::Actor::Person(person) = allowed.actor() else { return Ok(true) };
        if let Checked::Done(Some(step)) = attempt {
            let unused =
                account::table.filter(account::id.eq(person.account)).filter(account::totp_step.lt(step));
            let used = diesel::update(unused).set(account::totp_step.eq(step)).execute(connection).await?;
            if used != 1 {
                return Ok(false);
            }
        }
        let event = match attempt {
            Checked::Done(_) => "log_in",
            Checked::CodeNeeded => "log_in_code_needed",
            Checked::CodeWrong => "log_in_code_wrong",
            Checked::Wrong => "log_in_wrong",
        };
        audit::record(connection, allowed, json!({ "event": event }), moment).await?;
        Ok(true)
    })
    .await
}
