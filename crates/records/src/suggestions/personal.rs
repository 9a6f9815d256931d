//! What of suggestions and complaints names people: the sender is shown one by one, and words, name and phone are erased.

use authz::{Allowed, Erase, Reveal};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;
use domain::suggestions::{SuggestionKind, Topic};
use serde_json::json;

use super::answer::locked;
use super::stored::{Answer, Which, load};
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::schema::{suggestion, suggestion_answer};
use crate::sealing::{Field, Sealer};
use crate::tenancy::{self, Mode};

/// Name and phone that were left with a suggestion or complaint that the permission's place reaches; none where none
/// were. The log tells who saw them.
///
/// # Errors
/// One that is not there, values that the key does not open.
pub async fn reveal_sender(
    connection: &mut Connection,
    allowed: &Allowed<Reveal>,
    id: i64,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<(Option<String>, Option<String>)> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let one = locked(connection, &allowed.place(), id).await?;
        let name = opened(sealer, &one.village, Field::SuggestionName, one.name.as_deref())?;
        let phone = opened(sealer, &one.village, Field::SuggestionPhone, one.phone.as_deref())?;
        let detail = json!({ "suggestion": one.number_text(), "village": one.village.digits(),
            "revealed": "suggestion_sender" });
        audit::record(connection, &allowed.narrow(one.office)?, detail, moment).await?;
        Ok((name, phone))
    })
    .await
}

/// What came from a household's page, with whoever it was signed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSuggestion {
    /// `意2026-11-003`
    pub number: String,
    /// 建议 or 投诉.
    pub kind: SuggestionKind,
    /// What it is about.
    pub topic: Topic,
    /// The local date of filing.
    pub filed_on: NaiveDate,
    /// The household's words; none when lawfully erased.
    pub words: Option<String>,
    /// The name that was left.
    pub name: Option<String>,
    /// The phone that was left.
    pub phone: Option<String>,
    /// The answers in their order; the last one counts.
    pub answers: Vec<Answer>,
}

/// What came from the page of a household, as far as the transaction reaches it, the oldest first; the caller writes the
/// row of the log.
pub(crate) async fn own_suggestions(
    connection: &mut Connection,
    household: &Place,
    household_id: i64,
    sealer: &Sealer,
) -> Result<Vec<OwnSuggestion>> {
    let which = Which { household: Some(household_id), ..Which::default() };
    let found = load(connection, household, &which).await?;
    found
        .into_iter()
        .map(|one| {
            Ok(OwnSuggestion {
                number: one.number_text(),
                kind: one.kind,
                topic: one.topic,
                filed_on: one.filed_on,
                name: opened(sealer, &one.village, Field::SuggestionName, one.name.as_deref())?,
                phone: opened(sealer, &one.village, Field::SuggestionPhone, one.phone.as_deref())?,
                words: one.words,
                answers: one.answers,
            })
        })
        .collect()
}

/// Erases words, name, phone and answers of one that came from the notice board or from a household's page. Again is
/// success.
///
/// # Errors
/// One that is not there.
pub async fn erase_suggestion(
    connection: &mut Connection,
    allowed: &Allowed<Erase>,
    id: i64,
    moment: &Moment,
) -> Result<()> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let one = locked(connection, &allowed.place(), id).await?;
        if erase(connection, &one.village.county(), &[id]).await? == 0 {
            return Ok(());
        }
        let detail = json!({ "suggestion": one.number_text(), "village": one.village.digits() });
        audit::record(connection, &allowed.narrow(one.office)?, detail, moment).await
    })
    .await
}

/// Erases what came from a household's page, and the answers to it. Returns how many lost their words. The transaction
/// reaches the town, where some of it stands.
pub(crate) async fn erase_of_household(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let ids: Vec<i64> = suggestion::table
        .filter(suggestion::county_code.eq(county.digits()))
        .filter(suggestion::household_id.eq(household_id))
        .select(suggestion::id)
        .load(connection)
        .await?;
    erase(connection, county, &ids).await
}

async fn erase(connection: &mut Connection, county: &Place, ids: &[i64]) -> Result<usize> {
    let answers = suggestion_answer::table
        .filter(suggestion_answer::county_code.eq(county.digits()))
        .filter(suggestion_answer::suggestion_id.eq_any(ids))
        .filter(suggestion_answer::salt.ne(Vec::new()));
    diesel::update(answers)
        .set((suggestion_answer::words.eq(None::<String>), suggestion_answer::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    let words = suggestion::table
        .filter(suggestion::county_code.eq(county.digits()))
        .filter(suggestion::id.eq_any(ids))
        .filter(suggestion::salt.ne(Vec::new()));
    Ok(diesel::update(words)
        .set((
            suggestion::words.eq(None::<String>),
            suggestion::salt.eq(Vec::new()),
            suggestion::name_sealed.eq(None::<Vec<u8>>),
            suggestion::phone_sealed.eq(None::<Vec<u8>>),
        ))
        .execute(connection)
        .await?)
}

/// Seals anew the names and phones of a county that an earlier key sealed. Returns how many rows.
pub(crate) async fn reseal_senders(
    connection: &mut Connection,
    county: &Place,
    sealer: &Sealer,
) -> Result<usize> {
    type Row = (i64, String, Option<Vec<u8>>, Option<Vec<u8>>);
    let rows: Vec<Row> = suggestion::table
        .filter(suggestion::county_code.eq(county.digits()))
        .select((suggestion::id, suggestion::village, suggestion::name_sealed, suggestion::phone_sealed))
        .load(connection)
        .await?;
    let mut resealed = 0;
    for (id, village, name, phone) in rows {
        let is_earlier =
            |sealed: &Option<Vec<u8>>| sealed.as_deref().is_some_and(|sealed| sealer.is_earlier(sealed));
        if !is_earlier(&name) && !is_earlier(&phone) {
            continue;
        }
        let village = codec::place(&village)?;
        let anew = |field, sealed: Option<&[u8]>| {
            let plain = opened(sealer, &village, field, sealed)?;
            plain.as_deref().map(|plain| sealer.seal(&village, field, plain)).transpose()
        };
        let name_anew = anew(Field::SuggestionName, name.as_deref())?;
        let phone_anew = anew(Field::SuggestionPhone, phone.as_deref())?;
        // What was erased meanwhile stays so.
        let unchanged = suggestion::table.find((county.digits(), id)).filter(suggestion::salt.ne(Vec::new()));
        resealed += diesel::update(unchanged)
            .set((suggestion::name_sealed.eq(name_anew), suggestion::phone_sealed.eq(phone_anew)))
            .execute(connection)
            .await?;
    }
    Ok(resealed)
}

fn opened(sealer: &Sealer, village: &Place, field: Field, sealed: Option<&[u8]>) -> Result<Option<String>> {
    let opened = sealed.map(|sealed| sealer.open(village, field, sealed)).transpose();
    opened.map_err(|error| Error::Corrupt(format!("{village} 的建议或投诉：{error}")))
}
