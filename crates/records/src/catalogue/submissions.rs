//! Submissions with their steps: as they are stored, and read for pages.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::{Catalogue, Doer, SubmissionState, SubmissionStep, submission_state};
use domain::month::Month;
use domain::place::Place;

use super::Adoption;
use super::kept_rows::read_rows;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{catalogue_submission, submission_step};

/// A catalogue that was handed in for approval, without its list (提交审批的积分项目).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionSummary {
    /// Its row number.
    pub id: i64,
    /// The village or town that handed it in.
    pub place: Place,
    /// The year it is made for.
    pub year: i32,
    /// The first month it is to hold.
    pub from: Month,
    /// The digest of its list.
    pub digest: Digest,
    /// When the villagers' (representatives') meeting agreed to it.
    pub meeting_on: Option<NaiveDate>,
    /// How many came of how many.
    pub attendance: String,
    /// Why it changes inside a year.
    pub reason: Option<String>,
    /// The catalogue in force when it was written; 0 for none.
    pub builds_on: Option<i64>,
    /// The log-in of whoever handed it in.
    pub submitted_by: String,
    /// The account, for a person.
    pub submitted_account: Option<i64>,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Where it stands.
    pub state: SubmissionState,
    /// The step that ended it.
    pub ended: Option<TakenStep>,
}

/// A submission with its list and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionFile {
    /// What it is.
    pub summary: SubmissionSummary,
    /// The complete list.
    pub catalogue: Catalogue,
    /// What was done about it, in order.
    pub steps: Vec<TakenStep>,
}

/// Something that was done about a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenStep {
    /// What.
    pub kind: SubmissionStep,
    /// Why, where that was said.
    pub reason: Option<String>,
    /// The log-in of whoever did it.
    pub by: String,
    /// The account, for a person.
    pub account: Option<i64>,
    /// When.
    pub at: DateTime<Utc>,
    /// The catalogue that it put in force.
    pub catalogue_id: Option<i64>,
}

impl SubmissionSummary {
    /// Who handed it in.
    pub(super) fn doer(&self) -> Doer<'_> {
        Doer { account: self.submitted_account, login: &self.submitted_by }
    }
}

impl SubmissionFile {
    /// What puts it in force.
    pub(super) fn adoption(&self) -> Adoption {
        Adoption {
            catalogue: self.catalogue.clone(),
            year: self.summary.year,
            from: self.summary.from,
            reason: self.summary.reason.clone(),
            builds_on: self.summary.builds_on,
        }
    }
}

/// So many of the submissions inside `scope`, the newest first.
///
/// # Errors
/// Faults of the database.
pub async fn submissions_of(
    connection: &mut Connection,
    scope: &Place,
    limit: i64,
) -> Result<Vec<SubmissionSummary>> {
    submissions_page(connection, scope, None, limit).await
}

/// So many of the submissions inside `scope` that are older than one of them, the newest first.
///
/// # Errors
/// Faults of the database.
pub async fn submissions_page(
    connection: &mut Connection,
    scope: &Place,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<SubmissionSummary>> {
    let which = Which { id: None, before, limit };
    Ok(load(connection, scope, which).await?.into_iter().map(|one| one.summary).collect())
}

/// The submission of a row number inside `scope`.
///
/// # Errors
/// Faults of the database.
pub async fn submission(
    connection: &mut Connection,
    scope: &Place,
    id: i64,
) -> Result<Option<SubmissionFile>> {
    let which = Which { id: Some(id), before: None, limit: 1 };
    load(connection, scope, which).await?.pop().map(Stored::file).transpose()
}

/// The submission of a place that waits: one at most, and its newest, since handing in another withdraws it.
pub(super) async fn waiting(connection: &mut Connection, place: &Place) -> Result<Option<SubmissionSummary>> {
    let id: Option<i64> = catalogue_submission::table
        .filter(catalogue_submission::county_code.eq(place.county().digits()))
        .filter(catalogue_submission::place.eq(place.digits()))
        .order(catalogue_submission::id.desc())
        .select(catalogue_submission::id)
        .first(connection)
        .await
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let newest = load(connection, place, Which { id: Some(id), before: None, limit: 1 }).await?.pop();
    Ok(newest.map(|one| one.summary).filter(|summary| summary.state.is_open()))
}

/// A submission as stored, its list unread.
struct Stored {
    summary: SubmissionSummary,
    rows: String,
    steps: Vec<TakenStep>,
}

impl Stored {
    fn file(self) -> Result<SubmissionFile> {
        let catalogue = read_rows(&self.rows)?;
        if catalogue.digest() != self.summary.digest {
            return Err(Error::Corrupt(format!("提交的积分项目 {} 与校验码不符", self.summary.id)));
        }
        Ok(SubmissionFile { summary: self.summary, catalogue, steps: self.steps })
    }
}

#[derive(Clone, Copy)]
struct Which {
    id: Option<i64>,
    before: Option<i64>,
    limit: i64,
}

type Row = (
    (i64, String, i32, i32),
    (String, Vec<u8>),
    (Option<NaiveDate>, String, Option<String>, Option<i64>),
    (String, Option<i64>, DateTime<Utc>),
);

async fn load(connection: &mut Connection, scope: &Place, which: Which) -> Result<Vec<Stored>> {
    let (county, interval) = (scope.county(), scope.scope());
    let mut query = catalogue_submission::table
        .filter(catalogue_submission::county_code.eq(county.digits().to_owned()))
        .filter(catalogue_submission::place.ge(interval.low))
        .filter(catalogue_submission::place.lt(interval.high))
        .order(catalogue_submission::id.desc())
        .limit(which.limit)
        .select((
            (
                catalogue_submission::id,
                catalogue_submission::place,
                catalogue_submission::year,
                catalogue_submission::effective_month,
            ),
            (catalogue_submission::rows, catalogue_submission::digest),
            (
                catalogue_submission::meeting_on,
                catalogue_submission::attendance,
                catalogue_submission::reason,
                catalogue_submission::builds_on,
            ),
            (
                catalogue_submission::submitted_by,
                catalogue_submission::submitted_account,
                catalogue_submission::submitted_at,
            ),
        ))
        .into_boxed();
    if let Some(id) = which.id {
        query = query.filter(catalogue_submission::id.eq(id));
    }
    if let Some(before) = which.before {
        query = query.filter(catalogue_submission::id.lt(before));
    }
    let rows: Vec<Row> = query.load(connection).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0.0).collect();
    let mut steps = steps(connection, &county, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let taken = steps.remove(&row.0.0).unwrap_or_default();
            stored(row, taken)
        })
        .collect()
}

fn stored(row: Row, steps: Vec<TakenStep>) -> Result<Stored> {
    let ((id, place, year, from), (rows, digest), meeting, submitted) = row;
    let (meeting_on, attendance, reason, builds_on) = meeting;
    let (submitted_by, submitted_account, submitted_at) = submitted;
    let kinds: Vec<SubmissionStep> = steps.iter().map(|step| step.kind).collect();
    let summary = SubmissionSummary {
        id,
        place: codec::place(&place)?,
        year,
        from: codec::month(from)?,
        digest: codec::digest(&digest)?,
        meeting_on,
        attendance,
        reason,
        builds_on,
        submitted_by,
        submitted_account,
        submitted_at,
        state: submission_state(&kinds),
        ended: steps.as_slice().first().cloned(),
    };
    Ok(Stored { summary, rows, steps })
}

type StepRow = (i64, i16, Option<String>, String, Option<i64>, DateTime<Utc>, Option<i64>);

async fn steps(
    connection: &mut Connection,
    county: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, Vec<TakenStep>>> {
    let rows: Vec<StepRow> = submission_step::table
        .filter(submission_step::county_code.eq(county.digits()))
        .filter(submission_step::submission_id.eq_any(ids))
        .order((submission_step::submission_id, submission_step::number))
        .select((
            submission_step::submission_id,
            submission_step::kind,
            submission_step::reason,
            submission_step::by_login,
            submission_step::by_account,
            submission_step::taken_at,
            submission_step::catalogue_id,
        ))
        .load(connection)
        .await?;
    let mut steps: BTreeMap<i64, Vec<TakenStep>> = BTreeMap::new();
    for (id, kind, reason, by, account, at, catalogue_id) in rows {
        let kind =
            SubmissionStep::from_number(kind).ok_or_else(|| Error::Corrupt(format!("审批步骤 {kind}")))?;
        steps.entry(id).or_default().push(TakenStep { kind, reason, by, account, at, catalogue_id });
    }
    Ok(steps)
}
