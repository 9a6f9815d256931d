//! Postings: when and where a month's sheet went up on the board, and in which version.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Post};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::input::{Line, Posting, Problem};
use domain::month::Month;
use domain::place::Place;
use domain::publication::{OnBoard, last_day, on_board, posted_in_time};
use serde_json::json;

use super::{Published, published};
use crate::codec;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::rulebook;
use crate::schema::posting;
use crate::tenancy::{self, Mode};

/// What was recorded last of a version's posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The version that was posted.
    pub version: i16,
    /// The local date.
    pub on: NaiveDate,
    /// Which board.
    pub board: String,
    /// Who put it up.
    pub by: String,
}

impl Posted {
    fn of(row: &Posting, version: i16) -> Self {
        Self { version, on: row.posted_on, board: row.board.clone(), by: row.posted_by.clone() }
    }
}

/// The postings of a village's month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Postings {
    /// The number of the last record.
    revision: i32,
    /// By version, what was recorded last of it.
    versions: BTreeMap<i16, Posted>,
}

impl Postings {
    /// That of a version.
    pub fn of(&self, version: i16) -> Option<&Posted> {
        self.versions.get(&version)
    }

    /// That of the version that hangs on the board.
    pub fn hanging(&self) -> Option<&Posted> {
        self.on_board().and_then(|board| self.of(board.version))
    }

    /// What hangs on the board.
    pub fn on_board(&self) -> Option<OnBoard> {
        on_board(self.dates())
    }

    /// Each version with its date.
    fn dates(&self) -> impl Iterator<Item = (i16, NaiveDate)> {
        self.versions.values().map(|posted| (posted.version, posted.on))
    }
}

/// Records postings; one that says what is on record of its version changes nothing, another replaces it. A row
/// without a version is about the one of which it says what is on record, else about the newest that was published by its
/// date. A month's first sheet after the last day in time is recorded as late and told as a warning.
///
/// # Errors
/// Every row that cannot stand, by line and field: villages that are not registered, months and versions that are
/// not published, dates before publication or in the future, and two rows about the same version.
pub async fn record_postings(
    connection: &mut Connection,
    allowed: &Allowed<Post>,
    rows: &[Line<Posting>],
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let scope = allowed.place();
        let known: BTreeSet<Place> = villages_of(connection, &scope).await?.into_iter().collect();
        let villages = rows.iter().map(|line| line.row.village).filter(|one| known.contains(one)).collect();
        lock_villages(connection, &villages).await?;
        let published = published(connection, &scope).await?;
        let mut on_record = postings(connection, &scope).await?;
        let layers = rulebook::all(connection, &scope).await?;
        let (mut outcome, mut problems, mut told) = (Outcome::default(), Vec::new(), Vec::new());
        let mut lines: BTreeMap<(Place, Month, i16), u32> = BTreeMap::new();
        for Line { number, row } in rows {
            let mut refuse = |field, message: String| problems.push(Problem::new(*number, field, message));
            if !known.contains(&row.village) {
                refuse("village_code", format!("村 {} 没有登记，请核对代码", row.village));
                continue;
            }
            let of_month = on_record.entry((row.village, row.month)).or_default();
            let version = match version_of(&published, of_month, row) {
                Ok(version) => version,
                Err((field, message)) => {
                    refuse(field, message);
                    continue;
                }
            };
            if row.posted_on > moment.local().date() {
                refuse("posted_on", "日期在今天之后，请在张贴以后登记".to_owned());
                continue;
            }
            if let Some(line) = lines.insert((row.village, row.month, version), *number) {
                refuse("version", format!("与第 {line} 行都是第{version}版，请只留一行"));
                continue;
            }
            let known = of_month.of(version);
            if known.is_some_and(|known| says_the_same(known, row)) {
                outcome.unchanged += 1;
                continue;
            }
            let rules = rulebook::resolve(&rulebook::inherited(&layers, &row.village, row.month))?;
            let comes_before = |(other, on)| other == version || row.posted_on < on;
            let is_first = of_month.dates().all(comes_before);
            if is_first && !posted_in_time(row.month, row.posted_on, &rules.publication) {
                let last = last_day(row.month, &rules.publication);
                let message = format!("迟于 {last}，按逾期张贴登记");
                outcome.warnings.push(Problem::new(*number, "posted_on", message));
            }
            if known.is_some() {
                outcome.changed += 1;
            } else {
                outcome.added += 1;
            }
            of_month.revision += 1;
            insert(connection, row, version, of_month.revision, moment).await?;
            of_month.versions.insert(version, Posted::of(row, version));
            told.push(json!({ "village": row.village.digits(), "month": row.month.to_string(),
                "version": version, "on": row.posted_on.to_string() }));
        }
        Refusal::unless_none(problems)?;
        if !told.is_empty() {
            crate::audit::record(connection, allowed, json!({ "posted": told }), moment).await?;
        }
        Ok(outcome)
    })
    .await
}

/// The version that a row is about; else the field that is wrong, and why.
fn version_of(
    published: &BTreeMap<(Place, Month, i16), Published>,
    on_record: &Postings,
    row: &Posting,
) -> Result<i16, (&'static str, String)> {
    let (village, month) = (row.village, row.month);
    let Some(version) = row.version else {
        // The same row again stays with its version, whatever was published since.
        if let Some(known) = on_record.versions.values().rfind(|known| says_the_same(known, row)) {
            return Ok(known.version);
        }
        let of_month = published.range((village, month, i16::MIN)..=(village, month, i16::MAX));
        let by_then = of_month.filter(|(_, published)| published.on <= row.posted_on);
        let newest = by_then.map(|((_, _, version), _)| *version).next_back();
        return newest
            .ok_or_else(|| ("posted_on", format!("{month} 在这一天之前还没有公示，请核对日期或先公示")));
    };
    match published.get(&(village, month, version)) {
        None => Err(("version", format!("{month} 第{version}版还没有公示，请核对版本或先公示"))),
        Some(published) if row.posted_on < published.on => {
            let on = published.on;
            Err((
                "posted_on",
                format!("{month} 第{version}版到 {on} 才公示，不会在此之前张贴，请核对日期或版本"),
            ))
        }
        Some(_) => Ok(version),
    }
}

/// Whether a row tells of a version what is on record of it.
fn says_the_same(known: &Posted, row: &Posting) -> bool {
    (known.on, known.board.as_str(), known.by.as_str())
        == (row.posted_on, row.board.as_str(), row.posted_by.as_str())
}

async fn insert(
    connection: &mut Connection,
    row: &Posting,
    version: i16,
    revision: i32,
    moment: &Moment,
) -> Result<()> {
    diesel::insert_into(posting::table)
        .values((
            posting::county_code.eq(row.village.county().digits().to_owned()),
            posting::place.eq(row.village.digits().to_owned()),
            posting::month.eq(row.month.number()),
            posting::revision.eq(revision),
            posting::version.eq(version),
            posting::posted_on.eq(row.posted_on),
            posting::board.eq(&row.board),
            posting::posted_by.eq(&row.posted_by),
            posting::recorded_at.eq(moment.now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// The postings of every village's month inside `scope`; a month without any is absent.
///
/// # Errors
/// Faults of the database.
pub async fn postings(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<(Place, Month), Postings>> {
    type Row = (String, i32, i32, i16, NaiveDate, String, String);
    let interval = scope.scope();
    let rows: Vec<Row> = posting::table
        .filter(posting::county_code.eq(scope.county().digits()))
        .filter(posting::place.ge(interval.low))
        .filter(posting::place.lt(interval.high))
        .order((posting::place, posting::month, posting::revision))
        .select((
            posting::place,
            posting::month,
            posting::revision,
            posting::version,
            posting::posted_on,
            posting::board,
            posting::posted_by,
        ))
        .load(connection)
        .await?;
    let mut found: BTreeMap<(Place, Month), Postings> = BTreeMap::new();
    for (village, month, revision, version, on, board, by) in rows {
        let of_month = found.entry((codec::place(&village)?, codec::month(month)?)).or_default();
        of_month.revision = revision;
        of_month.versions.insert(version, Posted { version, on, board, by });
    }
    Ok(found)
}
