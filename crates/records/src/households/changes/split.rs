//! 分户: a part of a household becomes one of its own.

use std::collections::BTreeSet;

use authz::{Allowed, RegisterHouseholds};
use domain::households::ChangeKind;
use domain::input::Household;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use serde_json::json;

use super::note::{Noted, note};
use super::{
    Changed, Registrar, changeable, check_members, earliest, in_village, next, reason_of, row_of,
    save_versions, this_month,
};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::households::load::{register_entry, register_of};
use crate::households::{Version, save};
use crate::moment::Moment;
use crate::places::{known_places, lock_villages};
use crate::tenancy::{self, Mode};

/// A household of which a part becomes one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The household that goes on under its number.
    pub household: Place,
    /// 户籍人口 and 常住人口 that stay with it.
    pub members: (u16, u16),
    /// The new household with its own number and head; it takes part from `from` on, or later, or not at all.
    pub new: Household,
    /// The first month in which there are two.
    pub from: Month,
    /// Why.
    pub reason: String,
    /// The revision of the register that was looked at.
    pub builds_on: Option<i32>,
}

/// Splits a household from a month on: the old one goes on with its total, the new one begins at zero.
///
/// # Errors
/// A number that is taken, a group of another village, dates and a month that cannot be.
pub async fn split_household(
    connection: &mut Connection,
    allowed: &Allowed<RegisterHouseholds>,
    split: &Split,
    registrar: &Registrar,
    mode: Mode,
    moment: &Moment,
) -> Result<Changed> {
    let (village, allowed) = in_village(allowed, &split.household)?;
    let (allowed, reason) = (&allowed, reason_of(&split.reason)?);
    check_members(split.members)?;
    tenancy::transaction(connection, allowed, mode, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        refuse_new(connection, &village, &split.new).await?;
        let entry = changeable(connection, &split.household, split.builds_on).await?;
        let earliest = earliest(connection, &village, &entry).await?;
        earliest.check(split.from, this_month(moment)?)?;
        refuse_dates(split)?;

        let mut old = row_of(&entry, registrar)?;
        (old.members_registered, old.members_resident) = split.members;
        let of_old = next(&entry, &old, split.from);
        let of_new =
            Version { household: &split.new, group: split.new.group, revision: 1, effective: split.from };
        let revisions = vec![(split.household, of_old.revision), (split.new.household, 1)];
        save::households(connection, &village, &[&split.new]).await?;
        save_versions(connection, &village, &[of_old, of_new], registrar).await?;
        let kinds = [(ChangeKind::SplitFrom, split.new.household), (ChangeKind::SplitOff, split.household)];
        let noted: Vec<Noted> = revisions
            .iter()
            .zip(kinds)
            .map(|((household, revision), (kind, other))| Noted {
                household: *household,
                revision: *revision,
                kind,
                other: Some(other),
            })
            .collect();
        let digest = note(connection, allowed, &noted, &reason, registrar, moment).await?;
        let detail = json!({
            "change": "split", "household": split.household.digits(), "new": split.new.household.digits(),
            "from": split.from.to_string(), "reason": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Changed { from: split.from, revisions, warning: None })
    })
    .await
}

/// Refuses a new household that cannot be registered.
async fn refuse_new(connection: &mut Connection, village: &Place, new: &Household) -> Result<()> {
    let is_here = new.group.ancestor(Level::Village) == Some(*village)
        && known_places(connection, village, Level::Group).await?.contains(&new.group);
    if !is_here || new.household.parent() != Some(new.group) {
        return Err(Refusal::message("分出来的一户要在本村已登记的村小组里，请重新选择"));
    }
    let number = last_digits(&new.household);
    let register = register_of(connection, village).await?;
    let clash = |group: &Place, household: &Place| *group == new.group && last_digits(household) == number;
    let taken = register.iter().any(|one| clash(&one.group, &one.household));
    if taken || register_entry(connection, &new.household).await?.is_some() {
        return Err(Refusal::message(format!("户号 {number} 已有人用；请为分出来的一户换一个户号")));
    }
    Ok(())
}

/// Refuses dates before the split.
fn refuse_dates(split: &Split) -> Result<()> {
    let dates = split.new.participation;
    if dates.joined.is_some_and(|joined| joined < split.from) || dates.left.is_some() {
        let words = format!("分出来的一户从 {} 起才有，请从那个月或以后起参与，不填退出月份", split.from);
        return Err(Refusal::message(words));
    }
    Ok(())
}
