//! Erases the photos of a household that has left: rows with the name, files after the commit.

use std::collections::BTreeSet;

use authz::{Act, Allowed, Erase, Retain};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::place::{Level, Place};
use serde_json::json;

use super::PhotoStore;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::schema::{household, photo, photo_publication};
use crate::tenancy::{self, Mode};

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

/// Whose permission throws files away.
pub trait MaySweep: Act {}

impl MaySweep for Erase {}

impl MaySweep for Retain {}

/// Throws away the files of households inside a permission's place that were once erased, but for those that rows name:
/// what was just erased, and what an erasure left behind that broke off after its commit. A household that was registered
/// again keeps its new photos, also one that comes at this moment. Returns how many files went; of each household the log
/// says it as well, also where the store fails before all are gone.
///
/// # Errors
/// Faults of the database, a store that cannot be reached.
pub async fn sweep_photos<A: MaySweep>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    store: &PhotoStore,
    moment: &Moment,
) -> Result<usize> {
    let scope = allowed.place();
    let erased =
        tenancy::read(connection, allowed, async |connection| once_erased(connection, &scope).await).await?;
    let mut cleared = 0;
    for household in erased {
        if store.is_empty_of(&household).await? {
            continue;
        }
        let (files, outcome) = tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
            let (files, outcome) = clear_unnamed(connection, &household, store).await?;
            if files > 0 {
                crate::audit::record(connection, allowed, json!({ "files": files }), moment).await?;
            }
            Ok((files, outcome))
        })
        .await?;
        outcome?;
        cleared += files;
    }
    Ok(cleared)
}

#[derive(QueryableByName)]
struct ErasedRow {
    #[diesel(sql_type = Text)]
    code: String,
}

/// The households inside `scope` that have a version without its name.
async fn once_erased(connection: &mut Connection, scope: &Place) -> Result<Vec<Place>> {
    let interval = scope.scope();
    let rows: Vec<ErasedRow> = diesel::sql_query(
        "select h.code from household h
         where h.county_code = $1 and h.place >= $2 and h.place < $3
            and exists (select from household_version v where v.county_code = h.county_code
                and v.household_id = h.id and v.head_name is null)
         order by h.code",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .load(connection)
    .await?;
    rows.iter().map(|row| codec::place(&row.code)).collect()
}

/// Throws away the files of a household that no row names. A photo that is on its way holds the household's latest version
/// from before its file until its row is there, and no version is added while the village is locked. Returns how many
/// went, beside the fault of a store that failed meanwhile.
async fn clear_unnamed(
    connection: &mut Connection,
    code: &Place,
    store: &PhotoStore,
) -> Result<(usize, Result<()>)> {
    let village = code.ancestor(Level::Village);
    let village = village.ok_or_else(|| Error::Corrupt(format!("{code} 的村")))?;
    lock_villages(connection, &BTreeSet::from([village])).await?;
    let county = code.county();
    diesel::sql_query(
        "select v.id from household_version v
         where v.county_code = $1
            and v.household_id = (select h.id from household h where h.county_code = $1 and h.code = $2)
         order by v.revision for no key update",
    )
    .bind::<Text, _>(county.digits())
    .bind::<Text, _>(code.digits())
    .execute(connection)
    .await?;
    let named: Vec<Vec<u8>> = photo::table
        .inner_join(
            household::table
                .on(household::county_code.eq(photo::county_code).and(household::id.eq(photo::household_id))),
        )
        .filter(photo::county_code.eq(county.digits()))
        .filter(household::code.eq(code.digits()))
        .select(photo::hash)
        .load(connection)
        .await?;
    let named: Vec<Digest> = named.iter().map(|hash| codec::digest(hash)).collect::<Result<_>>()?;
    Ok(store.clear_but(code, &named).await)
}
