//! The forecast of a village's month: what closing would give now. Nothing is written.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::{Block, GroupPlaces, PolicyForecast, Step, blocks, readiness};
use domain::month::Month;
use domain::place::Place;
use domain::scoring::ScoringTable;

use super::load::{VillageInputs, frozen_inputs};
use super::save;
use super::slice::month_inputs;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::RosterRow;
use crate::places::names_in;
use crate::schema::household_version;
use crate::scoring::StoredCard;

/// What closing a village's month would give (结账预测).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// What is done and what is not, in the order of the month.
    pub ready: Vec<Step>,
    /// Why it cannot be closed, one line each.
    pub blocks: Vec<String>,
    /// The tie rule in force first, then the others; none while no catalogue is in force or a card uses a rule
    /// that it does not have.
    pub policies: Vec<PolicyForecast>,
    /// The groups under the rule in force, in the order of their codes.
    pub groups: Vec<GroupPlaces>,
    /// The names of the places of the village.
    pub names: BTreeMap<Place, String>,
    /// The full names of the heads, by household; one that was lawfully erased is absent.
    pub heads: BTreeMap<Place, String>,
    /// Households with two contradicting sheets, for which closing waits.
    pub conflicts: Vec<Conflicting>,
}

/// A household for which closing waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflicting {
    /// The household.
    pub household: Place,
    /// Its group in the month.
    pub group: Place,
}

/// Forecasts a village's month from the cards at hand, signed or not. For a closed month it says what the cards of
/// its latest version, with the corrections since, give.
///
/// # Errors
/// Faults of the database.
pub async fn forecast(connection: &mut Connection, village: &Place, month: Month) -> Result<Forecast> {
    let slice = frozen_inputs(connection, &[*village], month).await?;
    let inputs = slice.villages.as_slice().first().ok_or_else(|| Error::Corrupt("没有村".into()))?;
    let kept = match inputs.last_version(month) {
        Some(head) => Some(save::cards_of(connection, &slice.county, month, head.id).await?),
        None => None,
    };
    let counts =
        |card: &&StoredCard| card.is_correction || kept.as_ref().is_none_or(|kept| kept.contains(&card.id));
    let cards: Vec<&StoredCard> = inputs.cards.iter().filter(counts).collect();
    let catalogue = slice.catalogue(inputs);
    let (rulebook, _) = slice.rulebook(inputs)?;
    let facts = inputs.readiness(catalogue.is_some(), &rulebook);
    let mut forecast = Forecast {
        ready: readiness(&facts),
        blocks: blocks(&facts).iter().map(ToString::to_string).collect(),
        policies: Vec::new(),
        groups: Vec::new(),
        names: names_in(connection, village).await?,
        heads: heads_of(connection, &slice.county, &inputs.roster).await?,
        conflicts: conflicting(inputs),
    };
    let Some(catalogue) = catalogue else { return Ok(forecast) };
    let table = ScoringTable::new(&catalogue.catalogue);
    let inputs = month_inputs(&slice, inputs, (&catalogue.catalogue, &table), &rulebook, &cards);
    match domain::closing::forecast(&inputs) {
        Ok(found) => (forecast.policies, forecast.groups) = (found.policies, found.groups),
        Err((household, unknown)) => forecast.blocks.push(Block::UnknownRule(household, unknown).to_string()),
    }
    Ok(forecast)
}

fn conflicting(inputs: &VillageInputs) -> Vec<Conflicting> {
    let entries = inputs.roster.iter().map(|row| &row.entry);
    let waits = entries.filter(|entry| inputs.conflicts.contains(&entry.household));
    waits.map(|entry| Conflicting { household: entry.household, group: entry.group }).collect()
}

/// The names of the heads as the register of the month has them.
async fn heads_of(
    connection: &mut Connection,
    county: &Place,
    roster: &[RosterRow],
) -> Result<BTreeMap<Place, String>> {
    let ids: Vec<i64> = roster.iter().map(|row| row.id).collect();
    let names: Vec<(i64, Option<String>)> = household_version::table
        .filter(household_version::county_code.eq(county.digits()))
        .filter(household_version::id.eq_any(ids))
        .select((household_version::id, household_version::head_name))
        .load(connection)
        .await?;
    let names: HashMap<i64, Option<String>> = names.into_iter().collect();
    let head = |row: &RosterRow| Some((row.entry.household, names.get(&row.id).cloned().flatten()?));
    Ok(roster.iter().filter_map(head).collect())
}
