//! Filing a suggestion or complaint: from the notice board, from a household's page, or at the office.

use std::collections::BTreeSet;

use authz::{Allowed, Object};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::objections::check_words;
use domain::place::{Level, Place};
use domain::rulebook::ObjectionRule;
use domain::suggestions::{SuggestionKind, Topic, answer_by, office};
use serde_json::json;

use super::code::{code_of, hash_of};
use super::save::{Row, insert, next_number};
use super::stored::{Which, load, number_text};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::households::Registrar;
use crate::moment::Moment;
use crate::objections::{doer, phone_digits};
use crate::places::lock_villages;
use crate::rulebook;
use crate::schema::suggestion;
use crate::sealing::Field;
use crate::tenancy::{self, Mode};
use crate::turns::{Turn, take_turn};

/// How many from one household's page may wait for an answer of an office at a time.
const MOST_OPEN: usize = 5;

/// The most characters of a name.
const LONGEST_NAME: usize = 30;

/// How many about a village an office takes from the notice board in a day. Whoever a complaint is about shall not
/// crowd the others out, so a town takes more.
fn most_a_day(office: &Place) -> i64 {
    if office.level() == Level::Town { 1000 } else { 100 }
}

/// How a suggestion or complaint comes in.
#[derive(Debug, Clone, Copy)]
pub enum Via<'a> {
    /// 公示栏: from the page of the notice board, and a network address.
    Board(&'a str),
    /// 本户页面: from the page behind a household's card.
    Household(&'a Place),
    /// 村里登记: somebody came to the office, where whoever has this permission for the village wrote it down.
    Office(&'a Allowed<Object>),
}

impl Via<'_> {
    /// The name in the log.
    fn name(self) -> &'static str {
        match self {
            Self::Board(_) => "board",
            Self::Household(_) => "household_page",
            Self::Office(_) => "staff",
        }
    }
}

/// What a villager says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuggestion {
    /// 建议 or 投诉.
    pub kind: SuggestionKind,
    /// What it is about.
    pub topic: Topic,
    /// In the villager's own words.
    pub words: String,
    /// Who the villager is, if the villager wants to tell.
    pub name: Option<String>,
    /// Where to be reached, if the villager wants to be.
    pub phone: Option<String>,
    /// What the form carried: 32 hexadecimal digits, other ones each time it is opened.
    pub key: String,
}

/// What is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledSuggestion {
    /// `意2026-11-003`, for the receipt.
    pub number: String,
    /// The code by which the answer is looked up; it is not kept, and cannot be told again.
    pub code: String,
    /// The level of the office that answers.
    pub office: Level,
    /// The local date of filing.
    pub filed_on: NaiveDate,
    /// The last day on which an answer is in time.
    pub answer_by: NaiveDate,
}

/// Files a suggestion or complaint about a village with the office that answers it. The permission is for that office or
/// above it; a clerk who takes one for the town has none there, and files it as anybody does. A form that is sent again
/// with the same words is one and the same, with the same code.
///
/// # Errors
/// A village or household that is not registered, words, name or phone that cannot stand, more than somebody can look
/// at, and an address that has taken its share of the village's day.
pub async fn file_suggestion(
    connection: &mut Connection,
    allowed: &Allowed<Object>,
    village: &Place,
    via: Via<'_>,
    new: &NewSuggestion,
    registrar: &Registrar,
    moment: &Moment,
) -> Result<FiledSuggestion> {
    let words = check_words(&new.words).map_err(|problem| Refusal::message(problem.to_string()))?;
    let name = check_name(new.name.as_deref())?;
    let phone = phone_digits(new.phone.as_deref())?;
    check_key(&new.key)?;
    let level = office(new.kind, new.topic);
    let place = village.ancestor(level).ok_or_else(unknown)?;
    let allowed = &allowed.narrow(place)?;
    if let Via::Office(clerk) = via {
        clerk.narrow(*village)?;
    }
    let today = moment.local().date();
    let month = Month::of(today).ok_or_else(|| Error::Corrupt(format!("日期 {today}")))?;
    let said = format!("{}\t{}\t{}\t{words}", village.digits(), new.kind.name(), new.topic.name());
    let code = code_of(&village.county(), &new.key, &said);
    let hash = hash_of(&code);
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([place])).await?;
        let same = load(connection, village, &Which { code: Some(hash), ..Which::default() }).await?.pop();
        if let Some(same) = same {
            let rule = rulebook::of(connection, village, same.month).await?.objections;
            return Ok(filed(same.number_text(), code, level, same.filed_on, &rule));
        }
        let household_id = match via {
            Via::Household(household) => Some(known(connection, household).await?),
            Via::Board(_) | Via::Office(_) => None,
        };
        let taken_by = match via {
            Via::Office(clerk) => Some(doer(connection, clerk.actor()).await?),
            Via::Board(_) | Via::Household(_) => None,
        };
        if let Some(household_id) = household_id {
            refuse_too_many(connection, (&place, village), household_id).await?;
        }
        if let Via::Board(address) = via {
            refuse_full(connection, (&place, village), today).await?;
            let what = format!("suggestion {}", place.digits());
            let turn = Turn { what: &what, village, on: today, address, of: most_a_day(&place) };
            take_turn(connection, &registrar.sealer, &turn).await?;
        }
        let number = next_number(connection, &place, month).await?;
        let text = number_text(month, number);
        let salt = registrar.salts.salt(&format!("{} {text}", place.digits()))?;
        let seal = |field, value: &Option<String>| {
            value.as_deref().map(|value| registrar.sealer.seal(village, field, value)).transpose()
        };
        let row = Row {
            month,
            number,
            kind: new.kind,
            topic: new.topic,
            household_id,
            digest: Digest::salted(&salt, &words),
            words: &words,
            salt,
            name: seal(Field::SuggestionName, &name)?,
            phone: seal(Field::SuggestionPhone, &phone)?,
            code: hash,
            taken_by: taken_by.as_deref(),
        };
        if !insert(connection, &place, village, &row, moment).await? {
            return Err(unknown());
        }
        let mut detail = json!({
            "suggestion": &text, "village": village.digits(), "words": row.digest.hex(), "via": via.name(),
        });
        if let (Via::Office(clerk), Some(fields)) = (via, detail.as_object_mut())
            && clerk.actor() != allowed.actor()
        {
            fields.insert("taken_by".into(), clerk.actor().title().into());
        }
        let rule = rulebook::of(connection, village, month).await?.objections;
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(filed(text, code, level, today, &rule))
    })
    .await
}

fn filed(
    number: String,
    code: String,
    office: Level,
    on: NaiveDate,
    rule: &ObjectionRule,
) -> FiledSuggestion {
    FiledSuggestion { number, code, office, filed_on: on, answer_by: answer_by(on, rule) }
}

fn unknown() -> Error {
    Refusal::missing("没有登记这个村，请核对网址")
}

/// A name without blanks around it, none where nothing was written.
fn check_name(text: Option<&str>) -> Result<Option<String>> {
    let Some(name) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::message("姓名至多 30 个字；不想留姓名的，请空着"));
    }
    Ok(Some(name.to_owned()))
}

fn check_key(key: &str) -> Result<()> {
    if key.len() == 32 && key.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Refusal::message("表单不完整，请重新打开这一页再填"))
}

/// The row number of a registered household that is not lawfully erased.
async fn known(connection: &mut Connection, household: &Place) -> Result<i64> {
    let entry = crate::households::register_entry(connection, household).await?;
    let entry = entry.filter(|entry| entry.head_name.is_some());
    entry.map(|entry| entry.household_id).ok_or_else(|| Refusal::missing("没有登记这一户，请核对网址"))
}

async fn refuse_too_many(
    connection: &mut Connection,
    (office, village): (&Place, &Place),
    household_id: i64,
) -> Result<()> {
    let which = Which { household: Some(household_id), ..Which::default() };
    let own = load(connection, village, &which).await?;
    let waiting = own.iter().filter(|one| one.office == *office && one.is_open()).count();
    if waiting >= MOST_OPEN {
        return Err(Refusal::message(format!("本户已有 {waiting} 件在等答复，请等答复后再提")));
    }
    Ok(())
}

async fn refuse_full(
    connection: &mut Connection,
    (office, village): (&Place, &Place),
    today: NaiveDate,
) -> Result<()> {
    let taken: i64 = suggestion::table
        .filter(suggestion::county_code.eq(village.county().digits()))
        .filter(suggestion::place.eq(office.digits()))
        .filter(suggestion::village.eq(village.digits()))
        .filter(suggestion::household_id.is_null())
        .filter(suggestion::taken_by.is_null())
        .filter(suggestion::filed_on.eq(today))
        .count()
        .get_result(connection)
        .await?;
    if taken >= most_a_day(office) {
        return Err(Refusal::message(
            "本村今天从网页收到的建议和投诉已满，请明天再提；急的请到村委会、镇政府当面说，或打电话，由工作人员代为登记",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_need_not_be_left_and_is_short() {
        assert_eq!(check_name(Some(" 赖文 ")).ok(), Some(Some("赖文".to_owned())));
        assert_eq!(check_name(Some("  ")).ok(), Some(None));
        assert!(check_name(Some(&"文".repeat(31))).is_err() && check_name(Some("赖\n文")).is_err());
    }

    #[test]
    fn a_form_carries_a_key() {
        assert!(check_key(&"0f".repeat(16)).is_ok());
        assert!(check_key("").is_err() && check_key(&"zz".repeat(16)).is_err());
    }
}
