//! Certified numbers of resident households.

use std::collections::BTreeMap;

use authz::{Allowed, Certify};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::input::{GroupFact, Line, Problem};
use domain::place::{Level, Place};
use serde_json::json;

use crate::codec;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::places::{known_places, lock_villages};
use crate::schema::{award_run, group_fact};
use crate::tenancy::{self, Mode};

/// Enters certified numbers, each a new revision; a number that the first run of the awards has frozen
/// cannot be changed.
///
/// # Errors
/// Groups that are not registered, and years whose awards were computed.
pub async fn certify_groups(
    connection: &mut Connection,
    allowed: &Allowed<Certify>,
    rows: &[Line<GroupFact>],
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let groups = known_places(connection, &allowed.place(), Level::Group).await?;
        let known_rows = rows.iter().filter(|line| groups.contains(&line.row.group));
        let villages = known_rows.filter_map(|line| line.row.group.ancestor(Level::Village)).collect();
        lock_villages(connection, &villages).await?;
        let frozen = frozen(connection, &allowed.place()).await?;
        let known = latest(connection, &allowed.place()).await?;
        let mut problems = Vec::new();
        let mut outcome = Outcome::default();
        for Line { number, row } in rows {
            let village = row.group.ancestor(Level::Village);
            let before = known.get(&(row.group, row.year));
            if !groups.contains(&row.group) {
                let message = format!("村小组 {} 没有登记，请先导入行政区划", row.group);
                problems.push(Problem::new(*number, "group_code", message));
            } else if before.is_some_and(|(_, fact)| fact == row) {
                outcome.unchanged += 1;
            } else if village.is_some_and(|village| frozen.contains(&(village, row.year))) {
                let message = format!("{} 年的年终评比已计算，常住户数已锁定", row.year);
                problems.push(Problem::new(*number, "year", message));
            } else {
                match before {
                    Some(_) => outcome.changed += 1,
                    None => outcome.added += 1,
                }
                insert(connection, row, before.map_or(0, |(revision, _)| *revision) + 1).await?;
            }
        }
        Refusal::unless_none(problems)?;
        let detail = json!({ "group_facts": { "added": outcome.added, "changed": outcome.changed } });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(outcome)
    })
    .await
}

async fn frozen(connection: &mut Connection, scope: &Place) -> Result<Vec<(Place, i32)>> {
    let interval = scope.scope();
    let rows: Vec<(String, i32)> = award_run::table
        .filter(award_run::county_code.eq(scope.county().digits()))
        .filter(award_run::place.ge(interval.low))
        .filter(award_run::place.lt(interval.high))
        .select((award_run::place, award_run::year))
        .load(connection)
        .await?;
    rows.into_iter().map(|(place, year)| Ok((codec::place(&place)?, year))).collect()
}

/// The latest certified number of each group and year inside `scope`, with its revision.
pub(crate) async fn latest(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<(Place, i32), (i32, GroupFact)>> {
    let interval = scope.scope();
    let rows: Vec<(String, i32, i32, i32, String, String)> = group_fact::table
        .filter(group_fact::county_code.eq(scope.county().digits()))
        .filter(group_fact::place.ge(interval.low))
        .filter(group_fact::place.lt(interval.high))
        .order((group_fact::place, group_fact::year, group_fact::revision))
        .select((
            group_fact::place,
            group_fact::year,
            group_fact::revision,
            group_fact::resident_households,
            group_fact::source,
            group_fact::certified_by,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(group, year, revision, resident_households, source, certified_by)| {
            let group = codec::place(&group)?;
            let resident_households = codec::counted(resident_households);
            let fact = GroupFact { group, year, resident_households, source, certified_by };
            Ok(((group, year), (revision, fact)))
        })
        .collect()
}

async fn insert(connection: &mut Connection, row: &GroupFact, revision: i32) -> Result<()> {
    diesel::insert_into(group_fact::table)
        .values((
            group_fact::county_code.eq(row.group.county().digits().to_owned()),
            group_fact::place.eq(row.group.digits().to_owned()),
            group_fact::year.eq(row.year),
            group_fact::revision.eq(revision),
            group_fact::resident_households.eq(codec::stored(row.resident_households)),
            group_fact::source.eq(&row.source),
            group_fact::certified_by.eq(&row.certified_by),
        ))
        .execute(connection)
        .await?;
    Ok(())
}
