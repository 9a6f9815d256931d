//! A village asks for an exception from the lock.

use std::collections::BTreeSet;

use authz::{Allowed, AskException};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Date, Integer, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::Doer;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{ExceptionState, RequestProblem, check_request};
use serde_json::json;

use super::read::exceptions_of;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::scoring::Facts;
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

/// What a village asks for (补录申请).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRequest {
    /// The month whose entry has ended.
    pub month: Month,
    /// The village, the group or the household to open.
    pub opens: Place,
    /// The last day.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Asks for an exception. Returns its row number.
///
/// # Errors
/// No reason, a village, group or household that is not there or does not take part, and what
/// [`check_request`] refuses: the same that waits already, too.
pub async fn ask_exception(
    connection: &mut Connection,
    allowed: &Allowed<AskException>,
    request: &ExceptionRequest,
    by: &Doer<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<i64> {
    let reason = request.reason.trim();
    if reason.is_empty() {
        return Err(Refusal::message("请写明为什么要补录"));
    }
    let refuse = |problem: RequestProblem| Refusal::message(problem.to_string());
    let village = request.opens.ancestor(Level::Village).ok_or_else(|| refuse(RequestProblem::Scope))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        if !villages_of(connection, &allowed.place()).await?.contains(&village) {
            return Err(Refusal::unknown(&village));
        }
        let (month, now) = (request.month, moment.local());
        let villages = BTreeSet::from([village]);
        lock_villages(connection, &villages).await?;
        let facts = Facts::load(connection, &village, &villages, month).await?;
        refuse_unknown(&facts, &request.opens)?;
        let before = exceptions_of(connection, &village, month, now).await?;
        let waits = before
            .iter()
            .any(|one| one.opens == request.opens && matches!(one.state, ExceptionState::Waiting));
        let lock = facts.villages.get(&village).and_then(|known| known.entry_lock(month, now));
        check_request(&village, &request.opens, request.until, lock.as_ref(), waits, now.date())
            .map_err(refuse)?;
        let salt = salts.salt(&format!("exception {} {month} {}", village.digits(), before.len() + 1))?;
        let digest = Digest::salted(&salt, reason);
        let id = insert(connection, &village, request, (&salt, &digest), by, moment).await?;
        let at = allowed.narrow(village)?;
        let detail = json!({
            "exception": id, "month": month.to_string(), "opens": request.opens.digits(),
            "until": request.until.to_string(), "reason": digest.hex(),
        });
        crate::audit::record(connection, &at, detail, moment).await?;
        Ok(id)
    })
    .await
}

/// Refuses a group without households, and a household that is not there or does not take part.
fn refuse_unknown(facts: &Facts, opens: &Place) -> Result<()> {
    let month = facts.month;
    match opens.level() {
        Level::Household => {
            let row = facts.roster.get(opens);
            if row.is_some_and(|row| row.entry.participation.covers(month)) {
                return Ok(());
            }
            Err(Refusal::message(format!("农户 {opens} 没有登记，或在 {month} 没有参与积分，请核对户号")))
        }
        Level::Group => {
            if facts.roster.values().any(|row| row.entry.group == *opens) {
                return Ok(());
            }
            Err(Refusal::message(format!("村小组 {opens} 没有农户，请核对")))
        }
        Level::County | Level::Town | Level::Village => Ok(()),
    }
}

#[derive(diesel::QueryableByName)]
struct Inserted {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

async fn insert(
    connection: &mut Connection,
    village: &Place,
    request: &ExceptionRequest,
    (salt, digest): (&[u8; 16], &Digest),
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<i64> {
    let inserted: Option<Inserted> = diesel::sql_query(
        "insert into lock_exception (county_code, place, month, opens, open_until, salt, reason_digest, reason,
            asked_by, asked_account, asked_at)
         select d.county_code, d.place, $3, $4, $5, $6, $7, $8, $9, $10, $11
         from division d where d.county_code = $1 and d.place = $2
         returning id",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Text, _>(village.digits())
    .bind::<Integer, _>(request.month.number())
    .bind::<Text, _>(request.opens.digits())
    .bind::<Date, _>(request.until)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Text, _>(request.reason.trim())
    .bind::<Text, _>(by.login)
    .bind::<Nullable<BigInt>, _>(by.account)
    .bind::<Timestamptz, _>(moment.now)
    .get_result(connection)
    .await
    .optional()?;
    inserted.map(|row| row.id).ok_or_else(|| Error::Corrupt("补录申请未写入".into()))
}
