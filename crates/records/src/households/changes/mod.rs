//! Dated changes of a household (登记变动): to another group, split, merged. Each is a revision of the register from a
//! month on, with who registered it and why.

mod merge;
mod movement;
mod note;
mod split;

use authz::{Allowed, RegisterHouseholds};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::households::{ChangeProblem, Earliest};
use domain::input::Household;
use domain::month::Month;
use domain::objections::check_words;
use domain::place::{Level, Place};

use super::load::{RegisterEntry, register_entry};
use super::save;
use super::{Registrar, Version};
use crate::closing;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::schema::card;
use crate::sealing::Field;

pub use merge::{Merger, merge_households};
pub use movement::{Move, move_household};
pub(super) use note::{erase_reasons, note_edits};
pub use split::{Split, split_household};

/// What a change did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The first month that it holds.
    pub from: Month,
    /// The revisions that it made, by household.
    pub revisions: Vec<(Place, i32)>,
    /// What is allowed and yet worth a look.
    pub warning: Option<String>,
}

impl From<ChangeProblem> for Error {
    fn from(problem: ChangeProblem) -> Self {
        Refusal::message(problem.to_string())
    }
}

/// The village of a household, and the permission for it alone.
fn in_village(
    allowed: &Allowed<RegisterHouseholds>,
    household: &Place,
) -> Result<(Place, Allowed<RegisterHouseholds>)> {
    let village = household.ancestor(Level::Village).filter(|_| household.level() == Level::Household);
    let village = village.ok_or_else(|| Refusal::unknown(household))?;
    Ok((village, allowed.narrow(village)?))
}

/// A reason that can stand.
fn reason_of(text: &str) -> Result<String> {
    check_words(text).map_err(|problem| Refusal::message(problem.to_string()))
}

/// The entry of a household that can be changed; the caller holds the village's lock.
async fn changeable(
    connection: &mut Connection,
    household: &Place,
    builds_on: Option<i32>,
) -> Result<RegisterEntry> {
    let entry = register_entry(connection, household).await?.ok_or_else(|| Refusal::unknown(household))?;
    Refusal::unless_same(builds_on.map(i64::from), Some(i64::from(entry.revision)))?;
    if entry.head_name.is_none() {
        return Err(Refusal::message("这一户已退出并依法删除个人信息，不能再变动"));
    }
    let is_empty = !entry.resident && entry.members_registered == 0;
    if is_empty && note::was_merged(connection, &household.county(), entry.household_id).await? {
        return Err(Refusal::message(format!("农户 {household} 已并入他户，请核对")));
    }
    Ok(entry)
}

/// From when on a household may be changed.
async fn earliest(connection: &mut Connection, village: &Place, entry: &RegisterEntry) -> Result<Earliest> {
    let open = closing::open_months(connection, village).await?.get(village).copied();
    Ok(Earliest { open, settled: entry.effective, scored: None })
}

/// The last month, from one on, in which a household has a card.
async fn last_scored(
    connection: &mut Connection,
    entry: &RegisterEntry,
    from: Month,
) -> Result<Option<Month>> {
    let month: Option<i32> = card::table
        .filter(card::county_code.eq(entry.household.county().digits()))
        .filter(card::household_id.eq(entry.household_id))
        .filter(card::month.ge(from.number()))
        .select(max(card::month))
        .first(connection)
        .await?;
    month.map(codec::month).transpose()
}

/// The month in which a moment lies.
fn this_month(moment: &Moment) -> Result<Month> {
    Month::of(moment.local().date()).ok_or_else(|| Error::Corrupt("当前时间".into()))
}

/// What the register says, as a row to change.
fn row_of(entry: &RegisterEntry, registrar: &Registrar) -> Result<Household> {
    let open = |field: Field, sealed: Option<&[u8]>| {
        let opened = sealed.map(|sealed| registrar.sealer.open(&entry.household, field, sealed)).transpose();
        opened.map_err(|error| Error::Corrupt(error.to_string()))
    };
    Ok(Household {
        household: entry.household,
        group: entry.group,
        head_name: entry.head_name.clone().unwrap_or_default(),
        phone: open(Field::Phone, entry.phone.as_deref())?,
        members_registered: entry.members_registered,
        members_resident: entry.members_resident,
        resident: entry.resident,
        local: entry.local,
        address: open(Field::Address, entry.address.as_deref())?,
        participation: entry.participation,
    })
}

/// The most people of a household, as in files.
const MOST_PEOPLE: u16 = 99;

fn check_members((registered, resident): (u16, u16)) -> Result<()> {
    if registered.max(resident) > MOST_PEOPLE {
        return Err(Refusal::message(format!("人口应为 0 至 {MOST_PEOPLE}，请核对")));
    }
    Ok(())
}

/// The next revision of a household.
fn next<'a>(entry: &RegisterEntry, household: &'a Household, from: Month) -> Version<'a> {
    Version { household, group: household.group, revision: entry.revision + 1, effective: from }
}

async fn save_versions(
    connection: &mut Connection,
    village: &Place,
    versions: &[Version<'_>],
    registrar: &Registrar,
) -> Result<()> {
    save::versions(connection, village, versions, registrar).await
}
