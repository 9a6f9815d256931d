//! The village answers a query, the town closes it or asks again.

use std::collections::BTreeSet;

use authz::{Act, Allowed, QueryEligibility, RegisterHouseholds};
use diesel::sql_types::{BigInt, Binary, Date, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::households::{QueryFacts, QueryStep, check_query_step};
use domain::objections::check_words;
use domain::place::{Level, Place};
use serde_json::json;

use super::{Query, queries_of_household, unless_erased};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::households::load::{RegisterEntry, register_entry};
use crate::moment::Moment;
use crate::objections::doer;
use crate::places::lock_villages;
use crate::sealing::Salts;
use crate::tenancy::{self, Mode, all_written};

/// Who may take which steps on a query.
pub trait MayFollow: Act {
    /// Whether a step belongs to whoever has this permission.
    fn takes(step: QueryStep) -> bool;
}

impl MayFollow for QueryEligibility {
    fn takes(step: QueryStep) -> bool {
        !step.answers()
    }
}

impl MayFollow for RegisterHouseholds {
    fn takes(step: QueryStep) -> bool {
        step.answers()
    }
}

/// Answers, closes or repeats a query about a household.
///
/// # Errors
/// A query that is not there, a step that does not follow or belongs to others, words that cannot stand.
pub async fn take_step<A: MayFollow>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    (household, id): (&Place, i64),
    (step, reason): (QueryStep, &str),
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let village = household.ancestor(Level::Village).ok_or_else(|| Refusal::unknown(household))?;
    let allowed = &allowed.narrow(village)?;
    if !A::takes(step) {
        let who = if step.answers() { "村里" } else { "镇里" };
        return Err(Refusal::message(format!("“{}”由{who}办理", step.title())));
    }
    let reason = check_words(reason).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let entry =
            register_entry(connection, household).await?.ok_or_else(|| Refusal::unknown(household))?;
        // Of whoever is erased nothing new is written; what is open can still be closed.
        let reason = match unless_erased(&entry) {
            Ok(()) => reason,
            Err(_) if step == QueryStep::Closed => "依法删除后办结".to_owned(),
            Err(refusal) => return Err(refusal),
        };
        let found = queries_of_household(connection, &entry).await?.into_iter().find(|one| one.id == id);
        let query = found.ok_or_else(|| Refusal::message("这一户没有这件质询，请刷新后查看"))?;
        let by = doer(connection, allowed.actor()).await?;
        let kinds = query.kinds();
        let facts = QueryFacts {
            steps: &kinds,
            asked_by: &query.asked_by,
            register_changed: entry.revision > query.revision,
        };
        check_query_step(&facts, step, &by).map_err(|problem| Refusal::message(problem.to_string()))?;
        let digest = insert_step(connection, &entry, &query, (step, &reason), &by, salts, moment).await?;
        let detail = json!({
            "query": id, "household": household.digits(), "step": step.name(), "reason": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(())
    })
    .await
}

async fn insert_step(
    connection: &mut Connection,
    entry: &RegisterEntry,
    query: &Query,
    (step, reason): (QueryStep, &str),
    by: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<Digest> {
    let number = i16::try_from(query.steps.len() + 1)
        .map_err(|_| Error::Corrupt(format!("质询 {} 的步骤过多", query.id)))?;
    let salt = salts.salt(&format!("质询 {} {} {number}", entry.household.digits(), query.id))?;
    let digest = Digest::salted(&salt, reason);
    let written = diesel::sql_query(
        "insert into household_query_step (county_code, query_id, number, place, kind, reason, salt, reason_digest,
            by_name, taken_on, taken_at)
         select q.county_code, q.id, $3, q.place, $4, $5, $6, $7, $8, $9, $10
         from household_query q where q.county_code = $1 and q.id = $2",
    )
    .bind::<Text, _>(entry.household.county().digits())
    .bind::<BigInt, _>(query.id)
    .bind::<SmallInt, _>(number)
    .bind::<SmallInt, _>(step.number())
    .bind::<Text, _>(reason)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Text, _>(by)
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)?;
    Ok(digest)
}
