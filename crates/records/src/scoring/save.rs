//! Writes cards with their findings and remarks in bulk.

use chrono::NaiveDate;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{Finding, Status};

use super::sign::{Remark, remark_digest};
use crate::database::Connection;
use crate::error::Result;
use crate::sealing::Salts;
use crate::tenancy::{self, all_written};

/// A revision to write.
#[derive(Debug, Clone)]
pub(crate) struct NewCard {
    pub(crate) household_id: i64,
    pub(crate) household: Place,
    pub(crate) revision: i16,
    pub(crate) panel_id: i64,
    pub(crate) scored_on: NaiveDate,
    pub(crate) status: Status,
    pub(crate) findings: Vec<Finding>,
    pub(crate) is_correction: bool,
    pub(crate) remark: Option<Remark>,
}

/// Rows of one statement.
const CHUNK: usize = 10_000;

#[derive(diesel::QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Writes cards; the caller holds the locks of their villages, so that row numbers of a village grow in
/// the order of its transactions.
pub(crate) async fn insert(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    cards: &[NewCard],
    salts: &Salts,
) -> Result<()> {
    for chunk in cards.chunks(CHUNK) {
        let ids: Vec<Drawn> =
            diesel::sql_query("select nextval('card_id') as id from generate_series(1, $1)")
                .bind::<Integer, _>(crate::codec::length(chunk.len()))
                .load(connection)
                .await?;
        let ids: Vec<i64> = ids.into_iter().map(|drawn| drawn.id).collect();
        tenancy::bulk_write(connection, async |connection| {
            insert_cards(connection, scope, month, chunk, &ids, salts).await?;
            insert_findings(connection, scope, month, chunk, &ids).await
        })
        .await?;
    }
    Ok(())
}

async fn insert_cards(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    cards: &[NewCard],
    ids: &[i64],
    salts: &Salts,
) -> Result<()> {
    let mut digests: Vec<Option<Vec<u8>>> = Vec::with_capacity(cards.len());
    let mut remarks = Vec::new();
    for (card, id) in cards.iter().zip(ids) {
        let Some(remark) = &card.remark else {
            digests.push(None);
            continue;
        };
        let salt = salts.salt(&format!("{} {month} {}", card.household.digits(), card.revision))?;
        digests.push(Some(remark_digest(&salt, remark).0.to_vec()));
        remarks.push((*id, salt, remark));
    }
    let written = diesel::sql_query(
        "insert into card (county_code, month, id, place, household_id, revision, panel_id, scored_on, status,
            is_correction, remark_digest)
         select h.county_code, $2, u.id, h.place, h.id, u.revision, p.id, u.scored_on, u.status, u.is_correction,
            u.remark_digest
         from household h
         join unnest($3, $4, $5, $6, $7, $8, $9, $10)
            u(id, household_id, revision, panel_id, scored_on, status, is_correction, remark_digest)
            on u.household_id = h.id
         join panel p on p.county_code = h.county_code and p.id = u.panel_id
         where h.county_code = $1",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Integer, _>(month.number())
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<BigInt>, _>(cards.iter().map(|card| card.household_id).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(cards.iter().map(|card| card.revision).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(cards.iter().map(|card| card.panel_id).collect::<Vec<_>>())
    .bind::<Array<Date>, _>(cards.iter().map(|card| card.scored_on).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(cards.iter().map(|card| card.status.number()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(cards.iter().map(|card| card.is_correction).collect::<Vec<_>>())
    .bind::<Array<Nullable<Binary>>, _>(digests)
    .execute(connection)
    .await?;
    all_written(written, cards.len())?;
    for (id, salt, remark) in remarks {
        super::sign::insert_remark(connection, scope, month, id, &salt, remark).await?;
    }
    Ok(())
}

async fn insert_findings(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    cards: &[NewCard],
    ids: &[i64],
) -> Result<()> {
    let (mut card_ids, mut numbers, mut acts, mut times) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (card, id) in cards.iter().zip(ids) {
        for (number, finding) in (1_i16..).zip(&card.findings) {
            card_ids.push(*id);
            numbers.push(number);
            acts.push(finding.act.as_str());
            times.push(i16::try_from(finding.times).unwrap_or(i16::MAX));
        }
    }
    let expected = card_ids.len();
    if expected == 0 {
        return Ok(());
    }
    let written = diesel::sql_query(
        "insert into finding (county_code, month, card_id, number, place, act, times)
         select c.county_code, c.month, c.id, u.number, c.place, u.act, u.times
         from card c join unnest($3, $4, $5, $6) u(card_id, number, act, times) on u.card_id = c.id
         where c.county_code = $1 and c.month = $2",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Integer, _>(month.number())
    .bind::<Array<BigInt>, _>(card_ids)
    .bind::<Array<SmallInt>, _>(numbers)
    .bind::<Array<Text>, _>(acts)
    .bind::<Array<SmallInt>, _>(times)
    .execute(connection)
    .await?;
    all_written(written, expected)
}
