//! Photos (照片): evidence of a household's month, cleaned of what the phone wrote into them.

mod board;
mod clean;
mod erase;
mod kept;
mod publish;
mod shown;
mod steps;
mod store;

use std::collections::BTreeSet;

use authz::{Allowed, EnterCards};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;
use serde_json::json;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::schema::{household, photo};
use crate::tenancy::{self, Mode};

pub use board::{BoardPhoto, board_photo, photos_hangable, photos_on_board};
pub use clean::{Cleaned, MOST_BYTES, PhotoProblem, clean};
pub(crate) use erase::erase_photos;
pub use erase::{MaySweep, sweep_photos};
pub use kept::KeptPhoto;
pub(crate) use kept::photos_kept;
pub use publish::{Proposal, Verdict, decide_photo, propose_photo, withdraw_consent};
pub use shown::{ShownPhoto, photos_shown};
pub use steps::{PhotoFile, StoredStep, photo_files};
pub use store::PhotoStore;

/// A photo as a phone sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhoto<'a> {
    /// The household.
    pub household: Place,
    /// The month.
    pub month: Month,
    /// The hash of the bytes, as its sheet names it.
    pub client_hash: Digest,
    /// The bytes: JPEG, PNG or WebP.
    pub bytes: Vec<u8>,
    /// Who took it.
    pub login: &'a str,
}

/// A photo that is kept; its bytes are in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRef {
    /// The household.
    pub household: Place,
    /// The month.
    pub month: Month,
    /// The hash of the bytes as kept: its name in the store, beside the household.
    pub hash: Digest,
    /// The hash of what the phone sent.
    pub client_hash: Digest,
    /// How many bytes are kept.
    pub bytes: u32,
    /// In pixels, upright.
    pub width: u32,
    /// In pixels, upright.
    pub height: u32,
    /// Who took it.
    pub login: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// Keeps a photo of a household: cleaned, in the store first, then on record, so that a crash between leaves nothing
/// but an object that nobody names. The same photo of a household again changes nothing.
///
/// # Errors
/// A household outside the permission's place, not registered or lawfully erased, bytes that do not match their hash or
/// are no photo, a store that cannot be reached.
pub async fn keep_photo(
    connection: &mut Connection,
    allowed: &Allowed<EnterCards>,
    store: &PhotoStore,
    photo: NewPhoto<'_>,
    moment: &Moment,
) -> Result<PhotoRef> {
    let NewPhoto { household, month, client_hash, bytes, login } = photo;
    if !allowed.place().contains(&household) {
        return Err(Refusal::unknown(&household));
    }
    let known = tenancy::read(connection, allowed, async |connection| {
        sent(connection, &household, &client_hash).await
    })
    .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let cleaned = cleaned(bytes, client_hash).await?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let (id, place) = row_of(connection, &household).await?;
        // An erasure of the household waits for this photo, or was there first: then nothing of it is kept.
        unless_erased(connection, &household, id).await?;
        store.put(&household, &cleaned).await?;
        let kept = PhotoRef {
            household,
            month,
            hash: cleaned.hash,
            client_hash,
            bytes: u32::try_from(cleaned.bytes.len()).unwrap_or(u32::MAX),
            width: cleaned.width,
            height: cleaned.height,
            login: login.to_owned(),
            received_at: moment.now,
        };
        if insert(connection, id, &place, &kept).await? == 0 {
            // The same photo came a second time while this one was on its way.
            return sent(connection, &household, &client_hash)
                .await?
                .ok_or_else(|| Refusal::unknown(&household));
        }
        let detail = json!({
            "household": household.digits(), "month": month.to_string(), "photo": kept.hash.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(kept)
    })
    .await
}

/// Checks and cleans bytes away from the threads that answer requests.
async fn cleaned(bytes: Vec<u8>, client_hash: Digest) -> Result<Cleaned> {
    let work = move || {
        if bytes.len() <= MOST_BYTES && Digest::of(&bytes) != client_hash {
            return Err(PhotoProblem::Damaged);
        }
        clean(&bytes)
    };
    let cleaned =
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Corrupt(format!("照片：{error}")))?;
    cleaned.map_err(|problem| Refusal::message(problem.to_string()))
}

async fn row_of(connection: &mut Connection, code: &Place) -> Result<(i64, String)> {
    let row: Option<(i64, String)> = household::table
        .filter(household::county_code.eq(code.county().digits()))
        .filter(household::code.eq(code.digits()))
        .select((household::id, household::place))
        .first(connection)
        .await
        .optional()?;
    row.ok_or_else(|| Refusal::unknown(code))
}

#[derive(QueryableByName)]
struct NamedRow {
    #[diesel(sql_type = Nullable<Text>)]
    head_name: Option<String>,
}

/// Refuses a household that is lawfully erased, and keeps an erasure waiting until this transaction ends.
async fn unless_erased(connection: &mut Connection, household: &Place, id: i64) -> Result<()> {
    let latest: Option<NamedRow> = diesel::sql_query(
        "select head_name from household_version where county_code = $1 and household_id = $2
         order by revision desc limit 1 for share",
    )
    .bind::<Text, _>(household.county().digits())
    .bind::<BigInt, _>(id)
    .get_result(connection)
    .await
    .optional()?;
    match latest {
        Some(NamedRow { head_name: None }) => {
            Err(Refusal::message("这一户的个人信息已依法删除，不再保存照片"))
        }
        _ => Ok(()),
    }
}

async fn insert(connection: &mut Connection, id: i64, place: &str, kept: &PhotoRef) -> Result<usize> {
    let written = diesel::insert_into(photo::table)
        .values((
            photo::county_code.eq(kept.household.county().digits().to_owned()),
            photo::place.eq(place),
            photo::household_id.eq(id),
            photo::client_hash.eq(kept.client_hash.0.to_vec()),
            photo::hash.eq(kept.hash.0.to_vec()),
            photo::month.eq(kept.month.number()),
            photo::bytes.eq(codec::stored(kept.bytes)),
            photo::width.eq(codec::stored(kept.width)),
            photo::height.eq(codec::stored(kept.height)),
            photo::taken_by.eq(&kept.login),
            photo::received_at.eq(kept.received_at),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    Ok(written)
}

/// The photos of a household's month, in the order in which they came.
///
/// # Errors
/// Faults of the database.
pub async fn photos_of(
    connection: &mut Connection,
    household: &Place,
    month: Month,
) -> Result<Vec<PhotoRef>> {
    load(connection, &household.county(), Which::Month(household, month)).await
}

/// The photo of a household that is kept under a hash.
///
/// # Errors
/// Faults of the database.
pub async fn photo(
    connection: &mut Connection,
    household: &Place,
    hash: &Digest,
) -> Result<Option<PhotoRef>> {
    Ok(load(connection, &household.county(), Which::Kept(household, hash)).await?.into_iter().next())
}

/// The photos that are kept of any of these households under any of these hashes, in one query: for asking whether each
/// of many is kept.
async fn kept_of(
    connection: &mut Connection,
    county: &Place,
    photos: &[(Place, Digest)],
) -> Result<BTreeSet<(Place, Digest)>> {
    let found = load(connection, county, Which::Among(photos)).await?;
    Ok(found.into_iter().map(|one| (one.household, one.hash)).collect())
}

/// The photo of a household that a phone knows by the hash of what it sends.
async fn sent(connection: &mut Connection, household: &Place, hash: &Digest) -> Result<Option<PhotoRef>> {
    let found = load(connection, &household.county(), Which::Sent(household, hash)).await?;
    Ok(found.into_iter().next())
}

/// Which photos of a county.
enum Which<'a> {
    Sent(&'a Place, &'a Digest),
    Kept(&'a Place, &'a Digest),
    /// Any of these households, with any of these hashes.
    Among(&'a [(Place, Digest)]),
    Month(&'a Place, Month),
}

type PhotoRow = ((String, i32), (Vec<u8>, Vec<u8>), (i32, i32, i32), (String, DateTime<Utc>));

async fn load(connection: &mut Connection, county: &Place, which: Which<'_>) -> Result<Vec<PhotoRef>> {
    let mut query = photo::table
        .inner_join(
            household::table
                .on(household::county_code.eq(photo::county_code).and(household::id.eq(photo::household_id))),
        )
        .filter(photo::county_code.eq(county.digits()))
        .into_boxed::<diesel::pg::Pg>();
    query = match which {
        Which::Sent(code, hash) => query
            .filter(household::code.eq(code.digits().to_owned()))
            .filter(photo::client_hash.eq(hash.0.to_vec())),
        Which::Kept(code, hash) => {
            query.filter(household::code.eq(code.digits().to_owned())).filter(photo::hash.eq(hash.0.to_vec()))
        }
        Which::Among(photos) => {
            let codes: Vec<String> = photos.iter().map(|(code, _)| code.digits().to_owned()).collect();
            let hashes: Vec<Vec<u8>> = photos.iter().map(|(_, hash)| hash.0.to_vec()).collect();
            query.filter(household::code.eq_any(codes)).filter(photo::hash.eq_any(hashes))
        }
        Which::Month(code, month) => {
            query.filter(household::code.eq(code.digits().to_owned())).filter(photo::month.eq(month.number()))
        }
    };
    let rows: Vec<PhotoRow> = query
        .order((photo::received_at, photo::hash))
        .select((
            (household::code, photo::month),
            (photo::hash, photo::client_hash),
            (photo::bytes, photo::width, photo::height),
            (photo::taken_by, photo::received_at),
        ))
        .load(connection)
        .await?;
    rows.into_iter().map(photo_ref).collect()
}

fn photo_ref(row: PhotoRow) -> Result<PhotoRef> {
    let ((code, month), (hash, client_hash), (bytes, width, height), (login, received_at)) = row;
    Ok(PhotoRef {
        household: codec::place(&code)?,
        month: codec::month(month)?,
        hash: codec::digest(&hash)?,
        client_hash: codec::digest(&client_hash)?,
        bytes: codec::counted(bytes),
        width: codec::counted(width),
        height: codec::counted(height),
        login,
        received_at,
    })
}
