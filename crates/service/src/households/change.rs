//! Changing what the register says of one household, dated, and showing its phone or address.

use authz::{Allowed, RegisterHouseholds, Reveal};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::Place;
use records::households::{
    PersonalField, RegisterEntry, register_entry, register_household, reveal as reveal_value,
};
use records::sealing::Field;
use records::{Refusal, tenancy};

use super::file::{Left, shown};
use super::{Typed, household_of, household_typed, refused_row, wrong_words};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, wrong};
use crate::problem::Problem;
use crate::shell::{Told, done_at};
use crate::state::State;

/// `POST /household/{code}/{month}/changes`
pub(crate) async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let (household, _, village) = household_of(&code)?;
    let allowed = caller.allow(RegisterHouseholds, village).await?;
    let typed = Typed::of(&form);
    match changed(&state, &allowed, household, typed.clone(), form.first("revision")).await? {
        None => Ok(done_at(&format!("/household/{code}/{month}"), "saved")),
        refusal => {
            let left = Left { typed: Some(typed), refusal, ..Left::default() };
            shown(&state, &caller, (&code, &month), &Told::default(), left).await
        }
    }
}

/// Changes what is known; why not, otherwise. A phone or an address that was not typed stays.
async fn changed(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    household: Place,
    typed: Typed,
    revision: &str,
) -> Result<Option<(StatusCode, String)>, PageError> {
    let mut connection = state.database.connection().await?;
    let entry = tenancy::read(&mut connection, allowed, async |connection| {
        register_entry(connection, &household).await
    });
    let entry = entry.await?.ok_or(PageError::NotFound)?;
    let Ok(builds_on) = revision.parse::<i32>() else { return Ok(Some(changed_meanwhile())) };
    let row = match household_typed(completed(state, &entry, typed)?) {
        Ok(row) => row,
        Err(words) => return Ok(Some(wrong_words(words))),
    };
    let (registrar, moment) = (&state.registrar, state.moment());
    match register_household(&mut connection, allowed, row, builds_on, registrar, &moment).await {
        Ok(_) => Ok(None),
        Err(records::Error::Refused(Refusal::Changed)) => Ok(Some(changed_meanwhile())),
        Err(error) => refused_row(error).map(Some),
    }
}

fn changed_meanwhile() -> (StatusCode, String) {
    let words = "这一户已被别人改动，请核对现在的内容后再改";
    (StatusCode::PRECONDITION_FAILED, words.to_owned())
}

/// What was typed with what the form does not carry: the code, and phone and address where they stay.
fn completed(state: &State, entry: &RegisterEntry, typed: Typed) -> Result<Typed, PageError> {
    let stays = |typed: String, field: Field, sealed: Option<&[u8]>| match sealed {
        Some(sealed) if typed.is_empty() => state.registrar.sealer.open(&entry.household, field, sealed),
        _ => Ok(typed),
    };
    let opened = |error: records::sealing::Unsealable| records::Error::Corrupt(error.to_string());
    Ok(Typed {
        group: entry.household.parent().map(|group| group.code()).unwrap_or_default(),
        number: domain::publication::last_digits(&entry.household).to_owned(),
        phone: stays(typed.phone, Field::Phone, entry.phone.as_deref()).map_err(opened)?,
        address: stays(typed.address, Field::Address, entry.address.as_deref()).map_err(opened)?,
        ..typed
    })
}

/// `POST /household/{code}/{month}/reveal`: one value, logged before it is shown.
pub(crate) async fn reveal(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((code, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let (household, _, village) = household_of(&code)?;
    let allowed = caller.allow(Reveal, village).await?;
    let field = shown_field(form.first("field"))?;
    let value = {
        let mut connection = state.database.connection().await?;
        let sealer = &state.registrar.sealer;
        reveal_value(&mut connection, &allowed, &household, field, sealer, &state.moment()).await?
    };
    let left = Left { revealed: Some((field, value)), ..Left::default() };
    shown(&state, &caller, (&code, &month), &Told::default(), left).await
}

fn shown_field(name: &str) -> Result<PersonalField, Problem> {
    match name {
        "phone" => Ok(PersonalField::Phone),
        "address" => Ok(PersonalField::Address),
        _ => Err(wrong("field", "请选择要查看的内容".to_owned())),
    }
}
