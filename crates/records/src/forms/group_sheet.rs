//! Sheets of a group: 附件3 of a month and of a year, and the blank scoring sheet.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use domain::catalogue::in_force;
use domain::forms::{BlankSheet, GroupMonth, GroupYear, GroupYearRow};
use domain::month::{Month, local_time};
use domain::place::Place;
use domain::publication::last_digits;

use super::{Versions, full_name, rows_in, shown_months, span_of, village_of};
use crate::catalogue;
use crate::closing::closed_months;
use crate::database::Connection;
use crate::error::Result;
use crate::households::{register_for, roster};
use crate::panels;
use crate::publication::published;

/// A group's month in its latest version; none while it is not closed.
///
/// # Errors
/// Faults of the database.
pub async fn group_month(
    connection: &mut Connection,
    group: &Place,
    month: Month,
    zone: Tz,
) -> Result<Option<GroupMonth>> {
    let village = village_of(group)?;
    let closed = closed_months(connection, &village).await?;
    let Some(closed) = closed.into_iter().find(|one| one.month == month) else { return Ok(None) };
    let published = published(connection, &village).await?;
    let scope = group.scope();
    let register = roster(connection, &group.county(), (&scope.low, &scope.high), month).await?;
    Ok(Some(GroupMonth {
        place_name: full_name(connection, group).await?,
        month,
        version: closed.version,
        hash: closed.hash,
        published: published.contains_key(&(village, month, closed.version)),
        resident: register.iter().filter(|row| row.entry.resident).count(),
        closed_on: local_time(closed.closed_at, zone).date(),
        rows: rows_in(connection, group, &closed).await?,
    }))
}

/// A group's year; none while no month of it is closed.
///
/// # Errors
/// Faults of the database.
pub async fn group_year(connection: &mut Connection, group: &Place, year: i32) -> Result<Option<GroupYear>> {
    let Some(span) = span_of(year) else { return Ok(None) };
    let months = shown_months(connection, &village_of(group)?, span, Versions::Latest).await?;
    if months.is_empty() {
        return Ok(None);
    }
    let mut rows: BTreeMap<Place, GroupYearRow> = BTreeMap::new();
    for (month, (closed, _)) in &months {
        let at = usize::try_from(month.of_year() - 1).unwrap_or(0);
        for row in rows_in(connection, group, closed).await? {
            let household = row.result.household;
            let known = rows.entry(household).or_insert_with(|| GroupYearRow {
                number: last_digits(&household).to_owned(),
                head: String::new(),
                local: row.local,
                resident: row.resident,
                months: [None; 12],
                total: Default::default(),
            });
            // The latest month says who the head is now.
            (known.head, known.local, known.resident) = (row.head, row.local, row.resident);
            known.months[at] = Some(row.result.score.ok_or(row.result.status.title()));
            known.total += row.result.score.unwrap_or_default();
        }
    }
    let place_name = full_name(connection, group).await?;
    Ok(Some(GroupYear { place_name, year, rows: rows.into_values().collect() }))
}

/// A blank scoring sheet of a group and month; none while no catalogue is in force.
///
/// # Errors
/// Faults of the database.
pub async fn blank_sheet(
    connection: &mut Connection,
    group: &Place,
    month: Month,
) -> Result<Option<BlankSheet>> {
    let village = village_of(group)?;
    let catalogues = catalogue::all(connection, &village).await?;
    let Some(catalogue) = in_force(&catalogues, &village, month) else { return Ok(None) };
    let stored = panels::panels(connection, &village).await?;
    let panels = panels::as_of(&stored, &village, month);
    let panel = panels.iter().find(|panel| panel.panel.groups.contains(group));
    let scope = group.scope();
    let taking_part = roster(connection, &group.county(), (&scope.low, &scope.high), month).await?;
    let names: BTreeMap<Place, String> = register_for(connection, group, month)
        .await?
        .into_iter()
        .map(|entry| (entry.household, entry.head_name.unwrap_or_default()))
        .collect();
    let households = taking_part.iter().filter(|row| row.entry.participation.covers(month)).map(|row| {
        let household = row.entry.household;
        (household, names.get(&household).cloned().unwrap_or_default())
    });
    Ok(Some(BlankSheet {
        place_name: full_name(connection, group).await?,
        month,
        panel: panel.map(|panel| panel.panel.name.clone()),
        catalogue: catalogue.what.catalogue.clone(),
        households: households.collect(),
    }))
}
