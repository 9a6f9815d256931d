//! Asks the schedule what is due in a county, and writes what is missing.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Read, Remind};
use chrono::{NaiveTime, TimeZone};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::closing::scheduled_at;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::final_from;
use domain::schedule::{Awardable, Due, Facts, Unclosed, due};

use super::{COUNTY_LANE, NewJob, enqueue};
use crate::closing::open_months;
use crate::codec;
use crate::database::{Connection, Database};
use crate::error::Result;
use crate::households::roster;
use crate::moment::Moment;
use crate::places::villages_of;
use crate::publication::published;
use crate::rulebook;
use crate::schema::{award_run, month_closing};
use crate::tenancy::{self, Mode, Platform};

#[derive(diesel::QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = Text)]
    place: String,
}

#[derive(diesel::QueryableByName)]
struct FirstRow {
    #[diesel(sql_type = Text)]
    village: String,
    #[diesel(sql_type = Integer)]
    joined: i32,
}

/// Every county that is registered, for a worker.
///
/// # Errors
/// Faults of the database.
pub async fn counties(database: &Database) -> Result<Vec<Place>> {
    let mut connection = database.connection().await?;
    tenancy::platform(&mut connection, Platform::Worker, async |connection| {
        let rows: Vec<PlaceRow> =
            diesel::sql_query("select place from division order by place").load(connection).await?;
        rows.iter().map(|row| codec::place(&row.place)).collect()
    })
    .await
}

/// Writes the jobs of the schedule that are due in a county and were not written before. Returns how many.
///
/// # Errors
/// Faults of the database.
pub async fn plan_county(
    database: &Database,
    allowed: (&Allowed<Read>, &Allowed<Remind>),
    remind_at: NaiveTime,
    moment: &Moment,
) -> Result<usize> {
    let mut connection = database.connection().await?;
    let facts = tenancy::read(&mut connection, allowed.0, async |connection| {
        facts(connection, &allowed.0.place(), remind_at, moment).await
    })
    .await?;
    let jobs: Vec<NewJob> =
        due(&facts, moment.local()).into_iter().filter_map(|due| job(due, moment)).collect();
    tenancy::transaction(&mut connection, allowed.1, Mode::Apply, async |connection| {
        enqueue(connection, &jobs).await
    })
    .await
}

fn job(due: Due, moment: &Moment) -> Option<NewJob> {
    let due_at = moment.zone.from_local_datetime(&due.at).earliest()?.to_utc();
    let Due { kind, place, period, revision, .. } = due;
    Some(NewJob { kind, place, period, revision, lane: Some(COUNTY_LANE), due_at })
}

async fn facts(
    connection: &mut Connection,
    county: &Place,
    remind_at: NaiveTime,
    moment: &Moment,
) -> Result<Facts> {
    let unclosed = unclosed(connection, county, moment).await?;
    let awardable = awardable(connection, county).await?;
    Ok(Facts { county: *county, unclosed, awardable, remind_at })
}

/// The months whose time has come that a village has not closed, though somebody takes part in them.
async fn unclosed(connection: &mut Connection, county: &Place, moment: &Moment) -> Result<Vec<Unclosed>> {
    let layers = rulebook::all(connection, county).await?;
    let open = open_months(connection, county).await?;
    let villages = villages_of(connection, county).await?;
    let never: Vec<_> = villages.iter().filter(|village| !open.contains_key(village)).collect();
    let first = first_months(connection, county, &never).await?;
    let mut found = Vec::new();
    for village in villages {
        let Some(from) = open.get(&village).or_else(|| first.get(&village)) else { continue };
        let months = std::iter::successors(Some(*from), |month| Some(month.next()));
        for month in months {
            let rules = rulebook::resolve(&rulebook::inherited(&layers, &village, month))?;
            let scheduled_at = scheduled_at(month, &rules.closing);
            if scheduled_at > moment.local() {
                break;
            }
            found.push(Unclosed { village, month, scheduled_at });
        }
    }
    with_somebody(connection, county, found).await
}

/// Leaves out months in which nobody of the village takes part.
async fn with_somebody(
    connection: &mut Connection,
    county: &Place,
    mut found: Vec<Unclosed>,
) -> Result<Vec<Unclosed>> {
    let months: BTreeSet<Month> = found.iter().map(|one| one.month).collect();
    let range = crate::closing::range(found.iter().map(|one| &one.village));
    let mut active: BTreeSet<(Place, Month)> = BTreeSet::new();
    for month in months {
        for row in roster(connection, county, (&range.low, &range.high), month).await? {
            if row.entry.participation.covers(month) {
                active.extend(row.entry.household.ancestor(Level::Village).map(|village| (village, month)));
            }
        }
    }
    found.retain(|one| active.contains(&(one.village, one.month)));
    Ok(found)
}

/// The first month in which somebody takes part, of villages that never closed one.
async fn first_months(
    connection: &mut Connection,
    county: &Place,
    villages: &[&Place],
) -> Result<BTreeMap<Place, Month>> {
    if villages.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<FirstRow> = diesel::sql_query(
        "select left(place, 12) as village, min(joined_month) as joined from household_version
         where county_code = $1 and joined_month is not null and left(place, 12) = any($2) group by 1",
    )
    .bind::<Text, _>(county.digits())
    .bind::<Array<Text>, _>(villages.iter().map(|village| village.digits()).collect::<Vec<_>>())
    .load(connection)
    .await?;
    rows.iter().map(|row| Ok((codec::place(&row.village)?, codec::month(row.joined)?))).collect()
}

/// The villages whose December is published in its latest version, and which have no award list of the year.
async fn awardable(connection: &mut Connection, county: &Place) -> Result<Vec<Awardable>> {
    let scope = county.scope();
    let runs: Vec<(String, i32)> = award_run::table
        .filter(award_run::county_code.eq(county.digits()))
        .select((award_run::place, award_run::year))
        .load(connection)
        .await?;
    let runs: BTreeSet<(String, i32)> = runs.into_iter().collect();
    let rows: Vec<(String, i32, i16)> = month_closing::table
        .filter(month_closing::county_code.eq(county.digits()))
        .filter(month_closing::place.ge(&scope.low))
        .filter(month_closing::place.lt(&scope.high))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("month % 100 = 12"))
        .order((month_closing::place, month_closing::month, month_closing::version))
        .select((month_closing::place, month_closing::month, month_closing::version))
        .load(connection)
        .await?;
    let mut decembers: BTreeMap<(Place, i32), i16> = BTreeMap::new();
    for (village, month, version) in rows {
        decembers.insert((codec::place(&village)?, codec::month(month)?.year()), version);
    }
    decembers.retain(|(village, year), _| !runs.contains(&(village.digits().to_owned(), *year)));
    if decembers.is_empty() {
        return Ok(Vec::new());
    }
    let published = published(connection, county).await?;
    let layers = rulebook::all(connection, county).await?;
    let mut found = Vec::new();
    for ((village, year), version) in decembers {
        let Some(december) = Month::new(year, 12) else { continue };
        let Some(published) = published.get(&(village, december, version)) else { continue };
        let rules = rulebook::resolve(&rulebook::inherited(&layers, &village, december))?;
        found.push(Awardable { village, year, final_from: final_from(published.on, &rules.objections) });
    }
    Ok(found)
}
