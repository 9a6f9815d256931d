//! What was written of drawn households: the town's checks, the panel's cards as they were signed, and those of now.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{Finding, Status};

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{card, finding, sample_card};

/// A check as it is stored: when, what became of it, the acts found, and who checked.
pub(super) type CheckRow = (NaiveDate, i16, String, String);

/// The checks of a month inside `scope`, by the household's row number.
pub(super) async fn checks(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<BTreeMap<i64, CheckRow>> {
    let interval = scope.scope();
    let rows: Vec<(i64, CheckRow)> = sample_card::table
        .filter(sample_card::county_code.eq(scope.county().digits()))
        .filter(sample_card::place.ge(interval.low))
        .filter(sample_card::place.lt(interval.high))
        .filter(sample_card::month.eq(month.number()))
        .select((
            sample_card::household_id,
            (sample_card::checked_on, sample_card::status, sample_card::findings, sample_card::by_login),
        ))
        .load(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What a card says: what became of the visit, and what was found.
pub(super) type Said = (Status, Vec<Finding>);

/// A household's cards.
pub(super) struct Cards {
    /// The latest of those that were signed when the sample was drawn.
    pub(super) signed: Option<Said>,
    /// The one that counts now, and whether it corrected the closed month.
    pub(super) present: Said,
    pub(super) is_correction: bool,
}

/// The cards of some households of a month, by the households' row numbers, each with the row number of the last card
/// that its draw covers.
pub(super) async fn cards_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    covered: &BTreeMap<i64, i64>,
) -> Result<BTreeMap<i64, Cards>> {
    let (county, interval) = (scope.county(), scope.scope());
    let households: Vec<i64> = covered.keys().copied().collect();
    let rows: Vec<(i64, i64, i16, bool)> = card::table
        .filter(card::county_code.eq(county.digits()))
        .filter(card::month.eq(month.number()))
        .filter(card::place.ge(interval.low))
        .filter(card::place.lt(interval.high))
        .filter(card::household_id.eq_any(&households))
        .order((card::household_id, card::revision))
        .select((card::household_id, card::id, card::status, card::is_correction))
        .load(connection)
        .await?;
    // The later of two revisions takes the place of the earlier one.
    let (mut signed, mut present) = (BTreeMap::new(), BTreeMap::new());
    for (household, id, status, is_correction) in rows {
        if !is_correction && covered.get(&household).is_some_and(|last| id <= *last) {
            signed.insert(household, (id, status));
        }
        present.insert(household, ((id, status), is_correction));
    }
    let presents = present.values().map(|(card, _)| card);
    let wanted: Vec<i64> = signed.values().chain(presents).map(|(id, _)| *id).collect();
    let found = findings_of(connection, &county, month, &wanted).await?;
    let said = |(id, status): (i64, i16)| -> Result<Said> {
        Ok((status_of(status)?, found.get(&id).cloned().unwrap_or_default()))
    };
    present
        .into_iter()
        .map(|(household, (card, is_correction))| {
            let signed = signed.get(&household).copied().map(said).transpose()?;
            Ok((household, Cards { signed, present: said(card)?, is_correction }))
        })
        .collect()
}

/// The findings of cards, by the cards' row numbers.
async fn findings_of(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    cards: &[i64],
) -> Result<HashMap<i64, Vec<Finding>>> {
    let rows: Vec<(i64, String, i16)> = finding::table
        .filter(finding::county_code.eq(county.digits()))
        .filter(finding::month.eq(month.number()))
        .filter(finding::card_id.eq_any(cards))
        .order((finding::card_id, finding::number))
        .select((finding::card_id, finding::act, finding::times))
        .load(connection)
        .await?;
    let mut found: HashMap<i64, Vec<Finding>> = HashMap::new();
    for (card, act, times) in rows {
        found.entry(card).or_default().push(Finding { act, times: codec::small(times) });
    }
    Ok(found)
}

/// The status of a stored number.
pub(super) fn status_of(number: i16) -> Result<Status> {
    Status::from_number(number).ok_or_else(|| Error::Corrupt(format!("积分卡状态 {number}")))
}
