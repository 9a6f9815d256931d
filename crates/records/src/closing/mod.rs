//! Closing a month: slices of villages in one transaction each, side by side on several connections.

mod difference;
mod forecast;
mod heads;
mod load;
mod obstacles;
mod of_household;
mod read;
mod save;
mod seal;
mod slice;
mod tie;
mod why;
mod why_load;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use authz::{Allowed, Close};
use domain::closing::{may_close, scheduled_at};
use domain::month::Month;
use domain::place::{Place, Scope};

use crate::database::Database;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places;
use crate::rulebook;
use crate::tenancy;

pub(crate) use heads::{Head, heads, open_months, refuse_closed, refuse_scored};
pub(crate) use load::{Slice, VillageInputs, frozen_inputs};

pub use difference::{Difference, StoredDifference, differences};
pub use forecast::{Conflicting, Forecast, forecast};
pub use obstacles::obstacles;
pub(crate) use of_household::results_of_household;
pub(crate) use read::rows_of;
pub use read::{ClosedMonth, board, closed_months, last_closed_at, results_of, results_page, row_count};
pub(crate) use save::cards_of;
pub(crate) use seal::latest_of;
pub use seal::seal_months;
pub use slice::{Blocked, SliceReport, close_slice};
pub(crate) use slice::{close_version, month_inputs};
pub use why::{Why, why};

/// How many villages one transaction closes.
pub const SLICE: usize = 16;

/// What to close.
#[derive(Debug, Clone)]
pub struct Request {
    /// The month.
    pub month: Month,
    /// How many villages one transaction closes.
    pub slice: usize,
    /// How many connections work side by side.
    pub connections: usize,
    /// Only villages whose rulebook wants the month closed by now.
    pub only_scheduled: bool,
    /// Leaves out panels that have not signed, with this reason; their households are 未评.
    pub leave_out_unsigned: Option<String>,
}

impl Request {
    /// Closes a month in slices of the usual size on two connections.
    pub fn of(month: Month) -> Self {
        Self { month, slice: SLICE, connections: 2, only_scheduled: false, leave_out_unsigned: None }
    }
}

/// What became of a closing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Villages closed now.
    pub closed: Vec<Place>,
    /// Villages that were closed before.
    pub already: Vec<Place>,
    /// Villages that cannot be closed, with their reasons.
    pub blocked: Vec<Blocked>,
    /// Households with a result written now.
    pub households: usize,
}

/// Closes a month for every village inside the permission's place that has a household taking part,
/// and seals it for the county, with every other month that has a version without a seal.
///
/// Already closed is success. A blocked village is listed and never stops the others. `progress` hears
/// of every village that is done.
///
/// # Errors
/// A month that is not over, a county that is not registered, and faults of the database.
pub async fn close_month(
    database: &Database,
    allowed: &Allowed<Close>,
    request: &Request,
    moment: &Moment,
    progress: impl Fn(usize, usize) + Send + Sync,
) -> Result<Report> {
    may_close(request.month, moment.local()).map_err(|early| Refusal::message(early.to_string()))?;
    let villages = villages(database, allowed, request, moment).await?;
    let total = villages.len();
    let queue: VecDeque<Vec<Place>> = villages.chunks(request.slice.max(1)).map(<[Place]>::to_vec).collect();
    let shared = Arc::new(Shared { queue: Mutex::new(queue), report: Mutex::new(Report::default()) });

    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..request.connections.max(1) {
        let (database, allowed, request) = (database.clone(), allowed.clone(), request.clone());
        let (shared, moment) = (Arc::clone(&shared), *moment);
        workers.spawn(async move { work(&database, &allowed, &request, &moment, &shared).await });
    }
    let mut ticker = tokio::time::interval(std::time::Duration::from_millis(200));
    let mut failure = None;
    loop {
        tokio::select! {
            ended = workers.join_next() => match ended {
                None => break,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => failure = failure.or(Some(error)),
                Some(Err(panicked)) => failure = failure.or(Some(Error::Corrupt(panicked.to_string()))),
            },
            _ = ticker.tick() => progress(shared.done(), total),
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    progress(total, total);
    let mut report = shared.take();
    report.closed.sort();
    report.already.sort();
    report.blocked.sort_by_key(|blocked| blocked.village);
    if !report.closed.is_empty() || !report.already.is_empty() {
        seal_months(database, allowed, moment).await?;
    }
    Ok(report)
}

struct Shared {
    queue: Mutex<VecDeque<Vec<Place>>>,
    report: Mutex<Report>,
}

impl Shared {
    fn next(&self) -> Option<Vec<Place>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn add(&self, slice: SliceReport) {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.closed.extend(slice.closed);
        report.already.extend(slice.already);
        report.blocked.extend(slice.blocked);
        report.households += slice.households;
    }

    fn done(&self) -> usize {
        let report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.closed.len() + report.already.len() + report.blocked.len()
    }

    fn take(&self) -> Report {
        std::mem::take(&mut *self.report.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn villages(
    database: &Database,
    allowed: &Allowed<Close>,
    request: &Request,
    moment: &Moment,
) -> Result<Vec<Place>> {
    let mut connection = database.connection().await?;
    tenancy::read(&mut connection, allowed, async |connection| {
        if !places::county_exists(connection, &allowed.place()).await? {
            return Err(Refusal::message(format!(
                "县 {} 没有登记，请先导入行政区划",
                allowed.place().county()
            )));
        }
        places::refuse_below_village(connection, &allowed.place(), "结账").await?;
        let mut villages = places::villages_of(connection, &allowed.place()).await?;
        if request.only_scheduled {
            let layers = rulebook::all(connection, &allowed.place()).await?;
            let mut scheduled = Vec::with_capacity(villages.len());
            for village in villages {
                let rules = rulebook::resolve(&rulebook::inherited(&layers, &village, request.month))?;
                if scheduled_at(request.month, &rules.closing) <= moment.local() {
                    scheduled.push(village);
                }
            }
            villages = scheduled;
        }
        Ok(villages)
    })
    .await
}

/// Closes slices until the queue is empty. A slice that fails is halved until the culprit stands alone.
async fn work(
    database: &Database,
    allowed: &Allowed<Close>,
    request: &Request,
    moment: &Moment,
    shared: &Shared,
) -> Result<()> {
    while let Some(slice) = shared.next() {
        let mut halves = vec![slice];
        while let Some(villages) = halves.pop() {
            let mut connection = database.connection().await?;
            match close_slice(&mut connection, allowed, request, &villages, moment).await {
                Ok(report) => shared.add(report),
                Err(error @ Error::Connection(_)) => return Err(error),
                Err(_) if villages.len() > 1 => {
                    let (left, right) = villages.split_at(villages.len() / 2);
                    halves.extend([right.to_vec(), left.to_vec()]);
                }
                Err(error) => shared.add(SliceReport {
                    blocked: villages.iter().map(|village| Blocked::fault(*village, &error)).collect(),
                    ..SliceReport::default()
                }),
            }
        }
    }
    Ok(())
}

/// The interval of codes from the first village to the end of the last.
pub(crate) fn range<'a>(villages: impl IntoIterator<Item = &'a Place>) -> Scope {
    let (mut first, mut last): (Option<&Place>, Option<&Place>) = (None, None);
    for village in villages {
        first = Some(first.map_or(village, |known| known.min(village)));
        last = Some(last.map_or(village, |known| known.max(village)));
    }
    Scope {
        low: first.map(|village| village.digits().to_owned()).unwrap_or_default(),
        high: last.map(|village| village.scope().high).unwrap_or_default(),
    }
}
