//! One household's personal values: shown one by one and taken out as a whole, with a row of the log before either.

use std::collections::BTreeSet;

use authz::{Allowed, ExportHousehold, Reveal};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::forms::HouseholdYear;
use domain::month::Month;
use domain::place::Place;
use serde_json::json;

use super::load::{RegisterEntry, register_entry};
use super::timeline::reasons;
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::forms::{self, Versions};
use crate::moment::Moment;
use crate::photos::{KeptPhoto, photos_kept};
use crate::schema::{card, card_remark, household_version, month_result};
use crate::sealing::{Field, Sealer};
use crate::suggestions::{OwnSuggestion, own_suggestions};
use crate::tenancy::{self, Mode};

/// A value that lists show masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalField {
    /// 户主
    Head,
    /// 电话
    Phone,
    /// 地址
    Address,
}

impl PersonalField {
    /// Its name in the log and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Phone => "phone",
            Self::Address => "address",
        }
    }
}

/// Everything that is known of one household.
#[derive(Debug, Clone)]
pub struct HouseholdFile {
    /// The register.
    pub entry: RegisterEntry,
    /// 电话
    pub phone: Option<String>,
    /// 地址
    pub address: Option<String>,
    /// The heads that the register named, from a month on each; none where lawfully erased.
    pub heads: Vec<(Month, Option<String>)>,
    /// Reasons, notes and deciders on its cards, by month.
    pub remarks: Vec<(Month, String)>,
    /// The months of each year, the latest versions.
    pub years: Vec<HouseholdYear>,
    /// What came from its page, as far as whoever takes it may see it: what is said of a village's officials or scoring
    /// is not told to the village.
    pub suggestions: Vec<OwnSuggestion>,
    /// The photos that are kept of it.
    pub photos: Vec<KeptPhoto>,
}

/// One value of a household of the permission's place; none where it is not known. The log tells who saw it.
///
/// # Errors
/// A household that is not there, a value that the key does not open.
pub async fn reveal(
    connection: &mut Connection,
    allowed: &Allowed<Reveal>,
    household: &Place,
    field: PersonalField,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Option<String>> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let entry = entry_of(connection, &allowed.place(), household).await?;
        let value = match field {
            PersonalField::Head => entry.head_name.clone(),
            PersonalField::Phone => open(sealer, household, Field::Phone, entry.phone.as_deref())?,
            PersonalField::Address => open(sealer, household, Field::Address, entry.address.as_deref())?,
        };
        let detail = json!({ "household": household.digits(), "revealed": field.name() });
        audit::record(connection, allowed, detail, moment).await?;
        Ok(value)
    })
    .await
}

/// Everything that is known of a household of the permission's place. The log tells who took it.
///
/// # Errors
/// A household that is not there, a value that the key does not open.
pub async fn household_file(
    connection: &mut Connection,
    allowed: &Allowed<ExportHousehold>,
    household: &Place,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<HouseholdFile> {
    // A complaint from the household's page may stand at the town, for whoever reaches that.
    tenancy::transaction(connection, &allowed.widened(), Mode::Apply, async |connection| {
        let entry = entry_of(connection, &allowed.place(), household).await?;
        let months: Vec<i32> = month_result::table
            .filter(month_result::county_code.eq(household.county().digits()))
            .filter(month_result::household_id.eq(entry.household_id))
            .select(month_result::month)
            .load(connection)
            .await?;
        let years: BTreeSet<i32> = months.into_iter().map(|month| month / 100).collect();
        let mut found = Vec::new();
        for year in years {
            found.extend(forms::household_year(connection, household, year, Versions::Latest).await?);
        }
        let phone = open(sealer, household, Field::Phone, entry.phone.as_deref())?;
        let address = open(sealer, household, Field::Address, entry.address.as_deref())?;
        let heads = heads(connection, &entry).await?;
        let mut remarks = remarks(connection, &entry).await?;
        remarks.extend(reasons(connection, &entry).await?);
        let suggestions = own_suggestions(connection, household, entry.household_id, sealer).await?;
        let photos = photos_kept(connection, household, entry.household_id).await?;
        let detail = json!({ "household": household.digits() });
        audit::record(connection, allowed, detail, moment).await?;
        Ok(HouseholdFile { entry, phone, address, heads, remarks, years: found, suggestions, photos })
    })
    .await
}

/// What the register says of a household now.
pub(super) async fn entry_of(
    connection: &mut Connection,
    scope: &Place,
    household: &Place,
) -> Result<RegisterEntry> {
    let found = register_entry(connection, household).await?.filter(|entry| scope.contains(&entry.group));
    found.ok_or_else(|| Refusal::message(format!("农户 {household} 没有登记，请核对代码")))
}

async fn heads(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<(Month, Option<String>)>> {
    let rows: Vec<(i32, Option<String>)> = household_version::table
        .filter(household_version::county_code.eq(entry.household.county().digits()))
        .filter(household_version::household_id.eq(entry.household_id))
        .order(household_version::revision)
        .select((household_version::effective_month, household_version::head_name))
        .load(connection)
        .await?;
    rows.into_iter().map(|(month, head)| Ok((codec::month(month)?, head))).collect()
}

async fn remarks(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<(Month, String)>> {
    type Texts = (Option<String>, Option<String>, Option<String>, Option<String>);
    let county = entry.household.county();
    let cards = card_numbers(connection, entry).await?;
    let rows: Vec<(i32, Texts)> = card_remark::table
        .filter(card_remark::county_code.eq(county.digits()))
        .filter(card_remark::card_id.eq_any(cards))
        .order((card_remark::month, card_remark::card_id))
        .select((
            card_remark::month,
            (card_remark::late_reason, card_remark::note, card_remark::reason, card_remark::decided_by),
        ))
        .load(connection)
        .await?;
    let mut remarks = Vec::new();
    for (month, (late, note, reason, decided_by)) in rows {
        for text in [late, note, reason, decided_by].into_iter().flatten() {
            remarks.push((codec::month(month)?, text));
        }
    }
    Ok(remarks)
}

/// The row numbers of every card of a household.
pub(super) async fn card_numbers(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<i64>> {
    Ok(card::table
        .filter(card::county_code.eq(entry.household.county().digits()))
        .filter(card::household_id.eq(entry.household_id))
        .select(card::id)
        .load(connection)
        .await?)
}

fn open(sealer: &Sealer, household: &Place, field: Field, sealed: Option<&[u8]>) -> Result<Option<String>> {
    let opened = sealed.map(|sealed| sealer.open(household, field, sealed)).transpose();
    opened.map_err(|error| Error::Corrupt(error.to_string()))
}
