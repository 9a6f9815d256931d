//! Everything on record of a village, loaded once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::closing::{ChainLink, HouseholdResult};
use domain::month::Month;
use domain::place::Place;

use super::consistency;
use crate::closing::{differences, rows_of};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::{Personal, RosterRow, personal, revisions_until};
use crate::panels::{self, StoredPanel};
use crate::publication::{PublicationRow, publications};
use crate::schema::{month_closing, month_result};
use crate::scoring::{Remark, StoredCard, StoredSignature, cards, remarks, signatures};

/// A stored version with everything its row says.
pub(in crate::verify) struct StoredClosing {
    pub(super) id: i64,
    pub(super) ordinal: i32,
    pub(super) recipe: i16,
    pub(super) link: ChainLink,
    pub(super) hash: Digest,
    pub(super) seed: Digest,
    pub(super) catalogue_id: i64,
    pub(super) rulebook_ids: Vec<i64>,
    pub(super) panel_ids: Vec<i64>,
    pub(super) summed: Vec<(Month, i16)>,
    pub(super) counts: (i32, i32, bool),
    pub(super) reason: Option<String>,
    pub(super) closed_at: DateTime<Utc>,
    /// Each result with the row numbers of household, roster entry and card.
    pub(super) results: Vec<(HouseholdResult, i64, i64, Option<i64>)>,
    pub(super) stored_difference: Vec<crate::closing::Difference>,
}

impl StoredClosing {
    /// `第1版`, told after its month.
    pub(super) fn title(&self) -> String {
        format!("第{}版", self.link.version)
    }
}

/// A month later than any.
fn last_month() -> Result<Month> {
    codec::month(209_912)
}

/// What is on record of a village.
pub(in crate::verify) struct Facts {
    pub(super) village: Place,
    pub(super) closings: Vec<StoredClosing>,
    pub(super) register: Vec<(RosterRow, Personal)>,
    pub(super) panels: Vec<StoredPanel>,
    /// Every card of the months with closings or cards, by month.
    pub(super) cards: BTreeMap<Month, Vec<StoredCard>>,
    pub(super) signatures: BTreeMap<Month, Vec<StoredSignature>>,
    pub(super) remarks: HashMap<i64, (Vec<u8>, Remark)>,
    pub(super) publications: Vec<PublicationRow>,
}

impl Facts {
    pub(super) async fn load(connection: &mut Connection, village: &Place) -> Result<Self> {
        let (county, scope) = (village.county(), village.scope());
        let range = (scope.low.as_str(), scope.high.as_str());
        let panels = panels::in_range(connection, &county, range).await?;
        let names = panels.iter().map(|panel| (panel.id, Arc::from(panel.panel.name.as_str()))).collect();
        let (mut of_cards, mut of_signatures, mut of_remarks) =
            (BTreeMap::new(), BTreeMap::new(), HashMap::new());
        for month in consistency::months(connection, village).await? {
            of_cards.insert(month, cards(connection, &county, range, month, &names).await?);
            of_signatures.insert(month, signatures(connection, &county, range, month, &names).await?);
            of_remarks.extend(remarks(connection, &county, range, month).await?);
        }
        let personal = personal(connection, &county, range).await?;
        let revisions = revisions_until(connection, &county, range, last_month()?).await?;
        Ok(Self {
            village: *village,
            closings: closings(connection, village).await?,
            register: revisions.into_iter().zip(personal).collect(),
            panels,
            cards: of_cards,
            signatures: of_signatures,
            remarks: of_remarks,
            publications: publications(connection, village).await?,
        })
    }
}

type ClosingRow = (
    (i64, i32, i16, i32, i16),
    (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>),
    (i64, Vec<i64>, Vec<i64>, Vec<i32>, Vec<i16>),
    (i32, i32, bool),
    (Option<String>, DateTime<Utc>),
);

async fn closings(connection: &mut Connection, village: &Place) -> Result<Vec<StoredClosing>> {
    let rows: Vec<ClosingRow> = month_closing::table
        .filter(month_closing::county_code.eq(village.county().digits()))
        .filter(month_closing::place.eq(village.digits()))
        .order(month_closing::ordinal)
        .select((
            (
                month_closing::id,
                month_closing::month,
                month_closing::version,
                month_closing::ordinal,
                month_closing::recipe,
            ),
            (
                month_closing::previous,
                month_closing::inputs,
                month_closing::results,
                month_closing::hash,
                month_closing::seed,
            ),
            (
                month_closing::catalogue_id,
                month_closing::rulebook_ids,
                month_closing::panel_ids,
                month_closing::summed_months,
                month_closing::summed_versions,
            ),
            (month_closing::taking_part, month_closing::scored, month_closing::carried_out),
            (month_closing::reason, month_closing::closed_at),
        ))
        .load(connection)
        .await?;
    let mut closings = Vec::with_capacity(rows.len());
    for row in rows {
        closings.push(closing(connection, village, row).await?);
    }
    Ok(closings)
}

async fn closing(connection: &mut Connection, village: &Place, row: ClosingRow) -> Result<StoredClosing> {
    let (
        (id, month, version, ordinal, recipe),
        (previous, inputs, results, hash, seed),
        frozen,
        counts,
        rest,
    ) = row;
    let (catalogue_id, rulebook_ids, panel_ids, months, versions) = frozen;
    let month = codec::month(month)?;
    if months.len() != versions.len() {
        return Err(Error::Corrupt(format!("{village} {month} 所累计的月份与版本数目不同")));
    }
    let stored_difference = differences(connection, &village.county(), id).await?;
    let summed = months.into_iter().zip(versions).map(|(month, version)| Ok((codec::month(month)?, version)));
    Ok(StoredClosing {
        id,
        ordinal,
        recipe,
        link: ChainLink {
            village: *village,
            month,
            version,
            previous: codec::digest(&previous)?,
            inputs: codec::digest(&inputs)?,
            results: codec::digest(&results)?,
        },
        hash: codec::digest(&hash)?,
        seed: codec::digest(&seed)?,
        catalogue_id,
        rulebook_ids,
        panel_ids,
        summed: summed.collect::<Result<_>>()?,
        counts,
        reason: rest.0,
        closed_at: rest.1,
        results: results_with_rows(connection, &village.county(), month, id).await?,
        stored_difference: stored_difference.into_iter().map(|one| one.moved).collect(),
    })
}

/// The results of a version with their row numbers, in the order of household codes.
async fn results_with_rows(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    closing: i64,
) -> Result<Vec<(HouseholdResult, i64, i64, Option<i64>)>> {
    let results = rows_of(connection, county, month, closing).await?;
    let rows: Vec<(i64, i64, Option<i64>)> = month_result::table
        .inner_join(
            crate::schema::household::table.on(crate::schema::household::county_code
                .eq(month_result::county_code)
                .and(crate::schema::household::id.eq(month_result::household_id))),
        )
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.eq(month.number()))
        .filter(month_result::closing_id.eq(closing))
        .order((month_result::place, crate::schema::household::code))
        .select((month_result::household_id, month_result::roster_id, month_result::card_id))
        .load(connection)
        .await?;
    let mut all: Vec<_> = results
        .into_iter()
        .zip(rows)
        .map(|(result, (household, roster, card))| (result, household, roster, card))
        .collect();
    all.sort_by_key(|(result, ..)| result.household);
    Ok(all)
}
