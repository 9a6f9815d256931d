//! 迁组: a household goes to another group of its village.

use std::collections::BTreeSet;

use authz::{Allowed, RegisterHouseholds};
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use domain::households::{ChangeKind, Earliest};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use serde_json::json;

use super::note::{Noted, note};
use super::{
    Changed, RegisterEntry, Registrar, changeable, earliest, in_village, last_scored, next, reason_of,
    row_of, save_versions, this_month,
};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::households::load::register_of;
use crate::moment::Moment;
use crate::places::{known_places, lock_villages, name_of};
use crate::tenancy::{self, Mode, all_written};

/// A household that goes to another group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The household.
    pub household: Place,
    /// Where it goes.
    pub group: Place,
    /// The first month in which it belongs there.
    pub from: Month,
    /// Why.
    pub reason: String,
    /// The revision of the register that was looked at.
    pub builds_on: Option<i32>,
}

/// Moves a household to another group of its village from a month on; its total goes with it.
///
/// # Errors
/// A group of another village, the one where it is, a month that cannot be.
pub async fn move_household(
    connection: &mut Connection,
    allowed: &Allowed<RegisterHouseholds>,
    new: &Move,
    registrar: &Registrar,
    mode: Mode,
    moment: &Moment,
) -> Result<Changed> {
    let (village, allowed) = in_village(allowed, &new.household)?;
    let (allowed, reason) = (&allowed, reason_of(&new.reason)?);
    tenancy::transaction(connection, allowed, mode, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let entry = changeable(connection, &new.household, new.builds_on).await?;
        refuse_group(connection, &village, &entry, &new.group).await?;
        let warning = same_number(connection, &village, &entry, &new.group).await?;
        let earliest = earliest(connection, &village, &entry).await?;
        let scored = last_scored(connection, &entry, new.from).await?;
        Earliest { scored, ..earliest }.check(new.from, this_month(moment)?)?;

        let mut row = row_of(&entry, registrar)?;
        row.group = new.group;
        let version = next(&entry, &row, new.from);
        let revision = version.revision;
        save_versions(connection, &village, &[version], registrar).await?;
        let written = diesel::sql_query(
            "update household h set place = d.place from division d
             where h.county_code = $1 and h.id = $2 and d.county_code = h.county_code and d.place = $3",
        )
        .bind::<Text, _>(village.county().digits())
        .bind::<BigInt, _>(entry.household_id)
        .bind::<Text, _>(new.group.digits())
        .execute(connection)
        .await?;
        all_written(written, 1)?;
        let noted = [Noted { household: new.household, revision, kind: ChangeKind::Moved, other: None }];
        let digest = note(connection, allowed, &noted, &reason, registrar, moment).await?;
        let detail = json!({
            "change": "moved", "household": new.household.digits(), "group": new.group.digits(),
            "from": new.from.to_string(), "reason": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        let revisions = vec![(new.household, revision)];
        Ok(Changed { from: new.from, revisions, warning })
    })
    .await
}

/// Refuses a group to which a household cannot go.
async fn refuse_group(
    connection: &mut Connection,
    village: &Place,
    entry: &RegisterEntry,
    group: &Place,
) -> Result<()> {
    if group.ancestor(Level::Village) != Some(*village) {
        return Err(Refusal::message("只能迁到本村的村小组；迁往外村的，在这里登记退出，到那边登记新户"));
    }
    if !known_places(connection, village, Level::Group).await?.contains(group) {
        return Err(Refusal::unknown(group));
    }
    let name = name_of(connection, group).await?;
    if entry.group == *group {
        return Err(Refusal::message(format!("这一户已在{name}，不用再迁")));
    }
    Ok(())
}

/// A warning where a household of the group has the same house number.
async fn same_number(
    connection: &mut Connection,
    village: &Place,
    entry: &RegisterEntry,
    group: &Place,
) -> Result<Option<String>> {
    let number = last_digits(&entry.household);
    let register = register_of(connection, village).await?;
    let same = |one: &RegisterEntry| one.group == *group && last_digits(&one.household) == number;
    Ok(register.iter().any(same).then(|| {
        format!("新的小组里也有户号 {number}；户号不变，公示栏上请按名次和姓名分清，异议用这一户自己的二维码")
    }))
}
