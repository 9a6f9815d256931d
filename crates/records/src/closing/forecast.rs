//! The forecast of a village's month: what closing would give now. Nothing is written.

use std::collections::BTreeMap;

use domain::closing::{Block, PolicyForecast, Step, blocks, readiness};
use domain::month::Month;
use domain::place::Place;
use domain::scoring::ScoringTable;

use super::load::frozen_inputs;
use super::save;
use super::slice::month_inputs;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::places::names_in;
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
    pub groups: Vec<GroupForecast>,
}

/// The places of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupForecast {
    /// The group.
    pub group: Place,
    /// Its name, its code where it has none on record.
    pub name: String,
    /// Households that would redeem.
    pub qualified: usize,
    /// Households that share the last place, where it is not enough for all of them; 0 otherwise.
    pub tied_at_last_place: usize,
}

/// Forecasts a village's month from the cards at hand, signed or not. For a closed month it says what the cards of
/// its latest version, with the corrections since, give.
///
/// # Errors
/// Faults of the database.
pub async fn forecast(connection: &mut Connection, village: &Place, month: Month) -> Result<Forecast> {
    let names = names_in(connection, village).await?;
    let slice = frozen_inputs(connection, &[*village], month).await?;
    let inputs = slice.villages.first().ok_or_else(|| Error::Corrupt("没有村".into()))?;
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
    };
    let Some(catalogue) = catalogue else { return Ok(forecast) };
    let table = ScoringTable::new(&catalogue.catalogue);
    let inputs = month_inputs(&slice, inputs, (&catalogue.catalogue, &table), &rulebook, &cards);
    match domain::closing::forecast(&inputs) {
        Ok(found) => {
            forecast.policies = found.policies;
            forecast.groups = found.groups.into_iter().map(|places| named(&names, places)).collect();
        }
        Err((household, unknown)) => forecast.blocks.push(Block::UnknownRule(household, unknown).to_string()),
    }
    Ok(forecast)
}

fn named(names: &BTreeMap<Place, String>, places: domain::closing::GroupPlaces) -> GroupForecast {
    let domain::closing::GroupPlaces { group, qualified, tied_at_last_place } = places;
    let name = names.get(&group).cloned().unwrap_or_else(|| group.code());
    GroupForecast { group, name, qualified, tied_at_last_place }
}
