//! A photo on the board: proposed with the household's consent, let up by a second person, taken down, withdrawn.

use std::collections::BTreeSet;

use authz::{Act, Allowed, Publish, WithdrawConsent};
use chrono::NaiveDate;
use domain::canonical::Digest;
use domain::catalogue::Doer;
use domain::place::{Level, Place};
use domain::publication::{PhotoState, PhotoStep, is_second};
use serde_json::json;

use super::board::hangs;
use super::steps::{Consent, NewStep, insert_step};
use super::{PhotoFile, PhotoRef, photo, photo_files};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::tenancy::{self, Mode};

/// The most characters of a caption, of who gave consent and how, and of a reason.
const LONGEST: usize = 60;

/// A photo that somebody would like to see on the board.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The household.
    pub household: Place,
    /// The hash of the photo as kept.
    pub hash: Digest,
    /// What the board says below it.
    pub caption: String,
    /// Who agreed for the household.
    pub consent_by: String,
    /// How: said, signed.
    pub consent_how: String,
    /// The local date on which that was.
    pub consent_on: NaiveDate,
}

/// What a second person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// 通过
    Approve,
    /// 撤下, and why.
    TakeDown(String),
}

/// Proposes a photo with the household's consent. The same proposal again, while it waits, changes nothing.
///
/// # Errors
/// A photo that is not there, that may show a deduction, or that hangs or waits already; words that are missing or
/// too long, a consent in the future.
pub async fn propose_photo(
    connection: &mut Connection,
    allowed: &Allowed<Publish>,
    proposal: &Proposal,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    let caption = words("照片说明", &proposal.caption)?;
    let consent = Consent {
        caption,
        by: words("同意人", &proposal.consent_by)?,
        how: words("怎样同意的", &proposal.consent_how)?,
        on: proposal.consent_on,
    };
    if consent.on > moment.local().date() {
        return Err(Refusal::message("同意日期：在今天之后，请先征得同意"));
    }
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let (photo, file) = locked(connection, &allowed.place(), &proposal.household, &proposal.hash).await?;
        let known = file.as_ref().filter(|file| file.state == PhotoState::Waiting);
        if known.is_some_and(|file| file.caption() == caption) {
            return Ok(());
        }
        hangs(connection, &photo).await?;
        let step = NewStep { kind: PhotoStep::Proposed, consent: Some(consent), reason: None };
        take(connection, allowed, (&photo, file.as_ref()), &step, by, moment).await
    })
    .await
}

/// Lets a photo up, or takes it down. What stands so already changes nothing. `seen` is how many steps of the photo the
/// page showed: nobody lets up what was proposed anew since.
///
/// # Errors
/// A photo that was not proposed or whose consent is withdrawn; letting up by whoever proposed it, what is no longer as it
/// was shown, and what may show a deduction by now; taking down without a reason.
pub async fn decide_photo(
    connection: &mut Connection,
    allowed: &Allowed<Publish>,
    (household, hash, seen): (&Place, &Digest, usize),
    verdict: &Verdict,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    let (kind, reason) = match verdict {
        Verdict::Approve => (PhotoStep::Approved, None),
        Verdict::TakeDown(reason) => (PhotoStep::TakenDown, Some(words("撤下的原因", reason)?)),
    };
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let (photo, file) = locked(connection, &allowed.place(), household, hash).await?;
        if kind == PhotoStep::Approved {
            if let Some(proposal) = file.as_ref().and_then(PhotoFile::proposal) {
                let proposed = Doer { account: proposal.by_account, login: &proposal.by_login };
                is_second(&proposed, by).map_err(|refusal| Refusal::message(refusal.to_string()))?;
            }
            let changed = |file: &PhotoFile| file.state != PhotoState::OnBoard && file.steps.len() != seen;
            if file.as_ref().is_some_and(changed) {
                return Err(Refusal::message("这张照片刚刚又有办理，请刷新后核对说明，再审核"));
            }
            hangs(connection, &photo).await?;
        }
        let step = NewStep { kind, consent: None, reason };
        take(connection, allowed, (&photo, file.as_ref()), &step, by, moment).await
    })
    .await
}

/// Withdraws a household's consent: the photo is off the board at once. Again is success.
///
/// # Errors
/// A photo that is not there or was never proposed.
pub async fn withdraw_consent(
    connection: &mut Connection,
    allowed: &Allowed<WithdrawConsent>,
    (household, hash): (&Place, &Digest),
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let (photo, file) = locked(connection, &allowed.place(), household, hash).await?;
        let step = NewStep { kind: PhotoStep::Withdrawn, consent: None, reason: None };
        take(connection, allowed, (&photo, file.as_ref()), &step, by, moment).await
    })
    .await
}

/// A photo of a household inside `scope` with what was done about it, under the lock of its village.
async fn locked(
    connection: &mut Connection,
    scope: &Place,
    household: &Place,
    hash: &Digest,
) -> Result<(PhotoRef, Option<PhotoFile>)> {
    let missing = || Refusal::missing("没有这张照片，请刷新后查看");
    let village = household.ancestor(Level::Village).filter(|_| scope.contains(household));
    let village = village.ok_or_else(missing)?;
    lock_villages(connection, &BTreeSet::from([village])).await?;
    let photo = photo(connection, household, hash).await?.ok_or_else(missing)?;
    let files = photo_files(connection, household, None).await?;
    Ok((photo, files.into_iter().find(|file| file.hash == *hash)))
}

/// Takes a step where it follows; where it leads nowhere new, nothing is written.
async fn take<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    (photo, file): (&PhotoRef, Option<&PhotoFile>),
    step: &NewStep<'_>,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    let state = file.map_or(PhotoState::Unproposed, |file| file.state);
    if state == step.kind.leads_to() && step.kind != PhotoStep::Proposed {
        return Ok(());
    }
    state.may_take(step.kind).map_err(|problem| Refusal::message(problem.to_string()))?;
    let before = file.map_or(0, |file| file.steps.len());
    insert_step(connection, photo, before, step, by, moment).await?;
    let detail = json!({
        "photo": photo.hash.hex(), "household": photo.household.digits(), "month": photo.month.to_string(),
        "step": step.kind.name(),
    });
    crate::audit::record(connection, allowed, detail, moment).await
}

/// What somebody wrote on one short line.
fn words<'a>(title: &str, text: &'a str) -> Result<&'a str> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::message(format!("{title}：不能为空，请填写")));
    }
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(Refusal::message(format!("{title}：至多 {LONGEST} 个字，不能有换行和控制字符")));
    }
    Ok(text)
}
