//! 催办: somebody above asks late villages for what is late, at once; each village, step and day once.
//!
//! The digests of the day go on beside it. A job for each contact of a village is what makes it once: its key holds
//! the day, the contact and the steps. What the message says is found when it is sent.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Remind};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::{Month, date_title};
use domain::place::Place;
use domain::schedule::{DueStep, Kind, LateStep, Urging};
use serde_json::json;

use super::compose::recipients;
use super::{Channel, Content, Item, Message};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::jobs::{Claimed, NewJob, enqueue};
use crate::moment::Moment;
use crate::places::{lock_villages, name_of, refuse_below_village};
use crate::progress::{VillageCounts, counts_of};
use crate::schema::job_run;
use crate::tenancy::{self, Mode};

/// What came of urging.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Urged {
    /// Villages that are asked now.
    pub now: usize,
    /// Villages that were asked for all of it today already.
    pub already: usize,
    /// The names of villages that have no contact who wants to be reminded.
    pub unreachable: Vec<String>,
}

/// Asks every village inside the permission's place for the steps of a month that are late, once a day each.
///
/// # Errors
/// A place that is not registered or smaller than a village, and faults of the database.
pub async fn urge(
    connection: &mut Connection,
    allowed: &Allowed<Remind>,
    month: Month,
    moment: &Moment,
) -> Result<Urged> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let scope = allowed.place();
        refuse_below_village(connection, &scope, "催办").await?;
        let counts = counts_of(connection, &scope, month, &BTreeMap::new(), moment.local()).await?;
        let late: Vec<&VillageCounts> = counts.iter().filter(|one| !one.late.is_empty()).collect();
        // Two clicks at once take turns: the second finds what the first asked for.
        let villages: BTreeSet<Place> = late.iter().map(|one| one.village).collect();
        lock_villages(connection, &villages).await?;
        let today = moment.local().date();
        let told = told_on(connection, &scope, month, today).await?;
        let ways = ways(connection, &scope.county()).await?;
        let (mut urged, mut jobs) = (Urged::default(), Vec::new());
        for one in late {
            let told = told.get(&one.village);
            let mut steps: Vec<DueStep> = one.late.iter().map(|late| late.what).collect();
            steps.retain(|step| told.is_none_or(|told| !told.contains(step)));
            let Some(ways) = ways.get(&one.village) else {
                urged.unreachable.push(one.name.clone());
                continue;
            };
            if steps.is_empty() {
                urged.already += 1;
                continue;
            }
            let revision = Urging { month, steps }.number();
            jobs.extend(ways.iter().map(|way| job(one.village, today, way, revision, moment)));
            urged.now += 1;
        }
        if enqueue(connection, &jobs).await? > 0 {
            let detail = json!({ "urged": urged.now, "month": month.to_string() });
            crate::audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(urged)
    })
    .await
}

/// When each village inside `scope` was last asked for something of a month.
///
/// # Errors
/// Faults of the database.
pub async fn last_urged(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<BTreeMap<Place, DateTime<Utc>>> {
    let (interval, (first, last)) = (scope.scope(), Urging::numbers_of(month));
    let rows: Vec<(String, Option<DateTime<Utc>>)> = job_run::table
        .filter(job_run::county_code.eq(scope.county().digits()))
        .filter(job_run::kind.eq(Kind::Urge.name()))
        .filter(job_run::place.ge(interval.low))
        .filter(job_run::place.lt(interval.high))
        .filter(job_run::revision.between(first, last))
        .group_by(job_run::place)
        .select((job_run::place, diesel::dsl::max(job_run::due_at)))
        .load(connection)
        .await?;
    let known = rows.into_iter().filter_map(|(village, at)| Some((village, at?)));
    known.map(|(village, at)| Ok((codec::place(&village)?, at))).collect()
}

/// What a claimed urging says now, and to whom; none once everything that it asks for is done, its day is over, or
/// the village has no such contact any more.
///
/// # Errors
/// A job that is no urging, and faults of the database.
pub async fn urging(
    connection: &mut Connection,
    allowed: &Allowed<Remind>,
    claimed: &Claimed,
    moment: &Moment,
) -> Result<Option<(Message, Content)>> {
    let corrupt = || Error::Corrupt(format!("催办 {} {}", claimed.period, claimed.revision));
    let (day, way) = claimed.period.split_once('/').ok_or_else(corrupt)?;
    let day: NaiveDate = day.parse().map_err(|_| corrupt())?;
    let asked = Urging::of_number(claimed.revision).ok_or_else(corrupt)?;
    if day != moment.local().date() {
        return Ok(None);
    }
    tenancy::read(connection, allowed, async |connection| {
        let (village, month) = (claimed.place, asked.month);
        let counts = counts_of(connection, &village, month, &BTreeMap::new(), moment.local()).await?;
        let Some(counts) = counts.into_iter().find(|one| one.village == village) else { return Ok(None) };
        let late: Vec<&LateStep> =
            counts.late.iter().filter(|late| asked.steps.contains(&late.what)).collect();
        let found = recipients(connection, &village.county()).await?.into_iter();
        let mut found = found.filter_map(|((channel, address), places)| {
            let (_, name) = places.into_iter().find(|(place, _)| *place == village)?;
            (way_key(channel, &address) == way).then_some((channel, address, name))
        });
        let Some((channel, address, name)) = found.next().filter(|_| !late.is_empty()) else {
            return Ok(None);
        };
        let item = |late: &&LateStep| Item {
            about: late.what.title().to_owned(),
            place: format!("{}{}", counts.town, counts.name),
            month: month.title(),
            missing: format!("{}，请尽快办理", late.sentence()),
            by: date_title(late.by),
            path: format!("/overview/{}/{month}", village.code()),
        };
        let content = Content {
            county: name_of(connection, &village.county()).await?,
            items: late.iter().map(item).collect(),
            urging: true,
        };
        let key = format!("urge\t{}\t{}\t{}", village.digits(), claimed.period, claimed.revision);
        let message = Message {
            id: claimed.id,
            county: village.county(),
            day,
            channel,
            address,
            name,
            content: None,
            message_id: Digest::of(key.as_bytes()).hex()[..32].to_owned(),
            sent: false,
        };
        Ok(Some((message, content)))
    })
    .await
}

fn job(village: Place, day: NaiveDate, way: &str, revision: i32, moment: &Moment) -> NewJob {
    let period = format!("{day}/{way}");
    NewJob { kind: Kind::Urge, place: village, period, revision, lane: None, due_at: moment.now }
}

/// The steps that each village was asked for on a day.
async fn told_on(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    day: NaiveDate,
) -> Result<BTreeMap<Place, BTreeSet<DueStep>>> {
    let (interval, (first, last)) = (scope.scope(), Urging::numbers_of(month));
    let rows: Vec<(String, i32)> = job_run::table
        .filter(job_run::county_code.eq(scope.county().digits()))
        .filter(job_run::kind.eq(Kind::Urge.name()))
        .filter(job_run::place.ge(interval.low))
        .filter(job_run::place.lt(interval.high))
        // The day's periods: `/` comes before `0`.
        .filter(job_run::period.ge(format!("{day}/")))
        .filter(job_run::period.lt(format!("{day}0")))
        .filter(job_run::revision.between(first, last))
        .select((job_run::place, job_run::revision))
        .load(connection)
        .await?;
    let mut told: BTreeMap<Place, BTreeSet<DueStep>> = BTreeMap::new();
    for (village, number) in rows {
        let steps = Urging::of_number(number).map(|urging| urging.steps).unwrap_or_default();
        told.entry(codec::place(&village)?).or_default().extend(steps);
    }
    Ok(told)
}

/// How each place's contacts are reached, by the keys of their addresses.
async fn ways(connection: &mut Connection, county: &Place) -> Result<BTreeMap<Place, BTreeSet<String>>> {
    let mut ways: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for ((channel, address), places) in recipients(connection, county).await? {
        for (place, _) in places {
            ways.entry(place).or_default().insert(way_key(channel, &address));
        }
    }
    Ok(ways)
}

/// An address as the key of a job holds it: not to be read.
fn way_key(channel: Channel, address: &str) -> String {
    Digest::of(format!("{}\t{address}", channel.name()).as_bytes()).hex()[..16].to_owned()
}
