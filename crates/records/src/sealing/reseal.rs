//! Seals personal values anew under the newest key, village by village, so that the earlier key can be thrown away.

use authz::{Allowed, Reseal};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;
use serde_json::json;

use super::{Field, Sealer};
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::schema::{account, household, household_token, household_version};
use crate::tenancy::{self, Mode};

/// How much was sealed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resealed {
    /// Revisions of households.
    pub households: usize,
    /// Tokens of household cards.
    pub tokens: usize,
    /// Names and phones that were left with objections, suggestions and complaints.
    pub objections: usize,
    /// Secrets of samples that are not drawn yet.
    pub samples: usize,
    /// Second factors of accounts.
    pub accounts: usize,
}

/// Seals anew whatever an earlier key sealed inside the permission's county. Cut off, it goes on where it ended; again
/// is success.
///
/// # Errors
/// A value that no key opens.
pub async fn reseal(
    connection: &mut Connection,
    allowed: &Allowed<Reseal>,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Resealed> {
    let county = allowed.place();
    let villages =
        tenancy::read(connection, allowed, async |connection| villages_of(connection, &county).await).await?;
    let mut all = Resealed::default();
    for village in villages {
        let narrow = allowed.narrow(village)?;
        let done = tenancy::transaction(connection, &narrow, Mode::Apply, async |connection| {
            lock_villages(connection, &[village].into()).await?;
            let households = households(connection, &village, sealer).await?;
            let tokens = tokens(connection, &village, sealer).await?;
            let phones = crate::objections::reseal_phones(connection, &village, sealer).await?;
            let samples = crate::samples::reseal_secrets(connection, &village, sealer).await?;
            if households + tokens + phones + samples > 0 {
                let detail = json!({
                    "key": sealer.current(), "households": households, "tokens": tokens, "objections": phones,
                    "samples": samples,
                });
                audit::record(connection, &narrow, detail, moment).await?;
            }
            Ok((households, tokens, phones, samples))
        })
        .await?;
        all.households += done.0;
        all.tokens += done.1;
        all.objections += done.2;
        all.samples += done.3;
    }
    // Some stand at the villages, and some at the towns.
    all.objections += tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let senders = crate::suggestions::reseal_senders(connection, &county, sealer).await?;
        if senders > 0 {
            let detail = json!({ "key": sealer.current(), "suggestions": senders });
            audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(senders)
    })
    .await?;
    all.accounts = tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let accounts = accounts(connection, &county, sealer).await?;
        if accounts > 0 {
            let detail = json!({ "key": sealer.current(), "accounts": accounts });
            audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(accounts)
    })
    .await?;
    Ok(all)
}

async fn households(connection: &mut Connection, village: &Place, sealer: &Sealer) -> Result<usize> {
    type Row = (i64, String, Option<Vec<u8>>, Option<Vec<u8>>);
    let (county, scope) = (village.county(), village.scope());
    let rows: Vec<Row> = household_version::table
        .inner_join(
            household::table.on(household::county_code
                .eq(household_version::county_code)
                .and(household::id.eq(household_version::household_id))),
        )
        .filter(household_version::county_code.eq(county.digits()))
        .filter(household_version::place.ge(scope.low))
        .filter(household_version::place.lt(scope.high))
        .select((
            household_version::id,
            household::code,
            household_version::phone_sealed,
            household_version::address_sealed,
        ))
        .load(connection)
        .await?;
    let mut resealed = 0;
    for (id, code, phone, address) in rows {
        let earlier =
            |sealed: &Option<Vec<u8>>| sealed.as_deref().is_some_and(|sealed| sealer.is_earlier(sealed));
        if !earlier(&phone) && !earlier(&address) {
            continue;
        }
        let code = codec::place(&code)?;
        let plain = |field, sealed: &Option<Vec<u8>>| opened(sealer, &code, field, sealed.as_deref());
        let (phone, address) = (plain(Field::Phone, &phone)?, plain(Field::Address, &address)?);
        let seal = |field, value: &Option<String>| {
            value.as_deref().map(|value| sealer.seal(&code, field, value)).transpose()
        };
        let index = phone.as_deref().map(|phone| sealer.index(&county, Field::Phone, phone));
        diesel::update(household_version::table.find((county.digits(), id)))
            .set((
                household_version::phone_sealed.eq(seal(Field::Phone, &phone)?),
                household_version::phone_index.eq(index),
                household_version::address_sealed.eq(seal(Field::Address, &address)?),
            ))
            .execute(connection)
            .await?;
        resealed += 1;
    }
    Ok(resealed)
}

async fn tokens(connection: &mut Connection, village: &Place, sealer: &Sealer) -> Result<usize> {
    let (county, scope) = (village.county(), village.scope());
    let rows: Vec<(i64, i32, String, Vec<u8>)> = household_token::table
        .inner_join(
            household::table.on(household::county_code
                .eq(household_token::county_code)
                .and(household::id.eq(household_token::household_id))),
        )
        .filter(household_token::county_code.eq(county.digits()))
        .filter(household_token::place.ge(scope.low))
        .filter(household_token::place.lt(scope.high))
        .select((
            household_token::household_id,
            household_token::revision,
            household::code,
            household_token::token_sealed,
        ))
        .load(connection)
        .await?;
    let mut resealed = 0;
    for (id, revision, code, sealed) in rows.into_iter().filter(|row| sealer.is_earlier(&row.3)) {
        let code = codec::place(&code)?;
        let token = opened(sealer, &code, Field::Token, Some(&sealed))?.unwrap_or_default();
        diesel::update(household_token::table.find((county.digits(), id, revision)))
            .set(household_token::token_sealed.eq(sealer.seal(&code, Field::Token, &token)?))
            .execute(connection)
            .await?;
        resealed += 1;
    }
    Ok(resealed)
}

async fn accounts(connection: &mut Connection, county: &Place, sealer: &Sealer) -> Result<usize> {
    let rows: Vec<(i64, String, Option<Vec<u8>>)> = account::table
        .filter(account::county_code.eq(county.digits()))
        .filter(account::totp_sealed.is_not_null())
        .select((account::id, account::place, account::totp_sealed))
        .load(connection)
        .await?;
    let mut resealed = 0;
    for (id, place, sealed) in rows {
        let Some(sealed) = sealed.filter(|sealed| sealer.is_earlier(sealed)) else { continue };
        let (place, field) = (codec::place(&place)?, Field::SecondFactor(id));
        let secret = opened(sealer, &place, field, Some(&sealed))?.unwrap_or_default();
        // One that was ended or replaced meanwhile stays so.
        diesel::update(
            account::table.filter(account::id.eq(id)).filter(account::totp_sealed.eq(Some(&sealed))),
        )
        .set(account::totp_sealed.eq(Some(sealer.seal(&place, field, &secret)?)))
        .execute(connection)
        .await?;
        resealed += 1;
    }
    Ok(resealed)
}

fn opened(sealer: &Sealer, place: &Place, field: Field, sealed: Option<&[u8]>) -> Result<Option<String>> {
    let opened = sealed.map(|sealed| sealer.open(place, field, sealed)).transpose();
    opened.map_err(|error| Error::Corrupt(format!("{place}：{error}")))
}
