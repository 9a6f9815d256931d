//! 附件2: a household's year.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::catalogue::Catalogue;
use domain::forms::{HouseholdYear, MonthColumn, household_year_items};
use domain::month::Month;
use domain::place::Place;
use domain::publication::last_digits;

use super::{Versions, full_name, rows_in, village_of, year_of};
use crate::catalogue;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::register_entry;
use crate::publication::published;
use crate::schema::month_closing;

/// A household's year; none where no month that is shown has it.
///
/// # Errors
/// Faults of the database.
pub async fn household_year(
    connection: &mut Connection,
    household: &Place,
    year: i32,
    versions: Versions,
) -> Result<Option<HouseholdYear>> {
    let village = village_of(household)?;
    let published = published(connection, &village).await?;
    let mut columns: Vec<MonthColumn> = Vec::new();
    let (mut head, mut kind) = (String::new(), (false, false));
    for (month, closed) in year_of(connection, &village, year, versions).await? {
        let Some(row) = rows_in(connection, household, &closed).await?.pop() else { continue };
        (head, kind) = (row.head, (row.local, row.resident));
        let catalogue = catalogue_of(connection, &village, month, closed.closing_id).await?;
        let column = MonthColumn {
            month,
            version: closed.version,
            reason: closed.reason.filter(|_| closed.version > 1),
            result: row.result,
            findings: row.findings,
            catalogue,
            published: published.contains_key(&(village, month, closed.version)),
        };
        columns.push(column);
    }
    if columns.is_empty() {
        return Ok(None);
    }
    let items = household_year_items(&columns).map_err(|unknown| Error::Corrupt(unknown.to_string()))?;
    let entry = register_entry(connection, household).await?;
    let members = entry.map_or((0, 0), |entry| (entry.members_registered, entry.members_resident));
    Ok(Some(HouseholdYear {
        head,
        number: last_digits(household).to_owned(),
        place_name: full_name(connection, household).await?,
        year,
        members,
        kind,
        published: columns.iter().all(|column| column.published),
        months: columns,
        items,
    }))
}

async fn catalogue_of(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    closing: i64,
) -> Result<Catalogue> {
    let county = village.county();
    let id: i64 = month_closing::table
        .filter(month_closing::county_code.eq(county.digits()))
        .filter(month_closing::id.eq(closing))
        .select(month_closing::catalogue_id)
        .first(connection)
        .await?;
    let stored = catalogue::with_ids(connection, &county, &[id]).await?;
    let found = stored.into_iter().next().ok_or_else(|| Error::Corrupt(format!("{month} 的积分项目")))?;
    Ok(found.what.catalogue)
}
