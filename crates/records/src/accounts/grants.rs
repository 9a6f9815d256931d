//! Roles granted and revoked.

use authz::{Allowed, Grant, Guard, Role, may_grant};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use domain::place::Place;
use serde_json::json;

use super::delegations::delegated_to;
use super::identity::role_of;
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::refuse_unknown;
use crate::schema::{account, role_grant};
use crate::tenancy::{self, Mode};

/// A role to give, at the permission's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewGrant {
    /// To which account.
    pub account: i64,
    /// The role.
    pub role: Role,
    /// The first local date.
    pub from: NaiveDate,
    /// The last local date, where there is one.
    pub until: Option<NaiveDate>,
}

/// A role that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// Its row number.
    pub id: i64,
    /// To which account.
    pub account: i64,
    /// The role.
    pub role: Role,
    /// Where.
    pub place: Place,
    /// The first local date.
    pub from: NaiveDate,
    /// The last local date, where there is one.
    pub until: Option<NaiveDate>,
    /// By whom.
    pub granted_by: String,
    /// When.
    pub granted_at: DateTime<Utc>,
    /// When it was taken back, where it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Gives a role. The same role at the same place again changes nothing. Returns its row number.
///
/// # Errors
/// What [`may_grant`] says against it, an account that belongs elsewhere, days in the wrong order.
pub async fn grant_role(
    connection: &mut Connection,
    guard: &Guard,
    allowed: &Allowed<Grant>,
    new: &NewGrant,
    moment: &Moment,
) -> Result<i64> {
    // The account to which a role is given belongs somewhere in the actor's place, not only where the role is given.
    let place = allowed.place();
    if new.until.is_some_and(|until| until < new.from || until < moment.local().date()) {
        return Err(Refusal::message("截止日期早于开始日期或今天，请核对"));
    }
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        refuse_unknown(connection, &place).await?;
        check(connection, guard, allowed, new.role).await?;
        lock(connection, &place).await?;
        let known: Option<Option<DateTime<Utc>>> = account::table
            .filter(account::county_code.eq(place.county().digits()))
            .filter(account::id.eq(new.account))
            .select(account::disabled_at)
            .first(connection)
            .await
            .optional()?;
        match known {
            None => return Err(Refusal::message(format!("没有编号为 {} 的账号，请刷新后再看", new.account))),
            Some(Some(_)) => return Err(Refusal::message("这个账号已停用，请先启用")),
            Some(None) => {}
        }
        let same = grants_of(connection, &place).await?.into_iter().find(|one| {
            (one.account, one.role, one.place) == (new.account, new.role, place)
                && one.revoked_at.is_none()
                && one.until.is_none_or(|until| until >= moment.local().date())
        });
        if let Some(same) = same {
            if (same.from, same.until) == (new.from, new.until) {
                return Ok(same.id);
            }
            return Err(Refusal::message("这个账号在这里已有这个角色；要改日期，请先收回再授予"));
        }
        let id: i64 = diesel::insert_into(role_grant::table)
            .values((
                role_grant::county_code.eq(place.county().digits()),
                role_grant::place.eq(place.digits()),
                role_grant::account_id.eq(new.account),
                role_grant::role.eq(new.role.name()),
                role_grant::valid_from.eq(new.from),
                role_grant::valid_until.eq(new.until),
                role_grant::granted_by.eq(allowed.actor().title()),
                role_grant::granted_at.eq(moment.now),
            ))
            .returning(role_grant::id)
            .get_result(connection)
            .await?;
        let detail = json!({
            "granted": id, "account": new.account, "role": new.role.name(), "at": place.digits(),
            "from": new.from.to_string(), "until": new.until.map(|until| until.to_string()),
        });
        audit::record(connection, allowed, detail, moment).await?;
        Ok(id)
    })
    .await
}

/// Takes a role back, from now on; one that was taken back already is success.
///
/// # Errors
/// A grant that is not there, what [`may_grant`] says against it, and the last administrator of a place.
pub async fn revoke_role(
    connection: &mut Connection,
    guard: &Guard,
    allowed: &Allowed<Grant>,
    id: i64,
    moment: &Moment,
) -> Result<()> {
    let place = allowed.place();
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        lock(connection, &place).await?;
        let found =
            grants_of(connection, &place).await?.into_iter().find(|one| one.id == id && one.place == place);
        let found = found.ok_or_else(|| Refusal::message(format!("没有编号为 {id} 的授权，请刷新后再看")))?;
        if found.revoked_at.is_some() {
            return Ok(());
        }
        check(connection, guard, allowed, found.role).await?;
        refuse_last(connection, &found, moment).await?;
        let grant = role_grant::table.find((place.county().digits().to_owned(), id));
        diesel::update(grant)
            .set((
                role_grant::revoked_at.eq(Some(moment.now)),
                role_grant::revoked_by.eq(Some(allowed.actor().title())),
            ))
            .execute(connection)
            .await?;
        let detail = json!({
            "revoked": id, "account": found.account, "role": found.role.name(), "at": place.digits(),
        });
        audit::record(connection, allowed, detail, moment).await
    })
    .await
}

async fn check(
    connection: &mut Connection,
    guard: &Guard,
    allowed: &Allowed<Grant>,
    role: Role,
) -> Result<()> {
    let delegated = delegated_to(connection, allowed.actor().reach()).await?;
    may_grant(guard, allowed, role, delegated).map_err(|refusal| Refusal::message(refusal.to_string()))
}

/// Two who change roles of one place take turns, so that two last administrators cannot remove each other.
pub(super) async fn lock(connection: &mut Connection, place: &Place) -> Result<()> {
    diesel::sql_query("select from division where county_code = $1 and place = $2 for no key update")
        .bind::<Text, _>(place.county().digits())
        .bind::<Text, _>(place.digits())
        .execute(connection)
        .await?;
    Ok(())
}

/// Every role given inside `scope`, taken back or not, by place and number.
///
/// # Errors
/// Faults of the database.
pub async fn grants_of(connection: &mut Connection, scope: &Place) -> Result<Vec<GrantRow>> {
    type Row = (
        (i64, i64, String, String),
        (NaiveDate, Option<NaiveDate>),
        (String, DateTime<Utc>, Option<DateTime<Utc>>),
    );
    let interval = scope.scope();
    let rows: Vec<Row> = role_grant::table
        .filter(role_grant::county_code.eq(scope.county().digits()))
        .filter(role_grant::place.ge(interval.low))
        .filter(role_grant::place.lt(interval.high))
        .order((role_grant::place, role_grant::id))
        .select((
            (role_grant::id, role_grant::account_id, role_grant::role, role_grant::place),
            (role_grant::valid_from, role_grant::valid_until),
            (role_grant::granted_by, role_grant::granted_at, role_grant::revoked_at),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((id, account, role, place), (from, until), (granted_by, granted_at, revoked_at))| {
            let (role, place) = (role_of(&role)?, codec::place(&place)?);
            Ok(GrantRow { id, account, role, place, from, until, granted_by, granted_at, revoked_at })
        })
        .collect()
}

/// Refuses to take its role from the last one who sees to a place; somebody whose role ends by itself does not count.
async fn refuse_last(connection: &mut Connection, grant: &GrantRow, moment: &Moment) -> Result<()> {
    let today = moment.local().date();
    let holds = |one: &GrantRow| {
        one.revoked_at.is_none() && one.from <= today && one.until.is_none_or(|until| until >= today)
    };
    if !grant.role.administers() || !holds(grant) {
        return Ok(());
    }
    let others: Vec<i64> = grants_of(connection, &grant.place)
        .await?
        .into_iter()
        .filter(|one| one.place == grant.place && one.role == grant.role && holds(one))
        .filter(|one| one.account != grant.account && one.until.is_none())
        .map(|one| one.account)
        .collect();
    let active: i64 = account::table
        .filter(account::county_code.eq(grant.place.county().digits()))
        .filter(account::id.eq_any(others))
        .filter(account::disabled_at.is_null())
        .count()
        .get_result(connection)
        .await?;
    if active == 0 {
        return Err(Refusal::message(format!(
            "这是 {} 最后一名{}，不能收回或停用；请先授予另一人",
            grant.place,
            grant.role.title()
        )));
    }
    Ok(())
}

/// Refuses to switch off an account that is the last to see to a place.
pub(super) async fn refuse_last_of_account(
    connection: &mut Connection,
    account: i64,
    home: &Place,
    moment: &Moment,
) -> Result<()> {
    for grant in grants_of(connection, &home.county()).await? {
        if grant.account == account && grant.revoked_at.is_none() {
            lock(connection, &grant.place).await?;
            refuse_last(connection, &grant, moment).await?;
        }
    }
    Ok(())
}
