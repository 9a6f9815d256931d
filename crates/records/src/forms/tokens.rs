//! Household cards and the tokens of their QR codes.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, IssueTokens, ReadPublic};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::forms::HouseholdCard;
use domain::month::Month;
use domain::place::Place;
use serde_json::json;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::{RegisterEntry, register_of};
use crate::moment::Moment;
use crate::places::{self, lock_villages};
use crate::schema::{household, household_token, household_version};
use crate::sealing::{Field, Sealer, random};
use crate::tenancy::{self, Mode};

/// The cards of every household of a group of the permission's village that takes part. A household without a token gets
/// one; one that has it keeps it, so that a card printed again is the same card.
///
/// # Errors
/// A token that this key does not open, and faults of the database.
pub async fn household_cards(
    connection: &mut Connection,
    allowed: &Allowed<IssueTokens>,
    group: &Place,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Vec<HouseholdCard>> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let village = super::village_of(group)?;
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let this_month = Month::of(moment.local().date());
        let this_month = this_month.ok_or_else(|| Error::Corrupt("当前时间".into()))?;
        let register = register_of(connection, group).await?;
        let mut known = known(connection, &village, sealer).await?;
        let village_name = super::full_name(connection, &village).await?;
        let group_name = places::name_of(connection, group).await?;
        let (mut cards, mut issued) = (Vec::new(), 0);
        for entry in register {
            let dates = entry.participation;
            // One that is to leave takes part until then.
            if dates.joined.is_none() || dates.left.is_some_and(|left| left <= this_month) {
                continue;
            }
            let token = match known.remove(&entry.household_id) {
                Some(token) => token,
                None => {
                    issued += 1;
                    issue(connection, &entry, 1, sealer, moment).await?
                }
            };
            cards.push(HouseholdCard {
                household: entry.household,
                head: entry.head_name.unwrap_or_default(),
                village_name: village_name.clone(),
                group_name: group_name.clone(),
                token,
            });
        }
        if issued > 0 {
            crate::audit::record(connection, allowed, json!({ "tokens": issued }), moment).await?;
        }
        Ok(cards)
    })
    .await
}

/// The latest tokens of households inside `scope`, opened.
async fn known(connection: &mut Connection, scope: &Place, sealer: &Sealer) -> Result<BTreeMap<i64, String>> {
    let interval = scope.scope();
    let rows: Vec<(i64, String, Vec<u8>)> = household_token::table
        .inner_join(
            household::table.on(household::county_code
                .eq(household_token::county_code)
                .and(household::id.eq(household_token::household_id))),
        )
        .filter(household_token::county_code.eq(scope.county().digits()))
        .filter(household_token::place.ge(&interval.low))
        .filter(household_token::place.lt(&interval.high))
        .order((household_token::household_id, household_token::revision))
        .select((household_token::household_id, household::code, household_token::token_sealed))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(id, code, sealed)| {
            let opened = sealer.open(&codec::place(&code)?, Field::Token, &sealed);
            Ok((id, opened.map_err(|error| Error::Corrupt(format!("户码：{error}")))?))
        })
        .collect()
}

/// A token of 128 random bits, after the county's digits, by which it is found.
pub(super) async fn issue(
    connection: &mut Connection,
    entry: &RegisterEntry,
    revision: i32,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<String> {
    let mut bits = [0; 16];
    random(&mut bits)?;
    let county = entry.household.county();
    let token = format!("{}{}", county.digits(), hex::encode(bits));
    diesel::insert_into(household_token::table)
        .values((
            household_token::county_code.eq(county.digits()),
            household_token::place.eq(entry.group.digits()),
            household_token::household_id.eq(entry.household_id),
            household_token::revision.eq(revision),
            household_token::token_hash.eq(Digest::of(token.as_bytes()).0.to_vec()),
            household_token::token_sealed.eq(sealer.seal(&entry.household, Field::Token, &token)?),
            household_token::issued_at.eq(moment.now),
        ))
        .execute(connection)
        .await?;
    Ok(token)
}

/// The county that a token names, where it has the form of one.
pub fn county_of_token(token: &str) -> Option<Place> {
    let is_hex = token.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if token.len() != 38 || !is_hex {
        return None;
    }
    Place::from_digits(&token[..6])
}

/// What the token of a card leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardToken {
    /// The household whose latest card it is.
    Living(Place),
    /// Nothing: another card has taken its place.
    Replaced,
}

/// What a token leads to; nothing where it is unknown, or of a household that is lawfully erased.
///
/// # Errors
/// Faults of the database.
pub async fn card_of_token(
    connection: &mut Connection,
    allowed: &Allowed<ReadPublic>,
    token: &str,
) -> Result<Option<CardToken>> {
    tenancy::read(connection, allowed, async |connection| {
        let county = allowed.place().county();
        let found: Option<(i64, i32)> = household_token::table
            .filter(household_token::county_code.eq(county.digits()))
            .filter(household_token::token_hash.eq(Digest::of(token.as_bytes()).0.to_vec()))
            .select((household_token::household_id, household_token::revision))
            .first(connection)
            .await
            .optional()?;
        let Some((id, revision)) = found else { return Ok(None) };
        let latest: Option<i32> = household_token::table
            .filter(household_token::county_code.eq(county.digits()))
            .filter(household_token::household_id.eq(id))
            .select(diesel::dsl::max(household_token::revision))
            .first(connection)
            .await?;
        if latest != Some(revision) {
            return Ok(is_named(connection, &county, id).await?.then_some(CardToken::Replaced));
        }
        let code: String =
            household::table.find((county.digits(), id)).select(household::code).first(connection).await?;
        Ok(Some(CardToken::Living(codec::place(&code)?)))
    })
    .await
}

/// Whether the register still names the head of a household.
async fn is_named(connection: &mut Connection, county: &Place, household_id: i64) -> Result<bool> {
    let head: Option<Option<String>> = household_version::table
        .filter(household_version::county_code.eq(county.digits()))
        .filter(household_version::household_id.eq(household_id))
        .order(household_version::revision.desc())
        .select(household_version::head_name)
        .first(connection)
        .await
        .optional()?;
    Ok(head.flatten().is_some())
}
