//! Households: registered and changed by dated revisions, with personal values sealed.

mod changes;
mod counts;
mod erase;
mod load;
mod numbered;
mod personal;
mod queries;
mod roster;
mod save;
mod search;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, RegisterHouseholds};
use domain::input::{Household, Line, Problem};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use serde_json::json;

use crate::closing;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::places::{from_the_beginning, known_places, lock_villages};
use crate::sealing::{Salts, Sealer};
use crate::tenancy::{self, Mode};

pub use changes::{Changed, Merger, Move, Split, merge_households, move_household, split_household};
pub use counts::{RegisterCounts, register_counts};
pub use erase::{Erased, erase_household};
pub use load::{RegisterEntry, register_entry, register_for, register_of, register_page};
pub use numbered::{household_numbered, household_numbered_in};
pub use personal::{HouseholdFile, PersonalField, household_file, reveal};
pub use queries::{
    Query, QueryStepTaken, ask_eligibility, open_queries, queries_of_household, take_step as take_query_step,
};
pub(crate) use roster::{Personal, RosterRow, personal, revisions_until, roster};
pub use search::{RegisterLine, RegisterSearch, TakingPart, search_register};
pub use timeline::{TimelineRow, result_months, timeline};

/// What registering needs besides the rows.
#[derive(Clone)]
pub struct Registrar {
    /// Seals phones and addresses.
    pub sealer: Sealer,
    /// Where the salts of names come from.
    pub salts: Salts,
}

/// Registers households and changes those already known, dated from their village's open month; absent
/// ones stay.
///
/// # Errors
/// Groups that are not registered, and participation that would move a closed month.
pub async fn register_households(
    connection: &mut Connection,
    allowed: &Allowed<RegisterHouseholds>,
    rows: &[Line<Household>],
    registrar: &Registrar,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    register(connection, allowed, rows, None, registrar, mode, moment).await
}

/// Registers one household, or changes it, as its writer saw it: `builds_on` is the revision of the register that was
/// looked at, 0 where there was none.
///
/// # Errors
/// As [`register_households`], and [`Refusal::Changed`] where the register has another revision by now.
pub async fn register_household(
    connection: &mut Connection,
    allowed: &Allowed<RegisterHouseholds>,
    row: Household,
    builds_on: i32,
    registrar: &Registrar,
    moment: &Moment,
) -> Result<Outcome> {
    let rows = [Line { number: 1, row }];
    register(connection, allowed, &rows, Some(builds_on), registrar, Mode::Apply, moment).await
}

async fn register(
    connection: &mut Connection,
    allowed: &Allowed<RegisterHouseholds>,
    rows: &[Line<Household>],
    builds_on: Option<i32>,
    registrar: &Registrar,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let scope = allowed.place();
        let groups = known_places(connection, &scope, Level::Group).await?;
        let unknown = rows.iter().filter(|line| !groups.contains(&line.row.group));
        Refusal::unless_none(unknown.map(unknown_group).collect())?;
        let villages: BTreeSet<Place> =
            rows.iter().filter_map(|line| line.row.group.ancestor(Level::Village)).collect();
        lock_villages(connection, &villages).await?;

        let open = closing::open_months(connection, &scope).await?;
        let known = load::current(connection, &scope.county(), &villages).await?;
        for Line { row, .. } in rows {
            let now = known.get(&row.household).map(|entry| i64::from(entry.revision));
            Refusal::unless_same(builds_on.map(i64::from), now)?;
        }
        let changes = decide(rows, &known, &open, &registrar.sealer)?;
        tenancy::bulk_write(connection, async |connection| {
            save::households(connection, &scope, &changes.new).await?;
            save::versions(connection, &scope, &changes.versions, registrar).await
        })
        .await?;
        changes::note_edits(connection, allowed, &changes.versions, moment).await?;
        let outcome = changes.outcome;
        let detail = json!({ "added": outcome.added, "changed": outcome.changed });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(outcome)
    })
    .await
}

/// What a file changes.
struct Changes<'a> {
    new: Vec<&'a Household>,
    versions: Vec<Version<'a>>,
    outcome: Outcome,
}

/// A revision to write.
struct Version<'a> {
    household: &'a Household,
    /// The group that it belongs to.
    group: Place,
    revision: i32,
    effective: Month,
}

fn decide<'a>(
    rows: &'a [Line<Household>],
    known: &BTreeMap<Place, RegisterEntry>,
    open: &BTreeMap<Place, Month>,
    sealer: &Sealer,
) -> Result<Changes<'a>> {
    let beginning = from_the_beginning()?;
    let mut changes = Changes { new: Vec::new(), versions: Vec::new(), outcome: Outcome::default() };
    let moved = moved_numbers(known);
    let mut problems = Vec::new();
    for Line { number, row } in rows {
        let open = row.group.ancestor(Level::Village).and_then(|village| open.get(&village)).copied();
        let before = known.get(&row.household);
        let dates = before.map(|entry| entry.participation).unwrap_or_default();
        let settled = before.map(|entry| entry.effective);
        if let Err(problem) = row.participation.check_change_after(dates, open, settled) {
            let field = if row.participation.joined == dates.joined { "left_month" } else { "joined_month" };
            problems.push(Problem::new(*number, field, problem.to_string()));
            continue;
        }
        if row.participation.joined.is_some() && row.participation.left.is_none() && !row.resident {
            let message = "参与积分但不是常住户，请核对";
            changes.outcome.warnings.push(Problem::new(*number, "resident", message));
        }
        match before {
            Some(entry) if entry.head_name.is_none() && row.participation == entry.participation => {
                let message = "这一户已退出并依法删除个人信息，没有再登记；要重新参与，请填新的加入月份";
                changes.outcome.warnings.push(Problem::new(*number, "head_name", message));
                changes.outcome.unchanged += 1;
                continue;
            }
            Some(entry) if entry.says_the_same(row, sealer) => {
                changes.outcome.unchanged += 1;
                continue;
            }
            Some(_) => changes.outcome.changed += 1,
            None if moved.contains(&(row.group, last_digits(&row.household))) => {
                let message = "迁入本组的一户正用这个户号；请换一个";
                problems.push(Problem::new(*number, "number", message));
                continue;
            }
            None => {
                changes.outcome.added += 1;
                changes.new.push(row);
            }
        }
        let revision = before.map_or(0, |entry| entry.revision) + 1;
        // A household that has moved stays where it is, and what is registered now holds with what is still to come.
        let group = before.map_or(row.group, |entry| entry.group);
        let effective = open.unwrap_or(beginning).max(settled.unwrap_or(beginning));
        changes.versions.push(Version { household: row, group, revision, effective });
    }
    Refusal::unless_none(problems)?;
    Ok(changes)
}

/// The house numbers that households brought along into another group.
fn moved_numbers(known: &BTreeMap<Place, RegisterEntry>) -> BTreeSet<(Place, &str)> {
    let moved = known.values().filter(|entry| entry.household.parent() != Some(entry.group));
    moved.map(|entry| (entry.group, last_digits(&entry.household))).collect()
}

fn unknown_group(line: &Line<Household>) -> Problem {
    Problem::new(line.number, "group_code", format!("村小组 {} 没有登记，请先导入行政区划", line.row.group))
}
