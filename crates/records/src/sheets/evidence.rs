//! Evidence (佐证): which photos show which finding, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryableByName;
use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{Pictured, missing_evidence};

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::places::villages_of;
use crate::scoring::Facts;

/// The photos of a household's month by what they were taken of.
pub type Photographed = BTreeMap<Pictured, BTreeSet<Digest>>;

/// Acts on a card that ask for evidence and have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingEvidence {
    /// The household.
    pub household: Place,
    /// The panel's name.
    pub panel: String,
    /// The acts as written, `H1a+H7a`.
    pub acts: Vec<String>,
}

#[derive(QueryableByName)]
struct ShownRow {
    #[diesel(sql_type = Text)]
    household_code: String,
    #[diesel(sql_type = Nullable<Text>)]
    act: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    item: Option<String>,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// The photos that sheets of a month name and that have come in, by household.
///
/// # Errors
/// Faults of the database.
pub async fn photographed(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<BTreeMap<Place, Photographed>> {
    let interval = scope.scope();
    let rows: Vec<ShownRow> = diesel::sql_query(
        "select distinct s.household_code, n.act, n.item, p.hash
         from sheet s
         join sheet_photo n on n.county_code = s.county_code and n.sheet_id = s.id
         join photo p on p.county_code = s.county_code and p.household_id = s.household_id
            and p.client_hash = n.client_hash
         where s.county_code = $1 and s.place >= $2 and s.place < $3 and s.month = $4",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(month.number())
    .load(connection)
    .await?;
    let mut shown: BTreeMap<Place, Photographed> = BTreeMap::new();
    for row in rows {
        let (household, hash) = (codec::place(&row.household_code)?, codec::digest(&row.hash)?);
        let pictured = Pictured::of(row.act.as_deref(), row.item.as_deref());
        shown.entry(household).or_default().entry(pictured).or_default().insert(hash);
    }
    Ok(shown)
}

#[derive(QueryableByName)]
struct ToldRow {
    #[diesel(sql_type = Text)]
    household_code: String,
    #[diesel(sql_type = Nullable<Bool>)]
    told: Option<bool>,
}

/// The households of which a sheet says that evidence was seen on paper.
async fn seen_on_paper(connection: &mut Connection, scope: &Place, month: Month) -> Result<BTreeSet<Place>> {
    let interval = scope.scope();
    let rows: Vec<ToldRow> = diesel::sql_query(
        "select household_code, bool_or(seen_on_paper) as told from sheet
         where county_code = $1 and place >= $2 and place < $3 and month = $4 group by household_code",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(month.number())
    .load(connection)
    .await?;
    let told = rows.into_iter().filter(|row| row.told == Some(true));
    told.map(|row| codec::place(&row.household_code)).collect()
}

/// The cards of a month inside `scope` on which evidence is missing, in the order of household codes: for the leader's
/// review. It never blocks.
///
/// # Errors
/// Faults of the database.
pub async fn evidence_missing(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<Vec<MissingEvidence>> {
    let mut villages: BTreeSet<Place> = villages_of(connection, scope).await?.into_iter().collect();
    villages.extend(scope.ancestor(Level::Village));
    let facts = Facts::load(connection, scope, &villages, month).await?;
    let shown = photographed(connection, scope, month).await?;
    let on_paper = seen_on_paper(connection, scope, month).await?;
    let mut missing = Vec::new();
    for stored in facts.cards.values().filter(|stored| scope.contains(&stored.card.household)) {
        let household = stored.card.household;
        let Some(catalogue) = facts.find(&household).and_then(|(_, village)| village.catalogue.as_ref())
        else {
            continue;
        };
        let photographed: BTreeSet<Pictured> =
            shown.get(&household).map(|photos| photos.keys().cloned().collect()).unwrap_or_default();
        let noted = stored.remark.as_ref().is_some_and(|remark| remark.note.is_some());
        let told = noted || on_paper.contains(&household);
        let acts = missing_evidence(&stored.card.findings, &catalogue.catalogue, &photographed, told);
        if !acts.is_empty() {
            missing.push(MissingEvidence { household, panel: stored.card.panel.to_string(), acts });
        }
    }
    missing.sort_by_key(|missing| missing.household);
    Ok(missing)
}
