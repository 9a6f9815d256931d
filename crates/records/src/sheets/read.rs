//! Reads what waits for a leader's decision, and one sheet as it came.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::{Receipt, ScoringTable, Status, write_findings};

use super::store::{receipt, status};
use super::{Sheet, SheetPhoto};
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::households::register_of;
use crate::schema::sheet_photo;
use crate::scoring::{Facts, StoredCard, is_signed};

/// A sheet that waits for a decision, beside the card as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSheet {
    /// Its row number.
    pub id: i64,
    /// What it says.
    pub sheet: Sheet,
    /// The group where its household is now.
    pub group: Option<Place>,
    /// 户主; none where it is not known or lawfully erased.
    pub head_name: Option<String>,
    /// Who handed it in.
    pub by_login: String,
    /// What it is worth.
    pub score: Option<Points>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// How it was received.
    pub receipt: Receipt,
    /// Which lock held it up, or what it names that is not known.
    pub problem: Option<String>,
    /// The card as it stands.
    pub current: Option<CurrentCard>,
}

/// The card that a sheet is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentCard {
    /// Its revision.
    pub revision: i16,
    /// The panel's name.
    pub panel: String,
    /// What became of the visit.
    pub status: Status,
    /// What was found, as it is written: `H1a*2;H3b`.
    pub findings: String,
    /// What it is worth.
    pub score: Option<Points>,
    /// Whether a leader's signature covers it.
    pub signed: bool,
}

/// A sheet as it is stored.
#[derive(Debug, Clone)]
pub(super) struct StoredSheet {
    pub(super) id: i64,
    pub(super) place: String,
    pub(super) sheet: Sheet,
    pub(super) by_login: String,
    pub(super) score: Option<Points>,
    pub(super) received_at: DateTime<Utc>,
    pub(super) receipt: Receipt,
    pub(super) problem: Option<String>,
    /// Whether it was taken, and the card's revision; none while nobody has decided.
    pub(super) decided: Option<(bool, Option<i16>)>,
}

/// Contradicting, late and unclear sheets of a month inside `scope` on which nobody has decided, in the order of
/// household codes.
///
/// # Errors
/// Faults of the database.
pub async fn open_sheets(connection: &mut Connection, scope: &Place, month: Month) -> Result<Vec<OpenSheet>> {
    let interval = scope.scope();
    let rows: Vec<SheetRow> = diesel::sql_query(
        "select s.*, null::boolean as taken, null::smallint as taken_revision from sheet s
         where s.county_code = $1 and s.place >= $2 and s.place < $3 and s.month = $4 and s.outcome >= 3
            and not exists (select from sheet_decision d where d.county_code = s.county_code and d.sheet_id = s.id)
         order by s.household_code, s.id",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(month.number())
    .load(connection)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let stored = stored(connection, &scope.county(), rows).await?;
    let villages: BTreeSet<Place> =
        stored.iter().filter_map(|stored| stored.sheet.household.ancestor(Level::Village)).collect();
    let facts = Facts::load(connection, scope, &villages, month).await?;
    let register = register_of(connection, scope).await?.into_iter();
    let known: HashMap<Place, (Place, Option<String>)> =
        register.map(|row| (row.household, (row.group, row.head_name))).collect();
    let open = |stored: StoredSheet| OpenSheet {
        id: stored.id,
        group: known.get(&stored.sheet.household).map(|(group, _)| *group),
        head_name: known.get(&stored.sheet.household).and_then(|(_, head_name)| head_name.clone()),
        by_login: stored.by_login,
        score: stored.score,
        received_at: stored.received_at,
        receipt: stored.receipt,
        problem: stored.problem,
        current: current(&facts, &stored.sheet.household),
        sheet: stored.sheet,
    };
    Ok(stored.into_iter().map(open).collect())
}

/// How many there are of these.
///
/// # Errors
/// Faults of the database.
pub async fn open_sheet_count(connection: &mut Connection, scope: &Place, month: Month) -> Result<u32> {
    let interval = scope.scope();
    let counted: Counted = diesel::sql_query(
        "select count(*) as sheets from sheet s
         where s.county_code = $1 and s.place >= $2 and s.place < $3 and s.month = $4 and s.outcome >= 3
            and not exists (select from sheet_decision d where d.county_code = s.county_code and d.sheet_id = s.id)",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(month.number())
    .get_result(connection)
    .await?;
    Ok(codec::rows(counted.sheets))
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    sheets: i64,
}

/// The households inside `scope` with a sheet that contradicts their card of a month, on which nobody has decided.
///
/// # Errors
/// Faults of the database.
pub async fn conflicts(connection: &mut Connection, scope: &Place, month: Month) -> Result<Vec<Place>> {
    let interval = scope.scope();
    conflicts_in(connection, &scope.county(), (&interval.low, &interval.high), month).await
}

#[derive(QueryableByName)]
struct Contradicted {
    #[diesel(sql_type = Text)]
    household_code: String,
}

/// The same for the places from `low` to before `high`.
pub(crate) async fn conflicts_in(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    month: Month,
) -> Result<Vec<Place>> {
    let rows: Vec<Contradicted> = diesel::sql_query(
        "select distinct s.household_code from sheet s
         where s.county_code = $1 and s.place >= $2 and s.place < $3 and s.month = $4 and s.outcome = $5
            and not exists (select from sheet_decision d where d.county_code = s.county_code and d.sheet_id = s.id)
         order by s.household_code",
    )
    .bind::<Text, _>(county.digits())
    .bind::<Text, _>(low)
    .bind::<Text, _>(high)
    .bind::<Integer, _>(month.number())
    .bind::<SmallInt, _>(Receipt::Conflict.number())
    .load(connection)
    .await?;
    rows.iter().map(|row| codec::place(&row.household_code)).collect()
}

/// A sheet on which nobody has decided, and the panel that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecided {
    pub(crate) month: Month,
    pub(crate) panel: String,
    pub(crate) household: Place,
}

#[derive(QueryableByName)]
struct UndecidedRow {
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = Text)]
    panel_name: String,
    #[diesel(sql_type = Text)]
    household_code: String,
}

/// The contradicting, late and unclear sheets from a month on, of the places from `low` to before `high`, that wait for a
/// decision.
pub(crate) async fn undecided_from(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
    from: Month,
) -> Result<Vec<Undecided>> {
    let rows: Vec<UndecidedRow> = diesel::sql_query(
        "select s.month, s.panel_name, s.household_code from sheet s
         where s.county_code = $1 and s.place >= $2 and s.place < $3 and s.month >= $4 and s.outcome >= 3
            and not exists (select from sheet_decision d where d.county_code = s.county_code and d.sheet_id = s.id)",
    )
    .bind::<Text, _>(county.digits())
    .bind::<Text, _>(low)
    .bind::<Text, _>(high)
    .bind::<Integer, _>(from.number())
    .load(connection)
    .await?;
    let undecided = |row: UndecidedRow| -> Result<Undecided> {
        let (month, household) = (codec::month(row.month)?, codec::place(&row.household_code)?);
        Ok(Undecided { month, panel: row.panel_name, household })
    };
    rows.into_iter().map(undecided).collect()
}

/// A sheet by its row number, with what was decided on it.
pub(super) async fn sheet_of(
    connection: &mut Connection,
    county: &Place,
    id: i64,
) -> Result<Option<StoredSheet>> {
    let row: Option<SheetRow> = diesel::sql_query(
        "select s.*, d.taken, d.card_revision as taken_revision
         from sheet s left join sheet_decision d on d.county_code = s.county_code and d.sheet_id = s.id
         where s.county_code = $1 and s.id = $2",
    )
    .bind::<Text, _>(county.digits())
    .bind::<BigInt, _>(id)
    .get_result(connection)
    .await
    .optional()?;
    Ok(stored(connection, county, row.into_iter().collect()).await?.pop())
}

#[derive(QueryableByName)]
struct SheetRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = Text)]
    household_code: String,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    by_login: String,
    #[diesel(sql_type = Text)]
    panel_name: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    catalogue_id: Option<i64>,
    #[diesel(sql_type = SmallInt)]
    base_revision: i16,
    #[diesel(sql_type = Date)]
    scored_on: NaiveDate,
    #[diesel(sql_type = SmallInt)]
    status: i16,
    #[diesel(sql_type = Text)]
    findings: String,
    #[diesel(sql_type = Bool)]
    seen_on_paper: bool,
    #[diesel(sql_type = Nullable<Text>)]
    late_reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    note: Option<String>,
    #[diesel(sql_type = SmallInt)]
    outcome: i16,
    #[diesel(sql_type = Nullable<Integer>)]
    score: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    problem: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    received_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Bool>)]
    taken: Option<bool>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    taken_revision: Option<i16>,
}

/// Rows with the photos they name.
async fn stored(
    connection: &mut Connection,
    county: &Place,
    rows: Vec<SheetRow>,
) -> Result<Vec<StoredSheet>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    type Row = (i64, Vec<u8>, Option<String>, Option<String>);
    let named: Vec<Row> = sheet_photo::table
        .filter(sheet_photo::county_code.eq(county.digits()))
        .filter(sheet_photo::sheet_id.eq_any(ids))
        .order((sheet_photo::sheet_id, sheet_photo::number))
        .select((sheet_photo::sheet_id, sheet_photo::client_hash, sheet_photo::act, sheet_photo::item))
        .load(connection)
        .await?;
    let mut photos: HashMap<i64, Vec<SheetPhoto>> = HashMap::new();
    for (sheet, client_hash, act, item) in named {
        let client_hash: Digest = codec::digest(&client_hash)?;
        photos.entry(sheet).or_default().push(SheetPhoto { client_hash, act, item });
    }
    rows.into_iter()
        .map(|row| {
            let photos = photos.remove(&row.id).unwrap_or_default();
            stored_sheet(row, photos)
        })
        .collect()
}

fn stored_sheet(row: SheetRow, photos: Vec<SheetPhoto>) -> Result<StoredSheet> {
    let sheet = Sheet {
        key: row.key,
        month: codec::month(row.month)?,
        household: codec::place(&row.household_code)?,
        panel: row.panel_name,
        scored_on: row.scored_on,
        status: status(row.status)?,
        findings: row.findings,
        late_reason: row.late_reason,
        note: row.note,
        seen_on_paper: row.seen_on_paper,
        catalogue: row.catalogue_id,
        base_revision: row.base_revision,
        photos,
    };
    Ok(StoredSheet {
        id: row.id,
        place: row.place,
        sheet,
        by_login: row.by_login,
        score: codec::points(row.score),
        received_at: row.received_at,
        receipt: receipt(row.outcome)?,
        problem: row.problem,
        decided: row.taken.map(|taken| (taken, row.taken_revision)),
    })
}

fn current(facts: &Facts, household: &Place) -> Option<CurrentCard> {
    let (entry, village) = facts.find(household)?;
    let stored: &StoredCard = facts.cards.get(&entry.household_id)?;
    let (card, catalogue) = (&stored.card, village.catalogue.as_ref());
    let score = catalogue
        .filter(|_| card.status == Status::Scored)
        .and_then(|catalogue| ScoringTable::new(&catalogue.catalogue).score(&card.findings).ok());
    Some(CurrentCard {
        revision: card.revision,
        panel: card.panel.to_string(),
        status: card.status,
        findings: write_findings(&card.findings),
        score: score.map(|score| score.total),
        signed: is_signed(stored, facts),
    })
}
