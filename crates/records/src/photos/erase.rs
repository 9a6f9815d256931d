//! Erases the photos of a household that has left: rows with the name, files after the commit.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use domain::place::Place;

use super::PhotoStore;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{photo, photo_publication};

/// Deletes the rows of a household's photos, and the words about them on the board. Returns how many of both there were.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn erase_photos(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let photos = photo::table
        .filter(photo::county_code.eq(county.digits()))
        .filter(photo::household_id.eq(household_id));
    let photos = diesel::delete(photos).execute(connection).await?;
    let worded = photo_publication::table
        .filter(photo_publication::county_code.eq(county.digits()))
        .filter(photo_publication::household_id.eq(household_id))
        .filter(
            photo_publication::caption
                .is_not_null()
                .or(photo_publication::consent_by.is_not_null())
                .or(photo_publication::consent_how.is_not_null())
                .or(photo_publication::reason.is_not_null()),
        );
    let worded = diesel::update(worded)
        .set((
            photo_publication::caption.eq(None::<String>),
            photo_publication::consent_by.eq(None::<String>),
            photo_publication::consent_how.eq(None::<String>),
            photo_publication::reason.eq(None::<String>),
        ))
        .execute(connection)
        .await?;
    Ok(photos + worded)
}

#[derive(QueryableByName)]
struct ErasedRow {
    #[diesel(sql_type = Text)]
    code: String,
}

/// Throws away the files of every erased household of a village: those just erased, and those of an erasure that broke
/// off after its commit. No row names any of them.
///
/// # Errors
/// Faults of the database, a store that cannot be reached.
pub(crate) async fn sweep(connection: &mut Connection, village: &Place, store: &PhotoStore) -> Result<usize> {
    let interval = village.scope();
    let erased: Vec<ErasedRow> = diesel::sql_query(
        "select h.code from household h
         where h.county_code = $1 and h.place >= $2 and h.place < $3
            and not exists (select from household_version v where v.county_code = h.county_code
                and v.household_id = h.id and v.head_name is not null)
            and not exists (select from photo p where p.county_code = h.county_code and p.household_id = h.id)
         order by h.code",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .load(connection)
    .await?;
    let mut cleared = 0;
    for row in erased {
        cleared += store.clear(&codec::place(&row.code)?).await?;
    }
    Ok(cleared)
}
