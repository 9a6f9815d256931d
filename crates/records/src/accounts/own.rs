//! What a person does with the own account: password, second factor, sessions.

use authz::{Actor, Allowed, OwnAccount};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use serde_json::json;

use super::attempts::{self, Subject};
use super::identity::Identity;
use super::login::open_secret;
use super::{check_password, hash_password, password, second_factor};
use crate::audit;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::schema::{account, session};
use crate::sealing::{Field, Sealer};
use crate::tenancy::{self, Mode};

/// A second factor that is offered and not yet in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The secret in hexadecimal digits, to be confirmed by a code.
    pub secret: String,
    /// What an authenticator reads from a QR code: `otpauth://…`.
    pub address: String,
}

/// Changes the own password: every session ends, a stolen copy of the present one as well; it goes on under a new number.
/// Returns the new number of sessions that hold.
///
/// # Errors
/// Another password than the one in force, and one that is too weak or the same.
pub async fn change_password(
    connection: &mut Connection,
    allowed: &Allowed<OwnAccount>,
    old: &str,
    new: &str,
    moment: &Moment,
) -> Result<i32> {
    let id = account_of(allowed)?;
    let stored = tenancy::transaction(connection, allowed, Mode::DryRun, async |connection| {
        let row: (String, String, String) = account::table
            .filter(account::id.eq(id))
            .select((account::password_hash, account::login, account::name))
            .first(connection)
            .await?;
        Ok(row)
    })
    .await?;
    let (hash, login, name) = stored;
    refuse_too_many(connection, id).await?;
    if !password::is_password(old, Some(hash.clone())).await? {
        failed(connection, allowed, id, "password_change_wrong", moment).await?;
        return Err(Refusal::message("原密码不对，请重新输入"));
    }
    if old == new {
        return Err(Refusal::message("新密码与原密码相同，请换一个"));
    }
    check_password(new, &login, &name)?;
    let new = hash_password(new).await?;
    attempts::clear(connection, Subject::Own(id)).await?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        // Only while the password is still the one that was checked.
        let found = account::table.filter(account::id.eq(id)).filter(account::password_hash.eq(&hash));
        let generation: Option<i32> = diesel::update(found)
            .set((
                account::password_hash.eq(&new),
                account::must_change.eq(false),
                account::generation.eq(account::generation + 1),
            ))
            .returning(account::generation)
            .get_result(connection)
            .await
            .optional()?;
        let generation = generation.ok_or_else(|| Refusal::message("密码刚刚被改过，请重新登录"))?;
        tenancy::reach_account(connection, id).await?;
        diesel::delete(session::table.filter(session::account_id.eq(id))).execute(connection).await?;
        audit::record(connection, allowed, json!({ "event": "password_changed" }), moment).await?;
        Ok(generation)
    })
    .await
}

/// Offers a second factor; it is in use once a code confirms it.
///
/// # Errors
/// No randomness could be had.
pub fn begin_second_factor(login: &str) -> Result<Offered> {
    let secret = second_factor::new_secret()?;
    Ok(Offered { address: second_factor::address(&secret, login)?, secret: hex::encode(secret) })
}

/// Offers a second factor again that a code did not confirm: the authenticator holds it already. None where the text is no
/// secret.
///
/// # Errors
/// A log-in that no authenticator takes.
pub fn offer_second_factor_again(login: &str, offered: &str) -> Result<Option<Offered>> {
    let Some(secret) = second_factor::secret_of(offered) else { return Ok(None) };
    Ok(Some(Offered { address: second_factor::address(&secret, login)?, secret: offered.to_owned() }))
}

/// Puts the offered second factor in use, or ends the use of the present one; a code of the factor confirms either.
///
/// # Errors
/// A code that is wrong or was used.
pub async fn set_second_factor(
    connection: &mut Connection,
    allowed: &Allowed<OwnAccount>,
    identity: &Identity,
    offered: Option<&str>,
    code: &str,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<()> {
    let id = account_of(allowed)?;
    refuse_too_many(connection, id).await?;
    let set = tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let (sealed, used): (Option<Vec<u8>>, i64) = account::table
            .filter(account::id.eq(id))
            .select((account::totp_sealed, account::totp_step))
            .for_no_key_update()
            .first(connection)
            .await?;
        let secret = match (offered, &sealed) {
            (Some(_), Some(_)) => return Err(Refusal::message("已经启用了动态口令，请先停用")),
            (Some(offered), None) => second_factor::secret_of(offered)
                .ok_or_else(|| Refusal::message("密钥不是取得的那个，请重新开始"))?,
            (None, Some(sealed)) => open_secret(sealer, identity, sealed)?,
            (None, None) => return Ok(true),
        };
        let step = second_factor::step_of(&secret, code, moment.wall.timestamp(), used)?;
        let Some(step) = step else { return Ok(false) };
        let sealed = match offered {
            Some(offered) => Some(sealer.seal(&identity.home, Field::SecondFactor(id), offered)?),
            None => None,
        };
        diesel::update(account::table.filter(account::id.eq(id)))
            .set((account::totp_sealed.eq(sealed), account::totp_step.eq(step)))
            .execute(connection)
            .await?;
        let event = if offered.is_some() { "second_factor_set" } else { "second_factor_ended" };
        audit::record(connection, allowed, json!({ "event": event }), moment).await?;
        Ok(true)
    })
    .await?;
    if set {
        return attempts::clear(connection, Subject::Own(id)).await;
    }
    failed(connection, allowed, id, "second_factor_wrong", moment).await?;
    Err(Refusal::message("动态口令不对或刚刚用过，请输入验证器上的下一个"))
}

/// A session does not let its holder try more passwords and codes than logging in does.
async fn refuse_too_many(connection: &mut Connection, account: i64) -> Result<()> {
    match attempts::count(connection, Subject::Own(account)).await? {
        Some(wait) => Err(Error::Refused(Refusal::TooMany(wait))),
        None => Ok(()),
    }
}

/// Counts and logs a wrong password or code.
async fn failed(
    connection: &mut Connection,
    allowed: &Allowed<OwnAccount>,
    account: i64,
    event: &str,
    moment: &Moment,
) -> Result<()> {
    attempts::failed(connection, Subject::Own(account)).await?;
    audit::note(connection, allowed, json!({ "event": event }), moment).await
}

/// Ends one of the own sessions; one that has ended already is success.
///
/// # Errors
/// Faults of the database.
pub async fn end_session(
    connection: &mut Connection,
    allowed: &Allowed<OwnAccount>,
    id: &Digest,
    moment: &Moment,
) -> Result<bool> {
    let account = account_of(allowed)?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        tenancy::reach_account(connection, account).await?;
        let own =
            session::table.filter(session::id.eq(id.0.to_vec())).filter(session::account_id.eq(account));
        let ended = diesel::delete(own).execute(connection).await? == 1;
        if ended {
            audit::record(connection, allowed, json!({ "event": "session_ended" }), moment).await?;
        }
        Ok(ended)
    })
    .await
}

/// Logs that a person logged out.
///
/// # Errors
/// Faults of the database.
pub async fn note_log_out(
    connection: &mut Connection,
    allowed: &Allowed<OwnAccount>,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        audit::record(connection, allowed, json!({ "event": "log_out" }), moment).await
    })
    .await
}

fn account_of(allowed: &Allowed<OwnAccount>) -> Result<i64> {
    match allowed.actor() {
        Actor::Person(person) => Ok(person.account),
        _ => Err(Refusal::message("只有登录的人有自己的账号")),
    }
}
