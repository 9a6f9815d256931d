//! The bytes of photos: to the household itself, to those who score it, and from the board to anybody.

use authz::{Actor, EnterCards, ReadOwn, ReadPublic};
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use records::photos::{board_photo, photo, photo_files};
use records::publication::published;
use records::tenancy;

use crate::caller::Caller;
use crate::error::PageError;
use crate::household::holder;
use crate::http::input::{Named, wrong};
use crate::publication::is_public;
use crate::shell::village_of;
use crate::state::State;

/// `GET /h/{token}/photos/{photo}`: a photo of the household's own, of a published month or proposed for the board.
/// Whatever else is asked for is not there.
pub(crate) async fn own(
    Extract(state): Extract<State>,
    Named((token, hash)): Named<(String, String)>,
) -> Result<Response, PageError> {
    let hash = hash_of(&hash).ok_or(PageError::NotFound)?;
    let (household, village) = holder(&state, &token).await?;
    let allowed = state.guard.allow(&Actor::Holder, ReadOwn, village).map_err(|_| PageError::NotFound)?;
    let mut connection = state.database.connection().await?;
    let may_see = tenancy::read(&mut connection, &allowed, async |connection| {
        let Some(found) = photo(connection, &household, &hash).await? else { return Ok(false) };
        let published = published(connection, &village).await?;
        if published.keys().any(|(_, month, _)| *month == found.month) {
            return Ok(true);
        }
        Ok(photo_files(connection, &household, None).await?.iter().any(|file| file.hash == hash))
    })
    .await?;
    drop(connection);
    if !may_see {
        return Err(PageError::NotFound);
    }
    jpeg(&state, &household, &hash).await
}

/// `GET /household/{code}/{month}/photos/{photo}`: for those who score the household.
pub(crate) async fn of_household(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month, hash)): Named<(String, String, String)>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let household: Place = code.parse().map_err(|_| PageError::NotFound)?;
    let (Level::Household, Some(group)) = (household.level(), household.parent()) else {
        return Err(PageError::NotFound);
    };
    Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let village = household.ancestor(Level::Village).ok_or(PageError::NotFound)?;
    // A household may have moved within its village: whoever scores that, sees its photos.
    let at = if caller.may(EnterCards, village) { village } else { group };
    let allowed = caller.allow(EnterCards, at).await?;
    let hash = hash_of(&hash).ok_or_else(|| wrong("photo", "应是 64 位十六进制数".to_owned()))?;
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        photo(connection, &household, &hash).await
    })
    .await?;
    drop(connection);
    found.ok_or(PageError::NotFound)?;
    jpeg(&state, &household, &hash).await
}

/// `GET /p/{village}/{month}/photos/{photo}`: a photo that hangs on the board now.
pub(crate) async fn of_board(
    Extract(state): Extract<State>,
    Named((village, month, hash)): Named<(String, String, String)>,
) -> Result<Response, PageError> {
    let (village, hash) = (village_of(&village)?, hash_of(&hash).ok_or(PageError::NotFound)?);
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let allowed = state.guard.allow(&Actor::Visitor, ReadPublic, village).map_err(|_| PageError::NotFound)?;
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        let published = published(connection, &village).await?;
        if !published.keys().any(|(_, one, _)| *one == month) {
            return Ok(None);
        }
        board_photo(connection, &village, month, &hash).await
    })
    .await?;
    drop(connection);
    let found = found.filter(|_| is_public(&state, month)).ok_or(PageError::NotFound)?;
    jpeg(&state, &found.household, &hash).await
}

/// The photo that an address or a form names.
pub(super) fn hash_of(text: &str) -> Option<Digest> {
    hex::decode(text).ok().and_then(|bytes| Digest::from_bytes(&bytes))
}

/// The bytes of a photo, which nobody on the way keeps: it may be taken down or erased at any time.
async fn jpeg(state: &State, household: &Place, hash: &Digest) -> Result<Response, PageError> {
    let bytes = state.photos.get(household, hash).await?.ok_or(PageError::NotFound)?;
    let headers =
        [(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, bytes).into_response())
}
