//! Erases what names a household that has left: its results stay, under its code.

use std::collections::BTreeSet;

use authz::{Allowed, Erase};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::households::may_erase;
use domain::place::{Level, Place};
use serde_json::json;

use super::changes::erase_reasons;
use super::personal::{card_numbers, entry_of};
use super::queries::erase_queries;
use crate::audit;
use crate::closing;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::forms::reissue;
use crate::moment::Moment;
use crate::objections::{erase_words, open_against};
use crate::photos::{PhotoStore, erase_photos, sweep_photos};
use crate::schema::{card_remark, household_version};
use crate::scoring::erase_exceptions;
use crate::sealing::Sealer;
use crate::sheets::erase_sheets;
use crate::suggestions::erase_of_household;
use crate::tenancy::{self, Mode};

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Revisions of the register that lost name, phone and address.
    pub revisions: usize,
    /// Remarks on cards, sheets from phones and their decisions, reasons of changes and exceptions, queries.
    pub remarks: usize,
    /// Objections, suggestions and complaints, and what was written about them.
    pub objections: usize,
    /// Photos, and what was written about them on the board.
    pub photos: usize,
}

/// Erases name, phone, address, remarks and photos of a household of the permission's village, and makes its card's code
/// lead nowhere. The chain stays whole: it holds salted digests, and the salts go with the names. Again is success.
///
/// The files of photos go after the commit. Where that breaks off, no row names them any more, and erasing again, another
/// household of the village, or the daily clearing throws them away, also once the household is registered again.
///
/// # Errors
/// A household that is not there or that has not left, or whose objections are not decided, a store of photos that cannot be reached.
pub async fn erase_household(
    connection: &mut Connection,
    allowed: &Allowed<Erase>,
    household: &Place,
    sealer: &Sealer,
    store: &PhotoStore,
    moment: &Moment,
) -> Result<Erased> {
    let erased = erase_rows(connection, allowed, household, sealer, moment).await?;
    sweep_photos(connection, allowed, store, moment).await?;
    Ok(erased)
}

async fn erase_rows(
    connection: &mut Connection,
    allowed: &Allowed<Erase>,
    household: &Place,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Erased> {
    // A complaint from the household's page may stand at the town.
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        let village = allowed.place();
        // Whoever files or answers a complaint at the town meanwhile waits, or was there first.
        let town = village.ancestor(Level::Town);
        let town = town.ok_or_else(|| Error::Corrupt(format!("{village} 的镇")))?;
        crate::places::lock_villages(connection, &BTreeSet::from([town, village])).await?;
        let entry = entry_of(connection, &village, household).await?;
        let open = closing::open_months(connection, &village).await?.get(&village).copied();
        let objections = open_against(connection, household).await?;
        may_erase(&entry.participation, open, objections)
            .map_err(|refusal| Refusal::message(refusal.to_string()))?;
        let county = village.county();
        let named = household_version::table
            .filter(household_version::county_code.eq(county.digits()))
            .filter(household_version::household_id.eq(entry.household_id))
            .filter(household_version::head_name.is_not_null());
        let revisions = diesel::update(named)
            .set((
                household_version::head_name.eq(None::<String>),
                household_version::name_salt.eq(None::<Vec<u8>>),
                household_version::phone_sealed.eq(None::<Vec<u8>>),
                household_version::phone_index.eq(None::<Vec<u8>>),
                household_version::address_sealed.eq(None::<Vec<u8>>),
            ))
            .execute(connection)
            .await?;
        let cards = card_numbers(connection, &entry).await?;
        let remarked = card_remark::table
            .filter(card_remark::county_code.eq(county.digits()))
            .filter(card_remark::card_id.eq_any(cards))
            .filter(card_remark::salt.ne(Vec::new()));
        let remarks = diesel::update(remarked)
            .set((
                card_remark::salt.eq(Vec::new()),
                card_remark::late_reason.eq(None::<String>),
                card_remark::note.eq(None::<String>),
                card_remark::reason.eq(None::<String>),
                card_remark::decided_by.eq(None::<String>),
            ))
            .execute(connection)
            .await?;
        let remarks = remarks + erase_sheets(connection, &county, entry.household_id).await?;
        let remarks = remarks + erase_reasons(connection, &county, entry.household_id).await?;
        let remarks = remarks + erase_queries(connection, &county, entry.household_id).await?;
        let remarks = remarks + erase_exceptions(connection, &county, household).await?;
        let objections = erase_words(connection, &county, entry.household_id).await?
            + erase_of_household(connection, &county, entry.household_id).await?;
        // After the name: a photo that is on its way holds the row of the name until it is written.
        let photos = erase_photos(connection, &county, entry.household_id).await?;
        if revisions + remarks + objections + photos > 0 {
            reissue(connection, &entry, sealer, moment).await?;
            let detail = json!({
                "household": household.digits(), "revisions": revisions, "remarks": remarks,
                "objections": objections, "photos": photos,
            });
            audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(Erased { revisions, remarks, objections, photos })
    })
    .await
}
