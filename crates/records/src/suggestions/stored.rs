//! Suggestions with their answers, as they are stored.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Integer};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::rulebook::ObjectionRule;
use domain::suggestions::{SuggestionKind, SuggestionState, Topic, suggestion_state};

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{suggestion, suggestion_answer};

/// An answer; a later one corrects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it says; none when lawfully erased.
    pub words: Option<String>,
    /// Whether the notice board shows it.
    pub published: bool,
    /// The log-in of whoever answered.
    pub by: String,
    /// The local date.
    pub on: NaiveDate,
}

/// A stored suggestion or complaint.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: i64,
    /// The office that answers: the place of the row.
    pub(super) office: Place,
    pub(super) village: Place,
    pub(super) month: Month,
    pub(super) number: i32,
    pub(super) kind: SuggestionKind,
    pub(super) topic: Topic,
    pub(super) from_household: bool,
    /// The log-in of whoever took it at the office; none where it came from a page.
    pub(super) taken_by: Option<String>,
    /// None when lawfully erased.
    pub(super) words: Option<String>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) phone: Option<Vec<u8>>,
    pub(super) filed_on: NaiveDate,
    pub(super) answers: Vec<Answer>,
}

impl Stored {
    /// `意2026-11-003`, as receipts print it.
    pub(super) fn number_text(&self) -> String {
        number_text(self.month, self.number)
    }

    /// Whether somebody has to answer, whatever the clock says.
    pub(super) fn is_open(&self) -> bool {
        self.answers.is_empty() && self.words.is_some()
    }

    /// Where it stands.
    pub(super) fn state(&self, now: NaiveDateTime, rule: &ObjectionRule) -> SuggestionState {
        let answered_on = self.answers.last().map(|answer| answer.on);
        suggestion_state(self.filed_on, answered_on, self.words.is_none(), now, rule)
    }
}

/// The number as it is printed.
pub(super) fn number_text(month: Month, number: i32) -> String {
    format!("意{month}-{number:03}")
}

/// Which are asked for; all where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Which {
    pub(super) id: Option<i64>,
    /// From the page of a household, by its row number.
    pub(super) household: Option<i64>,
    /// With the look-up code of a hash.
    pub(super) code: Option<Digest>,
    /// Those that wait for an answer, and those filed in a month.
    pub(super) waiting_or_of: Option<Month>,
    /// With an answer on the notice board that was given on a day or after.
    pub(super) published_since: Option<NaiveDate>,
}

type Row = (
    (i64, String, String),
    (i32, i32, i16, i16),
    (Option<i64>, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>),
    (NaiveDate, Option<String>),
);

/// Those about the villages of `scope` that the transaction reaches, with their answers, the oldest first. A place
/// below a village stands for its village.
pub(super) async fn load(connection: &mut Connection, scope: &Place, which: &Which) -> Result<Vec<Stored>> {
    let county = scope.county();
    let interval = scope.ancestor(Level::Village).unwrap_or(*scope).scope();
    let mut query = suggestion::table
        .filter(suggestion::county_code.eq(county.digits().to_owned()))
        .filter(suggestion::village.ge(interval.low))
        .filter(suggestion::village.lt(interval.high))
        .order((suggestion::filed_on, suggestion::id))
        .select((
            (suggestion::id, suggestion::place, suggestion::village),
            (suggestion::month, suggestion::number, suggestion::kind, suggestion::topic),
            (suggestion::household_id, suggestion::words, suggestion::name_sealed, suggestion::phone_sealed),
            (suggestion::filed_on, suggestion::taken_by),
        ))
        .into_boxed();
    if let Some(id) = which.id {
        query = query.filter(suggestion::id.eq(id));
    }
    if let Some(household) = which.household {
        query = query.filter(suggestion::household_id.eq(household));
    }
    if let Some(code) = which.code {
        query = query.filter(suggestion::code_hash.eq(code.0.to_vec()));
    }
    if let Some(month) = which.waiting_or_of {
        let wanted = sql::<Bool>("(suggestion.month = ").bind::<Integer, _>(month.number()).sql(
            " or (suggestion.words is not null and not exists (
                select from suggestion_answer a
                where a.county_code = suggestion.county_code and a.suggestion_id = suggestion.id)))",
        );
        query = query.filter(wanted);
    }
    if let Some(since) = which.published_since {
        let wanted = sql::<Bool>(
            "exists (select from suggestion_answer a
                where a.county_code = suggestion.county_code and a.suggestion_id = suggestion.id and a.published
                and a.answered_on >= ",
        );
        query = query.filter(wanted.bind::<Date, _>(since).sql(")"));
    }
    let rows: Vec<Row> = query.load(connection).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0.0).collect();
    let mut answers = answers(connection, &county, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let given = answers.remove(&row.0.0).unwrap_or_default();
            stored(row, given)
        })
        .collect()
}

fn stored(row: Row, answers: Vec<Answer>) -> Result<Stored> {
    let ((id, office, village), (month, number, kind, topic), personal, (filed_on, taken_by)) = row;
    let (household_id, words, name, phone) = personal;
    Ok(Stored {
        id,
        office: codec::place(&office)?,
        village: codec::place(&village)?,
        month: codec::month(month)?,
        number,
        kind: SuggestionKind::from_number(kind)
            .ok_or_else(|| Error::Corrupt(format!("建议或投诉 {kind}")))?,
        topic: Topic::from_number(topic).ok_or_else(|| Error::Corrupt(format!("建议的事项 {topic}")))?,
        from_household: household_id.is_some(),
        taken_by,
        words,
        name,
        phone,
        filed_on,
        answers,
    })
}

async fn answers(
    connection: &mut Connection,
    county: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, Vec<Answer>>> {
    type AnswerRow = (i64, Option<String>, bool, String, NaiveDate);
    let rows: Vec<AnswerRow> = suggestion_answer::table
        .filter(suggestion_answer::county_code.eq(county.digits()))
        .filter(suggestion_answer::suggestion_id.eq_any(ids))
        .order((suggestion_answer::suggestion_id, suggestion_answer::number))
        .select((
            suggestion_answer::suggestion_id,
            suggestion_answer::words,
            suggestion_answer::published,
            suggestion_answer::by_name,
            suggestion_answer::answered_on,
        ))
        .load(connection)
        .await?;
    let mut answers: BTreeMap<i64, Vec<Answer>> = BTreeMap::new();
    for (id, words, published, by, on) in rows {
        answers.entry(id).or_default().push(Answer { words, published, by, on });
    }
    Ok(answers)
}
