//! The town asks about a household.

use std::collections::BTreeSet;

use authz::{Allowed, QueryEligibility};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Date, Integer, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::households::QueryAbout;
use domain::objections::check_words;
use domain::place::{Level, Place};
use serde_json::json;

use super::{queries_of_household, unless_erased};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::households::load::{RegisterEntry, register_entry};
use crate::moment::Moment;
use crate::objections::doer;
use crate::places::lock_villages;
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

/// Asks a village about a household. The same question is one query while it is open. Returns its row number.
///
/// # Errors
/// A household that is not registered, words that cannot stand, another query about the same that is open.
pub async fn ask_eligibility(
    connection: &mut Connection,
    allowed: &Allowed<QueryEligibility>,
    household: &Place,
    (about, words): (QueryAbout, &str),
    salts: &Salts,
    moment: &Moment,
) -> Result<i64> {
    let village = household.ancestor(Level::Village).ok_or_else(|| Refusal::unknown(household))?;
    let allowed = &allowed.narrow(village)?;
    let words = check_words(words).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let entry =
            register_entry(connection, household).await?.ok_or_else(|| Refusal::unknown(household))?;
        unless_erased(&entry)?;
        let earlier = queries_of_household(connection, &entry).await?;
        let open = earlier.iter().find(|one| one.about == about && one.state().is_open());
        if let Some(open) = open {
            if open.words.as_deref() == Some(words.as_str()) {
                return Ok(open.id);
            }
            let message = "这一户已有一件同样的质询没有办结，请在那一件里再问";
            return Err(Refusal::message(message));
        }
        let of = format!("质询 {} {} {}", household.digits(), about.name(), earlier.len() + 1);
        let salt = salts.salt(&of)?;
        let digest = Digest::salted(&salt, &words);
        let by = doer(connection, allowed.actor()).await?;
        let id = insert(connection, &entry, about, (&words, salt, &digest), &by, moment).await?;
        let detail = json!({
            "query": id, "household": household.digits(), "about": about.name(), "words": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(id)
    })
    .await
}

#[derive(diesel::QueryableByName)]
struct Inserted {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

async fn insert(
    connection: &mut Connection,
    entry: &RegisterEntry,
    about: QueryAbout,
    (words, salt, digest): (&str, [u8; 16], &Digest),
    by: &str,
    moment: &Moment,
) -> Result<i64> {
    let inserted: Option<Inserted> = diesel::sql_query(
        "insert into household_query (county_code, place, household_id, about, revision, words, salt, words_digest,
            asked_by, asked_on, asked_at)
         select h.county_code, h.place, h.id, $3, $4, $5, $6, $7, $8, $9, $10
         from household h where h.county_code = $1 and h.id = $2
         returning id",
    )
    .bind::<Text, _>(entry.household.county().digits())
    .bind::<BigInt, _>(entry.household_id)
    .bind::<SmallInt, _>(about.number())
    .bind::<Integer, _>(entry.revision)
    .bind::<Text, _>(words)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Text, _>(by)
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .get_result(connection)
    .await
    .optional()?;
    inserted.map(|row| row.id).ok_or_else(|| Error::Corrupt("质询未写入".into()))
}
