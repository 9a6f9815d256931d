//! A village or town hands in a catalogue for approval, and takes it back.

use std::collections::BTreeSet;

use authz::{Allowed, SubmitCatalogue};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::catalogue::{Catalogue, Doer, SubmissionStep, approver, check_meeting};
use domain::input::Problem;
use domain::month::Month;
use domain::place::Place;
use serde_json::json;

use super::kept_rows::write_rows;
use super::submissions::{SubmissionFile, submission, waiting};
use super::{Adoption, Linter, detail, examine};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::schema::catalogue_submission;
use crate::tenancy::{self, Mode, all_written};

/// A catalogue to hand in for the permission's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The complete list.
    pub catalogue: Catalogue,
    /// The year it is made for.
    pub year: i32,
    /// The first month it is to hold.
    pub from: Month,
    /// When the villagers' (representatives') meeting agreed to it; a village needs one.
    pub meeting_on: Option<NaiveDate>,
    /// How many came of how many, in words.
    pub attendance: String,
    /// Why it changes inside a year; needed for a second one.
    pub reason: Option<String>,
    /// The catalogue that was in force when this one was written; 0 for none.
    pub builds_on: Option<i64>,
    /// Whether the county is asked to let pass what the linter found; otherwise it is refused at once.
    pub asks_override: bool,
}

/// The reason of a withdrawal that nobody asked for.
const REPLACED: &str = "已提交新的一份";

/// Hands in a catalogue: everything that would stand against putting it in force is refused already here. One that
/// waits is withdrawn. Returns its row number.
///
/// # Errors
/// A place that has nobody above to approve, a village without its meeting, and what
/// [`adopt_catalogue`](super::adopt_catalogue) refuses, by line and field where it is about the list.
pub async fn submit_catalogue(
    connection: &mut Connection,
    allowed: &Allowed<SubmitCatalogue>,
    submission: &Submission,
    account: Option<i64>,
    login: &str,
    mode: Mode,
    moment: &Moment,
) -> Result<i64> {
    let (place, by) = (allowed.place(), Doer { account, login });
    if approver(&place).is_none() {
        return Err(Refusal::message("提交审批的是镇或村的积分项目；县的由县直接发布"));
    }
    let today = moment.local().date();
    check_meeting(&place, submission.meeting_on, &submission.attendance, today).map_err(|problem| {
        Error::Refused(Refusal::Problems(vec![Problem::new(0, problem.field(), problem.to_string())]))
    })?;
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let linter = if submission.asks_override { Linter::Passes } else { Linter::Blocks };
        if examine(connection, &place, &submission.adoption(), linter).await?.is_some() {
            return Err(Refusal::message("提交的积分项目与现行的完全一样，不用审批"));
        }
        lock_place(connection, &place).await?;
        let replaced = waiting(connection, &place).await?.map(|waiting| waiting.id);
        if let Some(id) = replaced {
            let withdrawn =
                NewStep { kind: SubmissionStep::Withdrawn, reason: Some(REPLACED), catalogue_id: None };
            insert_step(connection, &place, id, &withdrawn, &by, moment).await?;
        }
        let id = insert(connection, &place, submission, &by, moment).await?;
        let reason = submission.reason.as_deref();
        let mut detail = detail(submission.year, submission.from, &submission.catalogue, reason);
        detail["submission"] = json!(id);
        detail["replaced"] = json!(replaced);
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(id)
    })
    .await
}

/// Takes a submission back that waits.
///
/// # Errors
/// One that is not there, or does not wait.
pub async fn withdraw(
    connection: &mut Connection,
    allowed: &Allowed<SubmitCatalogue>,
    id: i64,
    account: Option<i64>,
    login: &str,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let file = locked(connection, &allowed.place(), id).await?;
        let kind = SubmissionStep::Withdrawn;
        file.summary.state.may_take(kind).map_err(|ended| Refusal::message(ended.to_string()))?;
        let (at, by) = (allowed.narrow(file.summary.place)?, Doer { account, login });
        let step = NewStep { kind, reason: None, catalogue_id: None };
        insert_step(connection, &file.summary.place, id, &step, &by, moment).await?;
        let detail = json!({ "submission": id, "step": kind.name() });
        crate::audit::record(connection, &at, detail, moment).await
    })
    .await
}

impl Submission {
    fn adoption(&self) -> Adoption {
        Adoption {
            catalogue: self.catalogue.clone(),
            year: self.year,
            from: self.from,
            reason: self.reason.clone(),
            builds_on: self.builds_on,
        }
    }
}

/// The submission of a row number inside `scope`, with its place locked.
pub(super) async fn locked(connection: &mut Connection, scope: &Place, id: i64) -> Result<SubmissionFile> {
    let missing = || Refusal::missing("没有这份提交的积分项目，或不在您的范围内");
    let found = submission(connection, scope, id).await?.ok_or_else(missing)?;
    lock_place(connection, &found.summary.place).await?;
    // Read again: somebody may have decided on it while we waited for the lock.
    submission(connection, scope, id).await?.ok_or_else(missing)
}

/// Locks the row of one place, so that its submissions take turns.
async fn lock_place(connection: &mut Connection, place: &Place) -> Result<()> {
    lock_villages(connection, &BTreeSet::from([*place])).await
}

async fn insert(
    connection: &mut Connection,
    place: &Place,
    new: &Submission,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<i64> {
    Ok(diesel::insert_into(catalogue_submission::table)
        .values((
            catalogue_submission::county_code.eq(place.county().digits().to_owned()),
            catalogue_submission::place.eq(place.digits().to_owned()),
            catalogue_submission::year.eq(new.year),
            catalogue_submission::effective_month.eq(new.from.number()),
            catalogue_submission::rows.eq(write_rows(&new.catalogue)?),
            catalogue_submission::digest.eq(new.catalogue.digest().0.to_vec()),
            catalogue_submission::meeting_on.eq(new.meeting_on),
            catalogue_submission::attendance.eq(new.attendance.trim()),
            catalogue_submission::reason.eq(&new.reason),
            catalogue_submission::builds_on.eq(new.builds_on),
            catalogue_submission::submitted_by.eq(by.login),
            catalogue_submission::submitted_account.eq(by.account),
            catalogue_submission::submitted_at.eq(moment.now),
        ))
        .returning(catalogue_submission::id)
        .get_result(connection)
        .await?)
}

/// A step to write.
pub(super) struct NewStep<'a> {
    pub(super) kind: SubmissionStep,
    pub(super) reason: Option<&'a str>,
    pub(super) catalogue_id: Option<i64>,
}

/// Writes the one step that ends a submission; the caller holds its place's lock.
pub(super) async fn insert_step(
    connection: &mut Connection,
    place: &Place,
    id: i64,
    step: &NewStep<'_>,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    let written = diesel::sql_query(
        "insert into submission_step (county_code, submission_id, number, place, kind, reason, by_login, by_account,
            taken_at, catalogue_id)
         select s.county_code, s.id, 1, s.place, $3, $4, $5, $6, $7, $8
         from catalogue_submission s where s.county_code = $1 and s.id = $2",
    )
    .bind::<Text, _>(place.county().digits())
    .bind::<BigInt, _>(id)
    .bind::<SmallInt, _>(step.kind.number())
    .bind::<Nullable<Text>, _>(step.reason)
    .bind::<Text, _>(by.login)
    .bind::<Nullable<BigInt>, _>(by.account)
    .bind::<Timestamptz, _>(moment.now)
    .bind::<Nullable<BigInt>, _>(step.catalogue_id)
    .execute(connection)
    .await?;
    all_written(written, 1)
}
