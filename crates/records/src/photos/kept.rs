//! Every photo that is kept of a household, with what its sheets say it was taken of.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::Pictured;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;

/// A photo that is kept of a household, whether or not its sheet became the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPhoto {
    /// The month.
    pub month: Month,
    /// The hash of the bytes as kept.
    pub hash: Digest,
    /// What sheets say it was taken of; empty where no sheet names it.
    pub pictured: Vec<Pictured>,
}

#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
    #[diesel(sql_type = Bool)]
    named: bool,
    #[diesel(sql_type = Nullable<Text>)]
    act: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    item: Option<String>,
}

/// The photos of a household, by month and as they came.
pub(crate) async fn photos_kept(
    connection: &mut Connection,
    household: &Place,
    household_id: i64,
) -> Result<Vec<KeptPhoto>> {
    let rows: Vec<KeptRow> = diesel::sql_query(
        "select p.month, p.hash, n.client_hash is not null as named, n.act, n.item
         from photo p
         left join (sheet s join sheet_photo n on n.county_code = s.county_code and n.sheet_id = s.id)
            on s.county_code = p.county_code and s.household_id = p.household_id and n.client_hash = p.client_hash
         where p.county_code = $1 and p.household_id = $2
         group by p.month, p.received_at, p.hash, n.client_hash, n.act, n.item
         order by p.month, p.received_at, p.hash, n.act, n.item",
    )
    .bind::<Text, _>(household.county().digits())
    .bind::<BigInt, _>(household_id)
    .load(connection)
    .await?;
    let mut kept: Vec<KeptPhoto> = Vec::new();
    for row in rows {
        let (month, hash) = (codec::month(row.month)?, codec::digest(&row.hash)?);
        let pictured = row.named.then(|| Pictured::of(row.act.as_deref(), row.item.as_deref()));
        match kept.last_mut() {
            Some(last) if (last.month, last.hash) == (month, hash) => last.pictured.extend(pictured),
            _ => kept.push(KeptPhoto { month, hash, pictured: pictured.into_iter().collect() }),
        }
    }
    Ok(kept)
}
