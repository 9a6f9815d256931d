//! Twelve months side by side: how much was put up in time, and how many households took part.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::publication::{OnBoard, on_board, posted_in_time};

use super::counts::Rulebooks;
use super::months_of;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::rulebook;
use crate::schema::{month_closing, posting};

/// How many months a trend shows.
const SHOWN: usize = 12;

/// A month of the trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendMonth {
    /// The month.
    pub month: Month,
    /// Villages in which somebody took part in this month or in one before.
    pub villages: u32,
    /// Those that posted its first sheet in time (按时公示).
    pub in_time: u32,
    /// Households taking part, in the villages that closed it.
    pub taking_part: u32,
    /// 常住户 of the same villages, as the register of the month had it.
    pub resident: u32,
}

/// The months up to `last` that somebody closed inside `scope`, the oldest first, at most twelve.
///
/// # Errors
/// Faults of the database.
pub async fn trend(connection: &mut Connection, scope: &Place, last: Month) -> Result<Vec<TrendMonth>> {
    let closed = closed(connection, scope, last).await?;
    let mut months: Vec<Month> = months_of(connection, scope).await?;
    months.retain(|month| closed.contains_key(month));
    months.truncate(SHOWN);
    months.reverse();
    let Some(first) = months.as_slice().first().copied() else { return Ok(Vec::new()) };
    let posted = posted(connection, scope, (first, last)).await?;
    let residents = residents(connection, scope, last).await?;
    let layers = rulebook::all(connection, scope).await?;
    let mut trend = Vec::with_capacity(months.len());
    for month in months {
        let mut rulebooks = Rulebooks::new(&layers, month);
        let mut in_time = 0;
        for (village, board) in posted.get(&month).into_iter().flatten() {
            let rule = &rulebooks.of(village)?.publication;
            in_time += u32::from(posted_in_time(month, board.first_on, rule));
        }
        let until_now = closed.range(..=month).flat_map(|(_, villages)| villages);
        let began: BTreeSet<Place> =
            until_now.filter(|(_, taking_part)| **taking_part > 0).map(|(village, _)| *village).collect();
        let of_month = closed.get(&month).into_iter().flatten().filter(|(_, taking_part)| **taking_part > 0);
        let (mut taking_part, mut resident) = (0_u32, 0_u32);
        for (village, households) in of_month {
            taking_part = taking_part.saturating_add(*households);
            let of_village = residents.get(village).into_iter().flat_map(|by| by.range(..=month));
            let living: i64 = of_village.map(|(_, change)| *change).sum();
            resident = resident.saturating_add(codec::rows(living.max(0)));
        }
        trend.push(TrendMonth { month, villages: super::size(began.len()), in_time, taking_part, resident });
    }
    Ok(trend)
}

/// The households taking part in the latest version of each village, by month.
async fn closed(
    connection: &mut Connection,
    scope: &Place,
    last: Month,
) -> Result<BTreeMap<Month, BTreeMap<Place, u32>>> {
    let interval = scope.scope();
    let rows: Vec<(i32, String, i32)> = month_closing::table
        .filter(month_closing::county_code.eq(scope.county().digits()))
        .filter(month_closing::place.ge(interval.low))
        .filter(month_closing::place.lt(interval.high))
        .filter(month_closing::month.le(last.number()))
        .order((month_closing::place, month_closing::month, month_closing::version))
        .select((month_closing::month, month_closing::place, month_closing::taking_part))
        .load(connection)
        .await?;
    let mut closed: BTreeMap<Month, BTreeMap<Place, u32>> = BTreeMap::new();
    for (month, village, taking_part) in rows {
        let villages = closed.entry(codec::month(month)?).or_default();
        villages.insert(codec::place(&village)?, codec::counted(taking_part));
    }
    Ok(closed)
}

/// What each village put up, by month.
async fn posted(
    connection: &mut Connection,
    scope: &Place,
    (first, last): (Month, Month),
) -> Result<BTreeMap<Month, BTreeMap<Place, OnBoard>>> {
    let interval = scope.scope();
    let rows: Vec<(i32, String, i16, NaiveDate)> = posting::table
        .filter(posting::county_code.eq(scope.county().digits()))
        .filter(posting::place.ge(interval.low))
        .filter(posting::place.lt(interval.high))
        .filter(posting::month.between(first.number(), last.number()))
        .order((posting::place, posting::month, posting::revision))
        .select((posting::month, posting::place, posting::version, posting::posted_on))
        .load(connection)
        .await?;
    let mut postings: BTreeMap<(Month, Place), Vec<(i16, NaiveDate)>> = BTreeMap::new();
    for (month, village, version, on) in rows {
        let key = (codec::month(month)?, codec::place(&village)?);
        postings.entry(key).or_default().push((version, on));
    }
    let mut posted: BTreeMap<Month, BTreeMap<Place, OnBoard>> = BTreeMap::new();
    for ((month, village), of_village) in postings {
        if let Some(board) = on_board(of_village) {
            posted.entry(month).or_default().insert(village, board);
        }
    }
    Ok(posted)
}

#[derive(diesel::QueryableByName)]
struct ChangeRow {
    #[diesel(sql_type = Text)]
    village: String,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = BigInt)]
    change: i64,
}

/// How many resident households each village won and lost, by the month from which it holds: one pass over the
/// register for all months. A revision takes the place of the one before it.
async fn residents(
    connection: &mut Connection,
    scope: &Place,
    last: Month,
) -> Result<BTreeMap<Place, BTreeMap<Month, i64>>> {
    let interval = scope.scope();
    let rows: Vec<ChangeRow> = diesel::sql_query(
        "select village, month, sum(change)::bigint as change from (
            select left(v.place, 12) as village, v.effective_month as month,
                count(*) filter (where v.resident) as change
            from household_version v
            where v.county_code = $1 and v.place >= $2 and v.place < $3 and v.effective_month <= $4
            group by 1, 2
            union all
            select left(v.place, 12), n.effective_month, -count(*) filter (where v.resident)
            from household_version n
            join household_version v on v.county_code = $1 and v.place >= $2 and v.place < $3
                and v.household_id = n.household_id and v.revision = n.revision - 1
            where n.county_code = $1 and n.place >= $2 and n.place < $3 and n.effective_month <= $4
                and n.revision > 1
            group by 1, 2
         ) c group by 1, 2",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(last.number())
    .load(connection)
    .await?;
    let mut residents: BTreeMap<Place, BTreeMap<Month, i64>> = BTreeMap::new();
    for row in rows {
        let of_village = residents.entry(codec::place(&row.village)?).or_default();
        *of_village.entry(codec::month(row.month)?).or_default() += row.change;
    }
    Ok(residents)
}
