//! Everything on record of a village, loaded once, and the checks that need no recomputation.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::closing::{ChainLink, HouseholdResult};
use domain::month::Month;
use domain::objections::difference;
use domain::place::Place;
use domain::scoring::signed_digest;

use super::{Computed, consistency};
use crate::closing::{differences, rows_of};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::{Personal, RosterRow, personal, revisions_until};
use crate::panels::{self, StoredPanel};
use crate::publication::{PublicationRow, publications};
use crate::schema::{month_closing, month_result};
use crate::scoring::{Remark, StoredCard, StoredSignature, cards, remark_digest, remarks, signatures};
use crate::sealing::{Field, Sealer};
use crate::verify::audit_chain::Log;
use crate::verify::{Verified, compare};

/// A stored version with everything its row says.
pub(in crate::verify) struct StoredClosing {
    pub(super) id: i64,
    pub(super) ordinal: i32,
    pub(super) recipe: i16,
    pub(super) link: ChainLink,
    pub(super) hash: Digest,
    pub(super) seed: Digest,
    pub(super) catalogue_id: i64,
    pub(super) rulebook_ids: Vec<i64>,
    pub(super) panel_ids: Vec<i64>,
    pub(super) summed: Vec<(Month, i16)>,
    pub(super) counts: (i32, i32, bool),
    pub(super) reason: Option<String>,
    pub(super) closed_at: DateTime<Utc>,
    /// Each result with the row numbers of household, roster entry and card.
    pub(super) results: Vec<(HouseholdResult, i64, i64, Option<i64>)>,
    pub(super) stored_difference: Vec<crate::closing::StoredDifference>,
}

impl StoredClosing {
    /// `2026-10 第1版`.
    pub(super) fn title(&self) -> String {
        format!("{} 第{}版", self.link.month, self.link.version)
    }
}

/// A month later than any.
fn last_month() -> Result<Month> {
    codec::month(209_912)
}

/// What is on record of a village.
pub(in crate::verify) struct Facts {
    pub(super) village: Place,
    pub(super) closings: Vec<StoredClosing>,
    pub(super) register: Vec<(RosterRow, Personal)>,
    pub(super) panels: Vec<StoredPanel>,
    /// Every card of the months with closings or cards, by month.
    pub(super) cards: BTreeMap<Month, Vec<StoredCard>>,
    pub(super) signatures: BTreeMap<Month, Vec<StoredSignature>>,
    pub(super) remarks: HashMap<i64, (Vec<u8>, Remark)>,
    pub(super) publications: Vec<PublicationRow>,
}

impl Facts {
    pub(super) async fn load(connection: &mut Connection, village: &Place) -> Result<Self> {
        let (county, scope) = (village.county(), village.scope());
        let range = (scope.low.as_str(), scope.high.as_str());
        let panels = panels::in_range(connection, &county, range).await?;
        let names = panels.iter().map(|panel| (panel.id, Arc::from(panel.panel.name.as_str()))).collect();
        let (mut of_cards, mut of_signatures, mut of_remarks) =
            (BTreeMap::new(), BTreeMap::new(), HashMap::new());
        for month in consistency::months(connection, village).await? {
            of_cards.insert(month, cards(connection, &county, range, month, &names).await?);
            of_signatures.insert(month, signatures(connection, &county, range, month, &names).await?);
            of_remarks.extend(remarks(connection, &county, range, month).await?);
        }
        let personal = personal(connection, &county, range).await?;
        let revisions = revisions_until(connection, &county, range, last_month()?).await?;
        Ok(Self {
            village: *village,
            closings: closings(connection, village).await?,
            register: revisions.into_iter().zip(personal).collect(),
            panels,
            cards: of_cards,
            signatures: of_signatures,
            remarks: of_remarks,
            publications: publications(connection, village).await?,
        })
    }

    /// Names against their digests, sealed values against the key.
    pub(super) fn check_register(&self, sealer: Option<&Sealer>, verified: &mut Verified) {
        for (row, personal) in &self.register {
            let household = row.entry.household;
            let what = format!("花名册第 {} 次登记", row.entry.revision);
            match (&personal.head_name, &personal.salt) {
                (Some(name), Some(salt)) if Digest::salted(salt, name) == row.entry.name => {}
                (None, None) => verified.erased += 1,
                _ => verified.fail(household, what.clone(), "户主姓名与结账时的摘要不符"),
            }
            let Some(sealer) = sealer else { continue };
            let opened =
                [(Field::Phone, &personal.phone, "电话"), (Field::Address, &personal.address, "地址")];
            for (field, sealed, title) in opened {
                let opened = sealed.as_deref().map(|sealed| sealer.open(&household, field, sealed));
                if opened.as_ref().is_some_and(Result::is_err) {
                    verified.fail(household, what.clone(), format!("{title}的密文无法解开"));
                }
                if field == Field::Phone {
                    let phone = opened.and_then(Result::ok);
                    let index = phone.map(|phone| sealer.index(&household.county(), Field::Phone, &phone));
                    if index != personal.phone_index {
                        verified.fail(household, what.clone(), "电话的检索码不符");
                    }
                }
            }
        }
    }

    /// Members' names against their digests.
    pub(super) fn check_panels(&self, verified: &mut Verified) {
        for panel in &self.panels {
            for ((member, name), salt) in panel.panel.members.iter().zip(&panel.names).zip(&panel.salts) {
                match (name, salt) {
                    (Some(name), Some(salt)) if Digest::salted(salt, name) == member.name => {}
                    (None, None) => verified.erased += 1,
                    _ => {
                        let what = format!("评分组“{}”第 {} 次登记", panel.panel.name, panel.panel.revision);
                        verified.fail(self.village, what, "评委姓名与摘要不符");
                    }
                }
            }
        }
    }

    /// Remarks against the digests on their cards.
    pub(super) fn check_remarks(&self, verified: &mut Verified) {
        for (month, cards) in &self.cards {
            for card in cards {
                let what = format!("{month} 积分卡第 {} 张", card.card.revision);
                match (&card.card.remark, self.remarks.get(&card.id)) {
                    (None, None) => {}
                    (Some(_), None) => verified.erased += 1,
                    (Some(digest), Some((salt, remark))) if remark_digest(salt, remark) == *digest => {}
                    _ => verified.fail(card.card.household, what, "原因、备注或决定人与摘要不符"),
                }
            }
        }
    }

    /// Signatures against the cards they cover.
    pub(super) fn check_signatures(&self, verified: &mut Verified) {
        for (month, signatures) in &self.signatures {
            let cards = self.cards.get(month).map(Vec::as_slice).unwrap_or_default();
            for signature in signatures {
                let covered: Vec<_> = cards.iter().filter(|card| signature.covers(card)).collect();
                let last = covered.iter().map(|card| card.id).max().unwrap_or(0);
                let same = signed_digest(covered.iter().map(|card| &card.card)) == signature.digest
                    && codec::length(covered.len()) == signature.cards
                    && last == signature.last_card_id;
                if !same {
                    let what = format!("{month} 评分组“{}”的签字", signature.panel);
                    verified.fail(self.village, what, "与所签的积分卡不符");
                }
            }
        }
    }

    /// Publications against the versions they name and what the log tells.
    pub(super) fn check_publications(&self, log: &Log, verified: &mut Verified) {
        for row in &self.publications {
            let closing = self.closings.iter().find(|closing| closing.id == row.closing_id);
            let same = closing.is_some_and(|closing| {
                closing.hash == row.hash
                    && (closing.link.month, closing.link.version) == (row.month, row.version)
            });
            let key = (self.village.digits().to_owned(), row.month.to_string(), i64::from(row.version));
            let told = (row.published_at, row.published_on.to_string());
            if !same || log.published.get(&key) != Some(&told) {
                verified.fail(
                    self.village,
                    format!("{} 第{}版的公示", row.month, row.version),
                    "与结账版本或日志不符",
                );
            }
        }
    }

    /// Stored differences against those of the recomputed versions.
    pub(super) fn check_differences(&self, computed: &Computed, verified: &mut Verified) {
        for closing in self.closings.iter().filter(|closing| closing.link.version > 1) {
            let key = |version| (closing.link.month, version);
            let versions =
                (computed.get(&key(closing.link.version - 1)), computed.get(&key(closing.link.version)));
            let (Some(before), Some(after)) = versions else { continue };
            let moved: Vec<_> = difference(before, after).iter().map(Into::into).collect();
            if let Some(difference) = compare::field("差异", &closing.stored_difference, &moved) {
                verified.fail(
                    self.village,
                    format!("{}的差异", closing.title()),
                    compare::sentence(difference),
                );
            }
        }
    }
}

type ClosingRow = (
    (i64, i32, i16, i32, i16),
    (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>),
    (i64, Vec<i64>, Vec<i64>, Vec<i32>, Vec<i16>),
    (i32, i32, bool),
    (Option<String>, DateTime<Utc>),
);

async fn closings(connection: &mut Connection, village: &Place) -> Result<Vec<StoredClosing>> {
    let rows: Vec<ClosingRow> = month_closing::table
        .filter(month_closing::county_code.eq(village.county().digits()))
        .filter(month_closing::place.eq(village.digits()))
        .order(month_closing::ordinal)
        .select((
            (
                month_closing::id,
                month_closing::month,
                month_closing::version,
                month_closing::ordinal,
                month_closing::recipe,
            ),
            (
                month_closing::previous,
                month_closing::inputs,
                month_closing::results,
                month_closing::hash,
                month_closing::seed,
            ),
            (
                month_closing::catalogue_id,
                month_closing::rulebook_ids,
                month_closing::panel_ids,
                month_closing::summed_months,
                month_closing::summed_versions,
            ),
            (month_closing::taking_part, month_closing::scored, month_closing::carried_out),
            (month_closing::reason, month_closing::closed_at),
        ))
        .load(connection)
        .await?;
    let mut closings = Vec::with_capacity(rows.len());
    for row in rows {
        closings.push(closing(connection, village, row).await?);
    }
    Ok(closings)
}

async fn closing(connection: &mut Connection, village: &Place, row: ClosingRow) -> Result<StoredClosing> {
    let (
        (id, month, version, ordinal, recipe),
        (previous, inputs, results, hash, seed),
        frozen,
        counts,
        rest,
    ) = row;
    let (catalogue_id, rulebook_ids, panel_ids, months, versions) = frozen;
    let month = codec::month(month)?;
    if months.len() != versions.len() {
        return Err(Error::Corrupt(format!("{village} {month} 所累计的月份与版本数目不同")));
    }
    let summed = months.into_iter().zip(versions).map(|(month, version)| Ok((codec::month(month)?, version)));
    Ok(StoredClosing {
        id,
        ordinal,
        recipe,
        link: ChainLink {
            village: *village,
            month,
            version,
            previous: codec::digest(&previous)?,
            inputs: codec::digest(&inputs)?,
            results: codec::digest(&results)?,
        },
        hash: codec::digest(&hash)?,
        seed: codec::digest(&seed)?,
        catalogue_id,
        rulebook_ids,
        panel_ids,
        summed: summed.collect::<Result<_>>()?,
        counts,
        reason: rest.0,
        closed_at: rest.1,
        results: results_with_rows(connection, &village.county(), month, id).await?,
        stored_difference: differences(connection, &village.county(), id).await?,
    })
}

/// The results of a version with their row numbers, in the order of household codes.
async fn results_with_rows(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    closing: i64,
) -> Result<Vec<(HouseholdResult, i64, i64, Option<i64>)>> {
    let results = rows_of(connection, county, month, closing).await?;
    let rows: Vec<(i64, i64, Option<i64>)> = month_result::table
        .inner_join(
            crate::schema::household::table.on(crate::schema::household::county_code
                .eq(month_result::county_code)
                .and(crate::schema::household::id.eq(month_result::household_id))),
        )
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.eq(month.number()))
        .filter(month_result::closing_id.eq(closing))
        .order((month_result::place, crate::schema::household::code))
        .select((month_result::household_id, month_result::roster_id, month_result::card_id))
        .load(connection)
        .await?;
    let mut all: Vec<_> = results
        .into_iter()
        .zip(rows)
        .map(|(result, (household, roster, card))| (result, household, roster, card))
        .collect();
    all.sort_by_key(|(result, ..)| result.household);
    Ok(all)
}
