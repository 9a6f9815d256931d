//! Writes a suggestion under the next number of its office and month.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Date, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;
use domain::suggestions::{SuggestionKind, Topic};

use crate::database::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::schema::suggestion;

/// The number after the last of an office's month; the caller holds the office's lock.
pub(super) async fn next_number(connection: &mut Connection, office: &Place, month: Month) -> Result<i32> {
    let last: Option<i32> = suggestion::table
        .filter(suggestion::county_code.eq(office.county().digits()))
        .filter(suggestion::place.eq(office.digits()))
        .filter(suggestion::month.eq(month.number()))
        .select(diesel::dsl::max(suggestion::number))
        .first(connection)
        .await?;
    Ok(last.unwrap_or(0) + 1)
}

/// What is written of a suggestion.
pub(super) struct Row<'a> {
    pub(super) month: Month,
    pub(super) number: i32,
    pub(super) kind: SuggestionKind,
    pub(super) topic: Topic,
    pub(super) household_id: Option<i64>,
    pub(super) words: &'a str,
    pub(super) salt: [u8; 16],
    pub(super) digest: Digest,
    pub(super) name: Option<Vec<u8>>,
    pub(super) phone: Option<Vec<u8>>,
    pub(super) code: Digest,
    /// The log-in of whoever took it at the office.
    pub(super) taken_by: Option<&'a str>,
}

/// Writes it at the place of its office. Returns whether office and village are registered.
pub(super) async fn insert(
    connection: &mut Connection,
    office: &Place,
    village: &Place,
    row: &Row<'_>,
    moment: &Moment,
) -> Result<bool> {
    let written = diesel::sql_query(
        "insert into suggestion (county_code, place, village, month, number, kind, topic, household_id, words, salt,
            words_digest, name_sealed, phone_sealed, code_hash, filed_on, filed_at, taken_by)
         select o.county_code, o.place, v.place, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
         from division o join division v on v.county_code = o.county_code and v.place = $3
         where o.county_code = $1 and o.place = $2",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Text, _>(office.digits())
    .bind::<Text, _>(village.digits())
    .bind::<Integer, _>(row.month.number())
    .bind::<Integer, _>(row.number)
    .bind::<SmallInt, _>(row.kind.number())
    .bind::<SmallInt, _>(row.topic.number())
    .bind::<Nullable<BigInt>, _>(row.household_id)
    .bind::<Text, _>(row.words)
    .bind::<Binary, _>(row.salt.as_slice())
    .bind::<Binary, _>(row.digest.0.as_slice())
    .bind::<Nullable<Binary>, _>(row.name.as_deref())
    .bind::<Nullable<Binary>, _>(row.phone.as_deref())
    .bind::<Binary, _>(row.code.0.as_slice())
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .bind::<Nullable<Text>, _>(row.taken_by)
    .execute(connection)
    .await?;
    Ok(written == 1)
}
