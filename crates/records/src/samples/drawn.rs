//! What is on record of samples: the hash of each secret, the draws, and who was drawn.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{household, sample_commitment, sample_draw, sample_household};

/// A village's draw as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredDraw {
    pub(crate) village: Place,
    pub(crate) month: Month,
    pub(crate) size: usize,
    pub(crate) commitment: Digest,
    pub(crate) secret: [u8; 32],
    pub(crate) signed: Digest,
    pub(crate) last_card_id: i64,
    pub(crate) drawn_at: DateTime<Utc>,
}

/// What is fixed for a village's month: the village, the size of its sample, and the hash of its secret.
pub(super) type Fixed = (Place, usize, Digest);

/// What is fixed for a month inside `scope`, in the order of villages.
pub(super) async fn fixed_in(connection: &mut Connection, scope: &Place, month: Month) -> Result<Vec<Fixed>> {
    let interval = scope.scope();
    let rows: Vec<(String, i16, Vec<u8>)> = sample_commitment::table
        .filter(sample_commitment::county_code.eq(scope.county().digits()))
        .filter(sample_commitment::place.ge(interval.low))
        .filter(sample_commitment::place.lt(interval.high))
        .filter(sample_commitment::month.eq(month.number()))
        .order(sample_commitment::place)
        .select((sample_commitment::place, sample_commitment::size, sample_commitment::commitment))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(village, size, commitment)| {
            let size = usize::from(codec::small(size));
            Ok((codec::place(&village)?, size, codec::digest(&commitment)?))
        })
        .collect()
}

/// The hash of the secret that is fixed for a village's month.
pub(crate) async fn commitment_of(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Option<Digest>> {
    let county = village.county();
    let fixed: Option<Vec<u8>> = sample_commitment::table
        .find((county.digits(), village.digits(), month.number()))
        .select(sample_commitment::commitment)
        .first(connection)
        .await
        .optional()?;
    fixed.map(|digest| codec::digest(&digest)).transpose()
}

/// The draws inside `scope`, of a month or of all, in the order of months and villages.
pub(crate) async fn draws(
    connection: &mut Connection,
    scope: &Place,
    month: Option<Month>,
) -> Result<Vec<StoredDraw>> {
    type Row = (String, i32, (i16, Vec<u8>), (Vec<u8>, Vec<u8>, i64, DateTime<Utc>));
    let (county, interval) = (scope.county(), scope.scope());
    let (first, last) = month.map_or((i32::MIN, i32::MAX), |month| (month.number(), month.number()));
    let rows: Vec<Row> = sample_draw::table
        .inner_join(
            sample_commitment::table.on(sample_commitment::county_code
                .eq(sample_draw::county_code)
                .and(sample_commitment::place.eq(sample_draw::place))
                .and(sample_commitment::month.eq(sample_draw::month))),
        )
        .filter(sample_draw::county_code.eq(county.digits()))
        .filter(sample_draw::place.ge(interval.low))
        .filter(sample_draw::place.lt(interval.high))
        .filter(sample_draw::month.between(first, last))
        .order((sample_draw::month, sample_draw::place))
        .select((
            sample_draw::place,
            sample_draw::month,
            (sample_commitment::size, sample_commitment::commitment),
            (sample_draw::secret, sample_draw::signed, sample_draw::last_card_id, sample_draw::drawn_at),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(village, month, (size, commitment), (secret, signed, last_card_id, drawn_at))| {
            Ok(StoredDraw {
                village: codec::place(&village)?,
                month: codec::month(month)?,
                size: usize::from(codec::small(size)),
                commitment: codec::digest(&commitment)?,
                secret: codec::digest(&secret)?.0,
                signed: codec::digest(&signed)?,
                last_card_id,
                drawn_at,
            })
        })
        .collect()
}

/// The households inside `scope` that were drawn for a month, with their row numbers; those of a village stand in the
/// order of its draw.
pub(crate) async fn drawn_households(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Vec<(i64, Place)>> {
    let (county, interval) = (scope.county(), scope.scope());
    let rows: Vec<(i64, String)> = sample_household::table
        .inner_join(
            household::table.on(household::county_code
                .eq(sample_household::county_code)
                .and(household::id.eq(sample_household::household_id))),
        )
        .filter(sample_household::county_code.eq(county.digits()))
        .filter(sample_household::place.ge(interval.low))
        .filter(sample_household::place.lt(interval.high))
        .filter(sample_household::month.eq(month.number()))
        .order((sample_household::number, household::code))
        .select((sample_household::household_id, household::code))
        .load(connection)
        .await?;
    rows.into_iter().map(|(id, code)| Ok((id, codec::place(&code)?))).collect()
}
