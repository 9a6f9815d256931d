//! Sheets as rows: how they are written, and found again by their key or number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::scoring::{Receipt, Status};

use super::Sheet;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::schema::{household, sheet, sheet_decision, sheet_photo};
use crate::scoring::{Remark, remark_digest};
use crate::sealing::Salts;

/// Who hands in.
pub(super) struct Sender<'a> {
    pub(super) account: i64,
    pub(super) login: &'a str,
}

/// What became of a sheet.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) receipt: Receipt,
    pub(super) household_id: Option<i64>,
    pub(super) panel_id: Option<i64>,
    /// As they are written again; as they came where they cannot be read.
    pub(super) findings: String,
    pub(super) revision: Option<i16>,
    pub(super) score: Option<Points>,
    pub(super) problem: Option<String>,
}

#[derive(diesel::Insertable)]
#[diesel(table_name = sheet)]
struct NewSheet {
    county_code: String,
    place: String,
    month: i32,
    household_id: Option<i64>,
    household_code: String,
    account: i64,
    key: String,
    by_login: String,
    panel_id: Option<i64>,
    panel_name: String,
    catalogue_id: Option<i64>,
    base_revision: i16,
    scored_on: NaiveDate,
    status: i16,
    findings: String,
    seen_on_paper: bool,
    salt: Option<Vec<u8>>,
    remark_digest: Option<Vec<u8>>,
    late_reason: Option<String>,
    note: Option<String>,
    outcome: i16,
    card_revision: Option<i16>,
    score: Option<i32>,
    problem: Option<String>,
    received_at: DateTime<Utc>,
}

type ReceivedRow = (String, i16, Option<i64>, Option<i64>, String, Option<i16>, Option<i32>, Option<String>);

/// What became of those of the sheets that were received before, by key.
pub(super) async fn received(
    connection: &mut Connection,
    county: &Place,
    account: i64,
    sheets: &[Sheet],
) -> Result<BTreeMap<String, Judged>> {
    let keys: Vec<&str> = sheets.iter().map(|sheet| sheet.key.as_str()).collect();
    let rows: Vec<ReceivedRow> = sheet::table
        .filter(sheet::county_code.eq(county.digits()))
        .filter(sheet::account.eq(account))
        .filter(sheet::key.eq_any(keys))
        .select((
            sheet::key,
            sheet::outcome,
            sheet::household_id,
            sheet::panel_id,
            sheet::findings,
            sheet::card_revision,
            sheet::score,
            sheet::problem,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(key, outcome, household_id, panel_id, findings, revision, score, problem)| {
            let (receipt, score) = (receipt(outcome)?, codec::points(score));
            Ok((key, Judged { receipt, household_id, panel_id, findings, revision, score, problem }))
        })
        .collect()
}

/// What makes two sheets of one account the same: household, panel, day, status and findings.
pub(super) type Says = (String, String, NaiveDate, i16, String);

/// What a sheet says, as [`parked`] compares it.
pub(super) fn says(sheet: &Sheet, judged: &Judged) -> Says {
    let household = sheet.household.digits().to_owned();
    (household, sheet.panel.clone(), sheet.scored_on, sheet.status.number(), judged.findings.clone())
}

/// What an account's late and unclear sheets of a month say.
pub(super) async fn parked(
    connection: &mut Connection,
    county: &Place,
    account: i64,
    month: Month,
) -> Result<BTreeSet<Says>> {
    let rows: Vec<Says> = sheet::table
        .filter(sheet::county_code.eq(county.digits()))
        .filter(sheet::account.eq(account))
        .filter(sheet::month.eq(month.number()))
        .filter(sheet::outcome.eq_any([Receipt::Late.number(), Receipt::Unclear.number()]))
        .select((sheet::household_code, sheet::panel_name, sheet::scored_on, sheet::status, sheet::findings))
        .load(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The log-ins whose sheets became the card of a household's month, at once or because they were taken, and who took one.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn scored_by(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
    month: Month,
) -> Result<BTreeSet<String>> {
    let mut known = scorers(connection, county, vec![household_id], month).await?;
    Ok(known.remove(&household_id).unwrap_or_default())
}

/// The same of several households, by their row numbers; nothing of those of whom nobody is known.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn scorers(
    connection: &mut Connection,
    county: &Place,
    households: Vec<i64>,
    month: Month,
) -> Result<BTreeMap<i64, BTreeSet<String>>> {
    let codes: Vec<(String, i64)> = household::table
        .filter(household::county_code.eq(county.digits()))
        .filter(household::id.eq_any(households))
        .select((household::code, household::id))
        .load(connection)
        .await?;
    let ids: HashMap<String, i64> = codes.into_iter().collect();
    // By the code: a sheet may have come before its household was registered.
    let sheets: Vec<(i64, String, i16, String)> = sheet::table
        .filter(sheet::county_code.eq(county.digits()))
        .filter(sheet::household_code.eq_any(ids.keys().map(String::as_str).collect::<Vec<&str>>()))
        .filter(sheet::month.eq(month.number()))
        .select((sheet::id, sheet::household_code, sheet::outcome, sheet::by_login))
        .load(connection)
        .await?;
    let numbers: Vec<i64> = sheets.iter().map(|(id, ..)| *id).collect();
    let taken: Vec<(i64, String)> = sheet_decision::table
        .filter(sheet_decision::county_code.eq(county.digits()))
        .filter(sheet_decision::sheet_id.eq_any(numbers))
        .filter(sheet_decision::taken)
        .select((sheet_decision::sheet_id, sheet_decision::by_login))
        .load(connection)
        .await?;
    // A sheet is decided once.
    let mut taken: HashMap<i64, String> = taken.into_iter().collect();
    let mut known: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for (sheet, code, outcome, login) in sheets {
        let Some(household) = ids.get(&code) else { continue };
        // A sheet that is taken keeps its receipt.
        let chosen_by = taken.remove(&sheet);
        let became = outcome == Receipt::Entered.number() || chosen_by.is_some();
        known.entry(*household).or_default().extend(became.then_some(login).into_iter().chain(chosen_by));
    }
    Ok(known)
}

/// Writes sheets with the photos they name.
pub(super) async fn keep(
    connection: &mut Connection,
    sender: &Sender<'_>,
    judged: &[(&Sheet, Judged)],
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let Some((first, _)) = judged.first() else { return Ok(()) };
    let county = first.household.county();
    let places = places_of(connection, &county, judged).await?;
    let rows: Vec<NewSheet> = judged
        .iter()
        .map(|(sheet, judged)| new_sheet(sender, sheet, judged, &places, salts, moment))
        .collect::<Result<_>>()?;
    let written: Vec<(String, i64, String)> = diesel::insert_into(sheet::table)
        .values(rows)
        .returning((sheet::key, sheet::id, sheet::place))
        .get_results(connection)
        .await?;
    let written: HashMap<String, (i64, String)> =
        written.into_iter().map(|(key, id, place)| (key, (id, place))).collect();
    let mut photos = Vec::new();
    for (sheet, _) in judged {
        let Some((id, place)) = written.get(&sheet.key) else { continue };
        for (number, photo) in (1_i16..).zip(&sheet.photos) {
            photos.push((
                sheet_photo::county_code.eq(county.digits().to_owned()),
                sheet_photo::sheet_id.eq(*id),
                sheet_photo::number.eq(number),
                sheet_photo::place.eq(place.clone()),
                sheet_photo::client_hash.eq(photo.client_hash.0.to_vec()),
                sheet_photo::act.eq(photo.act.clone()),
                sheet_photo::item.eq(photo.item.clone()),
            ));
        }
    }
    if !photos.is_empty() {
        diesel::insert_into(sheet_photo::table).values(photos).execute(connection).await?;
    }
    Ok(())
}

/// The places of the sheets' households, as their rows say.
async fn places_of(
    connection: &mut Connection,
    county: &Place,
    judged: &[(&Sheet, Judged)],
) -> Result<HashMap<i64, String>> {
    let ids: Vec<i64> = judged.iter().filter_map(|(_, judged)| judged.household_id).collect();
    let rows: Vec<(i64, String)> = household::table
        .filter(household::county_code.eq(county.digits()))
        .filter(household::id.eq_any(ids))
        .select((household::id, household::place))
        .load(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

fn new_sheet(
    sender: &Sender<'_>,
    sheet: &Sheet,
    judged: &Judged,
    places: &HashMap<i64, String>,
    salts: &Salts,
    moment: &Moment,
) -> Result<NewSheet> {
    let place = match judged.household_id {
        Some(id) => places.get(&id).cloned(),
        None => sheet.household.ancestor(Level::Village).map(|village| village.digits().to_owned()),
    };
    let remark =
        Remark { late_reason: sheet.late_reason.clone(), note: sheet.note.clone(), ..Remark::default() };
    let salt = if remark == Remark::default() {
        None
    } else {
        Some(salts.salt(&format!("sheet {} {}", sender.account, sheet.key))?)
    };
    Ok(NewSheet {
        county_code: sheet.household.county().digits().to_owned(),
        place: place.ok_or_else(|| Error::Corrupt(format!("农户 {} 的地方", sheet.household)))?,
        month: sheet.month.number(),
        household_id: judged.household_id,
        household_code: sheet.household.digits().to_owned(),
        account: sender.account,
        key: sheet.key.clone(),
        by_login: sender.login.to_owned(),
        panel_id: judged.panel_id,
        panel_name: sheet.panel.clone(),
        catalogue_id: sheet.catalogue,
        base_revision: sheet.base_revision,
        scored_on: sheet.scored_on,
        status: sheet.status.number(),
        findings: judged.findings.clone(),
        seen_on_paper: sheet.seen_on_paper,
        salt: salt.map(|salt| salt.to_vec()),
        remark_digest: salt.map(|salt| remark_digest(&salt, &remark).0.to_vec()),
        late_reason: remark.late_reason,
        note: remark.note,
        outcome: judged.receipt.number(),
        card_revision: judged.revision,
        score: judged.score.map(Points::tenths),
        problem: judged.problem.clone(),
        received_at: moment.now,
    })
}

/// The receipt of a stored number.
pub(super) fn receipt(number: i16) -> Result<Receipt> {
    Receipt::from_number(number).ok_or_else(|| Error::Corrupt(format!("评分单回执 {number}")))
}

/// The status of a stored number.
pub(super) fn status(number: i16) -> Result<Status> {
    Status::from_number(number).ok_or_else(|| Error::Corrupt(format!("评分单状态 {number}")))
}
