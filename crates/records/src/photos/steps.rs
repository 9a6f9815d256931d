//! What was done about photos on the board, and where each stands by it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Date, Integer, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::Doer;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::{PhotoState, PhotoStep, photo_state};

use super::PhotoRef;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::tenancy::all_written;

/// A photo that was once proposed for the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFile {
    /// The household.
    pub household: Place,
    /// The group where it is now.
    pub group: Place,
    /// The month on whose board it hangs.
    pub month: Month,
    /// The hash of the bytes as kept.
    pub hash: Digest,
    /// Where it stands.
    pub state: PhotoState,
    /// What was done, in its order.
    pub steps: Vec<StoredStep>,
}

/// A step as it is stored. Words are none where there are none, or where they are lawfully erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStep {
    /// What was done.
    pub kind: PhotoStep,
    /// What the board says below the photo.
    pub caption: Option<String>,
    /// Who agreed for the household.
    pub consent_by: Option<String>,
    /// How: said, signed.
    pub consent_how: Option<String>,
    /// When, by the local date.
    pub consent_on: Option<NaiveDate>,
    /// Why it was taken down.
    pub reason: Option<String>,
    /// The log-in of whoever did it; of others what the log calls them.
    pub by_login: String,
    /// The account, for a person.
    pub by_account: Option<i64>,
    /// When.
    pub taken_at: DateTime<Utc>,
}

impl PhotoFile {
    /// The proposal that counts.
    pub fn proposal(&self) -> Option<&StoredStep> {
        self.steps.iter().rfind(|step| step.kind == PhotoStep::Proposed)
    }

    /// What the board says below the photo.
    pub fn caption(&self) -> &str {
        self.proposal().and_then(|step| step.caption.as_deref()).unwrap_or_default()
    }
}

#[derive(QueryableByName)]
struct StepRow {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    household_place: String,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = SmallInt)]
    kind: i16,
    #[diesel(sql_type = Nullable<Text>)]
    caption: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    consent_by: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    consent_how: Option<String>,
    #[diesel(sql_type = Nullable<Date>)]
    consent_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Text)]
    by_login: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    by_account: Option<i64>,
    #[diesel(sql_type = Timestamptz)]
    taken_at: DateTime<Utc>,
}

/// The photos of a place, or of one household, that were once proposed for the board, of a month or of all; by household
/// and hash.
///
/// # Errors
/// Faults of the database.
pub async fn photo_files(
    connection: &mut Connection,
    scope: &Place,
    month: Option<Month>,
) -> Result<Vec<PhotoFile>> {
    let one = if scope.level() == Level::Household { scope.digits() } else { "" };
    let interval = match scope.level() {
        Level::Household => scope.ancestor(Level::Village).unwrap_or(*scope).scope(),
        _ => scope.scope(),
    };
    let rows: Vec<StepRow> = diesel::sql_query(
        "select h.code, h.place as household_place, p.hash, p.month, p.kind, p.caption, p.consent_by, p.consent_how,
            p.consent_on, p.reason, p.by_login, p.by_account, p.taken_at
         from photo_publication p
         join household h on h.county_code = p.county_code and h.id = p.household_id
         where p.county_code = $1 and p.place >= $2 and p.place < $3 and ($4 = '' or h.code = $4)
            and ($5 = 0 or p.month = $5)
         order by h.code, p.hash, p.number",
    )
    .bind::<Text, _>(scope.county().digits())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Text, _>(one)
    .bind::<Integer, _>(month.map_or(0, Month::number))
    .load(connection)
    .await?;
    let mut files: Vec<PhotoFile> = Vec::new();
    for row in rows {
        let (household, hash) = (codec::place(&row.code)?, codec::digest(&row.hash)?);
        let (group, month) = (codec::place(&row.household_place)?, codec::month(row.month)?);
        let step = stored(row)?;
        match files.last_mut() {
            Some(last) if last.household == household && last.hash == hash => last.steps.push(step),
            _ => {
                let state = PhotoState::Unproposed;
                files.push(PhotoFile { household, group, month, hash, state, steps: vec![step] });
            }
        }
    }
    for file in &mut files {
        let kinds: Vec<PhotoStep> = file.steps.iter().map(|step| step.kind).collect();
        file.state = photo_state(&kinds);
    }
    Ok(files)
}

fn stored(row: StepRow) -> Result<StoredStep> {
    let kind = PhotoStep::from_number(row.kind);
    Ok(StoredStep {
        kind: kind.ok_or_else(|| Error::Corrupt(format!("照片步骤 {}", row.kind)))?,
        caption: row.caption,
        consent_by: row.consent_by,
        consent_how: row.consent_how,
        consent_on: row.consent_on,
        reason: row.reason,
        by_login: row.by_login,
        by_account: row.by_account,
        taken_at: row.taken_at,
    })
}

/// The household's consent, with which a photo is proposed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consent<'a> {
    pub(super) caption: &'a str,
    pub(super) by: &'a str,
    pub(super) how: &'a str,
    pub(super) on: NaiveDate,
}

/// The next step of a photo.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewStep<'a> {
    pub(super) kind: PhotoStep,
    pub(super) consent: Option<Consent<'a>>,
    pub(super) reason: Option<&'a str>,
}

/// Writes the next step of a photo; the caller holds the village's lock.
pub(super) async fn insert_step(
    connection: &mut Connection,
    photo: &PhotoRef,
    before: usize,
    step: &NewStep<'_>,
    by: &Doer<'_>,
    moment: &Moment,
) -> Result<()> {
    let number = i16::try_from(before + 1)
        .map_err(|_| Error::Corrupt(format!("照片 {} 的步骤过多", photo.hash.short())))?;
    let consent = step.consent;
    let written = diesel::sql_query(
        "insert into photo_publication (county_code, household_id, hash, number, place, month, kind, caption, consent_by,
            consent_how, consent_on, reason, by_login, by_account, taken_at)
         select h.county_code, h.id, $3, $4, h.place, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
         from household h where h.county_code = $1 and h.code = $2",
    )
    .bind::<Text, _>(photo.household.county().digits())
    .bind::<Text, _>(photo.household.digits())
    .bind::<Binary, _>(photo.hash.0.as_slice())
    .bind::<SmallInt, _>(number)
    .bind::<Integer, _>(photo.month.number())
    .bind::<SmallInt, _>(step.kind.number())
    .bind::<Nullable<Text>, _>(consent.map(|consent| consent.caption))
    .bind::<Nullable<Text>, _>(consent.map(|consent| consent.by))
    .bind::<Nullable<Text>, _>(consent.map(|consent| consent.how))
    .bind::<Nullable<Date>, _>(consent.map(|consent| consent.on))
    .bind::<Nullable<Text>, _>(step.reason)
    .bind::<Text, _>(by.login)
    .bind::<Nullable<BigInt>, _>(by.account)
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)
}
