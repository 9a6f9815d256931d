//! Reads suggestions and complaints for the console, for the notice board, and for whoever has a look-up code.

use std::collections::BTreeMap;

use authz::{Allowed, ReadPublic};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;
use domain::rulebook::ObjectionRule;
use domain::suggestions::{SuggestionKind, SuggestionState, Topic, answer_by};

use super::code::{hash_of, typed};
use super::stored::{Answer, Stored, Which, load};
use crate::database::Connection;
use crate::error::Result;
use crate::places::name_of;
use crate::rulebook;
use crate::schema::household;
use crate::tenancy;

/// A suggestion or complaint as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionSummary {
    /// Its row number.
    pub id: i64,
    /// `意2026-11-003`
    pub number: String,
    /// The office that answers.
    pub office: Place,
    /// The village it is about.
    pub village: Place,
    /// 建议 or 投诉.
    pub kind: SuggestionKind,
    /// What it is about.
    pub topic: Topic,
    /// Whether it came from a household's page; else it came from the notice board, or was taken at the office.
    pub from_household: bool,
    /// The log-in of whoever took it at the office; none where it came from a page.
    pub taken_by: Option<String>,
    /// Where it stands.
    pub state: SuggestionState,
    /// The local date of filing.
    pub filed_on: NaiveDate,
    /// The last day on which an answer is in time.
    pub answer_by: NaiveDate,
}

/// A suggestion or complaint with all that is needed to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionFile {
    /// As lists show it.
    pub summary: SuggestionSummary,
    /// The villager's words; none when lawfully erased.
    pub words: Option<String>,
    /// Whether a name or a phone was left.
    pub has_sender: bool,
    /// The answers in their order; the last one counts.
    pub answers: Vec<Answer>,
}

/// What whoever has a look-up code sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// As lists show it.
    pub summary: SuggestionSummary,
    /// The village's name.
    pub village: String,
    /// The answer that counts; none where there is none, or when lawfully erased.
    pub answer: Option<String>,
}

/// An answer for the notice board: never with the villager's words or name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedAnswer {
    /// 建议 or 投诉.
    pub kind: SuggestionKind,
    /// What it was about.
    pub topic: Topic,
    /// The answer.
    pub words: String,
    /// The local date.
    pub on: NaiveDate,
}

/// Those about the villages of `scope` that the transaction reaches: the ones that wait for an answer, and the ones filed
/// in a month, the oldest first.
///
/// # Errors
/// Faults of the database.
pub async fn suggestions_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    now: NaiveDateTime,
) -> Result<Vec<SuggestionSummary>> {
    let which = Which { waiting_or_of: Some(month), ..Which::default() };
    let found = load(connection, scope, &which).await?;
    summaries(connection, scope, &found, now).await
}

/// The one of a row number about a village of `scope`, where the transaction reaches it.
///
/// # Errors
/// Faults of the database.
pub async fn suggestion(
    connection: &mut Connection,
    scope: &Place,
    id: i64,
    now: NaiveDateTime,
) -> Result<Option<SuggestionFile>> {
    let found = load(connection, scope, &Which { id: Some(id), ..Which::default() }).await?;
    let Some(summary) = summaries(connection, scope, &found, now).await?.pop() else { return Ok(None) };
    let Some(stored) = found.into_iter().next() else { return Ok(None) };
    Ok(Some(file(summary, stored)))
}

/// What came from a household's page as far as the transaction reaches it, the oldest first: a complaint that the town
/// answers is not shown to the village, nor to whoever holds the household's card.
///
/// # Errors
/// Faults of the database.
pub async fn suggestions_of_household(
    connection: &mut Connection,
    household: &Place,
    now: NaiveDateTime,
) -> Result<Vec<SuggestionFile>> {
    let Some(id) = row_of(connection, household).await? else { return Ok(Vec::new()) };
    let found = load(connection, household, &Which { household: Some(id), ..Which::default() }).await?;
    let summaries = summaries(connection, household, &found, now).await?;
    Ok(summaries.into_iter().zip(found).map(|(summary, stored)| file(summary, stored)).collect())
}

/// The row number of a household.
async fn row_of(connection: &mut Connection, code: &Place) -> Result<Option<i64>> {
    let found: Option<i64> = household::table
        .filter(household::county_code.eq(code.county().digits()))
        .filter(household::code.eq(code.digits()))
        .select(household::id)
        .first(connection)
        .await
        .optional()?;
    Ok(found)
}

fn file(summary: SuggestionSummary, stored: Stored) -> SuggestionFile {
    SuggestionFile {
        summary,
        words: stored.words,
        has_sender: stored.name.is_some() || stored.phone.is_some(),
        answers: stored.answers,
    }
}

/// What a look-up code leads to; the permission is for the county that the code names.
///
/// # Errors
/// Faults of the database.
pub async fn suggestion_of_code(
    connection: &mut Connection,
    allowed: &Allowed<ReadPublic>,
    code: &str,
    now: NaiveDateTime,
) -> Result<Option<LookedUp>> {
    let Some((county, code)) = typed(code).filter(|(county, _)| *county == allowed.place()) else {
        return Ok(None);
    };
    tenancy::read(connection, allowed, async |connection| {
        let found =
            load(connection, &county, &Which { code: Some(hash_of(&code)), ..Which::default() }).await?;
        let Some(one) = found.into_iter().next() else { return Ok(None) };
        let rule = rulebook::of(connection, &one.village, one.month).await?.objections;
        let village = name_of(connection, &one.village).await?;
        let summary = summary(&one, &rule, now);
        let answer = one.answers.into_iter().next_back().and_then(|answer| answer.words);
        Ok(Some(LookedUp { summary, village, answer }))
    })
    .await
}

/// The published answers about a village since a day, the latest first: where the answer that counts is published.
///
/// # Errors
/// Faults of the database.
pub async fn published_answers(
    connection: &mut Connection,
    village: &Place,
    since: NaiveDate,
) -> Result<Vec<PublishedAnswer>> {
    let published = |one: Stored| {
        let last = one.answers.into_iter().next_back().filter(|answer| answer.published)?;
        Some(PublishedAnswer { kind: one.kind, topic: one.topic, words: last.words?, on: last.on })
    };
    let which = Which { published_since: Some(since), ..Which::default() };
    let found = load(connection, village, &which).await?;
    let mut answers: Vec<PublishedAnswer> = found.into_iter().filter_map(published).collect();
    answers.retain(|answer| answer.on >= since);
    answers.sort_by_key(|answer| std::cmp::Reverse(answer.on));
    Ok(answers)
}

async fn summaries(
    connection: &mut Connection,
    scope: &Place,
    found: &[Stored],
    now: NaiveDateTime,
) -> Result<Vec<SuggestionSummary>> {
    let layers = rulebook::all(connection, scope).await?;
    let mut rules: BTreeMap<(Place, Month), ObjectionRule> = BTreeMap::new();
    let mut summaries = Vec::with_capacity(found.len());
    for one in found {
        let key = (one.village, one.month);
        let rule = match rules.get(&key) {
            Some(rule) => rule.clone(),
            None => {
                let bound = rulebook::inherited(&layers, &one.village, one.month);
                let rule = rulebook::resolve(&bound)?.objections;
                rules.insert(key, rule.clone());
                rule
            }
        };
        summaries.push(summary(one, &rule, now));
    }
    Ok(summaries)
}

fn summary(one: &Stored, rule: &ObjectionRule, now: NaiveDateTime) -> SuggestionSummary {
    SuggestionSummary {
        id: one.id,
        number: one.number_text(),
        office: one.office,
        village: one.village,
        kind: one.kind,
        topic: one.topic,
        from_household: one.from_household,
        taken_by: one.taken_by.clone(),
        state: one.state(now, rule),
        filed_on: one.filed_on,
        answer_by: answer_by(one.filed_on, rule),
    }
}
