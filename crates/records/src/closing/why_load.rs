//! Loads what stands behind a household's closed month.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;
use domain::scoring::{Finding, Status};

use super::heads::Head;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{card, finding, household, household_version, month_closing, month_result, panel};

/// A household of a group in a closed version.
pub(super) struct GroupRow {
    pub(super) household: Place,
    pub(super) household_id: i64,
    pub(super) card_id: Option<i64>,
    /// 本村
    pub(super) local: bool,
}

/// The card that a result rests on.
pub(super) struct WhyCard {
    pub(super) panel: String,
    pub(super) scored_on: NaiveDate,
    pub(super) revision: i16,
}

/// A month that a year's total sums.
pub(super) struct SummedMonth {
    pub(super) month: Month,
    pub(super) version: i16,
    pub(super) status: Status,
    pub(super) score: Option<Points>,
}

/// The households of a group in a closed version, as its roster has them.
pub(super) async fn group_rows(
    connection: &mut Connection,
    head: &Head,
    group: &Place,
) -> Result<Vec<GroupRow>> {
    let rows: Vec<(String, i64, Option<i64>, bool)> = month_result::table
        .inner_join(
            household_version::table.on(household_version::county_code
                .eq(month_result::county_code)
                .and(household_version::id.eq(month_result::roster_id))),
        )
        .inner_join(
            household::table.on(household::county_code
                .eq(month_result::county_code)
                .and(household::id.eq(month_result::household_id))),
        )
        .filter(month_result::county_code.eq(head.village.county().digits()))
        .filter(month_result::month.eq(head.month.number()))
        .filter(month_result::closing_id.eq(head.id))
        .filter(month_result::place.eq(group.digits()))
        .select((household::code, household::id, month_result::card_id, household_version::local))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(code, household_id, card_id, local)| {
            Ok(GroupRow { household: codec::place(&code)?, household_id, card_id, local })
        })
        .collect()
}

/// The card of a row number.
pub(super) async fn card_of(connection: &mut Connection, head: &Head, id: i64) -> Result<Option<WhyCard>> {
    let row: Option<(String, NaiveDate, i16)> = card::table
        .inner_join(
            panel::table.on(panel::county_code.eq(card::county_code).and(panel::id.eq(card::panel_id))),
        )
        .filter(card::county_code.eq(head.village.county().digits()))
        .filter(card::month.eq(head.month.number()))
        .filter(card::id.eq(id))
        .select((panel::name, card::scored_on, card::revision))
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|(panel, scored_on, revision)| WhyCard { panel, scored_on, revision }))
}

/// The findings of a card, as written.
pub(super) async fn findings_of(connection: &mut Connection, head: &Head, card: i64) -> Result<Vec<Finding>> {
    let rows: Vec<(String, i16)> = finding::table
        .filter(finding::county_code.eq(head.village.county().digits()))
        .filter(finding::month.eq(head.month.number()))
        .filter(finding::card_id.eq(card))
        .order(finding::number)
        .select((finding::act, finding::times))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|(act, times)| Finding { act, times: codec::small(times) }).collect())
}

/// The earlier months of the year that a version summed, in their order, as far as the household took part.
pub(super) async fn summed_months(
    connection: &mut Connection,
    head: &Head,
    heads: &[Head],
    household_id: i64,
) -> Result<Vec<SummedMonth>> {
    let county = head.village.county();
    let (months, versions): (Vec<i32>, Vec<i16>) = month_closing::table
        .filter(month_closing::county_code.eq(county.digits()))
        .filter(month_closing::id.eq(head.id))
        .select((month_closing::summed_months, month_closing::summed_versions))
        .first(connection)
        .await?;
    let summed: Vec<(i32, i16)> = months.into_iter().zip(versions).collect();
    let closings: BTreeMap<i64, i16> = heads
        .iter()
        .filter(|one| summed.contains(&(one.month.number(), one.version)))
        .map(|one| (one.id, one.version))
        .collect();
    let rows: Vec<(i32, i64, i16, Option<i32>)> = month_result::table
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.ge(head.month.first_of_year().number()))
        .filter(month_result::month.lt(head.month.number()))
        .filter(month_result::closing_id.eq_any(closings.keys().copied().collect::<Vec<i64>>()))
        .filter(month_result::household_id.eq(household_id))
        .order(month_result::month)
        .select((month_result::month, month_result::closing_id, month_result::status, month_result::score))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(month, closing, status, score)| {
            let status =
                Status::from_number(status).ok_or_else(|| Error::Corrupt(format!("状态 {status}")))?;
            let version = closings.get(&closing).copied().unwrap_or_default();
            Ok(SummedMonth { month: codec::month(month)?, version, status, score: codec::points(score) })
        })
        .collect()
}
