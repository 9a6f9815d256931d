//! Writes an objection under the next number of its village and month.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Date, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;

use super::via::Via;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::schema::objection;

/// The number after the last of a village's month; the caller holds the village's lock.
pub(super) async fn next_number(connection: &mut Connection, village: &Place, month: Month) -> Result<i32> {
    let last: Option<i32> = objection::table
        .filter(objection::county_code.eq(village.county().digits()))
        .filter(objection::village.eq(village.digits()))
        .filter(objection::month.eq(month.number()))
        .select(diesel::dsl::max(objection::number))
        .first(connection)
        .await?;
    Ok(last.unwrap_or(0) + 1)
}

/// What is written of an objection.
pub(super) struct Row<'a> {
    pub(super) household_id: i64,
    pub(super) month: Month,
    pub(super) version: i16,
    pub(super) number: i32,
    pub(super) via: Via,
    pub(super) in_time: bool,
    pub(super) about: &'a str,
    pub(super) words: &'a str,
    pub(super) salt: [u8; 16],
    pub(super) digest: Digest,
    pub(super) contact: Option<Vec<u8>>,
    pub(super) filed_by: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct Inserted {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Writes an objection at the place of its household. Returns its row number.
pub(super) async fn insert(
    connection: &mut Connection,
    village: &Place,
    row: &Row<'_>,
    moment: &Moment,
) -> Result<i64> {
    let inserted: Option<Inserted> = diesel::sql_query(
        "insert into objection (county_code, place, village, household_id, month, version, number, via, in_time, about,
            words, salt, words_digest, contact_sealed, filed_by, filed_on, filed_at)
         select h.county_code, h.place, d.place, h.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
         from household h join division d on d.county_code = h.county_code and d.place = $3
         where h.county_code = $1 and h.id = $2
         returning id",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<BigInt, _>(row.household_id)
    .bind::<Text, _>(village.digits())
    .bind::<Integer, _>(row.month.number())
    .bind::<SmallInt, _>(row.version)
    .bind::<Integer, _>(row.number)
    .bind::<SmallInt, _>(row.via.number())
    .bind::<Bool, _>(row.in_time)
    .bind::<Text, _>(row.about)
    .bind::<Text, _>(row.words)
    .bind::<Binary, _>(row.salt.as_slice())
    .bind::<Binary, _>(row.digest.0.as_slice())
    .bind::<Nullable<Binary>, _>(row.contact.as_deref())
    .bind::<Nullable<Text>, _>(row.filed_by.as_deref())
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .get_result(connection)
    .await
    .optional()?;
    inserted.map(|row| row.id).ok_or_else(|| Error::Corrupt("异议未写入".into()))
}
