//! Samples as they stand: what is fixed, what was drawn, what the town found beside what the panel found.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::forms::BlankSheet;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::{
    Card, Finding, ScoringTable, Status, is_beyond, parse_findings, sample_seed, write_findings,
};

use crate::catalogue::catalogue_of;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::forms::full_name;
use crate::households::register_of;
use crate::schema::{household, sample_card, sample_commitment, sample_draw, sample_household};
use crate::scoring::{cards, counting};

/// A village's draw as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredDraw {
    pub(crate) village: Place,
    pub(crate) month: Month,
    pub(crate) size: usize,
    pub(crate) commitment: Digest,
    pub(crate) secret: [u8; 32],
    pub(crate) signed: Digest,
    pub(crate) last_card_id: i64,
    pub(crate) drawn_at: DateTime<Utc>,
}

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

/// The samples of a month inside `scope`, in the order of villages.
///
/// # Errors
/// Faults of the database.
pub async fn samples_of(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Vec<VillageSample>> {
    let interval = scope.scope();
    let rows: Vec<(String, i16, Vec<u8>)> = sample_commitment::table
        .filter(sample_commitment::county_code.eq(scope.county().digits()))
        .filter(sample_commitment::place.ge(interval.low))
        .filter(sample_commitment::place.lt(interval.high))
        .filter(sample_commitment::month.eq(month.number()))
        .order(sample_commitment::place)
        .select((sample_commitment::place, sample_commitment::size, sample_commitment::commitment))
        .load(connection)
        .await?;
    let drawn = draws(connection, scope, Some(month)).await?;
    let mut drawn: BTreeMap<Place, StoredDraw> = drawn.into_iter().map(|one| (one.village, one)).collect();
    let with_names = scope.level() == Level::Village;
    let mut samples = Vec::with_capacity(rows.len());
    for (village, size, commitment) in rows {
        let village = codec::place(&village)?;
        let draw = drawn.remove(&village);
        let households = match &draw {
            Some(draw) => sampled(connection, draw, with_names).await?,
            None => Vec::new(),
        };
        samples.push(VillageSample {
            village,
            size: usize::from(codec::small(size)),
            commitment: codec::digest(&commitment)?,
            drawn_at: draw.as_ref().map(|draw| draw.drawn_at),
            drawn: draw.map(|draw| (draw.secret, draw.signed, sample_seed(&draw.secret, &draw.signed))),
            households,
        });
    }
    Ok(samples)
}

/// The hash of the secret that is fixed for a village's month.
pub(crate) async fn commitment_of(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Option<Digest>> {
    let county = village.county();
    let fixed: Option<Vec<u8>> = sample_commitment::table
        .find((county.digits(), village.digits(), month.number()))
        .select(sample_commitment::commitment)
        .first(connection)
        .await
        .optional()?;
    fixed.map(|digest| codec::digest(&digest)).transpose()
}

/// The draws inside `scope`, of a month or of all, in the order of months and villages.
pub(crate) async fn draws(
    connection: &mut Connection,
    scope: &Place,
    month: Option<Month>,
) -> Result<Vec<StoredDraw>> {
    type Row = (String, i32, (i16, Vec<u8>), (Vec<u8>, Vec<u8>, i64, DateTime<Utc>));
    let (county, interval) = (scope.county(), scope.scope());
    let (first, last) = month.map_or((i32::MIN, i32::MAX), |month| (month.number(), month.number()));
    let rows: Vec<Row> = sample_draw::table
        .inner_join(
            sample_commitment::table.on(sample_commitment::county_code
                .eq(sample_draw::county_code)
                .and(sample_commitment::place.eq(sample_draw::place))
                .and(sample_commitment::month.eq(sample_draw::month))),
        )
        .filter(sample_draw::county_code.eq(county.digits()))
        .filter(sample_draw::place.ge(interval.low))
        .filter(sample_draw::place.lt(interval.high))
        .filter(sample_draw::month.between(first, last))
        .order((sample_draw::month, sample_draw::place))
        .select((
            sample_draw::place,
            sample_draw::month,
            (sample_commitment::size, sample_commitment::commitment),
            (sample_draw::secret, sample_draw::signed, sample_draw::last_card_id, sample_draw::drawn_at),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(village, month, (size, commitment), (secret, signed, last_card_id, drawn_at))| {
            Ok(StoredDraw {
                village: codec::place(&village)?,
                month: codec::month(month)?,
                size: usize::from(codec::small(size)),
                commitment: codec::digest(&commitment)?,
                secret: codec::digest(&secret)?.0,
                signed: codec::digest(&signed)?,
                last_card_id,
                drawn_at,
            })
        })
        .collect()
}

/// The households of a village that were drawn for a month, with their row numbers, in the order of the draw.
pub(crate) async fn drawn_households(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Vec<(i64, Place)>> {
    let (county, scope) = (village.county(), village.scope());
    let rows: Vec<(i64, String)> = sample_household::table
        .inner_join(
            household::table.on(household::county_code
                .eq(sample_household::county_code)
                .and(household::id.eq(sample_household::household_id))),
        )
        .filter(sample_household::county_code.eq(county.digits()))
        .filter(sample_household::place.ge(scope.low))
        .filter(sample_household::place.lt(scope.high))
        .filter(sample_household::month.eq(month.number()))
        .order((sample_household::number, household::code))
        .select((sample_household::household_id, household::code))
        .load(connection)
        .await?;
    rows.into_iter().map(|(id, code)| Ok((id, codec::place(&code)?))).collect()
}

/// A blank sheet with the households of a village that were drawn, for whoever checks them; none before the draw and
/// while no catalogue is in force.
///
/// # Errors
/// Faults of the database.
pub async fn sample_sheet(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Option<BlankSheet>> {
    let drawn = drawn_households(connection, village, month).await?;
    let Some(catalogue) = catalogue_of(connection, village, month).await?.filter(|_| !drawn.is_empty())
    else {
        return Ok(None);
    };
    let names = heads(connection, village).await?;
    let households = drawn
        .into_iter()
        .map(|(_, household)| (household, names.get(&household).cloned().flatten().unwrap_or_default()));
    Ok(Some(BlankSheet {
        place_name: full_name(connection, village).await?,
        month,
        panel: Some("镇评分指导组复核".to_owned()),
        catalogue: catalogue.catalogue,
        households: households.collect(),
    }))
}

async fn heads(connection: &mut Connection, village: &Place) -> Result<BTreeMap<Place, Option<String>>> {
    let register = register_of(connection, village).await?;
    Ok(register.into_iter().map(|entry| (entry.household, entry.head_name)).collect())
}

type CheckRow = (i64, NaiveDate, i16, String, String);

async fn checks(connection: &mut Connection, draw: &StoredDraw) -> Result<BTreeMap<i64, CheckRow>> {
    let (county, scope) = (draw.village.county(), draw.village.scope());
    let rows: Vec<CheckRow> = sample_card::table
        .filter(sample_card::county_code.eq(county.digits()))
        .filter(sample_card::place.ge(scope.low))
        .filter(sample_card::place.lt(scope.high))
        .filter(sample_card::month.eq(draw.month.number()))
        .select((
            sample_card::household_id,
            sample_card::checked_on,
            sample_card::status,
            sample_card::findings,
            sample_card::by_login,
        ))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.0, row)).collect())
}

/// The drawn households with what was found; the panel's card only beside the town's.
async fn sampled(connection: &mut Connection, draw: &StoredDraw, with_names: bool) -> Result<Vec<Sampled>> {
    let (village, month) = (&draw.village, draw.month);
    let drawn = drawn_households(connection, village, month).await?;
    let mut checks = checks(connection, draw).await?;
    let register = if with_names { register_of(connection, village).await? } else { Vec::new() };
    let known: BTreeMap<Place, (Place, Option<String>)> =
        register.into_iter().map(|entry| (entry.household, (entry.group, entry.head_name))).collect();
    let catalogue = catalogue_of(connection, village, month).await?;
    let table = ScoringTable::new(&catalogue.map(|stored| stored.catalogue).unwrap_or_default());
    let panel = panel_cards(connection, draw).await?;
    let mut households = Vec::with_capacity(drawn.len());
    for (id, household) in drawn {
        let check = checks.remove(&id).map(|row| town_check(row, &table)).transpose()?;
        let card = panel.get(&household).filter(|_| check.is_some());
        let said =
            card.map(|card| (score(card.status, &card.findings, &table), write_findings(&card.findings)));
        let beyond = check
            .as_ref()
            .zip(said.as_ref())
            .and_then(|(check, (panel, _))| is_beyond((*panel)?, check.score));
        let group = known.get(&household).map(|(group, _)| *group);
        let head_name = known.get(&household).and_then(|(_, head_name)| head_name.clone());
        households.push(Sampled { household, group, head_name, check, panel: said, beyond });
    }
    Ok(households)
}

fn town_check((_, checked_on, status, findings, by): CheckRow, table: &ScoringTable) -> Result<TownCheck> {
    let status = Status::from_number(status).ok_or_else(|| Error::Corrupt(format!("复核卡状态 {status}")))?;
    let acts = parse_findings(&findings).map_err(|error| Error::Corrupt(format!("复核卡：{error}")))?;
    Ok(TownCheck { checked_on, status, score: score(status, &acts, table), findings, by })
}

fn score(status: Status, findings: &[Finding], table: &ScoringTable) -> Option<Points> {
    if status != Status::Scored {
        return None;
    }
    table.score(findings).ok().map(|score| score.total)
}

/// The panel's cards as they were signed when the sample was drawn, the latest of each household.
async fn panel_cards(connection: &mut Connection, draw: &StoredDraw) -> Result<BTreeMap<Place, Card>> {
    let (county, scope) = (draw.village.county(), draw.village.scope());
    let range = (scope.low.as_str(), scope.high.as_str());
    let panels = crate::panels::in_range(connection, &county, range).await?;
    let names = panels.iter().map(|panel| (panel.id, panel.panel.name.as_str().into())).collect();
    let mut all = cards(connection, &county, range, draw.month, &names).await?;
    all.retain(|card| !card.is_correction && card.id <= draw.last_card_id);
    Ok(counting(all).into_iter().map(|stored| (stored.card.household, stored.card)).collect())
}
