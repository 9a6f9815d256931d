//! Deciding an objection, and the town's review of a decision: with a corrected card, in the same transaction, or without.

use std::collections::BTreeSet;

use authz::{Act, Allowed, DecideObjection, ReviewObjection};
use domain::input::{Correction, Line};
use domain::month::Month;
use domain::objections::{Decision, StepKind, check_words, may_decide};
use domain::place::{Level, Place};
use domain::scoring::{Finding, Status};
use serde_json::json;

use super::correct::{Facts, NewVersion, next_version, refuse_unseen};
use super::steps::{doer, insert_step};
use super::stored::{Stored, Which, load};
use crate::closing::{StoredDifference, differences};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::rulebook;
use crate::sealing::Salts;
use crate::sheets::scored_by;
use crate::tenancy::{self, Mode};

/// What a card should have said: what became of the visit, and what was found, each act once in the order of the texts.
pub type RightCard = (Status, Vec<Finding>);

/// What the village decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// The decision.
    pub outcome: Decision,
    /// Why.
    pub reason: String,
    /// The card that replaces the one objected to: where the objection is upheld or partly so, and only there.
    pub correction: Option<RightCard>,
    /// The latest version of the month that was looked at; none where nobody says.
    pub seen: Option<i16>,
}

/// What the town finds in its review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReview {
    /// Why.
    pub reason: String,
    /// The card that changes the decision; none where it is confirmed.
    pub correction: Option<RightCard>,
    /// As of a decision.
    pub seen: Option<i16>,
}

/// What a decision did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The number of the objection.
    pub number: String,
    /// The month, to be sealed anew where it has a new version.
    pub month: Month,
    /// The version that the decision made.
    pub new_version: Option<i16>,
    /// Every household that the new version moves, in the order of codes.
    pub movements: Vec<StoredDifference>,
}

impl Decided {
    /// The households that redeem now and did not before, or no longer do.
    pub fn flips(&self) -> impl Iterator<Item = &StoredDifference> {
        self.movements.iter().filter(|one| one.moved.qualifies.0 != one.moved.qualifies.1)
    }
}

/// Decides an objection. In a dry run nothing is kept, and the answer says whose qualification would flip.
///
/// The caller seals the month where it has a new version.
///
/// # Errors
/// An objection that is not there or not open, somebody who took it or scored the card, a reason that cannot stand, a
/// card that is missing, not wanted, or says what the present one says, a month with a later version than was looked at.
pub async fn decide_objection(
    connection: &mut Connection,
    allowed: &Allowed<DecideObjection>,
    id: i64,
    new: &NewDecision,
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Decided> {
    match (new.outcome.corrects(), &new.correction) {
        (true, None) => return Err(Refusal::message("异议成立或部分成立的，要写明更正后的状态和扣分")),
        (false, Some(_)) => return Err(Refusal::message("异议不成立或已撤回的，不更正积分卡")),
        _ => {}
    }
    let (kind, correction) = (new.outcome.step(), new.correction.as_ref());
    let taken = Taken { kind, reason: &new.reason, correction, seen: new.seen };
    take(connection, allowed, id, taken, salts, mode, moment).await
}

/// Reviews a decision for which that was asked, as a town or the county: with another card it is changed, without one
/// confirmed. Otherwise as [`decide_objection`].
///
/// # Errors
/// A permission for less than a town, a decision for which no review was asked, and whoever made it.
pub async fn review_objection(
    connection: &mut Connection,
    allowed: &Allowed<ReviewObjection>,
    id: i64,
    new: &NewReview,
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Decided> {
    if !matches!(allowed.place().level(), Level::County | Level::Town) {
        return Err(Refusal::message("复核由镇或县办理"));
    }
    let kind = if new.correction.is_some() { StepKind::ReviewChanged } else { StepKind::ReviewConfirmed };
    let taken = Taken { kind, reason: &new.reason, correction: new.correction.as_ref(), seen: new.seen };
    take(connection, allowed, id, taken, salts, mode, moment).await
}

/// Notes what was found out about an objection that waits for a decision or a review. The same words by the same person
/// as the last step change nothing.
///
/// # Errors
/// An objection that is not there or for which nobody has to act.
pub async fn note_investigation(
    connection: &mut Connection,
    allowed: &Allowed<DecideObjection>,
    id: i64,
    reason: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let taken = Taken { kind: StepKind::Noted, reason, correction: None, seen: None };
    take(connection, allowed, id, taken, salts, Mode::Apply, moment).await.map(drop)
}

/// Asks the town to review a decision, in the words of whoever is not content with it.
///
/// # Errors
/// An objection that is not there, not decided, withdrawn, or reviewed before.
pub async fn ask_review(
    connection: &mut Connection,
    allowed: &Allowed<DecideObjection>,
    id: i64,
    reason: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let taken = Taken { kind: StepKind::ReviewAsked, reason, correction: None, seen: None };
    take(connection, allowed, id, taken, salts, Mode::Apply, moment).await.map(drop)
}

/// A step to take.
#[derive(Clone, Copy)]
struct Taken<'a> {
    kind: StepKind,
    reason: &'a str,
    correction: Option<&'a RightCard>,
    seen: Option<i16>,
}

async fn take<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    id: i64,
    taken: Taken<'_>,
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Decided> {
    let reason = check_words(taken.reason).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let objection = locked(connection, &allowed.place(), id).await?;
        let rule = rulebook::of(connection, &objection.village, objection.month).await?.objections;
        let state = objection.state(moment.local(), &rule);
        state.may_take(taken.kind).map_err(|refusal| Refusal::message(refusal.to_string()))?;
        refuse_unseen(connection, &objection.village, objection.month, taken.seen).await?;
        let by = doer(connection, allowed.actor()).await?;
        if taken.kind == StepKind::Noted && was_just_noted(&objection, &reason, &by) {
            return Ok(Decided {
                number: objection.number_text(),
                month: objection.month,
                new_version: None,
                movements: Vec::new(),
            });
        }
        if taken.kind.settles() {
            let (county, month) = (objection.village.county(), objection.month);
            let scorers = scored_by(connection, &county, objection.household_id, month).await?;
            let scorer = scorers.contains(&by).then_some(by.as_str());
            may_decide(&by, &objection.involved(scorer))
                .map_err(|refusal| Refusal::message(refusal.to_string()))?;
        }
        let version = match taken.correction {
            Some(card) => {
                let row = correction(&objection, card, (&reason, &by), moment)?;
                Some(correct(connection, allowed, &objection, (taken.kind, row), salts, moment).await?)
            }
            None => None,
        };
        let new_version = version.as_ref().map(|version| version.version);
        let step = (taken.kind, new_version);
        let digest = insert_step(connection, &objection, step, &reason, &by, salts, moment).await?;
        let movements = match &version {
            Some(version) => differences(connection, &objection.village.county(), version.closing_id).await?,
            None => Vec::new(),
        };
        let mut detail = json!({
            "objection": objection.number_text(), "village": objection.village.digits(),
            "step": taken.kind.name(), "reason": digest.hex(),
        });
        if let Some(version) = version {
            detail["corrected"] = json!([version.written]);
        }
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Decided { number: objection.number_text(), month: objection.month, new_version, movements })
    })
    .await
}

/// Whether the last step says the same in the words of the same person: a second click.
fn was_just_noted(objection: &Stored, reason: &str, by: &str) -> bool {
    objection.steps.last().is_some_and(|last| {
        last.kind == StepKind::Noted && last.by == by && last.reason.as_deref() == Some(reason)
    })
}

/// The objection of a number inside `scope`, with its village locked.
async fn locked(connection: &mut Connection, scope: &Place, id: i64) -> Result<Stored> {
    let which = Which { id: Some(id), ..Which::default() };
    let missing = || Refusal::missing("没有这件异议，或不在您的范围内");
    let found = load(connection, scope, &which).await?.pop().ok_or_else(missing)?;
    lock_villages(connection, &BTreeSet::from([found.village])).await?;
    // Read again: somebody may have decided it while we waited for the lock.
    load(connection, scope, &which).await?.pop().ok_or_else(missing)
}

/// The correction that a decision makes of the household's card.
fn correction(
    objection: &Stored,
    (status, findings): &RightCard,
    (reason, by): (&str, &str),
    moment: &Moment,
) -> Result<Correction> {
    match status {
        Status::Unscored => return Err(Refusal::message("更正后的状态只能是已评、外出、拒评或未到")),
        Status::Scored => {}
        _ if findings.is_empty() => {}
        _ => return Err(Refusal::message(format!("状态是{}，不能有扣分", status.title()))),
    }
    Ok(Correction {
        month: objection.month,
        household: objection.household,
        status: *status,
        findings: findings.clone(),
        reason: reason.to_owned(),
        decided_by: by.to_owned(),
        decided_on: moment.local().date(),
        objection_no: Some(objection.number_text()),
    })
}

async fn correct<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    objection: &Stored,
    (kind, row): (StepKind, Correction),
    salts: &Salts,
    moment: &Moment,
) -> Result<NewVersion> {
    let (village, month) = (&objection.village, objection.month);
    let facts = Facts::load(connection, village, month).await?;
    let present = facts.cards.get(&objection.household_id).map(|card| &card.card);
    if present.is_some_and(|card| (card.status, &card.findings) == (row.status, &row.findings)) {
        return Err(Refusal::message("更正后的状态和扣分与现在的积分卡一样，请核对"));
    }
    let reason = format!("异议 {} {}，更正 1 户", objection.number_text(), kind.title());
    let (new, problems) = facts.decide(&[&Line { number: 0, row }]);
    Refusal::unless_none(problems)?;
    next_version(connection, allowed, (village, month), &new, &reason, salts, moment).await
}
