//! Counts a month village by village: one statement for each kind of row.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::OnBoard;

use super::versions::{closed, posted, published};
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::places::name_of;
use crate::schema::{division, panel, signature};

/// What is on record of a month in one village.
#[derive(Debug, Default)]
pub(super) struct VillageFacts {
    /// Households that live there, as the register of the month has it.
    pub(super) resident: u32,
    /// Households taking part, by the register.
    pub(super) taking_part: u32,
    /// Those with a card.
    pub(super) with_card: u32,
    /// Those with a score.
    pub(super) scored: u32,
    /// Each panel of the month: whether it has cards, and whether its signature covers them.
    pub(super) panels: BTreeMap<String, PanelFacts>,
    /// The latest closed version, with its households taking part and scored.
    pub(super) closed: Option<(i16, u32, u32)>,
    /// The latest published version and its date.
    pub(super) published: Option<(i16, NaiveDate)>,
    /// What hangs on the board.
    pub(super) board: Option<OnBoard>,
}

/// What is on record of a panel's month.
#[derive(Debug, Default)]
pub(super) struct PanelFacts {
    /// The latest card that needs a signature.
    last_card: Option<i64>,
    /// The latest card that a signature covers.
    signed_to: Option<i64>,
}

impl PanelFacts {
    /// Whether it has cards that no signature covers.
    pub(super) fn waits(&self) -> bool {
        self.last_card > self.signed_to
    }

    /// Whether it has cards, all signed.
    pub(super) fn is_signed(&self) -> bool {
        self.last_card.is_some() && !self.waits()
    }
}

/// Villages with what is on record of them.
pub(super) type Villages = BTreeMap<Place, VillageFacts>;

/// Everything on record of a month inside `scope`, for the villages that are registered.
pub(super) async fn load(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<(Villages, Names)> {
    let names = names(connection, scope).await?;
    let mut villages: Villages = names
        .keys()
        .filter(|place| place.level() == Level::Village && scope.contains(place))
        .map(|village| (*village, VillageFacts::default()))
        .collect();
    if !villages.is_empty() {
        register(connection, scope, month, &mut villages).await?;
        let panels = panels(connection, scope, month, &mut villages).await?;
        cards(connection, scope, month, &panels, &mut villages).await?;
        signatures(connection, scope, month, &panels, &mut villages).await?;
        closed(connection, scope, month, &mut villages).await?;
        published(connection, scope, month, &mut villages).await?;
        posted(connection, scope, month, &mut villages).await?;
    }
    Ok((villages, names))
}

/// The names of towns and villages.
pub(super) type Names = BTreeMap<Place, String>;

async fn names(connection: &mut Connection, scope: &Place) -> Result<Names> {
    let interval = scope.scope();
    let rows: Vec<(String, String)> = division::table
        .filter(division::county_code.eq(scope.county().digits()))
        .filter(division::place.ge(interval.low))
        .filter(division::place.lt(interval.high))
        .filter(diesel::dsl::sql::<Bool>("length(place) in (9, 12)"))
        .select((division::place, division::name))
        .load(connection)
        .await?;
    let mut names: Names =
        rows.into_iter().map(|(place, name)| Ok((codec::place(&place)?, name))).collect::<Result<_>>()?;
    if let (Level::Village, Some(town)) = (scope.level(), scope.ancestor(Level::Town)) {
        names.insert(town, name_of(connection, &town).await?);
    }
    Ok(names)
}

#[derive(diesel::QueryableByName)]
struct RegisterRow {
    #[diesel(sql_type = Text)]
    village: String,
    #[diesel(sql_type = BigInt)]
    resident: i64,
    #[diesel(sql_type = BigInt)]
    taking_part: i64,
}

/// The register as it holds for the month. Few households have a later revision: to leave out what is replaced
/// takes half the time of sorting for the latest.
async fn register(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    villages: &mut Villages,
) -> Result<()> {
    let interval = scope.scope();
    let rows: Vec<RegisterRow> = diesel::sql_query(
        "select left(v.place, 12) as village, count(*) filter (where v.resident) as resident,
            count(*) filter (where v.joined_month <= $2 and (v.left_month is null or $2 < v.left_month)) as taking_part
         from household_version v
         where v.county_code = $1 and v.place >= $3 and v.place < $4 and v.effective_month <= $2
            and not exists (select from household_version n
                where n.county_code = $1 and n.place >= $3 and n.place < $4 and n.effective_month <= $2
                    and n.revision > 1 and n.household_id = v.household_id and n.revision > v.revision)
         group by 1",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Integer, _>(month.number())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .load(connection)
    .await?;
    for row in rows {
        if let Some(village) = villages.get_mut(&codec::place(&row.village)?) {
            (village.resident, village.taking_part) =
                (codec::rows(row.resident), codec::rows(row.taking_part));
        }
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct CardsRow {
    #[diesel(sql_type = Text)]
    village: String,
    #[diesel(sql_type = BigInt)]
    panel_id: i64,
    #[diesel(sql_type = BigInt)]
    with_card: i64,
    #[diesel(sql_type = BigInt)]
    scored: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_card: Option<i64>,
}

/// The cards that count: the latest of each household, without those of households that left after it was entered;
/// such a household has a later revision in the register.
async fn cards(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    panels: &BTreeMap<i64, String>,
    villages: &mut Villages,
) -> Result<()> {
    let interval = scope.scope();
    let rows: Vec<CardsRow> = diesel::sql_query(
        "select left(c.place, 12) as village, c.panel_id, count(*) as with_card,
            count(*) filter (where c.status = 0) as scored,
            max(c.id) filter (where not c.is_correction) as last_card
         from card c
         where c.county_code = $1 and c.month = $2 and c.place >= $3 and c.place < $4
            and not exists (select from card n
                where n.county_code = $1 and n.month = $2 and n.place >= $3 and n.place < $4
                    and n.revision > 1 and n.household_id = c.household_id and n.revision > c.revision)
            and not exists (select from household_version v
                where v.county_code = $1 and v.place >= $3 and v.place < $4 and v.effective_month <= $2
                    and v.revision > 1 and v.household_id = c.household_id
                    and (v.joined_month is null or v.joined_month > $2 or v.left_month <= $2)
                    and not exists (select from household_version n
                        where n.county_code = $1 and n.place >= $3 and n.place < $4 and n.effective_month <= $2
                            and n.revision > 1 and n.household_id = v.household_id and n.revision > v.revision))
         group by 1, 2",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Integer, _>(month.number())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .load(connection)
    .await?;
    for row in rows {
        let Some(village) = villages.get_mut(&codec::place(&row.village)?) else { continue };
        village.with_card = village.with_card.saturating_add(codec::rows(row.with_card));
        village.scored = village.scored.saturating_add(codec::rows(row.scored));
        if let Some(name) = panels.get(&row.panel_id) {
            let panel = village.panels.entry(name.clone()).or_default();
            panel.last_card = panel.last_card.max(row.last_card);
        }
    }
    Ok(())
}

/// The names of panels by row number; each panel of the month is entered with its village.
async fn panels(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    villages: &mut Villages,
) -> Result<BTreeMap<i64, String>> {
    let interval = scope.scope();
    let rows: Vec<(i64, String, String, i32, Vec<String>)> = panel::table
        .filter(panel::county_code.eq(scope.county().digits()))
        .filter(panel::place.ge(interval.low))
        .filter(panel::place.lt(interval.high))
        .order(panel::revision)
        .select((panel::id, panel::place, panel::name, panel::effective_month, panel::groups))
        .load(connection)
        .await?;
    let mut names = BTreeMap::new();
    for (id, village, name, effective, groups) in rows {
        if let Some(village) =
            villages.get_mut(&codec::place(&village)?).filter(|_| effective <= month.number())
        {
            // A revision without groups dissolves the panel.
            if groups.is_empty() {
                village.panels.remove(&name);
            } else {
                village.panels.entry(name.clone()).or_default();
            }
        }
        names.insert(id, name);
    }
    Ok(names)
}

async fn signatures(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    panels: &BTreeMap<i64, String>,
    villages: &mut Villages,
) -> Result<()> {
    let interval = scope.scope();
    let rows: Vec<(String, i64, i64)> = signature::table
        .filter(signature::county_code.eq(scope.county().digits()))
        .filter(signature::month.eq(month.number()))
        .filter(signature::place.ge(interval.low))
        .filter(signature::place.lt(interval.high))
        .select((signature::place, signature::panel_id, signature::last_card_id))
        .load(connection)
        .await?;
    for (village, panel, last_card) in rows {
        let village = villages.get_mut(&codec::place(&village)?);
        let panel = panels.get(&panel).zip(village).and_then(|(name, village)| village.panels.get_mut(name));
        if let Some(panel) = panel {
            panel.signed_to = panel.signed_to.max(Some(last_card));
        }
    }
    Ok(())
}
