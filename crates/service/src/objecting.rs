//! Objecting as a villager: from the household's page or from the notice board, without an account.

use askama::Template;
use authz::{Actor, Allowed, Object, ReadPublic};
use axum::Extension;
use axum::extract::State as Extract;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use domain::month::{Month, date_title};
use domain::place::{Level, Place};
use records::households::{household_numbered, household_numbered_in};
use records::objections::{Filed, NewObjection, file_objection, years_awarded};
use records::publication::published;
use records::{places, tenancy};
use serde::Deserialize;

use crate::error::{PageError, page};
use crate::household::{self, ObjectionForm, allow, holder, over};
use crate::http::address::ClientAddress;
use crate::http::input::{Named, Posted};
use crate::reading::Reading;
use crate::shell::village_of;
use crate::state::State;

#[derive(Template)]
#[template(path = "objections/form.html")]
struct FormPage {
    village: String,
    code: String,
    months: Vec<Month>,
    /// What is said of months that are not taken any more, as [`over`] says it.
    over: String,
    groups: Vec<(String, String)>,
    form: BoardForm,
    problem: String,
    reading: Reading,
}

/// What whoever objects takes away, on the screen or on paper.
#[derive(Template)]
#[template(path = "objections/receipt.html")]
pub(crate) struct ReceiptPage {
    pub(crate) number: String,
    pub(crate) month: String,
    pub(crate) household: String,
    pub(crate) filed_on: String,
    pub(crate) decide_by: String,
    pub(crate) in_time: bool,
    pub(crate) back: String,
    pub(crate) reading: Reading,
}

/// What the form of the notice board sends.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct BoardForm {
    month: String,
    group: String,
    number: String,
    words: String,
    #[serde(default)]
    phone: String,
}

/// `GET /p/{village}/objection`
pub(crate) async fn form(
    Extract(state): Extract<State>,
    Named(village): Named<String>,
    reading: Reading,
) -> Result<Response, PageError> {
    shown(&state, &village, BoardForm::default(), StatusCode::OK, String::new(), reading).await
}

async fn shown(
    state: &State,
    village: &str,
    form: BoardForm,
    status: StatusCode,
    problem: String,
    reading: Reading,
) -> Result<Response, PageError> {
    let village = village_of(village)?;
    let allowed = allow(state, &Actor::Visitor, ReadPublic, village)?;
    let mut connection = state.database.connection().await?;
    let (names, published, awarded) = tenancy::read(&mut connection, &allowed, async |connection| {
        let names = places::divisions(connection, &village).await?;
        let published = published(connection, &village).await?;
        Ok((names, published, years_awarded(connection, &village).await?))
    })
    .await?;
    let name = names.iter().find(|one| one.place == village).map(|one| one.name.clone());
    let name = name.ok_or(PageError::NotFound)?;
    let mut months: Vec<Month> = published.keys().map(|(_, month, _)| *month).collect();
    months.dedup();
    months.reverse();
    months.truncate(12);
    let over = over(months.iter().copied(), &awarded);
    months.retain(|month| !awarded.contains(&month.year()));
    let groups = names.into_iter().filter(|one| one.level == Level::Group);
    let groups = groups.map(|one| (one.place.code(), one.name)).collect();
    let code = village.code();
    let reading = reading.at(&format!("/p/{code}"));
    let shown = FormPage { village: name, code, months, over, groups, form, problem, reading };
    Ok(page(status, &shown))
}

/// `POST /p/{village}/objections`: anybody may object to any household's score.
pub(crate) async fn from_board(
    Extract(state): Extract<State>,
    Extension(client): Extension<ClientAddress>,
    Named(code): Named<String>,
    reading: Reading,
    Posted(form): Posted<BoardForm>,
) -> Result<Response, PageError> {
    let village = village_of(&code)?;
    let allowed = allow(&state, &Actor::Visitor, Object, village)?;
    let household = household_at(&state, &allowed, (&form.group, &form.number), &form.month).await?;
    let Some(household) = household else {
        let problem = "请选村小组，并填公示栏上的四位户号".to_owned();
        return shown(&state, &code, form, StatusCode::UNPROCESSABLE_ENTITY, problem, reading).await;
    };
    let new = (form.month.as_str(), "", form.words.as_str(), form.phone.as_str());
    match file(&state, &allowed, &household, new, &client).await {
        Ok((filed, month)) => {
            let (reading, back) = (reading.at(&format!("/p/{code}")), format!("/p/{code}/{month}"));
            Ok(receipt(&state, &household, month, &filed, back, reading))
        }
        Err(PageError::Problem(problem)) => {
            shown(&state, &code, form, problem.status(), problem.sentence(), reading).await
        }
        Err(error) => Err(error),
    }
}

/// The household that a form names by its group and number, as the board of the month does: one that has moved keeps its
/// code, which tells its first group.
pub(crate) async fn household_at(
    state: &State,
    allowed: &Allowed<Object>,
    (group, number): (&str, &str),
    month: &str,
) -> Result<Option<Place>, PageError> {
    let village = allowed.place();
    let group = Place::parse_code(group.trim()).ok();
    let group = group.filter(|group| group.level() == Level::Group && village.contains(group));
    let Some(group) = group else { return Ok(None) };
    let mut connection = state.database.connection().await?;
    let found = tenancy::read(&mut connection, allowed, async |connection| {
        match Month::parse(month.trim()) {
            Ok(month) => household_numbered_in(connection, &group, number, month).await,
            // The month is refused where the objection is filed.
            Err(_) => household_numbered(connection, &group, number).await,
        }
    })
    .await?;
    Ok(found)
}

/// `POST /h/{token}/objections`
pub(crate) async fn from_household(
    Extract(state): Extract<State>,
    Extension(client): Extension<ClientAddress>,
    Named(token): Named<String>,
    reading: Reading,
    Posted(form): Posted<ObjectionForm>,
) -> Result<Response, PageError> {
    let at = holder(&state, &token).await?;
    let (household, village) = at;
    let allowed = allow(&state, &Actor::Holder, Object, village)?;
    let (month, about) = form.chosen();
    let new = (month, about, form.words.as_str(), form.phone.as_str());
    match file(&state, &allowed, &household, new, &client).await {
        Ok((filed, month)) => {
            let back = format!("/h/{token}");
            let reading = reading.at(&back);
            let mut response = receipt(&state, &household, month, &filed, back, reading);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        Err(PageError::Problem(problem)) => {
            let told = (problem.status(), problem.sentence());
            household::shown(&state, &token, at, told, form, reading).await
        }
        Err(error) => Err(error),
    }
}

async fn file(
    state: &State,
    allowed: &Allowed<Object>,
    household: &Place,
    (month, about, words, phone): (&str, &str, &str, &str),
    client: &ClientAddress,
) -> Result<(Filed, Month), PageError> {
    let month = crate::http::input::month("month", month)?;
    let new = NewObjection {
        month,
        about: about.to_owned(),
        words: words.to_owned(),
        phone: Some(phone.to_owned()).filter(|phone| !phone.trim().is_empty()),
        address: Some(client.counted()),
    };
    let mut connection = state.database.connection().await?;
    let filed =
        file_objection(&mut connection, allowed, household, &new, &state.registrar, &state.moment()).await?;
    Ok((filed, month))
}

fn receipt(
    state: &State,
    household: &Place,
    month: Month,
    filed: &Filed,
    back: String,
    reading: Reading,
) -> Response {
    let receipt = ReceiptPage {
        number: filed.number.clone(),
        month: month.title(),
        household: domain::publication::last_digits(household).to_owned(),
        filed_on: date_title(state.moment().local().date()),
        decide_by: date_title(filed.decide_by),
        in_time: filed.in_time,
        back,
        reading,
    };
    page(StatusCode::OK, &receipt)
}
