//! What is done about a photo on the board: it is proposed, let up, taken down, and its consent withdrawn.

use authz::{Publish, WithdrawConsent};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::canonical::Digest;
use domain::place::Place;
use records::photos::{Proposal, Verdict, decide_photo, propose_photo, withdraw_consent};

use super::serve::hash_of;
use super::village::{Typed, shown};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, day, wrong};
use crate::problem::Problem;
use crate::shell::{Section, Visit, done_at};
use crate::state::State;

/// `POST /photos/{place}/{month}/proposals`
pub(crate) async fn propose(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Publish, at).await?;
    let proposed = async {
        let (household, hash) = named(&form)?;
        let consent_on = day("同意日期", form.first("consent_on"))?;
        let consent_on = consent_on.ok_or_else(|| wrong("同意日期", "请选择日期".to_owned()))?;
        if form.first("consents") != "1" {
            return Err(PageError::from(wrong("同意", "先征得这一户同意，再勾选".to_owned())));
        }
        let text = |name| form.first(name).to_owned();
        let proposal = Proposal {
            household,
            hash,
            caption: text("caption"),
            consent_by: text("consent_by"),
            consent_how: text("consent_how"),
            consent_on,
        };
        let by = caller.doer()?;
        let mut connection = state.database.connection().await?;
        propose_photo(&mut connection, &allowed, &proposal, &by, &state.moment()).await?;
        Ok::<_, PageError>("photo-proposed")
    }
    .await;
    answered(&state, &caller, (&place, &month), proposed, &form).await
}

/// `POST /photos/{place}/{month}/decisions`
pub(crate) async fn decide(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Publish, at).await?;
    let (verdict, code) = match form.first("act") {
        "approve" => (Verdict::Approve, "photo-approved"),
        _ => (Verdict::TakeDown(form.first("reason").to_owned()), "photo-taken-down"),
    };
    let decided = async {
        let (household, hash) = named(&form)?;
        let by = caller.doer()?;
        let mut connection = state.database.connection().await?;
        let moment = state.moment();
        // Another text is no number of steps that a page has shown, which the verb refuses.
        let seen = form.first("seen").parse().unwrap_or(0);
        let photo = (&household, &hash, seen);
        decide_photo(&mut connection, &allowed, photo, &verdict, &by, &moment).await?;
        Ok::<_, PageError>(code)
    }
    .await;
    answered(&state, &caller, (&place, &month), decided, &form).await
}

/// `POST /photos/{place}/{month}/withdrawals`: for a household that says so at the village.
pub(crate) async fn withdraw(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(WithdrawConsent, at).await?;
    let withdrawn = async {
        let (household, hash) = named(&form)?;
        let by = caller.doer()?;
        let mut connection = state.database.connection().await?;
        withdraw_consent(&mut connection, &allowed, (&household, &hash), &by, &state.moment()).await?;
        Ok::<_, PageError>("consent-withdrawn")
    }
    .await;
    answered(&state, &caller, (&place, &month), withdrawn, &form).await
}

/// The photo that a form names.
fn named(form: &Pairs) -> Result<(Place, Digest), Problem> {
    let unknown = || wrong("照片", "请从页面上选一张照片".to_owned());
    let household = Place::parse_code(form.first("household")).map_err(|_| unknown())?;
    Ok((household, hash_of(form.first("photo")).ok_or_else(unknown)?))
}

/// Back to the page: what was done, or what was typed and why it was refused.
async fn answered(
    state: &State,
    caller: &Caller,
    at: (&str, &str),
    done: Result<&str, PageError>,
    form: &Pairs,
) -> Result<Response, PageError> {
    match done {
        Ok(code) => Ok(done_at(&format!("/photos/{}/{}", at.0, at.1), code)),
        Err(error) => {
            let (status, visit) = Visit::again(state, caller, Section::Publication, at, error).await?;
            let typed = Typed::of(form, &visit.shell.problem);
            shown(state, caller, visit, status, Some(typed)).await
        }
    }
}
