//! The receipt of an objection that the village took: printed and given to whoever objects.

use std::collections::BTreeSet;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::date_title;
use domain::place::Level;
use records::objections::objection;
use records::{places, tenancy};

use super::file::address;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::Named;
use crate::log::household_named;
use crate::objecting::ReceiptPage;
use crate::reading::Reading;
use crate::shell::{Section, Told, Visit, only_of_village};
use crate::state::State;

/// `GET /objections/{place}/{month}/{objection}/receipt`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    reading: Reading,
) -> Result<Response, PageError> {
    let at = (place.as_str(), month.as_str());
    let visit = Visit::of(&state, &caller, Section::Objections, at, &Told::default()).await?;
    if visit.place.level() > Level::Village {
        let month = visit.month;
        return only_of_village(&visit, |village| format!("{}/receipt", address(village, month, id)));
    }
    let (place, now) = (visit.place, state.moment().local());
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let Some(file) = objection(connection, &place, id, now).await? else { return Ok(None) };
        let names = places::names_of(connection, &BTreeSet::from([file.summary.group])).await?;
        Ok(Some((file.summary, names)))
    })
    .await?;
    let (one, names) = found.ok_or(PageError::NotFound)?;
    let receipt = ReceiptPage {
        month: one.month.title(),
        household: household_named(&one.household, &one.group, &names),
        filed_on: date_title(one.filed_on),
        decide_by: date_title(one.decide_by),
        in_time: one.in_time,
        back: format!("/objections/{}/{}/{}", one.village.code(), one.month, one.id),
        number: one.number,
        reading,
    };
    Ok(page(StatusCode::OK, &receipt))
}
