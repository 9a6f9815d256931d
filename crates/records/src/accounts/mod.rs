//! Accounts (账号): made, switched off and on, and given new passwords by the level above; roles, sessions, second
//! factors and machine tokens beside them.

mod attempts;
mod delegations;
mod grants;
mod identity;
mod login;
mod own;
mod password;
mod read;
mod second_factor;
pub mod sessions;
mod tokens;

use authz::{Allowed, ManageAccounts, check_delegation};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::{Level, Place};
use serde_json::json;

use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places::refuse_unknown;
use crate::schema::{account, role_grant, session};
use crate::tenancy::{self, Mode};

pub use delegations::{delegate, delegated};
pub use grants::{GrantRow, NewGrant, grant_role, grants_of, revoke_role};
pub use identity::{Identity, identity_of};
pub use login::{Attempt, Credentials, log_in};
pub use own::{
    Offered, begin_second_factor, change_password, end_session, note_log_out, offer_second_factor_again,
    set_second_factor,
};
pub use password::initial_password;
use password::{check_password, hash_password};
pub use read::{AccountSummary, account, account_of_login, accounts_of};
pub use tokens::{NewToken, TokenRow, issue_token, machine_of, revoke_token, tokens_of};

/// An account to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The log-in: 3 to 40 small letters, digits, dots, hyphens and underscores.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The first password.
    pub password: String,
    /// Whether the first log-in changes it.
    pub must_change: bool,
}

/// Refuses an account whose log-in, name or password cannot be.
///
/// # Errors
/// The reason, with the remedy.
pub fn check_new(new: &NewAccount) -> Result<()> {
    check_login(&new.login)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 40 {
        return Err(Refusal::message("姓名应为 1 到 40 个字"));
    }
    check_password(&new.password, &new.login, name)
}

/// Makes an account of the permission's place. Returns its row number.
///
/// # Errors
/// A log-in that is taken or malformed, a password that is too weak, a town that may not see to its villages.
pub async fn add_account(
    connection: &mut Connection,
    allowed: &Allowed<ManageAccounts>,
    new: &NewAccount,
    moment: &Moment,
) -> Result<i64> {
    check_new(new)?;
    let name = new.name.trim();
    let hash = hash_password(&new.password).await?;
    let place = allowed.place();
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        if place.level() == Level::Household {
            return Err(Refusal::message("农户不用账号，请用户码"));
        }
        refuse_unknown(connection, &place).await?;
        check_town(connection, allowed, &place).await?;
        let id: Option<i64> = diesel::insert_into(account::table)
            .values((
                account::county_code.eq(place.county().digits()),
                account::place.eq(place.digits()),
                account::login.eq(&new.login),
                account::name.eq(name),
                account::password_hash.eq(&hash),
                account::must_change.eq(new.must_change),
                account::created_at.eq(moment.now),
            ))
            .on_conflict(account::login)
            .do_nothing()
            .returning(account::id)
            .get_result(connection)
            .await
            .optional()?;
        let id = id.ok_or_else(|| taken(&new.login))?;
        audit::record(connection, allowed, json!({ "account_added": id }), moment).await?;
        Ok(id)
    })
    .await
}

/// Takes up an account that was made and never got a role, as if it were new: name and password are those given, and it
/// is switched on. Returns its row number; none where the permission's place has no account of that log-in: one that was
/// left in another county is not seen, and its log-in stays taken.
///
/// # Errors
/// An account that has or had a role, a name or password that cannot be, a town that may not see to its villages.
pub async fn take_up_account(
    connection: &mut Connection,
    allowed: &Allowed<ManageAccounts>,
    new: &NewAccount,
    moment: &Moment,
) -> Result<Option<i64>> {
    check_new(new)?;
    let hash = hash_password(&new.password).await?;
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        let Some(found) = account_of_login(connection, &new.login).await? else { return Ok(None) };
        check_town(connection, allowed, &found.place).await?;
        // Its roles count wherever they are, above as well.
        tenancy::reach_account(connection, found.id).await?;
        let roles: i64 = role_grant::table
            .filter(role_grant::county_code.eq(found.place.county().digits()))
            .filter(role_grant::account_id.eq(found.id))
            .count()
            .get_result(connection)
            .await?;
        if roles > 0 {
            return Err(taken(&new.login));
        }
        diesel::update(account::table.filter(account::id.eq(found.id)))
            .set((
                account::name.eq(new.name.trim()),
                account::password_hash.eq(&hash),
                account::must_change.eq(new.must_change),
                account::generation.eq(account::generation + 1),
                account::totp_sealed.eq(None::<Vec<u8>>),
                account::disabled_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .await?;
        end_sessions(connection, found.id).await?;
        attempts::forget(connection, attempts::Subject::Login(&found.login)).await?;
        audit::record(connection, allowed, json!({ "account_taken_up": found.id }), moment).await?;
        Ok(Some(found.id))
    })
    .await
}

/// Gives an account of a place below a new password: its sessions end, its second factor is gone, its lock is lifted,
/// and the next log-in changes the password.
///
/// # Errors
/// An account that is not there, that belongs to the own level or holds a role there or above, a weak password.
pub async fn reset_password(
    connection: &mut Connection,
    allowed: &Allowed<ManageAccounts>,
    id: i64,
    password: &str,
    moment: &Moment,
) -> Result<()> {
    let hash = hash_password(password).await?;
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        let found = below(connection, allowed, id).await?;
        check_password(password, &found.login, &found.name)?;
        diesel::update(account::table.filter(account::id.eq(id)))
            .set((
                account::password_hash.eq(&hash),
                account::must_change.eq(true),
                account::generation.eq(account::generation + 1),
                account::totp_sealed.eq(None::<Vec<u8>>),
            ))
            .execute(connection)
            .await?;
        end_sessions(connection, id).await?;
        attempts::forget(connection, attempts::Subject::Login(&found.login)).await?;
        audit::record(connection, allowed, json!({ "password_reset": id }), moment).await
    })
    .await
}

/// Switches an account off, so that its sessions end, or on again.
///
/// # Errors
/// An account that is not there or belongs to the own level, and the last administrator of a place.
pub async fn set_disabled(
    connection: &mut Connection,
    allowed: &Allowed<ManageAccounts>,
    id: i64,
    disabled: bool,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        let found = below(connection, allowed, id).await?;
        if found.disabled_at.is_some() == disabled {
            return Ok(());
        }
        if disabled {
            grants::refuse_last_of_account(connection, id, &found.place, moment).await?;
        }
        diesel::update(account::table.filter(account::id.eq(id)))
            .set((
                account::disabled_at.eq(disabled.then_some(moment.now)),
                account::generation.eq(account::generation + 1),
            ))
            .execute(connection)
            .await?;
        end_sessions(connection, id).await?;
        let event = if disabled { "account_disabled" } else { "account_enabled" };
        audit::record(connection, allowed, json!({ event: id }), moment).await
    })
    .await
}

fn taken(login: &str) -> Error {
    Refusal::message(format!("登录名“{login}”已有人使用，请换一个"))
}

fn check_login(login: &str) -> Result<()> {
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let fits = (3..=40).contains(&login.len())
        && login.starts_with(letters)
        && login.chars().all(|letter| letters(letter) || "._-".contains(letter));
    if fits {
        Ok(())
    } else {
        Err(Refusal::message("登录名应为 3 到 40 个小写字母、数字、点、横线或下划线，以字母或数字开头"))
    }
}

/// Refuses a town that the county does not let see to the accounts of its villages.
async fn check_town(
    connection: &mut Connection,
    allowed: &Allowed<ManageAccounts>,
    place: &Place,
) -> Result<()> {
    let reach = allowed.actor().reach();
    let delegated = delegations::delegated_to(connection, reach).await?;
    check_delegation(reach, place, delegated).map_err(|refusal| Refusal::message(refusal.to_string()))
}

/// Ends the sessions of an account that the transaction reaches.
async fn end_sessions(connection: &mut Connection, id: i64) -> Result<()> {
    diesel::delete(session::table.filter(session::account_id.eq(id))).execute(connection).await?;
    Ok(())
}

/// The account, where it and every role it holds lie below the actor's place: the own level is seen to from above.
async fn below(
    connection: &mut Connection,
    allowed: &Allowed<ManageAccounts>,
    id: i64,
) -> Result<AccountSummary> {
    let found = account(connection, id).await?;
    let found = found.ok_or_else(|| Refusal::missing(format!("没有编号为 {id} 的账号，请刷新后再看")))?;
    check_town(connection, allowed, &found.place).await?;
    // Its roles count wherever they are, above as well.
    tenancy::reach_account(connection, id).await?;
    let places: Vec<String> = role_grant::table
        .filter(role_grant::county_code.eq(found.place.county().digits()))
        .filter(role_grant::account_id.eq(id))
        .filter(role_grant::revoked_at.is_null())
        .select(role_grant::place)
        .load(connection)
        .await?;
    let mut places: Vec<Place> = places.iter().map(|place| codec::place(place)).collect::<Result<_>>()?;
    places.push(found.place);
    let above = |reach: &Place| places.iter().any(|place| place == reach || !reach.contains(place));
    if allowed.actor().reach().is_some_and(|reach| above(&reach)) {
        return Err(Refusal::message("这个账号属于本级或上级，请由上一级办理"));
    }
    Ok(found)
}
