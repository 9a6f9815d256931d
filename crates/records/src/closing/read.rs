//! Reads closed months for files and pages.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::{ExportedResult, HouseholdResult, Tier};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::publication::{Masked, PublicRow};
use domain::scoring::Status;

use super::heads::heads;
use super::seal::latest_of;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::schema::{household, household_version, month_closing, month_result};

/// A result as it is selected beside the code of its household.
pub(super) type ResultRow = (
    (String, String, i16),
    (Option<i32>, Option<i32>, i32),
    (Option<i32>, Option<i32>, i32),
    (bool, Option<i16>),
);

/// The latest results of a month inside `scope`, in the order of village, group and household.
///
/// # Errors
/// Faults of the database.
pub async fn results_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Vec<ExportedResult>> {
    let county = scope.county();
    let interval = scope.scope();
    let heads = heads(connection, &county, (&interval.low, &interval.high)).await?;
    let mut exported = Vec::new();
    for (village, head) in latest_of(&heads, month) {
        let rows = rows_of(connection, &county, month, head.id).await?;
        exported.extend(rows.into_iter().map(|result| ExportedResult {
            version: head.version,
            village,
            result,
        }));
    }
    Ok(exported)
}

/// So many of the latest results of a month inside `scope`, in the same order, after a household; village by village, so
/// that a page of a county does not read the county.
///
/// # Errors
/// A household that has no result there; faults of the database.
pub async fn results_page(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<ExportedResult>> {
    let (county, interval) = (scope.county(), scope.scope());
    let heads = heads(connection, &county, (&interval.low, &interval.high)).await?;
    let mut after = after.copied();
    let from = after.and_then(|household| household.ancestor(Level::Village));
    let mut page = Vec::new();
    for (village, head) in latest_of(&heads, month) {
        if page.len() >= limit || from.is_some_and(|from| village < from) {
            continue;
        }
        let mut rows = rows_of(connection, &county, month, head.id).await?.into_iter().peekable();
        if let Some(household) = after.take() {
            while rows.next_if(|row| row.household != household).is_some() {}
            rows.next().ok_or_else(|| Refusal::message("翻页的位置已不在，请从头读起"))?;
        }
        let exported = |result| ExportedResult { version: head.version, village, result };
        page.extend(rows.map(exported).take(limit.saturating_sub(page.len())));
    }
    Ok(page)
}

/// The results of one closed version, in the order of group and household.
pub(crate) async fn rows_of(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    closing: i64,
) -> Result<Vec<HouseholdResult>> {
    let rows: Vec<ResultRow> = month_result::table
        .inner_join(
            household::table.on(household::county_code
                .eq(month_result::county_code)
                .and(household::id.eq(month_result::household_id))),
        )
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.eq(month.number()))
        .filter(month_result::closing_id.eq(closing))
        .order((month_result::place, household::code))
        .select((
            (household::code, month_result::place, month_result::status),
            (month_result::score, month_result::environment, month_result::findings),
            (month_result::rank_in_group, month_result::rank_in_village, month_result::year_total),
            (month_result::qualifies, month_result::tier),
        ))
        .load(connection)
        .await?;
    rows.into_iter().map(household_result).collect()
}

/// What a row says.
pub(super) fn household_result(row: ResultRow) -> Result<HouseholdResult> {
    let (
        (code, group, status),
        (score, environment, findings),
        (in_group, in_village, total),
        (qualifies, tier),
    ) = row;
    Ok(HouseholdResult {
        household: codec::place(&code)?,
        group: codec::place(&group)?,
        status: Status::from_number(status).ok_or_else(|| Error::Corrupt(format!("状态 {status}")))?,
        score: codec::points(score),
        environment: codec::points(environment),
        findings: codec::counted(findings),
        rank_in_group: in_group.map(codec::counted),
        rank_in_village: in_village.map(codec::counted),
        year_total: Points::from_tenths(total),
        qualifies,
        tier: tier.and_then(Tier::new),
    })
}

/// A closed month of a village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedMonth {
    /// The row number of the version.
    pub closing_id: i64,
    /// The month.
    pub month: Month,
    /// The version.
    pub version: i16,
    /// Its hash.
    pub hash: domain::canonical::Digest,
    /// Households taking part.
    pub taking_part: u32,
    /// Households scored.
    pub scored: u32,
    /// Whether it was carried out at all.
    pub carried_out: bool,
    /// Why there is this version, for later ones.
    pub reason: Option<String>,
    /// When it counts as closed.
    pub closed_at: DateTime<Utc>,
}

/// Every closed version of a village, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn closed_months(connection: &mut Connection, village: &Place) -> Result<Vec<ClosedMonth>> {
    type Row = ((i64, i32, i16, Vec<u8>), (i32, i32, bool), Option<String>, DateTime<Utc>);
    let rows: Vec<Row> = month_closing::table
        .filter(month_closing::county_code.eq(village.county().digits()))
        .filter(month_closing::place.eq(village.digits()))
        .order((month_closing::month.desc(), month_closing::version.desc()))
        .select((
            (month_closing::id, month_closing::month, month_closing::version, month_closing::hash),
            (month_closing::taking_part, month_closing::scored, month_closing::carried_out),
            month_closing::reason,
            month_closing::closed_at,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((closing_id, month, version, hash), (taking_part, scored, carried_out), reason, closed_at)| {
            Ok(ClosedMonth {
                closing_id,
                month: codec::month(month)?,
                version,
                hash: codec::digest(&hash)?,
                taking_part: codec::counted(taking_part),
                scored: codec::counted(scored),
                carried_out,
                reason,
                closed_at,
            })
        })
        .collect()
}

/// When the latest of the villages inside `scope` was closed for a month, corrections apart; none where none is.
///
/// # Errors
/// Faults of the database.
pub async fn last_closed_at(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Option<DateTime<Utc>>> {
    let interval = scope.scope();
    let latest: Option<DateTime<Utc>> = month_closing::table
        .filter(month_closing::county_code.eq(scope.county().digits()))
        .filter(month_closing::month.eq(month.number()))
        .filter(month_closing::place.ge(interval.low))
        .filter(month_closing::place.lt(interval.high))
        .filter(month_closing::version.eq(1_i16))
        .order(month_closing::closed_at.desc())
        .select(month_closing::closed_at)
        .first(connection)
        .await
        .optional()?;
    Ok(latest)
}

/// The rows of a closed version with the masked names of the heads, in the order of group and household.
///
/// # Errors
/// Faults of the database.
pub async fn board(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    closing: i64,
) -> Result<Vec<PublicRow>> {
    let county = village.county();
    let results = rows_of(connection, &county, month, closing).await?;
    let names: Vec<(String, Option<String>)> = month_result::table
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
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.eq(month.number()))
        .filter(month_result::closing_id.eq(closing))
        .order((month_result::place, household::code))
        .select((household::code, household_version::head_name))
        .load(connection)
        .await?;
    Ok(results
        .into_iter()
        .zip(names)
        .map(|(result, (_, name))| PublicRow {
            result,
            head: Masked::name(name.as_deref().unwrap_or_default()),
            before: None,
        })
        .collect())
}

/// How many results of a month the place has, over all versions.
///
/// # Errors
/// Faults of the database.
pub async fn row_count(connection: &mut Connection, scope: &Place, month: Month) -> Result<i64> {
    let interval = scope.scope();
    Ok(month_result::table
        .filter(month_result::county_code.eq(scope.county().digits()))
        .filter(month_result::month.eq(month.number()))
        .filter(month_result::place.ge(interval.low))
        .filter(month_result::place.lt(interval.high))
        .count()
        .get_result(connection)
        .await?)
}
