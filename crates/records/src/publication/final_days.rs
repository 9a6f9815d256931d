//! From when on the months of villages can be final, each by the rules of its own.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::NaiveDate;
use domain::month::Month;
use domain::place::Place;
use domain::publication::final_from;
use domain::rulebook::ObjectionRule;

use super::published;
use crate::database::Connection;
use crate::error::Result;
use crate::rulebook;

/// The first local day on which each published month of the villages inside `scope` can be final: the time for
/// objections to its latest published version is over, as long as that month's rules let one object. A month that is
/// not published is absent.
///
/// # Errors
/// Faults of the database.
pub async fn final_days(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<Place, BTreeMap<Month, NaiveDate>>> {
    let layers = rulebook::all(connection, scope).await?;
    let mut rules: BTreeMap<Vec<i64>, ObjectionRule> = BTreeMap::new();
    let mut days: BTreeMap<Place, BTreeMap<Month, NaiveDate>> = BTreeMap::new();
    // The versions of a month stand in their order: the day of the latest remains.
    for ((village, month, _), version) in published(connection, scope).await? {
        let bound = rulebook::inherited(&layers, &village, month);
        let key: Vec<i64> = bound.iter().map(|layer| layer.revision).collect();
        let rule = match rules.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(rulebook::resolve(&bound)?.objections),
        };
        days.entry(village).or_default().insert(month, final_from(version.on, rule));
    }
    Ok(days)
}
