//! The level above approves a catalogue that was handed in, which puts it in force, or sends it back.

use authz::{Act, Allowed, ApproveCatalogue};
use domain::canonical::Digest;
use domain::catalogue::{Doer, SubmissionStep, is_above, lint, may_approve, may_override};
use serde_json::json;

use super::submit::{NewStep, insert_step, locked};
use super::{Linter, adopt_in, detail};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::tenancy::{self, Mode};

/// The most characters of the reason of a step.
const LONGEST_REASON: usize = 500;

/// Approves a submission and puts its catalogue in force for the place that handed it in. What the linter found passes
/// where the county gives its reason in `override_reason`, which stays with the step. Returns the catalogue's row number.
///
/// # Errors
/// A submission that is not there or does not wait, rights that do not reach above its place, whoever handed it in,
/// findings of the linter that are not overridden, and whatever stands against its catalogue by now: then it is sent
/// back.
pub async fn approve_submission(
    connection: &mut Connection,
    allowed: &Allowed<ApproveCatalogue>,
    id: i64,
    override_reason: Option<&str>,
    account: Option<i64>,
    login: &str,
    moment: &Moment,
) -> Result<i64> {
    let (reach, by) = (reach(allowed), Doer { account, login });
    let given = override_reason.map(str::trim).filter(|reason| !reason.is_empty());
    refuse_long("放行的原因", given.unwrap_or_default())?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let file = locked(connection, &allowed.place(), id).await?;
        let (summary, kind) = (&file.summary, SubmissionStep::Approved);
        summary.state.may_take(kind).map_err(|ended| Refusal::message(ended.to_string()))?;
        may_approve(&summary.place, &reach, &summary.doer(), &by)
            .map_err(|refusal| Refusal::message(refusal.to_string()))?;
        let at = allowed.narrow(summary.place)?;
        let findings = lint(&file.catalogue);
        may_override(&findings, &reach, given).map_err(|refusal| Refusal::message(refusal.to_string()))?;
        let overridden = given.filter(|_| !findings.is_empty());
        let adopted = adopt_in(connection, &at, &file.adoption(), Linter::Passes).await?;
        let step = NewStep { kind, reason: overridden, catalogue_id: Some(adopted.id) };
        insert_step(connection, &summary.place, id, &step, &by, moment).await?;
        let mut detail = detail(summary.year, summary.from, &file.catalogue, summary.reason.as_deref());
        detail["submission"] = json!(id);
        if overridden.is_some() {
            detail["overridden"] = json!(overridden);
        }
        crate::audit::record(connection, &at, detail, moment).await?;
        Ok(adopted.id)
    })
    .await
}

/// Sends a submission back, with the reason for which it is to be changed.
///
/// # Errors
/// No reason or too long a one, a submission that is not there or does not wait, and rights that do not reach above its
/// place.
pub async fn send_back(
    connection: &mut Connection,
    allowed: &Allowed<ApproveCatalogue>,
    id: i64,
    reason: &str,
    account: Option<i64>,
    login: &str,
    moment: &Moment,
) -> Result<()> {
    let (reach, by, reason) = (reach(allowed), Doer { account, login }, reason.trim());
    if reason.is_empty() {
        return Err(Refusal::message("请写明退回的原因，好让对方知道怎么改"));
    }
    refuse_long("退回的原因", reason)?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let file = locked(connection, &allowed.place(), id).await?;
        let (place, kind) = (file.summary.place, SubmissionStep::SentBack);
        file.summary.state.may_take(kind).map_err(|ended| Refusal::message(ended.to_string()))?;
        is_above(&place, &reach).map_err(|refusal| Refusal::message(refusal.to_string()))?;
        let at = allowed.narrow(place)?;
        let step = NewStep { kind, reason: Some(reason), catalogue_id: None };
        insert_step(connection, &place, id, &step, &by, moment).await?;
        let digest = Digest::of(reason.as_bytes()).hex();
        let detail = json!({ "submission": id, "step": kind.name(), "reason": digest });
        crate::audit::record(connection, &at, detail, moment).await
    })
    .await
}

fn refuse_long(what: &str, reason: &str) -> Result<()> {
    if reason.chars().count() > LONGEST_REASON {
        return Err(Refusal::message(format!("{what}至多 {LONGEST_REASON} 字，请写短一些")));
    }
    Ok(())
}

/// Whatever the permission was asked for, rights reach over the actor's own place.
fn reach<A: Act>(allowed: &Allowed<A>) -> domain::place::Place {
    allowed.widened().place()
}
