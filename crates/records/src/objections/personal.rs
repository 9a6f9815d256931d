//! What of objections names people: the phone that was left is shown one by one, and words and phones are erased.

use authz::{Allowed, Reveal};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;
use serde_json::json;

use super::stored::{Which, load};
use crate::audit;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::schema::{household, objection, objection_step};
use crate::sealing::{Field, Sealer};
use crate::tenancy::{self, Mode};

/// The phone that was left with an objection inside the permission's place; none where there is none. The log tells who saw
/// it.
///
/// # Errors
/// An objection that is not there, a phone that the key does not open.
pub async fn reveal_phone(
    connection: &mut Connection,
    allowed: &Allowed<Reveal>,
    id: i64,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Option<String>> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let which = Which { id: Some(id), ..Which::default() };
        let found = load(connection, &allowed.place(), &which).await?.pop();
        let found = found.ok_or_else(|| Refusal::missing("没有这件异议，或不在您的范围内"))?;
        let phone = opened(sealer, &found.household, found.contact.as_deref())?;
        let detail = json!({ "objection": found.number_text(), "village": found.village.digits(),
            "revealed": "objection_phone" });
        audit::record(connection, &allowed.narrow(found.village)?, detail, moment).await?;
        Ok(phone)
    })
    .await
}

/// Erases words, phones and reasons of the objections against a household; their salted digests stay. Returns how many
/// objections lost them.
pub(crate) async fn erase_words(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let ids: Vec<i64> = objection::table
        .filter(objection::county_code.eq(county.digits()))
        .filter(objection::household_id.eq(household_id))
        .select(objection::id)
        .load(connection)
        .await?;
    let steps = objection_step::table
        .filter(objection_step::county_code.eq(county.digits()))
        .filter(objection_step::objection_id.eq_any(&ids))
        .filter(objection_step::salt.ne(Vec::new()));
    diesel::update(steps)
        .set((objection_step::reason.eq(None::<String>), objection_step::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    let words = objection::table
        .filter(objection::county_code.eq(county.digits()))
        .filter(objection::id.eq_any(&ids))
        .filter(objection::salt.ne(Vec::new()));
    Ok(diesel::update(words)
        .set((
            objection::words.eq(None::<String>),
            objection::salt.eq(Vec::new()),
            objection::contact_sealed.eq(None::<Vec<u8>>),
        ))
        .execute(connection)
        .await?)
}

/// Seals anew the phones of a village's objections that an earlier key sealed. Returns how many.
pub(crate) async fn reseal_phones(
    connection: &mut Connection,
    village: &Place,
    sealer: &Sealer,
) -> Result<usize> {
    let (county, scope) = (village.county(), village.scope());
    let rows: Vec<(i64, String, Option<Vec<u8>>)> = objection::table
        .inner_join(household::table.on(
            household::county_code.eq(objection::county_code).and(household::id.eq(objection::household_id)),
        ))
        .filter(objection::county_code.eq(county.digits()))
        .filter(objection::place.ge(scope.low))
        .filter(objection::place.lt(scope.high))
        .filter(objection::contact_sealed.is_not_null())
        .select((objection::id, household::code, objection::contact_sealed))
        .load(connection)
        .await?;
    let mut resealed = 0;
    for (id, code, sealed) in rows {
        let Some(sealed) = sealed.filter(|sealed| sealer.is_earlier(sealed)) else { continue };
        let code = codec::place(&code)?;
        let phone = opened(sealer, &code, Some(&sealed))?.unwrap_or_default();
        diesel::update(objection::table.find((county.digits(), id)))
            .set(objection::contact_sealed.eq(Some(sealer.seal(&code, Field::ObjectionPhone, &phone)?)))
            .execute(connection)
            .await?;
        resealed += 1;
    }
    Ok(resealed)
}

fn opened(sealer: &Sealer, household: &Place, sealed: Option<&[u8]>) -> Result<Option<String>> {
    let opened = sealed.map(|sealed| sealer.open(household, Field::ObjectionPhone, sealed)).transpose();
    opened.map_err(|error| Error::Corrupt(format!("{household} 的异议电话：{error}")))
}
