//! 结账 of a village: what is ready and what closing would give while the month is open, and once it is closed what it
//! says of every household, with its versions. A group has the same page of its own.

use std::collections::BTreeMap;

use askama::Template;
use authz::EnterCards;
use axum::http::StatusCode;
use axum::response::Response;
use domain::closing::may_leave_out_unsigned;
use domain::month::{Month, date_title};
use domain::place::{Level, Place};
use domain::publication::PublicRow;
use records::closing::{ClosedMonth, StoredDifference, board, closed_months, differences, forecast};
use records::{Connection, places, tenancy};

use super::Standing;
use super::forecast::{Forecasted, conditions, forecasted};
use super::results::{GroupResults, results};
use super::versions::{Version, versions};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::overview::group_page;
use crate::shell::{Shell, Visit};
use crate::state::State;

#[derive(Template)]
#[template(path = "closing/village.html")]
struct OpenPage {
    shell: Shell,
    forecast: Forecasted,
    /// What a household redeems for.
    conditions: String,
    /// Why it cannot be closed yet, empty where it can.
    too_early: String,
    may_close: bool,
    /// Whether unsigned panels may be left out with a reason.
    may_leave_out: bool,
    without_unsigned: String,
    scheduled: String,
}

#[derive(Template)]
#[template(path = "closing/closed.html")]
struct ClosedPage {
    shell: Shell,
    /// The latest first.
    versions: Vec<Version>,
    groups: Vec<GroupResults>,
    /// The village, where this is the page of one of its groups.
    village: Option<Place>,
}

/// What is on record of a village's month that is closed.
struct Closed {
    /// The latest first.
    versions: Vec<(ClosedMonth, Vec<StoredDifference>)>,
    rows: Vec<PublicRow>,
    names: BTreeMap<Place, String>,
}

impl Closed {
    /// None while the month is open.
    async fn of(connection: &mut Connection, village: &Place, month: Month) -> records::Result<Option<Self>> {
        let mut versions = Vec::new();
        for one in closed_months(connection, village).await?.into_iter().filter(|one| one.month == month) {
            let moved = match one.version {
                1 => Vec::new(),
                _ => differences(connection, &village.county(), one.closing_id).await?,
            };
            versions.push((one, moved));
        }
        let Some(latest) = versions.first().map(|(latest, _)| latest.closing_id) else { return Ok(None) };
        let rows = board(connection, village, month, latest).await?;
        let names = places::names_in(connection, village).await?;
        Ok(Some(Self { versions, rows, names }))
    }
}

/// The page of a village; `without_unsigned` is what was filled in of a closing that was refused.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    standing: Standing,
    without_unsigned: String,
) -> Result<Response, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let (closed, open) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            // What closing would give says nothing once it is closed.
            Ok(match Closed::of(connection, &place, month).await? {
                Some(closed) => (Some(closed), None),
                None => (None, Some(forecast(connection, &place, month).await?)),
            })
        })
        .await?
    };
    if let Some(closed) = closed {
        return Ok(closed_page(state, visit.shell, standing.status, closed, None));
    }
    let scheduled = domain::closing::scheduled_at(month, &visit.rulebook.closing);
    let shown = OpenPage {
        forecast: forecasted(open.ok_or(PageError::NotFound)?, month, caller.may(EnterCards, place)),
        conditions: conditions(&visit.rulebook.redemption),
        too_early: standing.too_early,
        may_close: standing.may_close,
        may_leave_out: may_leave_out_unsigned(caller.reach()?.level(), month, now, &visit.rulebook.closing),
        without_unsigned,
        scheduled: format!("{} {}", date_title(scheduled.date()), scheduled.format("%H:%M")),
        shell: visit.shell,
    };
    Ok(page(standing.status, &shown))
}

/// The page of a group: its part of the village's closed month. Whoever reaches the group alone does not see the
/// village's closings.
pub(super) async fn group(state: &State, visit: Visit, status: StatusCode) -> Result<Response, PageError> {
    let (month, village) = (visit.month, visit.allowed.place());
    let group = visit.place.ancestor(Level::Group).unwrap_or(visit.place);
    if village.level() != Level::Village {
        return Ok(group_page(status, visit.shell));
    }
    let closed = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            Closed::of(connection, &village, month).await
        })
        .await?
    };
    Ok(match closed {
        Some(closed) => closed_page(state, visit.shell, status, closed, Some((village, group))),
        None => group_page(status, visit.shell),
    })
}

/// `of` is the village and its group, for the page of a group.
fn closed_page(
    state: &State,
    shell: Shell,
    status: StatusCode,
    closed: Closed,
    of: Option<(Place, Place)>,
) -> Response {
    let mut groups = results(closed.rows, &closed.names, shell.month);
    if let Some((_, group)) = of {
        groups.retain(|one| one.group == group);
    }
    let versions = versions(state, closed.versions, &closed.names);
    page(status, &ClosedPage { shell, versions, groups, village: of.map(|(village, _)| village) })
}
