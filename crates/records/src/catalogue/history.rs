//! The catalogues that held at a place, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::catalogue::{Dated, in_force};
use domain::month::Month;
use domain::place::Place;

use super::{Stored, all};
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{catalogue, catalogue_submission, submission_step};

/// A catalogue that held, holds or will hold at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueVersion {
    /// Its row number.
    pub id: i64,
    /// The place that made it.
    pub place: Place,
    /// The first month in which it bound this place.
    pub from: Month,
    /// The year it was made for.
    pub year: i32,
    /// Why it changed inside a year.
    pub reason: Option<String>,
    /// How it was handed in and approved; none where that was not needed, or lies above this place.
    pub approval: Option<Approval>,
    /// Whether the place made it itself.
    pub own: bool,
}

/// Who handed a catalogue in and who approved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The log-in of whoever handed it in.
    pub submitted_by: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// The log-in of whoever approved it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why the county let pass what the linter found.
    pub overridden: Option<String>,
}

/// The catalogues in force at a place over time, its own and those that it inherited, the latest first. Later ones hold
/// until replaced.
///
/// # Errors
/// Faults of the database.
pub async fn history_of(connection: &mut Connection, place: &Place) -> Result<Vec<CatalogueVersion>> {
    let stored = all(connection, place).await?;
    let mut spans = spans(&stored, place);
    spans.reverse();
    let ids: Vec<i64> = spans.iter().map(|(_, list)| list.what.id).collect();
    let mut stated = stated(connection, place, &ids).await?;
    let mut approved = approved(connection, place, &ids).await?;
    let version = |(from, list): (Month, &Dated<Stored>)| {
        let id = list.what.id;
        let (year, reason) = stated.remove(&id).unwrap_or((list.from.year(), None));
        let (approval, own) = (approved.remove(&id), list.place == *place);
        CatalogueVersion { id, place: list.place, from, year, reason, approval, own }
    };
    Ok(spans.into_iter().map(version).collect())
}

/// The lists that bind a place, each with the first month in which it does.
fn spans<'a>(stored: &'a [Dated<Stored>], place: &Place) -> Vec<(Month, &'a Dated<Stored>)> {
    let above = stored.iter().filter(|list| list.place.contains(place));
    let months: BTreeSet<Month> = above.map(|list| list.from).collect();
    let mut spans: Vec<(Month, &Dated<Stored>)> = Vec::new();
    for month in months {
        let Some(list) = in_force(stored, place, month) else { continue };
        if spans.last().is_none_or(|(_, last)| last.what.id != list.what.id) {
            spans.push((month, list));
        }
    }
    spans
}

/// The year and reason of catalogues.
async fn stated(
    connection: &mut Connection,
    place: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, (i32, Option<String>)>> {
    let rows: Vec<(i64, i32, Option<String>)> = catalogue::table
        .filter(catalogue::county_code.eq(place.county().digits()))
        .filter(catalogue::id.eq_any(ids))
        .select((catalogue::id, catalogue::year, catalogue::reason))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|(id, year, reason)| (id, (year, reason))).collect())
}

/// How catalogues were handed in and approved.
async fn approved(
    connection: &mut Connection,
    place: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, Approval>> {
    type StepRow = (Option<i64>, i64, Option<String>, String, DateTime<Utc>);
    let steps: Vec<StepRow> = submission_step::table
        .filter(submission_step::county_code.eq(place.county().digits()))
        .filter(submission_step::catalogue_id.assume_not_null().eq_any(ids))
        .select((
            submission_step::catalogue_id,
            submission_step::submission_id,
            submission_step::reason,
            submission_step::by_login,
            submission_step::taken_at,
        ))
        .load(connection)
        .await?;
    let submissions: Vec<i64> = steps.iter().map(|step| step.1).collect();
    let rows: Vec<(i64, String, DateTime<Utc>)> = catalogue_submission::table
        .filter(catalogue_submission::county_code.eq(place.county().digits()))
        .filter(catalogue_submission::id.eq_any(submissions))
        .select((
            catalogue_submission::id,
            catalogue_submission::submitted_by,
            catalogue_submission::submitted_at,
        ))
        .load(connection)
        .await?;
    let mut submitted: BTreeMap<i64, (String, DateTime<Utc>)> =
        rows.into_iter().map(|(id, by, at)| (id, (by, at))).collect();
    let approval = |(catalogue, submission, overridden, by, at): StepRow| {
        let (submitted_by, submitted_at) = submitted.remove(&submission)?;
        Some((catalogue?, Approval { submitted_by, submitted_at, by, at, overridden }))
    };
    Ok(steps.into_iter().filter_map(approval).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lists: &[(&str, &str)], expected: &[(&str, i64)]) {
        let place = |code: &str| Place::parse_code(code).expect("a code");
        let month = |text: &str| Month::parse(text).expect("a month");
        let stored: Vec<_> = (1..)
            .zip(lists)
            .map(|(id, &(code, from))| Dated {
                place: place(code),
                from: month(from),
                revision: id,
                what: Stored { id, catalogue: domain::catalogue::Catalogue::default() },
            })
            .collect();
        let found: Vec<_> = spans(&stored, &place("440229100204"))
            .into_iter()
            .map(|(from, list)| (from.to_string(), list.what.id))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(from, id)| ((*from).to_owned(), *id)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_newer_list_above_does_not_follow_the_villages_own() {
        let lists = [("440229000000", "2025-01"), ("440229100204", "2025-06"), ("440229000000", "2026-01")];
        check(&lists, &[("2025-01", 1), ("2025-06", 2)]);
    }

    #[test]
    fn the_lists_of_neighbours_are_not_among_them_and_a_replaced_one_never_held() {
        let lists = [("440229100205", "2025-01"), ("440229100000", "2025-02"), ("440229100000", "2025-02")];
        check(&lists, &[("2025-02", 3)]);
    }
}
