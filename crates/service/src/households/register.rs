//! Registering one household, and the sample of the file that registers many.

use std::collections::BTreeMap;

use askama::Template;
use authz::{Allowed, Read, RegisterHouseholds};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::input::Household;
use domain::month::Month;
use domain::place::{Level, Place};
use records::households::register_household;
use records::{Refusal, places, tenancy};

use super::{Choice, Typed, csv_text, household_typed, refused_row, registered_at, wrong_words};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs};
use crate::problem::Problem;
use crate::shell::{Section, Shell, Told, Visit, done_at};
use crate::state::State;

#[derive(Template)]
#[template(path = "households/new.html")]
struct NewPage {
    shell: Shell,
    groups: Vec<Choice>,
    typed: Typed,
}

/// `GET /households/{place}/{month}/new`
pub(crate) async fn form(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Households, (&place, &month), &told).await?;
    caller.allow(RegisterHouseholds, registered_at(&place)?).await?;
    // Nobody takes part by default: the month of joining is left to be filled in.
    let typed = Typed { resident: true, local: true, ..Typed::default() };
    shown(&state, visit, StatusCode::OK, typed).await
}

async fn shown(state: &State, visit: Visit, status: StatusCode, typed: Typed) -> Result<Response, PageError> {
    let place = visit.place;
    let divisions = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            places::divisions(connection, &place).await
        })
        .await?
    };
    let names: BTreeMap<Place, &str> = divisions.iter().map(|one| (one.place, one.name.as_str())).collect();
    // Above the village a group's name alone does not tell which it is.
    let village = |group: &Place| {
        let village = group.parent().filter(|village| *village != place);
        village.and_then(|village| names.get(&village)).map(|name| format!("{name} ")).unwrap_or_default()
    };
    let groups = divisions.iter().filter(|one| one.level == Level::Group).map(|one| Choice {
        value: one.place.code(),
        title: format!("{}{}", village(&one.place), one.name),
        selected: typed.group == one.place.code(),
    });
    let groups = groups.collect();
    Ok(page(status, &NewPage { shell: visit.shell, groups, typed }))
}

/// `POST /households/{place}/{month}/registrations`
pub(crate) async fn register(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let allowed = caller.allow(RegisterHouseholds, registered_at(&place)?).await?;
    let typed = Typed::of(&form);
    let mut visit =
        Visit::of(&state, &caller, Section::Households, (&place, &month), &Told::default()).await?;
    let refusal = match household_typed(typed.clone()) {
        Ok(household) => added(&state, &allowed, household).await?,
        Err(words) => Some(wrong_words(words)),
    };
    match refusal {
        None => Ok(done_at(&Section::Households.at(&visit.place, visit.month), "registered")),
        Some((status, words)) => {
            visit.shell.problem = words;
            shown(&state, visit, status, typed).await
        }
    }
}

/// Registers a household that was not known; why not, otherwise.
async fn added(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    row: Household,
) -> Result<Option<(StatusCode, String)>, PageError> {
    if !allowed.place().contains(&row.group) {
        return Ok(Some(wrong_words("村小组：不在您办理的地方，请重新选择".to_owned())));
    }
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    match register_household(&mut connection, allowed, row, NEW, registrar, &moment).await {
        Ok(_) => Ok(None),
        Err(records::Error::Refused(Refusal::Changed)) => {
            let words = "户号：本组已有这个户号；请换一个户号，或到那一户的一户一档里更改";
            Ok(Some(wrong_words(words.to_owned())))
        }
        Err(error) => refused_row(error).map(Some),
    }
}

/// The revision of a household that is not registered yet.
const NEW: i32 = 0;

/// `GET /households/{place}/{month}/sample.csv`: the headings, and two households that nobody has.
pub(crate) async fn sample(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let place: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Read, place).await?;
    let divisions = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &allowed, async |connection| {
            places::divisions(connection, &place).await
        })
        .await?
    };
    let group = divisions.into_iter().find(|one| one.level == Level::Group);
    let group = group.map_or_else(|| format!("{:0<15}", place.digits()), |one| one.place.code());
    let row = |number: &str, head: &str, local: bool| Typed {
        group: group.clone(),
        number: number.to_owned(),
        head_name: head.to_owned(),
        members_registered: "4".to_owned(),
        members_resident: "3".to_owned(),
        resident: true,
        local,
        address: "（可不填）".to_owned(),
        joined_month: month.to_string(),
        ..Typed::default()
    };
    let rows = [row("0001", "样例甲", true).cells(), row("0002", "样例乙", false).cells()];
    let text = csv_text(rows).map_err(|error| Problem::refused().because(error))?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"households.csv\""),
    ];
    // Spreadsheets take a text for UTF-8 when it says so.
    Ok((headers, format!("\u{feff}{text}")).into_response())
}
