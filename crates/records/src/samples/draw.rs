//! Draws a village's sample once everything is signed, which makes its secret known.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Sample};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{SampleProblem, candidates, check_draw, draw_sample, sample_seed, signed_digest};
use serde_json::json;

use super::drawn::draws;
use super::fix::opened;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::schema::sample_commitment;
use crate::scoring::{Facts, StoredCard, cards, counting, is_signed};
use crate::sealing::Sealer;
use crate::tenancy::{self, Mode, all_written};

/// What became of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// How many households were drawn.
    pub households: usize,
    /// Whether it was drawn before; nothing changed then.
    pub already: bool,
}

/// Draws the sample of a village of the permission's place. Drawn before is success.
///
/// # Errors
/// A village that is not there, a month for which nothing was fixed, cards that are not signed, nobody to draw.
pub async fn draw(
    connection: &mut Connection,
    allowed: &Allowed<Sample>,
    (village, month): (&Place, Month),
    by: &str,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Drawn> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        if !villages_of(connection, &allowed.place()).await?.contains(village) {
            return Err(Refusal::unknown(village));
        }
        let villages = BTreeSet::from([*village]);
        lock_villages(connection, &villages).await?;
        if let Some(before) = draws(connection, village, Some(month)).await?.pop() {
            let households = super::drawn_households(connection, village, before.month).await?.len();
            return Ok(Drawn { households, already: true });
        }
        let (size, commitment, secret) = fixed(connection, village, month, sealer).await?;
        let facts = Facts::load(connection, village, &villages, month).await?;
        let signed = signed_cards(connection, village, month, &facts).await?;
        let unsigned = facts.cards.values().filter(|card| !is_signed(card, &facts)).count();
        let latest = counting(signed.clone());
        let eligible = candidates(latest.iter().map(|card| &card.card));
        check_draw(unscored(&facts, village, month), unsigned, eligible.len())
            .map_err(|problem| Refusal::message(problem.to_string()))?;
        let digest = signed_digest(signed.iter().map(|card| &card.card));
        let list = draw_sample(&secret, &digest, &eligible, size);
        let last = signed.iter().map(|card| card.id).max().unwrap_or(0);
        insert_draw(connection, village, month, (&secret, &digest.0, last), by, moment).await?;
        insert_households(connection, village, month, &list, &latest).await?;
        let at = allowed.narrow(*village)?;
        let detail = json!({
            "month": month.to_string(), "commitment": hex::encode(commitment), "drawn": list.len(),
            "seed": sample_seed(&secret, &digest).hex(), "digest": digest.hex(),
        });
        crate::audit::record(connection, &at, detail, moment).await?;
        Ok(Drawn { households: list.len(), already: false })
    })
    .await
}

/// Households that can still get a card of the month and have none.
fn unscored(facts: &Facts, village: &Place, month: Month) -> usize {
    if facts.villages.get(village).is_some_and(|known| known.closed) {
        return 0;
    }
    let takes_part = facts.roster.values().filter(|row| row.entry.participation.covers(month));
    takes_part.filter(|row| !facts.cards.contains_key(&row.household_id)).count()
}

/// The size, the hash on record and the secret of a village's sample.
async fn fixed(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    sealer: &Sealer,
) -> Result<(usize, Vec<u8>, [u8; 32])> {
    let row: Option<(i16, Vec<u8>, Vec<u8>)> = sample_commitment::table
        .find((village.county().digits(), village.digits(), month.number()))
        .select((sample_commitment::size, sample_commitment::commitment, sample_commitment::secret_sealed))
        .first(connection)
        .await
        .optional()?;
    let missing = || Refusal::message(SampleProblem::NotFixed.to_string());
    let (size, commitment, sealed) = row.ok_or_else(missing)?;
    let size = usize::try_from(size).map_err(|_| Error::Corrupt(format!("抽查户数 {size}")))?;
    Ok((size, commitment, opened(sealer, village, month, &sealed)?))
}

/// Every revision of the month but corrections, in the order of household codes and revisions.
async fn signed_cards(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    facts: &Facts,
) -> Result<Vec<StoredCard>> {
    let scope = village.scope();
    let range = (scope.low.as_str(), scope.high.as_str());
    let mut all = cards(connection, &village.county(), range, month, &facts.panel_names).await?;
    all.retain(|card| !card.is_correction);
    Ok(all)
}

async fn insert_draw(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    (secret, signed, last): (&[u8; 32], &[u8; 32], i64),
    by: &str,
    moment: &Moment,
) -> Result<()> {
    let written = diesel::sql_query(
        "insert into sample_draw (county_code, place, month, secret, signed, last_card_id, drawn_by, drawn_at)
         select c.county_code, c.place, c.month, $4, $5, $6, $7, $8
         from sample_commitment c where c.county_code = $1 and c.place = $2 and c.month = $3",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Text, _>(village.digits())
    .bind::<Integer, _>(month.number())
    .bind::<Binary, _>(secret.as_slice())
    .bind::<Binary, _>(signed.as_slice())
    .bind::<BigInt, _>(last)
    .bind::<Text, _>(by)
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)
}

async fn insert_households(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    list: &[Place],
    latest: &[StoredCard],
) -> Result<()> {
    let ids: BTreeMap<Place, i64> =
        latest.iter().map(|stored| (stored.card.household, stored.household_id)).collect();
    let ids: Vec<i64> = list.iter().filter_map(|household| ids.get(household).copied()).collect();
    let numbers: Vec<i16> = (1_i16..).zip(&ids).map(|(number, _)| number).collect();
    let written = diesel::sql_query(
        "insert into sample_household (county_code, month, household_id, place, number)
         select h.county_code, $2, h.id, h.place, u.number
         from household h join unnest($3, $4) u(household_id, number) on u.household_id = h.id
         where h.county_code = $1",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Integer, _>(month.number())
    .bind::<Array<BigInt>, _>(&ids)
    .bind::<Array<SmallInt>, _>(&numbers)
    .execute(connection)
    .await?;
    all_written(written, list.len())
}
