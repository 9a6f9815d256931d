//! Exceptions as they stand: for pages, and for whoever enters a card.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::rulebook::ScoringRule;
use domain::scoring::{EntryWindow, ExceptionState, ExceptionStep, Granted, Lock};

use crate::closing::open_months;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{exception_step, lock_exception};

/// A request with what became of it (补录申请).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedException {
    /// Its row number.
    pub id: i64,
    /// The village that asked.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// The village, group or household that it opens.
    pub opens: Place,
    /// The last day.
    pub until: NaiveDate,
    /// Why; none when lawfully erased.
    pub reason: Option<String>,
    /// The log-in of whoever asked.
    pub asked_by: String,
    /// The account, for a person.
    pub asked_account: Option<i64>,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// What was decided.
    pub step: Option<ExceptionTaken>,
    /// Where it stands.
    pub state: ExceptionState,
}

/// What was decided about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionTaken {
    /// What.
    pub kind: ExceptionStep,
    /// Why, where that was said and not erased.
    pub reason: Option<String>,
    /// The log-in of whoever decided.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The requests of a month inside `scope`, the newest first.
///
/// # Errors
/// Faults of the database.
pub async fn exceptions_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    now: NaiveDateTime,
) -> Result<Vec<ListedException>> {
    load(connection, scope, Which { month: Some(month), id: None }, now).await
}

/// The request of a row number inside `scope`.
pub(super) async fn exception(
    connection: &mut Connection,
    scope: &Place,
    id: i64,
    now: NaiveDateTime,
) -> Result<Option<ListedException>> {
    Ok(load(connection, scope, Which { month: None, id: Some(id) }, now).await?.pop())
}

/// What keeps cards of a village's month out now, exceptions apart.
///
/// # Errors
/// Faults of the database.
pub async fn entry_lock(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    rule: &ScoringRule,
    now: NaiveDateTime,
) -> Result<Option<Lock>> {
    let open = open_months(connection, village).await?;
    if is_closed(&open, village, month) {
        return Ok(Some(Lock::Closed(month)));
    }
    Ok(EntryWindow::of(month, now, rule).lock(month))
}

/// Months close in order: those before the first open one are closed.
fn is_closed(open: &BTreeMap<Place, Month>, village: &Place, month: Month) -> bool {
    open.get(village).is_some_and(|open| month < *open)
}

/// The exceptions that were granted for a month, by village.
pub(crate) async fn granted(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
) -> Result<BTreeMap<Place, Vec<Granted>>> {
    let rows: Vec<(String, String, NaiveDate)> = lock_exception::table
        .inner_join(
            exception_step::table.on(exception_step::county_code
                .eq(lock_exception::county_code)
                .and(exception_step::exception_id.eq(lock_exception::id))),
        )
        .filter(lock_exception::county_code.eq(county.digits()))
        .filter(lock_exception::place.ge(low))
        .filter(lock_exception::place.lt(high))
        .filter(lock_exception::month.eq(month.number()))
        .filter(exception_step::kind.eq(ExceptionStep::Granted.number()))
        .select((lock_exception::place, lock_exception::opens, lock_exception::open_until))
        .load(connection)
        .await?;
    let mut granted: BTreeMap<Place, Vec<Granted>> = BTreeMap::new();
    for (village, opens, until) in rows {
        let one = Granted { opens: codec::place(&opens)?, until };
        granted.entry(codec::place(&village)?).or_default().push(one);
    }
    Ok(granted)
}

/// The exceptions that were granted to a village and last until a day or longer, with their months.
pub(crate) async fn granted_until(
    connection: &mut Connection,
    village: &Place,
    day: NaiveDate,
) -> Result<Vec<(Month, Granted)>> {
    let rows: Vec<(i32, String, NaiveDate)> = lock_exception::table
        .inner_join(
            exception_step::table.on(exception_step::county_code
                .eq(lock_exception::county_code)
                .and(exception_step::exception_id.eq(lock_exception::id))),
        )
        .filter(lock_exception::county_code.eq(village.county().digits()))
        .filter(lock_exception::place.eq(village.digits()))
        .filter(lock_exception::open_until.ge(day))
        .filter(exception_step::kind.eq(ExceptionStep::Granted.number()))
        .select((lock_exception::month, lock_exception::opens, lock_exception::open_until))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(month, opens, until)| {
            Ok((codec::month(month)?, Granted { opens: codec::place(&opens)?, until }))
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Which {
    month: Option<Month>,
    id: Option<i64>,
}

type Asked = ((i64, String, i32, String, NaiveDate), (Option<String>, String, Option<i64>, DateTime<Utc>));

async fn load(
    connection: &mut Connection,
    scope: &Place,
    which: Which,
    now: NaiveDateTime,
) -> Result<Vec<ListedException>> {
    let (county, interval) = (scope.county(), scope.scope());
    let mut query = lock_exception::table
        .filter(lock_exception::county_code.eq(county.digits().to_owned()))
        .filter(lock_exception::place.ge(interval.low))
        .filter(lock_exception::place.lt(interval.high))
        .order(lock_exception::id.desc())
        .select((
            (
                lock_exception::id,
                lock_exception::place,
                lock_exception::month,
                lock_exception::opens,
                lock_exception::open_until,
            ),
            (
                lock_exception::reason,
                lock_exception::asked_by,
                lock_exception::asked_account,
                lock_exception::asked_at,
            ),
        ))
        .into_boxed();
    if let Some(month) = which.month {
        query = query.filter(lock_exception::month.eq(month.number()));
    }
    if let Some(id) = which.id {
        query = query.filter(lock_exception::id.eq(id));
    }
    let rows: Vec<Asked> = query.load(connection).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.0.0).collect();
    let mut steps = steps(connection, &county, &ids).await?;
    let open = open_months(connection, scope).await?;
    rows.into_iter()
        .map(|((id, village, month, opens, until), (reason, asked_by, asked_account, asked_at))| {
            let (village, month) = (codec::place(&village)?, codec::month(month)?);
            let step = steps.remove(&id);
            let kind = step.as_ref().map(|step| step.kind);
            let state = ExceptionState::of(kind, until, is_closed(&open, &village, month), now);
            let opens = codec::place(&opens)?;
            Ok(ListedException {
                id,
                village,
                month,
                opens,
                until,
                reason,
                asked_by,
                asked_account,
                asked_at,
                step,
                state,
            })
        })
        .collect()
}

type Taken = (i64, i16, Option<String>, String, DateTime<Utc>);

async fn steps(
    connection: &mut Connection,
    county: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, ExceptionTaken>> {
    let rows: Vec<Taken> = exception_step::table
        .filter(exception_step::county_code.eq(county.digits()))
        .filter(exception_step::exception_id.eq_any(ids))
        .select((
            exception_step::exception_id,
            exception_step::kind,
            exception_step::reason,
            exception_step::by_login,
            exception_step::taken_at,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(id, kind, reason, by, at)| {
            let kind =
                ExceptionStep::from_number(kind).ok_or_else(|| Error::Corrupt(format!("补录步骤 {kind}")))?;
            Ok((id, ExceptionTaken { kind, reason, by, at }))
        })
        .collect()
}
