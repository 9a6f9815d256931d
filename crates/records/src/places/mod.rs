//! Places and contacts: the tenants, and whom they are reminded through.

mod contacts;
mod read;

use std::collections::BTreeMap;

use authz::{Allowed, RegisterDivisions};
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_async::RunQueryDsl;
use domain::input::{Division, Line, Problem};
use domain::month::Month;
use domain::place::{Level, Place};
use serde_json::json;

use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::rulebook;
use crate::schema::division;
use crate::tenancy::{self, Mode};

pub use contacts::{contacts_of, register_contacts};
pub use read::{county_exists, divisions, divisions_below, name_of, names_in, names_of, villages_of};
pub(crate) use read::{known_places, lock_all, lock_villages, refuse_below_village, refuse_unknown};

/// Registers places and renames those already known; absent ones stay.
///
/// The first file of a county also puts the document's rulebook in force for it, so that a later
/// program with other defaults moves no closed month.
///
/// # Errors
/// Places outside the county, or whose place above is neither known nor in the file.
pub async fn register_divisions(
    connection: &mut Connection,
    allowed: &Allowed<RegisterDivisions>,
    rows: &[Line<Division>],
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let known: BTreeMap<Place, String> = divisions(connection, &allowed.place())
            .await?
            .into_iter()
            .map(|one| (one.place, one.name))
            .collect();
        Refusal::unless_none(check_tree(&allowed.place(), &known, rows))?;
        let mut outcome = Outcome::default();
        let (mut added, mut renamed) = (Vec::new(), Vec::new());
        for Line { row, .. } in rows {
            match known.get(&row.place) {
                None => added.push(row),
                Some(name) if *name != row.name => renamed.push(row),
                Some(_) => outcome.unchanged += 1,
            }
        }
        (outcome.added, outcome.changed) = (added.len(), renamed.len());
        insert(connection, &allowed.place(), &added).await?;
        rename(connection, &allowed.place(), &renamed).await?;
        let mut detail = json!({ "added": outcome.added, "changed": outcome.changed });
        if added.iter().any(|row| row.level == Level::County) {
            detail["rulebook"] = rulebook::adopt_defaults(connection, &allowed.place().county()).await?;
        }
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(outcome)
    })
    .await
}

fn check_tree(scope: &Place, known: &BTreeMap<Place, String>, rows: &[Line<Division>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut listed: Vec<_> = rows.iter().map(|line| line.row.place).collect();
    listed.sort();
    for Line { number, row } in rows {
        if !scope.contains(&row.place) {
            problems.push(Problem::new(*number, "code", format!("{} 不在 {scope} 的范围内", row.place)));
            continue;
        }
        let Some(parent) = row.place.parent() else { continue };
        if !known.contains_key(&parent) && listed.binary_search(&parent).is_err() {
            let message = format!("上级 {parent} 既不在文件里，也没有登记过；请把它一并列入");
            problems.push(Problem::new(*number, "parent_code", message));
        }
    }
    problems
}

async fn insert(connection: &mut Connection, scope: &Place, rows: &[&Division]) -> Result<()> {
    for chunk in rows.chunks(5000) {
        let values: Vec<_> = chunk
            .iter()
            .map(|row| {
                (
                    division::county_code.eq(scope.county().digits().to_owned()),
                    division::place.eq(row.place.digits().to_owned()),
                    division::name.eq(&row.name),
                )
            })
            .collect();
        diesel::insert_into(division::table).values(values).execute(connection).await?;
    }
    Ok(())
}

async fn rename(connection: &mut Connection, scope: &Place, rows: &[&Division]) -> Result<()> {
    let places: Vec<_> = rows.iter().map(|row| row.place.digits()).collect();
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    diesel::sql_query(
        "update division d set name = u.name from unnest($2, $3) u(place, name)
         where d.county_code = $1 and d.place = u.place",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Array<Text>, _>(places)
    .bind::<Array<Text>, _>(names)
    .execute(connection)
    .await?;
    Ok(())
}

/// The month from which a place's first rules hold: before any other.
pub(crate) fn from_the_beginning() -> Result<Month> {
    crate::codec::month(200_001)
}
