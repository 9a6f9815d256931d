//! 催办: asks late villages for what is late, all of them or one.

use authz::Remind;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::{Level, Place};
use records::messages::urge;
use serde::Deserialize;

use super::above;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Posted};
use crate::shell::{Section, Told, Visit, refused, village_of};
use crate::state::State;

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct RemindForm {
    /// The village, empty for all that are late.
    #[serde(default)]
    village: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /overview/{place}/{month}/reminders`
pub(crate) async fn remind(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<RemindForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let all = caller.allow(Remind, at).await?;
    if !matches!(at.level(), Level::County | Level::Town) {
        return Err(PageError::NotFound);
    }
    let allowed = match form.village.as_str() {
        "" => all,
        village => all.narrow(village_of(village)?).map_err(|_| PageError::NotFound)?,
    };
    let mut visit = Visit::of(&state, &caller, Section::Overview, (&place, &month), &Told::default()).await?;
    let urged = {
        let mut connection = state.database.connection().await?;
        urge(&mut connection, &allowed, visit.month, &state.moment()).await
    };
    match urged {
        Ok(urged) => above::shown(&state, &caller, visit, StatusCode::OK, Some(urged)).await,
        Err(error) => {
            let (status, words) = refused(error.into())?;
            visit.shell.problem = words;
            above::shown(&state, &caller, visit, status, None).await
        }
    }
}
