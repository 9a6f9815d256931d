//! What is done about samples: fixing, drawing, printing the list, handing in what was found.

use authz::{Allowed, Sample};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::parse_typed;
use records::samples::{SampleFinding, draw, fix_samples, hand_in_check, sample_sheet};
use records::{audit, tenancy};
use reporting::paper;
use serde::Deserialize;
use serde_json::json;

use super::{Typed, shown};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, Posted, day, place_of};
use crate::problem::Problem;
use crate::publishing::{attachment, printed};
use crate::shell::{Section, Visit, done_at, village_of};
use crate::state::State;

/// What the form of fixing sends.
#[derive(Deserialize)]
pub(crate) struct FixForm {
    size: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /samples/{place}/{month}/commitments`: for every village of the place that still can.
pub(crate) async fn fix(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<FixForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    if matches!(at.level(), Level::Group | Level::Household) {
        return Err(PageError::NotFound);
    }
    let allowed = caller.allow(Sample, at).await?;
    let done = async {
        let (of_month, login) = (month_of(&month)?, caller.doer()?.login);
        // Another text is no number of households, which the verb refuses in its words.
        let size = form.size.trim().parse().unwrap_or(0);
        let (sealer, moment) = (&state.registrar.sealer, state.moment());
        let mut connection = state.database.connection().await?;
        fix_samples(&mut connection, &allowed, of_month, size, login, sealer, &moment).await?;
        Ok::<_, PageError>(())
    };
    let typed = Typed { size: form.size.clone(), ..Typed::default() };
    answered(&state, &caller, (&place, &month), done.await, "sample-fixed", typed).await
}

/// `POST /samples/{place}/{month}/draws`
pub(crate) async fn draw_now(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(Sample, village).await?;
    let done = async {
        let (of_month, login) = (month_of(&month)?, caller.doer()?.login);
        let (sealer, moment) = (&state.registrar.sealer, state.moment());
        let mut connection = state.database.connection().await?;
        draw(&mut connection, &allowed, (&village, of_month), login, sealer, &moment).await?;
        Ok::<_, PageError>(())
    };
    answered(&state, &caller, (&place, &month), done.await, "sample-drawn", Typed::default()).await
}

/// `POST /samples/{place}/{month}/cards`: what the town found at one household.
pub(crate) async fn check(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(Sample, village).await?;
    let done = handed_in(&state, &caller, &allowed, &month, &form).await;
    let typed = Typed {
        household: form.first("household").trim().to_owned(),
        checked_on: form.first("checked_on").trim().to_owned(),
        findings: form.first("findings").to_owned(),
        ..Typed::default()
    };
    answered(&state, &caller, (&place, &month), done, "saved", typed).await
}

async fn handed_in(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<Sample>,
    month: &str,
    form: &Pairs,
) -> Result<(), PageError> {
    let household = place_of("household", form.first("household"), Level::Household)?;
    let checked_on = day("复核日期", form.first("checked_on"))?;
    let missing = |what: &str| Problem::invalid().because(what.to_owned());
    let typed = parse_typed(form.first("findings")).map_err(|error| missing(&error.to_string()))?;
    let (status, findings) = typed.ok_or_else(|| missing("请填复核结果；没有扣分填 -"))?;
    let found = SampleFinding {
        household,
        month: month_of(month)?,
        checked_on: checked_on.ok_or_else(|| missing("请填复核日期"))?,
        status,
        findings,
    };
    let by = caller.doer()?;
    let mut connection = state.database.connection().await?;
    hand_in_check(&mut connection, allowed, &found, &by, &state.moment()).await?;
    Ok(())
}

/// `GET /samples/{place}/{month}/list.pdf`: a blank sheet of the households drawn; logged, since it names the heads.
pub(crate) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let village = village_of(&place)?;
    let of_month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Sample, village).await?;
    let mut connection = state.database.connection().await?;
    let sheet = tenancy::read(&mut connection, &allowed, async |connection| {
        sample_sheet(connection, &village, of_month).await
    })
    .await?;
    let sheet = sheet.ok_or_else(|| Problem::refused().because("还没有抽签，没有名单可印"))?;
    let detail = json!({ "exported": "sheets", "month": month, "drawn": sheet.households.len() });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    drop(connection);
    let sheet = paper::blank_sheet(&sheet);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(attachment(bytes, "application/pdf", &format!("sample-{}-{of_month}.pdf", village.code())))
}

/// The month of an address.
pub(super) fn month_of(month: &str) -> Result<Month, PageError> {
    Ok(crate::http::input::month("month", month)?)
}

/// Back to the page, or the page again with the reason and what was typed.
async fn answered(
    state: &State,
    caller: &Caller,
    (place, month): (&str, &str),
    done: Result<(), PageError>,
    code: &str,
    typed: Typed,
) -> Result<Response, PageError> {
    match done {
        Ok(()) => Ok(done_at(&format!("/samples/{place}/{month}"), code)),
        Err(error) => {
            let (status, visit) =
                Visit::again(state, caller, Section::Scoring, (place, month), error).await?;
            shown(state, caller, visit, status, typed).await
        }
    }
}
