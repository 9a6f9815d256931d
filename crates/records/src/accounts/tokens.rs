//! Machine tokens (外部系统令牌): bound to a place, a role, an end and an address range; shown once, kept as a hash.
//!
//! A token names its county, so that it is found inside that county: `jf_440229_` and 64 hexadecimal digits.

use authz::{Allowed, IssueMachineTokens, Machine, Origin, Role};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::place::Place;
use serde_json::json;

use super::identity::role_of;
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::refuse_unknown;
use crate::schema::machine_token;
use crate::sealing::random;
use crate::tenancy::{self, Mode, Platform};

/// How tokens begin.
const PREFIX: &str = "jf_";

/// A token to issue, at the permission's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// From which addresses it works, `10.1.0.0/16`; from any where there is none.
    pub address_range: Option<String>,
}

/// A token that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its row number.
    pub id: i64,
    /// Where it holds.
    pub place: Place,
    /// Its role.
    pub role: Role,
    /// What it is for.
    pub name: String,
    /// From which addresses it works.
    pub address_range: Option<String>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// By whom it was issued.
    pub issued_by: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it was taken back, where it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Issues a token. Returns its number and the token itself, which is kept nowhere.
///
/// # Errors
/// A role that is not for machines or not for the place, an end that is past or more than two years away.
pub async fn issue_token(
    connection: &mut Connection,
    allowed: &Allowed<IssueMachineTokens>,
    new: &NewToken,
    moment: &Moment,
) -> Result<(i64, String)> {
    let place = allowed.place();
    if !new.role.is_for_machines() || !new.role.fits(&place) {
        return Err(Refusal::message("外部系统令牌只能用“机器客户端”角色，并属于县、镇或村"));
    }
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return Err(Refusal::message("用途应为 1 到 60 个字，例如“粤治美数据接口”"));
    }
    let furthest = moment.now + chrono::TimeDelta::days(731);
    if new.expires_at <= moment.now || new.expires_at > furthest {
        return Err(Refusal::message("截止时间应在以后两年之内"));
    }
    let token = new_token(&place)?;
    let id = tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        refuse_unknown(connection, &place).await?;
        let id: i64 = diesel::insert_into(machine_token::table)
            .values((
                machine_token::county_code.eq(place.county().digits()),
                machine_token::place.eq(place.digits()),
                machine_token::role.eq(new.role.name()),
                machine_token::name.eq(name),
                machine_token::token_hash.eq(Digest::of(token.as_bytes()).0.to_vec()),
                machine_token::address_range.eq(&new.address_range),
                machine_token::expires_at.eq(new.expires_at),
                machine_token::issued_by.eq(allowed.actor().title()),
                machine_token::issued_at.eq(moment.now),
            ))
            .returning(machine_token::id)
            .get_result(connection)
            .await?;
        let detail = json!({
            "token_issued": id, "role": new.role.name(), "expires_at": new.expires_at.to_rfc3339(),
            "address_range": new.address_range,
        });
        audit::record(connection, allowed, detail, moment).await?;
        Ok(id)
    })
    .await?;
    Ok((id, token))
}

/// Takes a token back, from now on; one that was taken back already is success.
///
/// # Errors
/// A token that is not there.
pub async fn revoke_token(
    connection: &mut Connection,
    allowed: &Allowed<IssueMachineTokens>,
    id: i64,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let found = tokens_of(connection, &allowed.place()).await?.into_iter().find(|one| one.id == id);
        let found = found.ok_or_else(|| Refusal::missing(format!("没有编号为 {id} 的令牌，请刷新后再看")))?;
        if found.revoked_at.is_some() {
            return Ok(());
        }
        let token = machine_token::table.find((found.place.county().digits().to_owned(), id));
        diesel::update(token)
            .set((
                machine_token::revoked_at.eq(Some(moment.now)),
                machine_token::revoked_by.eq(Some(allowed.actor().title())),
            ))
            .execute(connection)
            .await?;
        audit::record(connection, allowed, json!({ "token_revoked": id }), moment).await
    })
    .await
}

/// Every token issued inside `scope`, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn tokens_of(connection: &mut Connection, scope: &Place) -> Result<Vec<TokenRow>> {
    type Row = (
        (i64, String, String, String, Option<String>),
        (DateTime<Utc>, String, DateTime<Utc>, Option<DateTime<Utc>>),
    );
    let interval = scope.scope();
    let rows: Vec<Row> = machine_token::table
        .filter(machine_token::county_code.eq(scope.county().digits()))
        .filter(machine_token::place.ge(interval.low))
        .filter(machine_token::place.lt(interval.high))
        .order(machine_token::id.desc())
        .select((
            (
                machine_token::id,
                machine_token::place,
                machine_token::role,
                machine_token::name,
                machine_token::address_range,
            ),
            (
                machine_token::expires_at,
                machine_token::issued_by,
                machine_token::issued_at,
                machine_token::revoked_at,
            ),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((id, place, role, name, address_range), (expires_at, issued_by, issued_at, revoked_at))| {
            let (place, role) = (codec::place(&place)?, role_of(&role)?);
            Ok(TokenRow {
                id,
                place,
                role,
                name,
                address_range,
                expires_at,
                issued_by,
                issued_at,
                revoked_at,
            })
        })
        .collect()
}

/// The machine of a token that holds at a time, and the address range it is bound to.
///
/// # Errors
/// Faults of the database.
pub async fn machine_of(
    connection: &mut Connection,
    token: &str,
    origin: Origin,
    now: DateTime<Utc>,
) -> Result<Option<(Machine, Option<String>)>> {
    let Some(county) = county_of(token) else { return Ok(None) };
    let hash = Digest::of(token.as_bytes());
    type Row = (i64, String, String, Option<String>);
    let row: Option<Row> = tenancy::platform(connection, Platform::Token(&hash.hex()), async |connection| {
        Ok(machine_token::table
            .filter(machine_token::county_code.eq(county.digits()))
            .filter(machine_token::token_hash.eq(hash.0.to_vec()))
            .filter(machine_token::revoked_at.is_null())
            .filter(machine_token::expires_at.gt(now))
            .select((
                machine_token::id,
                machine_token::place,
                machine_token::role,
                machine_token::address_range,
            ))
            .first(connection)
            .await
            .optional()?)
    })
    .await?;
    let Some((token, place, role, range)) = row else { return Ok(None) };
    let (role, place) = (role_of(&role)?, codec::place(&place)?);
    Ok(Some((Machine { token, role, place, origin }, range)))
}

fn new_token(place: &Place) -> Result<String> {
    let mut secret = [0; 32];
    random(&mut secret)?;
    Ok(format!("{PREFIX}{}_{}", place.county().digits(), hex::encode(secret)))
}

/// The county that a token names.
fn county_of(token: &str) -> Option<Place> {
    let (county, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let county = Place::from_digits(county).filter(|county| county.county() == *county)?;
    (secret.len() == 64).then_some(county)
}
