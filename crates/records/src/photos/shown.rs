//! Which photos stand beside a household's months: those of the sheets that became its cards.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::Pictured;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;

/// A photo as a card's sheet names it. A photo that several sheets name otherwise stands here once for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPhoto {
    /// The household.
    pub household: Place,
    /// The month.
    pub month: Month,
    /// The hash of the bytes as kept.
    pub hash: Digest,
    /// What it was taken of.
    pub pictured: Pictured,
}

#[derive(QueryableByName)]
struct ShownRow {
    #[diesel(sql_type = Text)]
    household_code: String,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    act: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    item: Option<String>,
}

/// The photos of a place, or of one household, from one month to another: those of sheets that became the card, say the
/// same as it, or were taken by the leader; what was laid aside shows nothing. By household, month, and as they came.
///
/// # Errors
/// Faults of the database.
pub async fn photos_shown(
    connection: &mut Connection,
    scope: &Place,
    (first, last): (Month, Month),
) -> Result<Vec<ShownPhoto>> {
    let one = if scope.level() == Level::Household { scope.digits() } else { "" };
    // A household may have moved within its village.
    let interval = match scope.level() {
        Level::Household => scope.ancestor(Level::Village).unwrap_or(*scope).scope(),
        _ => scope.scope(),
    };
    let rows: Vec<ShownRow> = diesel::sql_query(
        "select s.household_code, s.month, p.hash, n.act, n.item
         from sheet s
         join sheet_photo n on n.county_code = s.county_code and n.sheet_id = s.id
         join photo p on p.county_code = s.county_code and p.household_id = s.household_id
            and p.client_hash = n.client_hash
         left join sheet_decision d on d.county_code = s.county_code and d.sheet_id = s.id
         where s.county_code = $1 and s.place >= $2 and s.place < $3 and s.month between $4 and $5
            and ($6 = '' or s.household_code = $6) and (s.outcome in (1, 2) or d.taken)
         group by s.household_code, s.month, p.received_at, p.hash, n.act, n.item
         order by s.household_code, s.month, p.received_at, p.hash, n.act, n.item",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(first.number())
    .bind::<Integer, _>(last.number())
    .bind::<Text, _>(one)
    .load(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ShownPhoto {
                household: codec::place(&row.household_code)?,
                month: codec::month(row.month)?,
                hash: codec::digest(&row.hash)?,
                pictured: Pictured::of(row.act.as_deref(), row.item.as_deref()),
            })
        })
        .collect()
}
