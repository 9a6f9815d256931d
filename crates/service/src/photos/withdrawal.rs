//! A household's word on its photos: which are proposed for the board, and that it no longer agrees.

use authz::{Actor, WithdrawConsent};
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Redirect, Response};
use domain::catalogue::Doer;
use records::photos::{PhotoFile, withdraw_consent};

use super::Thumb;
use super::serve::hash_of;
use crate::error::PageError;
use crate::household::holder;
use crate::http::input::Named;
use crate::reading::Reading;
use crate::state::State;

/// A photo of the household that the village would like to show.
pub(crate) struct OwnPhoto {
    pub(crate) photo: Thumb,
    /// The hash, as addresses name it.
    pub(crate) name: String,
    pub(crate) month: String,
    pub(crate) caption: String,
    pub(crate) state: &'static str,
    /// Who agreed, how and when.
    pub(crate) consent: String,
}

/// The photos of a household for which a consent stands.
pub(crate) fn own_photos(files: Vec<PhotoFile>, token: &str) -> Vec<OwnPhoto> {
    let files = files.into_iter().filter(|file| file.state.has_consent());
    files
        .map(|file| OwnPhoto {
            photo: Thumb {
                href: format!("/h/{token}/photos/{}", file.hash.hex()),
                alt: file.caption().to_owned(),
            },
            name: file.hash.hex(),
            month: file.month.title(),
            caption: file.caption().to_owned(),
            state: file.state.title(),
            consent: super::village::consent(&file),
        })
        .collect()
}

/// `POST /h/{token}/photos/{photo}/withdrawal`
pub(crate) async fn withdraw(
    Extract(state): Extract<State>,
    Named((token, hash)): Named<(String, String)>,
    reading: Reading,
) -> Result<Response, PageError> {
    let hash = hash_of(&hash).ok_or(PageError::NotFound)?;
    let (household, village) = holder(&state, &token).await?;
    let actor = Actor::Holder;
    let allowed = state.guard.allow(&actor, WithdrawConsent, village).map_err(|_| PageError::NotFound)?;
    let login = actor.identity();
    let by = Doer { account: None, login: &login };
    let mut connection = state.database.connection().await?;
    withdraw_consent(&mut connection, &allowed, (&household, &hash), &by, &state.moment()).await?;
    Ok(Redirect::to(&format!("/h/{token}{}", reading.query())).into_response())
}
