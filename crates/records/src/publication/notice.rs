//! The notice of a village's month, loaded for the web page, the paper and the files alike.

use std::collections::HashMap;

use chrono_tz::Tz;
use domain::input::Division;
use domain::month::{Month, local_time};
use domain::place::Place;
use domain::points::Points;
use domain::publication::{
    Change, Notice, NoticeGroup, Provenance, PublicRow, final_from, honours, last_digits, notice_group,
};

use super::published;
use crate::closing::{ClosedMonth, StoredDifference, board, closed_months, differences, rows_of};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::objections::published_outcomes;
use crate::places;
use crate::rulebook;
use crate::samples::{commitment_of, draws};
use crate::scoring::granted;

/// The notice of the latest version of a village's month; none while the month is not closed. A version that is
/// not published is a preview.
///
/// # Errors
/// Faults of the database.
pub async fn notice(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    zone: Tz,
) -> Result<Option<Notice>> {
    let closed = closed_months(connection, village).await?;
    let Some(latest) = closed.iter().find(|one| one.month == month) else { return Ok(None) };
    let before = closed.iter().find(|one| one.month == month.previous());
    Ok(Some(notice_of(connection, village, latest, before, zone).await?))
}

/// The notice of a closed version; `before` is the latest version of the month before, where there is one.
///
/// # Errors
/// Faults of the database.
pub async fn notice_of(
    connection: &mut Connection,
    village: &Place,
    closed: &ClosedMonth,
    before: Option<&ClosedMonth>,
    zone: Tz,
) -> Result<Notice> {
    let names = places::divisions(connection, village).await?;
    let town = village.parent().ok_or_else(|| Error::Corrupt(format!("村 {village}")))?;
    let published = published(connection, village).await?;
    let published_on = published.get(&(*village, closed.month, closed.version)).map(|published| published.on);
    let rules = rulebook::of(connection, village, closed.month).await?;
    let earlier = match before {
        Some(before) => scores(connection, village, before).await?,
        None => HashMap::new(),
    };
    let mut rows = board(connection, village, closed.month, closed.closing_id).await?;
    for row in &mut rows {
        row.before = earlier.get(&row.result.household).copied();
    }
    let changes = changes(connection, village, closed, &names).await?;
    Ok(Notice {
        village: *village,
        village_name: name(&names, village),
        town_name: places::name_of(connection, &town).await?,
        month: closed.month,
        version: closed.version,
        // The first version's reason is whoever closed it early's own words: it stays in the log.
        reason: closed.reason.clone().filter(|_| closed.version > 1),
        hash: closed.hash,
        taking_part: closed.taking_part,
        scored: closed.scored,
        carried_out: closed.carried_out,
        closed_on: local_time(closed.closed_at, zone).date(),
        published_on,
        object_until: published_on.and_then(|on| final_from(on, &rules.objections).pred_opt()),
        honours: honours(&rows),
        groups: groups(rows, &names),
        changes,
        outcomes: published_outcomes(connection, village, closed.month).await?,
        provenance: provenance(connection, village, closed.month).await?,
    })
}

/// How a month came about, and what is fixed for the next.
async fn provenance(connection: &mut Connection, village: &Place, month: Month) -> Result<Provenance> {
    let scope = village.scope();
    let exceptions = granted(connection, &village.county(), (&scope.low, &scope.high), month).await?;
    let drawn = draws(connection, village, Some(month)).await?.pop();
    Ok(Provenance {
        exceptions: exceptions.values().map(Vec::len).sum(),
        drawn: drawn.map(|draw| (draw.secret, draw.signed)),
        next: commitment_of(connection, village, month.next()).await?,
    })
}

fn groups(rows: Vec<PublicRow>, names: &[Division]) -> Vec<NoticeGroup> {
    let mut groups: Vec<(Place, Vec<PublicRow>)> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some((group, rows)) if *group == row.result.group => rows.push(row),
            _ => groups.push((row.result.group, vec![row])),
        }
    }
    groups.into_iter().map(|(group, rows)| notice_group(group, name(names, &group), rows)).collect()
}

fn name(names: &[Division], place: &Place) -> String {
    names.iter().find(|one| one.place == *place).map(|one| one.name.clone()).unwrap_or_default()
}

async fn scores(
    connection: &mut Connection,
    village: &Place,
    closed: &ClosedMonth,
) -> Result<HashMap<Place, Points>> {
    let rows = rows_of(connection, &village.county(), closed.month, closed.closing_id).await?;
    Ok(rows.into_iter().filter_map(|result| Some((result.household, result.score?))).collect())
}

async fn changes(
    connection: &mut Connection,
    village: &Place,
    closed: &ClosedMonth,
    names: &[Division],
) -> Result<Vec<Change>> {
    if closed.version == 1 {
        return Ok(Vec::new());
    }
    let moved = differences(connection, &village.county(), closed.closing_id).await?;
    // Below the places a rank is nobody's business: it is shown only where the household redeems.
    let shown = |qualifies: Option<bool>| qualifies == Some(true);
    let change = |StoredDifference { moved: one, .. }: StoredDifference| Change {
        group: name(names, &one.group),
        number: last_digits(&one.household).to_owned(),
        score: one.score,
        rank: (one.rank.0.filter(|_| shown(one.qualifies.0)), one.rank.1.filter(|_| shown(one.qualifies.1))),
        tier: one.tier,
    };
    let is_visible = |change: &Change| {
        change.score.0 != change.score.1 || change.rank.0 != change.rank.1 || change.tier.0 != change.tier.1
    };
    Ok(moved.into_iter().map(change).filter(is_visible).collect())
}
