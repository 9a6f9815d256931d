//! The town hands in what it found at a drawn household; it stays as it was handed in.

use std::collections::BTreeSet;

use authz::{Allowed, Sample};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::catalogue::Doer;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{Finding, Status, check_day, write_findings};
use serde_json::json;

use super::drawn::drawn_households;
use crate::catalogue::catalogue_of;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::schema::sample_card;
use crate::tenancy::{self, Mode, all_written};

/// What the town found at a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFinding {
    /// The household.
    pub household: Place,
    /// The month.
    pub month: Month,
    /// The local date of the visit.
    pub checked_on: NaiveDate,
    /// What became of it.
    pub status: Status,
    /// The acts found.
    pub findings: Vec<Finding>,
}

/// Hands a check in. The same again is success.
///
/// # Errors
/// A household that was not drawn, a day that cannot be, a rule that is not in force, another check of it on record.
pub async fn hand_in_check(
    connection: &mut Connection,
    allowed: &Allowed<Sample>,
    found: &SampleFinding,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    let month = found.month;
    let missing = || Refusal::unknown(&found.household);
    let village = found.household.ancestor(Level::Village).ok_or_else(missing)?;
    check_day(month, found.checked_on, moment.local().date())
        .map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let at = allowed.narrow(village)?;
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let drawn = drawn_households(connection, &village, month).await?;
        let drawn = drawn.into_iter().find(|(_, household)| *household == found.household);
        let Some((household_id, _)) = drawn else {
            return Err(Refusal::message(format!("农户 {} 这个月没有被抽中", found.household)));
        };
        refuse_unknown_rules(connection, &village, found).await?;
        let findings = write_findings(&found.findings);
        let before: Option<(NaiveDate, i16, String)> = sample_card::table
            .find((village.county().digits(), month.number(), household_id))
            .select((sample_card::checked_on, sample_card::status, sample_card::findings))
            .first(connection)
            .await
            .optional()?;
        if let Some(before) = before {
            // The panel's card has been shown since: what was handed in blind stays.
            return if before == (found.checked_on, found.status.number(), findings) {
                Ok(())
            } else {
                Err(Refusal::message("这一户的复核卡已交，不能再改"))
            };
        }
        let written = diesel::sql_query(
            "insert into sample_card (county_code, month, household_id, place, checked_on, status, findings, by_login,
                by_account, handed_in_at)
             select s.county_code, s.month, s.household_id, s.place, $4, $5, $6, $7, $8, $9
             from sample_household s where s.county_code = $1 and s.month = $2 and s.household_id = $3",
        )
        .bind::<Text, _>(village.county().digits())
        .bind::<Integer, _>(month.number())
        .bind::<BigInt, _>(household_id)
        .bind::<Date, _>(found.checked_on)
        .bind::<SmallInt, _>(found.status.number())
        .bind::<Text, _>(findings)
        .bind::<Text, _>(by.login)
        .bind::<Nullable<BigInt>, _>(by.account)
        .bind::<Timestamptz, _>(moment.now)
        .execute(connection)
        .await?;
        all_written(written, 1)?;
        let detail = json!({ "month": month.to_string(), "household": found.household.digits(), "step": "checked" });
        crate::audit::record(connection, &at, detail, moment).await
    })
    .await
}

async fn refuse_unknown_rules(
    connection: &mut Connection,
    village: &Place,
    found: &SampleFinding,
) -> Result<()> {
    let stored = catalogue_of(connection, village, found.month).await?;
    let catalogue = stored.map(|stored| stored.catalogue).unwrap_or_default();
    let known = |code: &str| catalogue.rules().any(|(_, rule)| rule.code == code);
    match found.findings.iter().flat_map(Finding::rules).find(|code| !known(code)) {
        None => Ok(()),
        Some(code) => Err(Refusal::message(format!("扣分代码“{code}”不在当月生效的积分项目里"))),
    }
}
