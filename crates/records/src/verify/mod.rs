//! Verifying: every closed version recomputed from the raw cards by the same pure rules, every chain
//! checked, every row compared.

mod audit_chain;
mod award_runs;
mod compare;
mod county;
mod village;

use authz::{Allowed, Verify};
use domain::month::Month;
use domain::place::Place;
use std::collections::BTreeMap;

use crate::database::Database;
use crate::error::{Refusal, Result};
use crate::places;
use crate::sealing::Sealer;
use crate::tenancy;

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} {what}：{difference}")]
pub struct Mismatch {
    /// Where: the household, village or county.
    pub place: Place,
    /// The month it concerns, where it concerns one.
    pub month: Option<Month>,
    /// Which row: `2026-10 第1版`, `日志 第7条`.
    pub what: String,
    /// What it says, and what it should say.
    pub difference: String,
}

/// What verifying found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Versions recomputed.
    pub versions: usize,
    /// Results compared.
    pub results: usize,
    /// Log rows checked.
    pub events: usize,
    /// Names and remarks that were lawfully erased (已依法删除).
    pub erased: usize,
    /// What does not agree; the first per village, and those of the county.
    pub mismatches: Vec<Mismatch>,
    /// The last hash of each chain, to be noted outside: `village code → hash`, and `log` for the county.
    pub heads: BTreeMap<String, String>,
    /// Every hash that a chain has passed, with the chain's name.
    pub passed: std::collections::BTreeSet<(String, String)>,
}

impl Verified {
    /// Compares the ends of the chains with those noted outside the database: a truncated tail or a chain
    /// that was computed anew cannot be seen from inside.
    ///
    /// A log that has grown since is fine when the noted number is reached; a chain of months that has
    /// grown is told as such.
    pub fn compare_heads(&mut self, noted: &BTreeMap<&str, &str>) {
        let Some(county) = Place::from_digits("000000") else { return };
        for (name, hash) in noted {
            let found = self.heads.get(*name).cloned();
            if found.as_deref() != Some(*hash)
                && !self.passed.contains(&((*name).to_owned(), (*hash).to_owned()))
            {
                let place = Place::parse_code(name).unwrap_or(county);
                self.fail(place, format!("链末 {name}"), format!("记下的是 {hash}，库里没有"));
            }
        }
    }

    /// Keeps what concerns a month, an earlier one or no month at all: a month rests on those before it.
    fn keep_until(&mut self, month: Month) {
        self.mismatches.retain(|one| one.month.is_none_or(|of| of <= month));
    }

    fn fail(&mut self, place: Place, what: impl Into<String>, difference: impl Into<String>) {
        self.mismatches.push(Mismatch {
            place,
            month: None,
            what: what.into(),
            difference: difference.into(),
        });
    }

    /// `what` is told after the month: `2026-10 第1版`.
    fn fail_in(
        &mut self,
        month: Month,
        place: Place,
        what: impl std::fmt::Display,
        difference: impl Into<String>,
    ) {
        let what = format!("{month} {what}");
        self.mismatches.push(Mismatch { place, month: Some(month), what, difference: difference.into() });
    }
}

/// Recomputes and checks everything of a county, or one month of it with the months before it, on which
/// its totals rest.
///
/// # Errors
/// A county that is not registered, and faults of the database; what does not agree is no error but part
/// of the result.
pub async fn verify(
    database: &Database,
    allowed: &Allowed<Verify>,
    month: Option<Month>,
    sealer: Option<&Sealer>,
    progress: impl Fn(usize, usize),
) -> Result<Verified> {
    check(database, allowed, None, month, sealer, progress).await
}

/// The same of one village only, with the county's log and seals, for whoever may verify the county: the log is one chain
/// for all of it, which a smaller permission does not see as a whole.
///
/// # Errors
/// A village that is not registered; otherwise as [`verify`].
pub async fn verify_village(
    database: &Database,
    allowed: &Allowed<Verify>,
    village: &Place,
    month: Option<Month>,
    sealer: Option<&Sealer>,
) -> Result<Verified> {
    check(database, allowed, Some(village), month, sealer, |_, _| {}).await
}

async fn check(
    database: &Database,
    allowed: &Allowed<Verify>,
    only: Option<&Place>,
    month: Option<Month>,
    sealer: Option<&Sealer>,
    progress: impl Fn(usize, usize),
) -> Result<Verified> {
    let county = allowed.place().county();
    let mut connection = database.connection().await?;
    tenancy::read(&mut connection, allowed, async |connection| {
        if !places::county_exists(connection, &county).await? {
            return Err(Refusal::message(format!("县 {county} 没有登记，没有可核对的内容")));
        }
        let mut verified = Verified::default();
        let log = audit_chain::check(connection, &county, &mut verified).await?;
        let rules = county::Rules::load(connection, &county, &log, &mut verified).await?;
        let mut villages = places::villages_of(connection, &allowed.place()).await?;
        villages.retain(|village| only.is_none_or(|only| village == only));
        if let Some(only) = only.filter(|_| villages.is_empty()) {
            return Err(Refusal::missing(format!("村 {only} 没有登记，请核对代码")));
        }
        for (done, village) in villages.iter().enumerate() {
            progress(done, villages.len());
            village::check(connection, village, month, &rules, &log, sealer, &mut verified).await?;
            if month.is_none() {
                award_runs::check(connection, village, &mut verified).await?;
            }
        }
        progress(villages.len(), villages.len());
        county::check_seals(connection, &county, month, &mut verified).await?;
        if let Some(month) = month {
            verified.keep_until(month);
        }
        Ok(verified)
    })
    .await
}
