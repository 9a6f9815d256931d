//! Loads a slice of villages: the inputs that a closing freezes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diesel::sql_types::{Array, BigInt, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::catalogue::{Dated, in_force};
use domain::closing::{Readiness, earliest_open};
use domain::month::Month;
use domain::panels::Panel;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::rulebook::{Layer, Rulebook};

use super::heads::{Head, heads};
use super::range;
use crate::catalogue::{self, Stored};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::{RosterRow, roster};
use crate::panels::{self, StoredPanel};
use crate::rulebook;
use crate::scoring::{StoredCard, StoredSignature, cards, counting, signatures};
use crate::sheets::conflicts_in;

/// Everything that the villages of a slice share.
pub(crate) struct Slice {
    pub(crate) county: Place,
    pub(crate) month: Month,
    pub(crate) catalogues: Vec<Dated<Stored>>,
    pub(crate) layers: Vec<Dated<Layer>>,
    pub(crate) villages: Vec<VillageInputs>,
}

/// What one village brings to its closing.
pub(crate) struct VillageInputs {
    pub(crate) village: Place,
    /// Its chain so far.
    pub(crate) chain: Vec<Head>,
    /// The households taking part.
    pub(crate) roster: Vec<RosterRow>,
    /// The cards that count.
    pub(crate) cards: Vec<StoredCard>,
    /// The panels of the month.
    pub(crate) panels: Vec<StoredPanel>,
    /// The sums of the year's earlier months, by household row number.
    pub(crate) earlier: HashMap<i64, Points>,
    /// The earlier months that were summed, with their versions.
    pub(crate) summed: Vec<(Month, i16)>,
    /// The earliest open month before this one.
    pub(crate) earlier_open: Option<Month>,
    /// The households taking part with a sheet that contradicts their card, undecided.
    pub(crate) conflicts: Vec<Place>,
    /// The names of panels whose latest cards no signature covers, with their number.
    pub(crate) unsigned: BTreeMap<Arc<str>, usize>,
}

/// Loads villages of one county for a month, in the order given.
pub(crate) async fn frozen_inputs(
    connection: &mut Connection,
    villages: &[Place],
    month: Month,
) -> Result<Slice> {
    let scope = range(villages.iter());
    let range = (scope.low.as_str(), scope.high.as_str());
    let county = villages.first().map(Place::county).ok_or_else(|| Error::Corrupt("没有村".into()))?;
    let heads = heads(connection, &county, range).await?;
    let all_panels = panels::in_range(connection, &county, range).await?;
    let names = all_panels.iter().map(|panel| (panel.id, panel.panel.name.as_str().into())).collect();
    let register = roster(connection, &county, range, month).await?;
    let cards = counting(cards(connection, &county, range, month, &names).await?);
    let signatures = signatures(connection, &county, range, month, &names).await?;
    let conflicts = conflicts_in(connection, &county, range, month).await?;

    let mut heads = by_village(heads, |head| head.village);
    let mut register =
        by_village(register, |row| row.entry.household.ancestor(Level::Village).unwrap_or(county));
    let mut cards = by_village(cards, |card| card.card.household.ancestor(Level::Village).unwrap_or(county));
    let mut conflicts =
        by_village(conflicts, |household| household.ancestor(Level::Village).unwrap_or(county));
    let summed: Vec<_> =
        heads.values().flat_map(|chain| latest_versions(chain, month)).map(|head| head.id).collect();
    let earlier = earlier_totals(connection, &county, month, &summed).await?;

    let mut loaded = Vec::with_capacity(villages.len());
    for village in villages {
        let chain = heads.remove(village).unwrap_or_default();
        let register = register.remove(village).unwrap_or_default();
        let closed: BTreeSet<Month> = chain.iter().map(|head| head.month).collect();
        let earlier_open = earliest_open(register.iter().map(|row| row.entry.participation), &closed, month);
        let roster: Vec<_> =
            register.into_iter().filter(|row| row.entry.participation.covers(month)).collect();
        // A household may leave after its card was entered: what is not on the roster does not count.
        let taking_part: BTreeSet<i64> = roster.iter().map(|row| row.household_id).collect();
        let mut cards = cards.remove(village).unwrap_or_default();
        cards.retain(|card| taking_part.contains(&card.household_id));
        let mut conflicts = conflicts.remove(village).unwrap_or_default();
        conflicts.retain(|household| roster.iter().any(|row| row.entry.household == *household));
        let earlier =
            roster.iter().filter_map(|row| Some((row.household_id, *earlier.get(&row.household_id)?)));
        loaded.push(VillageInputs {
            village: *village,
            earlier: earlier.collect(),
            summed: latest_versions(&chain, month).map(|head| (head.month, head.version)).collect(),
            unsigned: unsigned(&cards, &signatures),
            panels: panels::as_of(&all_panels, village, month).into_iter().cloned().collect(),
            chain,
            roster,
            cards,
            earlier_open,
            conflicts,
        });
    }
    let catalogues = catalogue::all(connection, &county).await?;
    let layers = rulebook::all(connection, &county).await?;
    Ok(Slice { county, month, catalogues, layers, villages: loaded })
}

impl Slice {
    /// The catalogue that binds a village: the frozen one of its first version, else the one in force.
    pub(crate) fn catalogue(&self, village: &VillageInputs) -> Option<&Stored> {
        match village.first_version(self.month) {
            Some(first) => {
                self.catalogues.iter().find(|one| one.what.id == first.catalogue_id).map(|one| &one.what)
            }
            None => in_force(&self.catalogues, &village.village, self.month).map(|one| &one.what),
        }
    }

    /// The rulebook that binds a village, with the row numbers of its layers.
    pub(crate) fn rulebook(&self, village: &VillageInputs) -> Result<(Rulebook, Vec<i64>)> {
        let layers: Vec<_> = match village.first_version(self.month) {
            Some(first) => {
                self.layers.iter().filter(|layer| first.rulebook_ids.contains(&layer.revision)).collect()
            }
            None => rulebook::inherited(&self.layers, &village.village, self.month),
        };
        Ok((rulebook::resolve(&layers)?, layers.iter().map(|layer| layer.revision).collect()))
    }
}

impl VillageInputs {
    /// The first closed version of a month.
    pub(crate) fn first_version(&self, month: Month) -> Option<&Head> {
        self.chain.iter().find(|head| head.month == month)
    }

    /// The latest closed version of a month.
    pub(crate) fn last_version(&self, month: Month) -> Option<&Head> {
        self.chain.iter().rev().find(|head| head.month == month)
    }

    /// What stands between this village and its closing.
    pub(crate) fn readiness(&self, catalogue: bool, rulebook: &Rulebook) -> Readiness {
        let unsigned = |panel: &Panel| self.unsigned.get(panel.name.as_str()).copied().unwrap_or(0);
        let panels = self.panels.iter().map(|stored| &stored.panel);
        Readiness {
            catalogue,
            earlier_open: self.earlier_open,
            panels: panels.map(|panel| (panel.name.clone(), panel.members.len(), unsigned(panel))).collect(),
            minimum_members: rulebook.panels.minimum_members,
            conflicts: self.conflicts.clone(),
            taking_part: self.roster.len(),
            cards: self.cards.len(),
        }
    }
}

/// The latest versions of the year's months before `month`, in their order.
pub(crate) fn latest_versions(chain: &[Head], month: Month) -> impl Iterator<Item = &Head> {
    let mut latest: BTreeMap<Month, &Head> = BTreeMap::new();
    for head in chain.iter().filter(|head| month.first_of_year() <= head.month && head.month < month) {
        latest.insert(head.month, head);
    }
    latest.into_values()
}

fn unsigned(cards: &[StoredCard], signatures: &[StoredSignature]) -> BTreeMap<Arc<str>, usize> {
    let mut unsigned = BTreeMap::new();
    for card in cards.iter().filter(|card| !card.is_correction) {
        if !signatures.iter().any(|signature| signature.covers(card)) {
            *unsigned.entry(Arc::clone(&card.card.panel)).or_default() += 1;
        }
    }
    unsigned
}

#[derive(diesel::QueryableByName)]
struct TotalRow {
    #[diesel(sql_type = BigInt)]
    household_id: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

async fn earlier_totals(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    closings: &[i64],
) -> Result<HashMap<i64, Points>> {
    if closings.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<TotalRow> = diesel::sql_query(
        "select household_id, sum(score) as total from month_result
         where county_code = $1 and month >= $2 and month < $3 and closing_id = any($4) and score is not null
         group by household_id",
    )
    .bind::<Text, _>(county.digits())
    .bind::<Integer, _>(month.first_of_year().number())
    .bind::<Integer, _>(month.number())
    .bind::<Array<BigInt>, _>(closings)
    .load(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let tenths = i32::try_from(row.total).map_err(|_| Error::Corrupt("年度累计".into()))?;
            Ok((row.household_id, Points::from_tenths(tenths)))
        })
        .collect()
}

fn by_village<T>(rows: Vec<T>, village: impl Fn(&T) -> Place) -> BTreeMap<Place, Vec<T>> {
    let mut by_village: BTreeMap<Place, Vec<T>> = BTreeMap::new();
    for row in rows {
        by_village.entry(village(&row)).or_default().push(row);
    }
    by_village
}
