//! Reads the latest closed, published and posted version of a month, village by village.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::publication::on_board;

use super::facts::Villages;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{month_closing, posting, publication};

/// Enters the latest closed version of each village.
pub(super) async fn closed(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    villages: &mut Villages,
) -> Result<()> {
    let interval = scope.scope();
    let rows: Vec<(String, i16, i32, i32)> = month_closing::table
        .filter(month_closing::county_code.eq(scope.county().digits()))
        .filter(month_closing::month.eq(month.number()))
        .filter(month_closing::place.ge(interval.low))
        .filter(month_closing::place.lt(interval.high))
        .order((month_closing::place, month_closing::version))
        .select((
            month_closing::place,
            month_closing::version,
            month_closing::taking_part,
            month_closing::scored,
        ))
        .load(connection)
        .await?;
    for (village, version, taking_part, scored) in rows {
        if let Some(village) = villages.get_mut(&codec::place(&village)?) {
            village.closed = Some((version, codec::counted(taking_part), codec::counted(scored)));
        }
    }
    Ok(())
}

/// The households taking part in the latest closed version of a month, for every village inside `scope` that has one.
///
/// # Errors
/// Faults of the database.
pub async fn taking_part_closed(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<BTreeMap<Place, u32>> {
    let interval = scope.scope();
    let rows: Vec<(String, i32)> = month_closing::table
        .filter(month_closing::county_code.eq(scope.county().digits()))
        .filter(month_closing::month.eq(month.number()))
        .filter(month_closing::place.ge(interval.low))
        .filter(month_closing::place.lt(interval.high))
        .order((month_closing::place, month_closing::version))
        .select((month_closing::place, month_closing::taking_part))
        .load(connection)
        .await?;
    // A later version takes the place of an earlier one.
    rows.iter().map(|(village, count)| Ok((codec::place(village)?, codec::counted(*count)))).collect()
}

/// Enters the latest published version of each village.
pub(super) async fn published(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    villages: &mut Villages,
) -> Result<()> {
    let interval = scope.scope();
    let rows: Vec<(String, i16, NaiveDate)> = publication::table
        .filter(publication::county_code.eq(scope.county().digits()))
        .filter(publication::month.eq(month.number()))
        .filter(publication::place.ge(interval.low))
        .filter(publication::place.lt(interval.high))
        .order((publication::place, publication::version))
        .select((publication::place, publication::version, publication::published_on))
        .load(connection)
        .await?;
    for (village, version, on) in rows {
        if let Some(village) = villages.get_mut(&codec::place(&village)?) {
            village.published = Some((version, on));
        }
    }
    Ok(())
}

/// Enters what hangs on the board of each village.
pub(super) async fn posted(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    villages: &mut Villages,
) -> Result<()> {
    let interval = scope.scope();
    let rows: Vec<(String, i16, NaiveDate)> = posting::table
        .filter(posting::county_code.eq(scope.county().digits()))
        .filter(posting::month.eq(month.number()))
        .filter(posting::place.ge(interval.low))
        .filter(posting::place.lt(interval.high))
        .order((posting::place, posting::revision))
        .select((posting::place, posting::version, posting::posted_on))
        .load(connection)
        .await?;
    let mut postings: BTreeMap<Place, Vec<(i16, NaiveDate)>> = BTreeMap::new();
    for (village, version, on) in rows {
        postings.entry(codec::place(&village)?).or_default().push((version, on));
    }
    for (village, of_village) in postings {
        if let Some(village) = villages.get_mut(&village) {
            village.board = on_board(of_village);
        }
    }
    Ok(())
}
