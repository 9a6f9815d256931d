//! Samples as they stand: what is fixed, what was drawn, what the town found beside what the panel found.
//!
//! However many villages and households there are, the number of queries is the same.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::canonical::Digest;
use domain::catalogue::{Catalogue, Dated, in_force};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::{
    Finding, ScoringTable, Status, is_beyond, parse_findings, sample_seed, write_findings,
};

use super::cards::{CheckRow, cards_of, checks, status_of};
use super::drawn::{Fixed, StoredDraw, drawn_households, draws, fixed_in};
use crate::catalogue::{self, Stored};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::register_of;

/// A village's sample of a month (抽查).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageSample {
    /// The village.
    pub village: Place,
    /// How many households are drawn.
    pub size: usize,
    /// The hash of the secret, on record since before the panels signed.
    pub commitment: Digest,
    /// The secret, the digest of the signed cards and the seed made of both; none before the draw.
    pub drawn: Option<([u8; 32], Digest, Digest)>,
    /// When it was drawn.
    pub drawn_at: Option<DateTime<Utc>>,
    /// The households drawn, in the order of the draw.
    pub households: Vec<Sampled>,
}

/// A household that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// The household.
    pub household: Place,
    /// Its group, where the sample of one village is read.
    pub group: Option<Place>,
    /// Its head, where the sample of one village is read; none when lawfully erased.
    pub head_name: Option<String>,
    /// What the town found.
    pub check: Option<TownCheck>,
    /// The panel's score and findings, as soon as the town has handed in its own.
    pub panel: Option<(Option<Points>, String)>,
    /// Whether both differ by more than two visits may.
    pub beyond: Option<bool>,
    /// The card that counts now, likewise, where it says something else than the panel's.
    pub replaced: Option<CardNow>,
}

/// A card that has taken the place of the panel's since the draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardNow {
    /// What became of the visit.
    pub status: Status,
    /// The acts found.
    pub findings: String,
    /// What they come to; none where nobody was met.
    pub score: Option<Points>,
    /// Whether it corrected the closed month.
    pub is_correction: bool,
}

/// What the town found at a household (复核卡).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownCheck {
    /// The local date of the visit.
    pub checked_on: NaiveDate,
    /// What became of it.
    pub status: Status,
    /// The acts found.
    pub findings: String,
    /// What they come to; none where nobody was met.
    pub score: Option<Points>,
    /// The log-in of whoever checked.
    pub by: String,
}

impl VillageSample {
    /// How many households are checked, how many of these could be compared, and how many differ.
    pub fn counts(&self) -> (usize, usize, usize) {
        let checked = self.households.iter().filter(|one| one.check.is_some()).count();
        let compared = self.households.iter().filter(|one| one.beyond.is_some()).count();
        (checked, compared, self.households.iter().filter(|one| one.beyond == Some(true)).count())
    }
}

impl Sampled {
    /// What the card that counts now comes to, as soon as the town has handed in its own.
    pub fn score_now(&self) -> Option<Points> {
        match (&self.replaced, &self.panel) {
            (Some(card), _) => card.score,
            (None, Some((score, _))) => *score,
            (None, None) => None,
        }
    }

    /// Whether the card that counts now is further from what the town found than two visits may be.
    pub fn differs_now(&self) -> bool {
        let town = self.check.as_ref().and_then(|check| check.score);
        self.score_now().and_then(|now| is_beyond(now, town)) == Some(true)
    }

    /// Whether the card that counts now differs so, and is not what somebody decided after the closing.
    pub fn awaits_correction(&self) -> bool {
        self.differs_now() && !self.replaced.as_ref().is_some_and(|card| card.is_correction)
    }
}

/// The samples of a month inside `scope`, in the order of villages.
///
/// # Errors
/// Faults of the database.
pub async fn samples_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Vec<VillageSample>> {
    let fixed = fixed_in(connection, scope, month).await?;
    let drawn = draws(connection, scope, Some(month)).await?;
    let mut drawn: BTreeMap<Place, StoredDraw> = drawn.into_iter().map(|one| (one.village, one)).collect();
    let mut households = sampled(connection, scope, month, &drawn).await?;
    let sample = |(village, size, commitment): Fixed| {
        let draw = drawn.remove(&village);
        VillageSample {
            village,
            size,
            commitment,
            drawn_at: draw.as_ref().map(|draw| draw.drawn_at),
            drawn: draw.map(|draw| (draw.secret, draw.signed, sample_seed(&draw.secret, &draw.signed))),
            households: households.remove(&village).unwrap_or_default(),
        }
    };
    Ok(fixed.into_iter().map(sample).collect())
}

/// The drawn households of every village with what was found; the panel's card only beside the town's.
async fn sampled(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    draws: &BTreeMap<Place, StoredDraw>,
) -> Result<BTreeMap<Place, Vec<Sampled>>> {
    let mut of_villages: BTreeMap<Place, Vec<Sampled>> = BTreeMap::new();
    if draws.is_empty() {
        return Ok(of_villages);
    }
    let drawn = drawn_households(connection, scope, month).await?;
    let catalogues = catalogue::all(connection, scope).await?;
    let tables: BTreeMap<Place, ScoringTable> =
        draws.keys().map(|village| (*village, table_of(&catalogues, village, month))).collect();
    let drawn = drawn.into_iter().filter_map(|(id, household)| {
        let village = household.ancestor(Level::Village)?;
        Some((id, household, draws.get(&village)?, tables.get(&village)?))
    });
    let drawn: Vec<(i64, Place, &StoredDraw, &ScoringTable)> = drawn.collect();
    let mut checks = checks(connection, scope, month).await?;
    let checked = drawn.iter().filter(|(id, ..)| checks.contains_key(id));
    let covered: BTreeMap<i64, i64> = checked.map(|(id, _, draw, _)| (*id, draw.last_card_id)).collect();
    let mut cards = cards_of(connection, scope, month, &covered).await?;
    let mut known = heads(connection, scope).await?;
    for (id, household, draw, table) in drawn {
        let (group, head_name) = known.remove(&household).unzip();
        let mut one = Sampled {
            household,
            group,
            head_name: head_name.flatten(),
            check: checks.remove(&id).map(|row| town_check(row, table)).transpose()?,
            panel: None,
            beyond: None,
            replaced: None,
        };
        if let Some(cards) = cards.remove(&id) {
            one.replaced = Some(&cards.present).filter(|now| Some(*now) != cards.signed.as_ref()).map(
                |(status, findings)| CardNow {
                    status: *status,
                    findings: write_findings(findings),
                    score: score(*status, findings, table),
                    is_correction: cards.is_correction,
                },
            );
            one.panel = cards
                .signed
                .map(|(status, findings)| (score(status, &findings, table), write_findings(&findings)));
        }
        let town = one.check.as_ref().map(|check| check.score);
        one.beyond = town.zip(one.panel.as_ref()).and_then(|(town, (panel, _))| is_beyond((*panel)?, town));
        of_villages.entry(draw.village).or_default().push(one);
    }
    Ok(of_villages)
}

/// The groups and heads of a village's households; nobody's of a place above.
pub(super) async fn heads(
    connection: &mut Connection,
    scope: &Place,
) -> Result<BTreeMap<Place, (Place, Option<String>)>> {
    if scope.level() != Level::Village {
        return Ok(BTreeMap::new());
    }
    let register = register_of(connection, scope).await?;
    Ok(register.into_iter().map(|entry| (entry.household, (entry.group, entry.head_name))).collect())
}

/// How a village's cards of a month are scored.
fn table_of(catalogues: &[Dated<Stored>], village: &Place, month: Month) -> ScoringTable {
    match in_force(catalogues, village, month) {
        Some(one) => ScoringTable::new(&one.what.catalogue),
        None => ScoringTable::new(&Catalogue::default()),
    }
}

fn town_check((checked_on, status, findings, by): CheckRow, table: &ScoringTable) -> Result<TownCheck> {
    let status = status_of(status)?;
    let acts = parse_findings(&findings).map_err(|error| Error::Corrupt(format!("复核卡：{error}")))?;
    Ok(TownCheck { checked_on, status, score: score(status, &acts, table), findings, by })
}

/// What a card comes to; none where nobody was met.
pub(super) fn score(status: Status, findings: &[Finding], table: &ScoringTable) -> Option<Points> {
    if status != Status::Scored {
        return None;
    }
    table.score(findings).ok().map(|score| score.total)
}
