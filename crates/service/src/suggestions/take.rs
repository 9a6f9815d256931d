//! Taking a suggestion or complaint for a villager who came to the office.

use authz::{Actor, Allowed, Object};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::suggestions::office;
use records::suggestions::{FiledSuggestion, NewSuggestion, Via, file_suggestion};

use super::shown;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::household::allow;
use crate::http::input::{Named, Posted};
use crate::reading::Reading;
use crate::shell::{Section, Visit, village_of};
use crate::state::State;
use crate::suggesting::{SuggestionForm, receipt};

/// `POST /suggestions/{place}/{month}`
pub(crate) async fn take(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    reading: Reading,
    Posted(form): Posted<SuggestionForm>,
) -> Result<Response, PageError> {
    FormToken::new(&form.form_token).check(&caller)?;
    let clerk = caller.allow(Object, village_of(&place)?).await?;
    match taken(&state, &clerk, &form).await {
        Ok((filed, new)) => Ok(receipt(format!("/suggestions/{place}/{month}"), true, &filed, &new, reading)),
        Err(error) => {
            let at = (place.as_str(), month.as_str());
            let (status, visit) = Visit::again(&state, &caller, Section::Objections, at, error).await?;
            shown(&state, &caller, visit, status, form).await
        }
    }
}

async fn taken(
    state: &State,
    clerk: &Allowed<Object>,
    form: &SuggestionForm,
) -> Result<(FiledSuggestion, NewSuggestion), PageError> {
    let new = form.read()?;
    let village = clerk.place();
    let office = village.ancestor(office(new.kind, new.topic)).ok_or(PageError::NotFound)?;
    let reach = clerk.widened();
    // What the town answers is filed with it as anybody's is: the village's clerk reaches nothing there.
    let allowed =
        if reach.place().contains(&office) { reach } else { allow(state, &Actor::Visitor, Object, office)? };
    let (via, moment) = (Via::Office(clerk), state.moment());
    let mut connection = state.database.connection().await?;
    let filed =
        file_suggestion(&mut connection, &allowed, &village, via, &new, &state.registrar, &moment).await?;
    Ok((filed, new))
}
