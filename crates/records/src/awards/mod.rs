//! Year-end awards: certified numbers, and the run of a year per village.

mod compute;
mod facts;
mod load;
mod read;
mod standing;

use std::collections::BTreeSet;

use authz::{Allowed, Award};
use domain::month::Month;
use domain::place::{Level, Place};
use serde_json::json;

use crate::closing::Blocked;
use crate::database::{Connection, Database};
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::{county_exists, lock_villages, villages_of};
use crate::tenancy::{self, Mode};

pub(crate) use compute::{GroupAwards, decide};
pub use facts::certify_groups;
pub(crate) use load::{Year, run_digest};
pub use read::awards_of;
pub use standing::{GroupQuota, quotas_of, waits_for};

/// What became of a year's awards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Villages whose list was computed now, with its version.
    pub computed: Vec<(Place, i16)>,
    /// Villages whose list already rests on the latest versions.
    pub already: Vec<Place>,
    /// Villages with a month that is not final, with their reasons.
    pub blocked: Vec<Blocked>,
}

/// Computes the awards of a year for every village inside the permission's place that had a household
/// taking part. The first run freezes the base; a later one is a new version when a month has changed.
///
/// # Errors
/// A county that is not registered, and faults of the database.
pub async fn compute_awards(
    database: &Database,
    allowed: &Allowed<Award>,
    year: i32,
    moment: &Moment,
    progress: impl Fn(usize, usize),
) -> Result<Report> {
    if Month::new(year, 12).is_none() {
        return Err(Refusal::message(format!("年度 {year} 不在 2000 到 2099 之间，请核对")));
    }
    let mut connection = database.connection().await?;
    let villages = tenancy::read(&mut connection, allowed, async |connection| {
        if !county_exists(connection, &allowed.place()).await? {
            return Err(Refusal::message(format!(
                "县 {} 没有登记，请先导入行政区划",
                allowed.place().county()
            )));
        }
        villages_of(connection, &allowed.place()).await
    })
    .await?;
    let mut report = Report::default();
    for (done, village) in villages.iter().enumerate() {
        progress(done, villages.len());
        match compute_village(&mut connection, allowed, village, year, moment).await? {
            Computed::Nobody => {}
            Computed::Already => report.already.push(*village),
            Computed::Blocked(reasons) => report.blocked.push(Blocked { village: *village, reasons }),
            Computed::Version(version) => report.computed.push((*village, version)),
        }
    }
    progress(villages.len(), villages.len());
    Ok(report)
}

enum Computed {
    /// Nobody took part in the year.
    Nobody,
    Already,
    Blocked(Vec<String>),
    Version(i16),
}

async fn compute_village(
    connection: &mut Connection,
    allowed: &Allowed<Award>,
    village: &Place,
    year: i32,
    moment: &Moment,
) -> Result<Computed> {
    let allowed = allowed.narrow(*village)?;
    tenancy::transaction(connection, &allowed, Mode::Apply, async |connection| {
        debug_assert_eq!(village.level(), Level::Village);
        lock_villages(connection, &BTreeSet::from([*village])).await?;
        let loaded = Year::load(connection, village, year).await?;
        if loaded.months.is_empty() {
            return Ok(Computed::Nobody);
        }
        let reasons = loaded.not_final(moment.local());
        if !reasons.is_empty() {
            return Ok(Computed::Blocked(reasons));
        }
        if loaded.last_run.as_ref().is_some_and(|run| run.closing_ids == loaded.closing_ids()) {
            return Ok(Computed::Already);
        }
        let Some(december) = loaded.december() else {
            return Ok(Computed::Blocked(vec![format!("{year} 年 12 月没有参与户，无从评比")]));
        };
        let version = loaded.last_run.as_ref().map_or(0, |run| run.version) + 1;
        let groups = decide(&loaded, &december.seed);
        let digest =
            run_digest((village, year, version), loaded.closed.values().map(|head| &head.hash), &groups);
        compute::save(connection, &loaded, version, &december.seed, &groups, &digest, moment).await?;
        let detail = json!({ "year": year, "version": version, "digest": digest.hex() });
        crate::audit::record(connection, &allowed, detail, moment).await?;
        Ok(Computed::Version(version))
    })
    .await
}
