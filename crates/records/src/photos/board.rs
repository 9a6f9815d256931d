//! Which photos hang on a village's board: by their steps, and by what their household's card says now.

use std::collections::BTreeSet;

use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::{PhotoState, may_hang};
use domain::scoring::Pictured;

use super::{PhotoRef, ShownPhoto, kept_of, photo, photo_files, photos_shown};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::scoring::Facts;

/// A photo on the board. It names no household: the caption says what there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPhoto {
    /// The hash of the bytes as kept.
    pub hash: Digest,
    /// What the board says below it.
    pub caption: String,
    /// Whose it is; for finding its bytes.
    pub household: Place,
}

/// The photos on a village's board of a month: let up with a consent that stands, still kept, and showing no deduction by
/// the card as it is now, a correction included.
///
/// # Errors
/// Faults of the database.
pub async fn photos_on_board(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Vec<BoardPhoto>> {
    let files = photo_files(connection, village, Some(month)).await?;
    let up: Vec<_> = files.into_iter().filter(|file| file.state == PhotoState::OnBoard).collect();
    if up.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Facts::load(connection, village, &BTreeSet::from([*village]), month).await?;
    let shown = photos_shown(connection, village, (month, month)).await?;
    let named: Vec<(Place, Digest)> = up.iter().map(|file| (file.household, file.hash)).collect();
    let kept = kept_of(connection, &village.county(), &named).await?;
    let hangs = |household: &Place, hash: &Digest| {
        kept.contains(&(*household, *hash)) && may_hang_now(&facts, &shown, household, hash).is_ok()
    };
    let hanging = up.into_iter().filter(|file| hangs(&file.household, &file.hash));
    Ok(hanging
        .map(|file| BoardPhoto {
            hash: file.hash,
            caption: file.caption().to_owned(),
            household: file.household,
        })
        .collect())
}

/// The photos of a village's month that may hang on its board, each with its household.
///
/// # Errors
/// Faults of the database.
pub async fn photos_hangable(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Vec<(Place, Digest)>> {
    let shown = photos_shown(connection, village, (month, month)).await?;
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Facts::load(connection, village, &BTreeSet::from([*village]), month).await?;
    let mut photos: Vec<(Place, Digest)> = shown
        .iter()
        .filter(|one| may_hang_now(&facts, &shown, &one.household, &one.hash).is_ok())
        .map(|one| (one.household, one.hash))
        .collect();
    photos.dedup();
    Ok(photos)
}

/// The photo of a hash on a village's board of a month; none where it does not hang there.
///
/// # Errors
/// Faults of the database.
pub async fn board_photo(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    hash: &Digest,
) -> Result<Option<BoardPhoto>> {
    let files = photo_files(connection, village, Some(month)).await?;
    for file in files.into_iter().filter(|file| file.hash == *hash && file.state == PhotoState::OnBoard) {
        let Some(kept) = photo(connection, &file.household, hash).await? else { continue };
        match hangs(connection, &PhotoRef { month, ..kept }).await {
            Ok(()) => {
                let caption = file.caption().to_owned();
                return Ok(Some(BoardPhoto { hash: file.hash, caption, household: file.household }));
            }
            Err(Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Refuses a photo that may not hang by the card as it is now.
pub(super) async fn hangs(connection: &mut Connection, photo: &PhotoRef) -> Result<()> {
    let (household, month) = (photo.household, photo.month);
    let village = household.ancestor(Level::Village);
    let village = village.ok_or_else(|| Error::Corrupt(format!("农户 {household} 的村")))?;
    let facts = Facts::load(connection, &village, &BTreeSet::from([village]), month).await?;
    let shown = photos_shown(connection, &household, (month, month)).await?;
    may_hang_now(&facts, &shown, &household, &photo.hash)
}

fn may_hang_now(facts: &Facts, shown: &[ShownPhoto], household: &Place, hash: &Digest) -> Result<()> {
    let found = facts.find(household);
    let card = found.and_then(|(entry, _)| facts.cards.get(&entry.household_id));
    let catalogue = found.and_then(|(_, village)| village.catalogue.as_ref());
    let catalogue = catalogue.map(|stored| stored.catalogue.clone()).unwrap_or_default();
    let pictured: Vec<Pictured> = shown
        .iter()
        .filter(|one| one.household == *household && one.hash == *hash)
        .map(|one| one.pictured.clone())
        .collect();
    let card = card.map(|stored| (stored.card.status, stored.card.findings.as_slice()));
    may_hang(&pictured, card, &catalogue).map_err(|refusal| Refusal::message(refusal.to_string()))
}
