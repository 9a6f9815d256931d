//! Objections with their steps, as they are stored.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::objections::{Involved, ObjectionState, StepKind, is_open, objection_state, settled};
use domain::place::{Level, Place};
use domain::rulebook::ObjectionRule;

use super::via::Via;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{household, objection, objection_step};

/// Something that was done about an objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub kind: StepKind,
    /// Why; none when lawfully erased.
    pub reason: Option<String>,
    /// The log-in of whoever did it.
    pub by: String,
    /// The local date.
    pub on: NaiveDate,
    /// The version of the month that it made.
    pub new_version: Option<i16>,
}

/// A stored objection.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) village: Place,
    pub(super) household: Place,
    /// The group where the household is now.
    pub(super) group: Place,
    pub(super) household_id: i64,
    pub(super) month: Month,
    pub(super) version: i16,
    pub(super) number: i32,
    pub(super) via: Via,
    pub(super) in_time: bool,
    pub(super) about: String,
    /// None when lawfully erased.
    pub(super) words: Option<String>,
    pub(super) contact: Option<Vec<u8>>,
    pub(super) filed_by: Option<String>,
    pub(super) filed_on: NaiveDate,
    pub(super) steps: Vec<Step>,
}

impl Stored {
    /// `2026-10-003`, as receipts and notices print it.
    pub(super) fn number_text(&self) -> String {
        number_text(self.month, self.number)
    }

    fn kinds(&self) -> Vec<StepKind> {
        self.steps.iter().map(|step| step.kind).collect()
    }

    /// Whether somebody has to act.
    pub(super) fn is_open(&self) -> bool {
        is_open(&self.kinds())
    }

    /// Where it stands once it was decided.
    pub(super) fn settled(&self) -> Option<ObjectionState> {
        settled(&self.kinds())
    }

    /// Where it stands.
    pub(super) fn state(&self, now: NaiveDateTime, rule: &ObjectionRule) -> ObjectionState {
        objection_state(self.filed_on, &self.kinds(), now, rule)
    }

    /// The latest step that settled something.
    pub(super) fn decisive(&self) -> Option<&Step> {
        self.steps.iter().rfind(|step| step.kind.settles())
    }

    /// Who had to do with it; whoever scored is known by the sheets.
    pub(super) fn involved<'a>(&'a self, scored_by: Option<&'a str>) -> Involved<'a> {
        let decided_by = self.decisive().map(|step| step.by.as_str());
        Involved { scored_by, filed_by: self.filed_by.as_deref(), decided_by }
    }
}

/// The number of an objection as it is printed.
pub(super) fn number_text(month: Month, number: i32) -> String {
    format!("{month}-{number:03}")
}

/// Which objections are asked for; all where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Which {
    pub(super) id: Option<i64>,
    pub(super) household: Option<Place>,
    pub(super) month: Option<Month>,
    /// Only those on which somebody has to act.
    pub(super) waiting: bool,
}

type Row = (
    (i64, String, String, String, i64),
    (i32, i16, i32, i16, bool),
    (String, Option<String>, Option<Vec<u8>>),
    (Option<String>, NaiveDate),
);

/// Objections inside `scope` with their steps: the latest month first, then by village and number.
pub(super) async fn load(connection: &mut Connection, scope: &Place, which: &Which) -> Result<Vec<Stored>> {
    let county = scope.county();
    // Objections stand at the group where their household was; one household's are asked for by its code.
    let at = if scope.level() == Level::Household { Level::Village } else { scope.level() };
    let interval = scope.ancestor(at).unwrap_or(*scope).scope();
    let mut query = objection::table
        .inner_join(household::table.on(
            household::county_code.eq(objection::county_code).and(household::id.eq(objection::household_id)),
        ))
        .filter(objection::county_code.eq(county.digits().to_owned()))
        .filter(objection::place.ge(interval.low))
        .filter(objection::place.lt(interval.high))
        .order((objection::month.desc(), objection::village, objection::number))
        .select((
            (objection::id, objection::village, household::code, household::place, objection::household_id),
            (objection::month, objection::version, objection::number, objection::via, objection::in_time),
            (objection::about, objection::words, objection::contact_sealed),
            (objection::filed_by, objection::filed_on),
        ))
        .into_boxed();
    if let Some(id) = which.id {
        query = query.filter(objection::id.eq(id));
    }
    if let Some(household) = which.household {
        query = query.filter(household::code.eq(household.digits().to_owned()));
    }
    if let Some(month) = which.month {
        query = query.filter(objection::month.eq(month.number()));
    }
    if which.waiting {
        // Nothing was settled yet, or a review was asked for and is not over.
        let (noted, asked) = (StepKind::Noted.number(), StepKind::ReviewAsked.number());
        query = query.filter(sql::<Bool>(&format!(
            "coalesce((select s.kind = {asked} from objection_step s
                where s.county_code = objection.county_code and s.objection_id = objection.id and s.kind <> {noted}
                order by s.number desc limit 1), true)"
        )));
    }
    let rows: Vec<Row> = query.load(connection).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0.0).collect();
    let mut steps = steps(connection, &county, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let taken = steps.remove(&row.0.0).unwrap_or_default();
            stored(row, taken)
        })
        .collect()
}

fn stored(row: Row, steps: Vec<Step>) -> Result<Stored> {
    let ((id, village, code, group, household_id), (month, version, number, via, in_time), texts, filed) =
        row;
    let (about, words, contact) = texts;
    let (filed_by, filed_on) = filed;
    Ok(Stored {
        id,
        village: codec::place(&village)?,
        household: codec::place(&code)?,
        group: codec::place(&group)?,
        household_id,
        month: codec::month(month)?,
        version,
        number,
        via: Via::from_number(via).ok_or_else(|| Error::Corrupt(format!("异议来源 {via}")))?,
        in_time,
        about,
        words,
        contact,
        filed_by,
        filed_on,
        steps,
    })
}

async fn steps(connection: &mut Connection, county: &Place, ids: &[i64]) -> Result<BTreeMap<i64, Vec<Step>>> {
    type StepRow = (i64, i16, Option<String>, String, NaiveDate, Option<i16>);
    let rows: Vec<StepRow> = objection_step::table
        .filter(objection_step::county_code.eq(county.digits()))
        .filter(objection_step::objection_id.eq_any(ids))
        .order((objection_step::objection_id, objection_step::number))
        .select((
            objection_step::objection_id,
            objection_step::kind,
            objection_step::reason,
            objection_step::by_name,
            objection_step::taken_on,
            objection_step::new_version,
        ))
        .load(connection)
        .await?;
    let mut steps: BTreeMap<i64, Vec<Step>> = BTreeMap::new();
    for (id, kind, reason, by, on, new_version) in rows {
        let kind = StepKind::from_number(kind).ok_or_else(|| Error::Corrupt(format!("异议步骤 {kind}")))?;
        steps.entry(id).or_default().push(Step { kind, reason, by, on, new_version });
    }
    Ok(steps)
}
