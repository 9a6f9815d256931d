//! The town grants or refuses an exception, the village takes its request back; and words are erased.

use std::collections::BTreeSet;

use authz::{Act, Allowed, AskException, GrantException};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::Doer;
use domain::place::Place;
use domain::scoring::{ExceptionStep, may_decide_exception};
use serde_json::json;

use super::read::{ListedException, exception};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::schema::{exception_step, lock_exception};
use crate::sealing::Salts;
use crate::tenancy::{self, Mode, all_written};

/// What is decided about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionDecision<'a> {
    /// The row number of the request.
    pub id: i64,
    /// Whether entry is opened.
    pub grant: bool,
    /// Why; needed where it is not.
    pub reason: &'a str,
}

/// Grants or refuses what a village asked for.
///
/// # Errors
/// A refusal without a reason, a request that is not there or does not wait, rights that do not reach above its
/// village, and whoever asked.
pub async fn decide_exception(
    connection: &mut Connection,
    allowed: &Allowed<GrantException>,
    decision: &ExceptionDecision<'_>,
    by: &Doer<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let reason = decision.reason.trim();
    if !decision.grant && reason.is_empty() {
        return Err(Refusal::message("不批准的，请写明原因"));
    }
    let step = if decision.grant { ExceptionStep::Granted } else { ExceptionStep::Refused };
    // Whatever the permission was asked for, rights reach over the actor's own place.
    let above = Some(allowed.widened().place());
    take(connection, allowed, &Deed { id: decision.id, step, reason, above }, by, salts, moment).await
}

/// Takes a request back that waits.
///
/// # Errors
/// One that is not there, or does not wait.
pub async fn withdraw_exception(
    connection: &mut Connection,
    allowed: &Allowed<AskException>,
    id: i64,
    by: &Doer<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let deed = Deed { id, step: ExceptionStep::Withdrawn, reason: "", above: None };
    take(connection, allowed, &deed, by, salts, moment).await
}

/// A step to take.
struct Deed<'a> {
    id: i64,
    step: ExceptionStep,
    reason: &'a str,
    /// Over which place the rights of whoever decides reach; none for whoever takes the own request back.
    above: Option<Place>,
}

/// Takes the one step that ends a request, with its village locked.
async fn take<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    deed: &Deed<'_>,
    by: &Doer<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let (id, step, reason) = (deed.id, deed.step, deed.reason);
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let (scope, now) = (allowed.place(), moment.local());
        let missing = || Refusal::missing("没有这份补录申请，或不在您的范围内");
        let found = exception(connection, &scope, id, now).await?.ok_or_else(missing)?;
        lock_villages(connection, &BTreeSet::from([found.village])).await?;
        // Read again: somebody may have decided, or closed the month, while we waited for the lock.
        let asked = exception(connection, &scope, id, now).await?.ok_or_else(missing)?;
        asked.state.may_take(step).map_err(|ended| Refusal::message(ended.to_string()))?;
        if let Some(above) = &deed.above {
            let asker = Doer { account: asked.asked_account, login: &asked.asked_by };
            may_decide_exception(&asked.village, above, &asker, by)
                .map_err(|refusal| Refusal::message(refusal.to_string()))?;
        }
        let at = allowed.narrow(asked.village)?;
        let digest = insert(connection, &asked, (step, reason), by, salts, moment).await?;
        let detail = json!({
            "exception": id, "month": asked.month.to_string(), "opens": asked.opens.digits(),
            "until": asked.until.to_string(), "step": step.name(),
            "reason": (!reason.is_empty()).then(|| digest.hex()),
        });
        crate::audit::record(connection, &at, detail, moment).await
    })
    .await
}

/// Writes a step. Returns the salted digest of its reason.
async fn insert(
    connection: &mut Connection,
    asked: &ListedException,
    (step, reason): (ExceptionStep, &str),
    by: &Doer<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<Digest> {
    let salt = salts.salt(&format!("exception step {} {}", asked.village.digits(), asked.id))?;
    let digest = Digest::salted(&salt, reason);
    let written = diesel::sql_query(
        "insert into exception_step (county_code, exception_id, place, kind, salt, reason_digest, reason, by_login,
            by_account, taken_at)
         select e.county_code, e.id, e.place, $3, $4, $5, $6, $7, $8, $9
         from lock_exception e where e.county_code = $1 and e.id = $2",
    )
    .bind::<Text, _>(asked.village.county().digits())
    .bind::<BigInt, _>(asked.id)
    .bind::<SmallInt, _>(step.number())
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Nullable<Text>, _>(Some(reason).filter(|reason| !reason.is_empty()))
    .bind::<Text, _>(by.login)
    .bind::<Nullable<BigInt>, _>(by.account)
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)?;
    Ok(digest)
}

/// Erases the reasons of requests for one household, and of what was decided about them. Returns how many had some.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn erase_exceptions(
    connection: &mut Connection,
    county: &Place,
    household: &Place,
) -> Result<usize> {
    let ids: Vec<i64> = lock_exception::table
        .filter(lock_exception::county_code.eq(county.digits()))
        .filter(lock_exception::opens.eq(household.digits()))
        .select(lock_exception::id)
        .load(connection)
        .await?;
    let asked = lock_exception::table
        .filter(lock_exception::county_code.eq(county.digits()))
        .filter(lock_exception::id.eq_any(&ids))
        .filter(lock_exception::salt.ne(Vec::<u8>::new()));
    let asked = diesel::update(asked)
        .set((lock_exception::salt.eq(Vec::<u8>::new()), lock_exception::reason.eq(None::<String>)))
        .execute(connection)
        .await?;
    let decided = exception_step::table
        .filter(exception_step::county_code.eq(county.digits()))
        .filter(exception_step::exception_id.eq_any(&ids))
        .filter(exception_step::salt.ne(Vec::<u8>::new()));
    let decided = diesel::update(decided)
        .set((exception_step::salt.eq(Vec::<u8>::new()), exception_step::reason.eq(None::<String>)))
        .execute(connection)
        .await?;
    Ok(asked + decided)
}
