//! Filing an objection: by a villager from a page, or by staff for somebody without a phone.

use std::collections::BTreeSet;

use authz::{Allowed, Object};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::objections::{Filing, check_words, decide_by, filing};
use domain::place::{Level, Place};
use domain::publication::last_digits;
use domain::rulebook::ObjectionRule;
use domain::scoring::parse_findings;
use serde_json::json;

use super::correct::Facts;
use super::save::{Row, insert, next_number};
use super::steps::doer;
use super::stored::{Stored, Which, load, number_text};
use super::via::Via;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::households::Registrar;
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::publication::published;
use crate::rulebook;
use crate::schema::{award_run, objection};
use crate::sealing::Field;
use crate::tenancy::{self, Mode};
use crate::turns::{Turn, take_turn};

/// How many objections against one household's month may wait at a time.
const MOST_OPEN: usize = 20;

/// How many objections a village takes from pages in a day.
const MOST_A_DAY: i64 = 200;

/// What a villager says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObjection {
    /// The month.
    pub month: Month,
    /// The act objected to, as the findings name it (`H1a`, `H1a+H7a`); empty for the whole month.
    pub about: String,
    /// Why, in the villager's own words.
    pub words: String,
    /// Where to be reached, if the villager wants to be.
    pub phone: Option<String>,
    /// The network address that a page was sent from; none where staff files it.
    pub address: Option<String>,
}

/// An objection that is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Its row number.
    pub id: i64,
    /// `2026-10-003`, for the receipt.
    pub number: String,
    /// The last day on which a decision is in time.
    pub decide_by: NaiveDate,
    /// Whether it can still change rank and rights, and not totals only.
    pub in_time: bool,
}

/// Files an objection against a household's score, or its not being scored, in the latest published version of a month.
///
/// The same words about the same thing are one objection while they wait for a decision. Who files, and from where,
/// follows from the actor: a holder, a visitor, or staff.
///
/// # Errors
/// A household that is not registered or did not take part, a month that is not published, a year whose awards are
/// computed, words that cannot stand, more objections than somebody can look at, and an address that has taken its share of
/// the village's day.
pub async fn file_objection(
    connection: &mut Connection,
    allowed: &Allowed<Object>,
    household: &Place,
    new: &NewObjection,
    registrar: &Registrar,
    moment: &Moment,
) -> Result<Filed> {
    let village = household.ancestor(Level::Village).ok_or_else(|| unknown(household))?;
    let allowed = &allowed.narrow(village)?;
    let words = check_words(&new.words).map_err(|problem| Refusal::message(problem.to_string()))?;
    let phone = phone(new.phone.as_deref())?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let facts = Facts::load(connection, &village, new.month).await?;
        let household = &called(&facts, household);
        let household_id = taking_part(&facts, household, new.month)?;
        refuse_unknown_rule(&facts, &new.about)?;
        let rule = rulebook::of(connection, &village, new.month).await?.objections;
        let (version, in_time) = still_open(connection, &village, new.month, &rule, moment).await?;
        let which = Which { household: Some(*household), month: Some(new.month), ..Which::default() };
        let mut waiting = load(connection, &village, &which).await?;
        waiting.retain(Stored::is_open);
        let same =
            waiting.iter().find(|one| one.about == new.about && one.words.as_deref() == Some(words.as_str()));
        if let Some(same) = same {
            return Ok(filed(same.id, same.number_text(), same.filed_on, same.in_time, &rule));
        }
        let via = Via::of(allowed.actor());
        // Strangers at the board take no turn from the household itself, nor from the village office.
        let waiting = waiting.iter().filter(|one| one.via == via).count();
        refuse_too_many(connection, &village, waiting, via, moment).await?;
        if let Some(address) = new.address.as_deref().filter(|_| via != Via::Staff) {
            let (what, on) = (format!("objection {}", via.name()), moment.local().date());
            let turn = Turn { what: &what, village: &village, on, address, of: MOST_A_DAY };
            take_turn(connection, &registrar.sealer, &turn).await?;
        }

        let number = next_number(connection, &village, new.month).await?;
        let text = number_text(new.month, number);
        let salt = registrar.salts.salt(&format!("{} {text}", village.digits()))?;
        let seal = |phone: &str| registrar.sealer.seal(household, Field::ObjectionPhone, phone);
        let contact = phone.as_deref().map(seal).transpose()?;
        let row = Row {
            household_id,
            month: new.month,
            version,
            number,
            via,
            in_time,
            about: &new.about,
            words: &words,
            digest: Digest::salted(&salt, &words),
            salt,
            contact,
            filed_by: match via {
                Via::Staff => Some(doer(connection, allowed.actor()).await?),
                Via::HouseholdPage | Via::Board => None,
            },
        };
        let id = insert(connection, &village, &row, moment).await?;
        let detail = json!({
            "objection": &text, "household": household.digits(), "version": version, "via": via.name(),
            "in_time": in_time, "words": row.digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(filed(id, text, moment.local().date(), in_time, &rule))
    })
    .await
}

fn filed(id: i64, number: String, on: NaiveDate, in_time: bool, rule: &ObjectionRule) -> Filed {
    Filed { id, number, decide_by: decide_by(on, rule), in_time }
}

fn unknown(household: &Place) -> Error {
    Refusal::message(format!("农户 {household} 没有登记，请核对户号"))
}

/// The digits of a phone, none where nothing was written.
pub(crate) fn phone(text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_known = text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '+' | '-' | ' '));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if is_known && (7..=15).contains(&digits.len()) {
        return Ok(Some(digits));
    }
    Err(Refusal::message("电话应为 7 到 15 位数字；不想留电话的，请空着"))
}

/// The household that a group and a number on the board name: one that has moved there keeps the code of its old group.
fn called(facts: &Facts, household: &Place) -> Place {
    if facts.roster.contains_key(household) {
        return *household;
    }
    let moved = facts.roster.values().map(|row| &row.entry).find(|entry| {
        household.parent() == Some(entry.group) && last_digits(&entry.household) == last_digits(household)
    });
    moved.map_or(*household, |entry| entry.household)
}

/// The row number of a household that took part in the month.
fn taking_part(facts: &Facts, household: &Place, month: Month) -> Result<i64> {
    let row = facts.roster.get(household).ok_or_else(|| unknown(household))?;
    if row.entry.participation.covers(month) {
        return Ok(row.household_id);
    }
    Err(Refusal::message(format!("农户 {household} 在 {month} 未参与积分，没有可异议的得分")))
}

fn refuse_unknown_rule(facts: &Facts, about: &str) -> Result<()> {
    if about.is_empty() {
        return Ok(());
    }
    let is_known = match parse_findings(about).as_deref() {
        Ok([one]) => one.act == about && one.rules().all(|rule| facts.has_rule(rule)),
        _ => false,
    };
    if is_known {
        Ok(())
    } else {
        Err(Refusal::message("所选的扣分项目不在该月的积分项目里，请重新选择"))
    }
}

/// The version that is objected to, and whether the objection is in time.
async fn still_open(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    rule: &ObjectionRule,
    moment: &Moment,
) -> Result<(i16, bool)> {
    let published = published(connection, village).await?;
    let latest = published.iter().rfind(|((_, published, _), _)| *published == month);
    let Some(((_, _, version), latest)) = latest else {
        return Err(Refusal::message(format!("{month} 还没有公示，公示后再提异议")));
    };
    let has_awards = years_awarded(connection, village).await?.contains(&month.year());
    match filing(latest.on, has_awards, moment.local(), rule) {
        Filing::InTime { .. } => Ok((*version, true)),
        Filing::Late => Ok((*version, false)),
        Filing::Over => {
            Err(Refusal::message(format!("{} 年的年终评比已经算出，不再受理这一年的异议", month.year())))
        }
    }
}

/// The years of a village whose awards are computed: no objection to their months is taken any more.
///
/// # Errors
/// Faults of the database.
pub async fn years_awarded(connection: &mut Connection, village: &Place) -> Result<BTreeSet<i32>> {
    let years: Vec<i32> = award_run::table
        .filter(award_run::county_code.eq(village.county().digits()))
        .filter(award_run::place.eq(village.digits()))
        .select(award_run::year)
        .load(connection)
        .await?;
    Ok(years.into_iter().collect())
}

async fn refuse_too_many(
    connection: &mut Connection,
    village: &Place,
    waiting: usize,
    via: Via,
    moment: &Moment,
) -> Result<()> {
    if via == Via::Staff {
        return Ok(());
    }
    if waiting >= MOST_OPEN {
        return Err(Refusal::message(format!(
            "对这一户这个月的异议已有 {waiting} 件待处理，请等村里处理后再提"
        )));
    }
    let today: i64 = objection::table
        .filter(objection::county_code.eq(village.county().digits()))
        .filter(objection::village.eq(village.digits()))
        .filter(objection::filed_on.eq(moment.local().date()))
        .filter(objection::via.eq(via.number()))
        .count()
        .get_result(connection)
        .await?;
    if today >= MOST_A_DAY {
        return Err(Refusal::message(
            "本村今天从网页收到的异议已满，请明天再提；急的请到村委会，或打电话，由工作人员代为登记",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, digits: Option<&str>) {
        let read = phone(Some(text));
        assert_eq!(read.ok(), Some(digits.map(str::to_owned)), "{text}");
    }

    #[test]
    fn a_phone_is_kept_as_digits_and_need_not_be_left() {
        check("199-0000 0001", Some("19900000001"));
        check("  ", None);
        assert!(phone(Some("张三家")).is_err() && phone(Some("123")).is_err());
    }
}
