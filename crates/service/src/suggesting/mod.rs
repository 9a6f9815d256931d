//! Suggestions and complaints of villagers, without an account: from the notice board or from a household's page. Looking
//! up the answer, and answers on the board.

mod answers;

use askama::Template;
use authz::{Actor, Object, ReadPublic};
use axum::Extension;
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::month::date_title;
use domain::place::{Level, Place};
use domain::suggestions::{SuggestionKind, Topic};
use records::sealing::random;
use records::suggestions::{FiledSuggestion, NewSuggestion, Via, file_suggestion};
use records::{places, tenancy};
use serde::Deserialize;

use crate::error::{PageError, page};
use crate::household::{allow, holder};
use crate::http::address::ClientAddress;
use crate::http::input::{Named, Posted};
use crate::problem::Problem;
use crate::reading::Reading;
use crate::shell::village_of;
use crate::state::State;

pub(crate) use answers::{BoardAnswer, look_up, look_up_form, on_board};

#[derive(Template)]
#[template(path = "suggestions/form.html")]
struct FormPage {
    village: String,
    /// Where the form is sent to, without its last piece; also the way back.
    at: String,
    form: SuggestionForm,
    problem: String,
    reading: Reading,
}

#[derive(Template)]
#[template(path = "suggestions/receipt.html")]
struct ReceiptPage {
    /// Whether a clerk hands it to the villager.
    by_staff: bool,
    number: String,
    code: String,
    what: String,
    office: &'static str,
    /// Whether it is for the town alone.
    past_village: bool,
    filed_on: String,
    answer_by: String,
    at: String,
    reading: Reading,
}

/// What the form sends.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct SuggestionForm {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) topic: String,
    #[serde(default)]
    pub(crate) words: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
    /// Other digits each time the form is opened: sent twice, it is one suggestion.
    #[serde(default)]
    pub(crate) key: String,
    /// Where a clerk sends it.
    #[serde(default)]
    pub(crate) form_token: String,
}

impl SuggestionForm {
    /// An empty form with a key of its own.
    pub(crate) fn fresh() -> Result<Self, PageError> {
        let mut key = [0; 16];
        random(&mut key)?;
        Ok(Self { key: hex::encode(key), ..Self::default() })
    }

    /// What it says.
    pub(crate) fn read(&self) -> Result<NewSuggestion, PageError> {
        let unchosen = |what: &str| Problem::invalid().because(format!("请选{what}"));
        let kind = SuggestionKind::from_name(&self.kind).ok_or_else(|| unchosen("是建议还是投诉"))?;
        let topic = Topic::from_name(&self.topic).ok_or_else(|| unchosen("关于什么"))?;
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        Ok(NewSuggestion {
            kind,
            topic,
            words: self.words.clone(),
            name: filled(&self.name),
            phone: filled(&self.phone),
            key: self.key.clone(),
        })
    }
}

/// Where a form was opened.
struct Desk {
    village: Place,
    /// Behind whose card; none at the notice board.
    household: Option<Place>,
    /// `/p/…` or `/h/…`
    at: String,
}

impl Desk {
    fn board(village: &str) -> Result<Self, PageError> {
        Ok(Self { village: village_of(village)?, household: None, at: format!("/p/{village}") })
    }

    async fn household(state: &State, token: &str) -> Result<Self, PageError> {
        let (household, village) = holder(state, token).await?;
        Ok(Self { village, household: Some(household), at: format!("/h/{token}") })
    }

    fn actor(&self) -> Actor {
        if self.household.is_some() { Actor::Holder } else { Actor::Visitor }
    }
}

/// `GET /p/{village}/suggestion`
pub(crate) async fn form(
    Extract(state): Extract<State>,
    Named(village): Named<String>,
    reading: Reading,
) -> Result<Response, PageError> {
    let desk = Desk::board(&village)?;
    shown(&state, &desk, SuggestionForm::fresh()?, StatusCode::OK, String::new(), reading).await
}

/// `GET /h/{token}/suggestion`
pub(crate) async fn household_form(
    Extract(state): Extract<State>,
    Named(token): Named<String>,
    reading: Reading,
) -> Result<Response, PageError> {
    let desk = Desk::household(&state, &token).await?;
    shown(&state, &desk, SuggestionForm::fresh()?, StatusCode::OK, String::new(), reading).await
}

/// `POST /p/{village}/suggestions`
pub(crate) async fn from_board(
    Extract(state): Extract<State>,
    Extension(client): Extension<ClientAddress>,
    Named(village): Named<String>,
    reading: Reading,
    Posted(form): Posted<SuggestionForm>,
) -> Result<Response, PageError> {
    take(&state, &Desk::board(&village)?, &client, form, reading).await
}

/// `POST /h/{token}/suggestions`
pub(crate) async fn from_household(
    Extract(state): Extract<State>,
    Extension(client): Extension<ClientAddress>,
    Named(token): Named<String>,
    reading: Reading,
    Posted(form): Posted<SuggestionForm>,
) -> Result<Response, PageError> {
    let desk = Desk::household(&state, &token).await?;
    take(&state, &desk, &client, form, reading).await
}

async fn shown(
    state: &State,
    desk: &Desk,
    form: SuggestionForm,
    status: StatusCode,
    problem: String,
    reading: Reading,
) -> Result<Response, PageError> {
    let village = desk.village;
    let allowed = allow(state, &Actor::Visitor, ReadPublic, village)?;
    let mut connection = state.database.connection().await?;
    let names = tenancy::read(&mut connection, &allowed, async |connection| {
        places::divisions(connection, &village).await
    })
    .await?;
    let name = names.into_iter().find(|one| one.place == village).map(|one| one.name);
    let name = name.ok_or(PageError::NotFound)?;
    Ok(kept(page(status, &FormPage { village: name, at: desk.at.clone(), form, problem, reading })))
}

/// A page that nobody on the way keeps: a key or a code is somebody's own.
fn kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn take(
    state: &State,
    desk: &Desk,
    client: &ClientAddress,
    form: SuggestionForm,
    reading: Reading,
) -> Result<Response, PageError> {
    match filed(state, desk, client, &form).await {
        Ok((filed, new)) => Ok(receipt(desk.at.clone(), false, &filed, &new, reading.at(&desk.at))),
        Err(PageError::Problem(problem)) => {
            shown(state, desk, form, problem.status(), problem.sentence(), reading).await
        }
        Err(error) => Err(error),
    }
}

async fn filed(
    state: &State,
    desk: &Desk,
    client: &ClientAddress,
    form: &SuggestionForm,
) -> Result<(FiledSuggestion, NewSuggestion), PageError> {
    let new = form.read()?;
    // What is not for the village itself is filed with its town.
    let town = desk.village.ancestor(Level::Town).ok_or(PageError::NotFound)?;
    let allowed = allow(state, &desk.actor(), Object, town)?;
    let address = client.counted();
    let via = desk.household.as_ref().map_or(Via::Board(&address), Via::Household);
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    let filed =
        file_suggestion(&mut connection, &allowed, &desk.village, via, &new, registrar, &moment).await?;
    Ok((filed, new))
}

/// What is handed to whoever brought it: with the code, which is told once. `at` is the way back.
pub(crate) fn receipt(
    at: String,
    by_staff: bool,
    filed: &FiledSuggestion,
    new: &NewSuggestion,
    reading: Reading,
) -> Response {
    let receipt = ReceiptPage {
        by_staff,
        past_village: filed.office < Level::Village,
        number: filed.number.clone(),
        code: filed.code.clone(),
        what: format!("{}（{}）", new.kind.title(), new.topic.title()),
        office: office_title(filed.office),
        filed_on: date_title(filed.filed_on),
        answer_by: date_title(filed.answer_by),
        at,
        reading,
    };
    kept(page(StatusCode::OK, &receipt))
}

/// Who answers, for people.
pub(crate) fn office_title(level: Level) -> &'static str {
    match level {
        Level::County => "县里",
        Level::Town => "镇政府",
        Level::Village | Level::Group | Level::Household => "村委会",
    }
}
