//! Corrects a card by what the town found: once the month is closed, and only where the difference counts.

use std::collections::BTreeSet;

use authz::{Allowed, Correct};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::input::{Correction, Line};
use domain::month::Month;
use domain::objections::{check_words, may_correct};
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::{SampleProblem, check_correction, parse_findings};
use serde_json::json;

use super::cards::status_of;
use super::read::score;
use crate::closing::{StoredDifference, differences};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::objections::{ClosedFacts, RightCard, doer, next_version, refuse_unseen};
use crate::places::lock_villages;
use crate::schema::sample_card;
use crate::sealing::Salts;
use crate::sheets::scored_by;
use crate::tenancy::{self, Mode};

/// A correction that follows from a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleCorrection {
    /// The household.
    pub household: Place,
    /// The month.
    pub month: Month,
    /// What the card should have said.
    pub card: RightCard,
    /// Why: what the town found.
    pub reason: String,
    /// The latest version of the month that was looked at.
    pub seen: Option<i16>,
}

/// What a correction did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleCorrected {
    /// The version that it made; none where the card was corrected so before.
    pub new_version: Option<i16>,
    /// Every household that the new version moves, in the order of codes.
    pub movements: Vec<StoredDifference>,
}

/// Corrects the card of a drawn household whose check differs from it by more than two visits may. In a dry run
/// nothing is kept, and the answer says who would move. A card that is corrected so already is success.
///
/// The caller seals the month where it has a new version.
///
/// # Errors
/// A household that is not there or was not checked, a month that is not closed or has a later version than was looked
/// at, no difference that counts, a card that was corrected otherwise or that leaves the difference, a reason that cannot stand, and
/// whoever handed in the card that is corrected.
pub async fn correct_sampled(
    connection: &mut Connection,
    allowed: &Allowed<Correct>,
    new: &SampleCorrection,
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<SampleCorrected> {
    let (household, month) = (new.household, new.month);
    let missing = || Refusal::unknown(&household);
    let village = household.ancestor(Level::Village).ok_or_else(missing)?;
    let reason = check_words(&new.reason).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let at = allowed.narrow(village)?;
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let facts = ClosedFacts::load(connection, &village, month).await?;
        if facts.closed.is_none() {
            return Err(Refusal::message(format!("{month} 还没有结账，结账以后才能更正")));
        }
        let household_id = facts.roster.get(&household).map(|row| row.household_id).ok_or_else(missing)?;
        let found = town_score(connection, &facts, (&village, month), household_id).await?;
        let present = facts.cards.get(&household_id);
        let corrected = present.is_some_and(|stored| stored.is_correction);
        let (status, findings) = new.card.clone();
        if corrected
            && present.is_some_and(|now| (now.card.status, &now.card.findings) == (status, &findings))
        {
            return Ok(SampleCorrected { new_version: None, movements: Vec::new() });
        }
        let by = doer(connection, allowed.actor()).await?;
        let row = Correction {
            month,
            household,
            status,
            findings,
            reason: reason.clone(),
            decided_by: by.clone(),
            decided_on: moment.local().date(),
            objection_no: None,
        };
        let (cards, problems) = facts.decide(&[&Line { number: 0, row }]);
        Refusal::unless_none(problems)?;
        let scorers = scored_by(connection, &village.county(), household_id, month).await?;
        may_correct(&by, &scorers).map_err(|refusal| Refusal::message(refusal.to_string()))?;
        refuse_unseen(connection, &village, month, new.seen).await?;
        if corrected {
            return Err(Refusal::message(SampleProblem::Corrected.to_string()));
        }
        let table = facts.table();
        let now = present.and_then(|stored| score(stored.card.status, &stored.card.findings, &table));
        check_correction(now, found, score(new.card.0, &new.card.1, &table))
            .map_err(|problem| Refusal::message(problem.to_string()))?;
        let why = "镇抽查复核，更正 1 户";
        let version = next_version(connection, &at, (&village, month), &cards, why, salts, moment).await?;
        let movements = differences(connection, &village.county(), version.closing_id).await?;
        let detail = json!({ "household": household.digits(), "corrected": [version.written] });
        crate::audit::record(connection, &at, detail, moment).await?;
        Ok(SampleCorrected { new_version: Some(version.version), movements })
    })
    .await
}

/// What the town's finding at a household comes to; none where nobody was met.
async fn town_score(
    connection: &mut Connection,
    facts: &ClosedFacts,
    (village, month): (&Place, Month),
    household_id: i64,
) -> Result<Option<Points>> {
    let check: Option<(i16, String)> = sample_card::table
        .find((village.county().digits(), month.number(), household_id))
        .select((sample_card::status, sample_card::findings))
        .first(connection)
        .await
        .optional()?;
    let unchecked = || Refusal::message("这一户没有镇的复核卡，不从抽查更正");
    let (status, findings) = check.ok_or_else(unchecked)?;
    let findings = parse_findings(&findings).map_err(|error| Error::Corrupt(format!("复核卡：{error}")))?;
    Ok(score(status_of(status)?, &findings, &facts.table()))
}
