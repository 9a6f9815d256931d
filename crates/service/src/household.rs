//! The page of a household, behind the QR code of its card: its own months and reasons, as far as published.

use askama::Template;
use authz::{Act, Actor, Allowed, ReadOwn, ReadPublic};
use axum::extract::{Path, State as Extract};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use chrono::Datelike;
use domain::canonical::Digest;
use domain::closing::Tier;
use domain::forms::{HouseholdYear, MonthColumn};
use domain::month::{date_title, local_time};
use domain::objections::{Filing, filing};
use domain::place::{Level, Place};
use domain::points::Points;
use records::forms::{self, CardToken, Versions};
use records::objections::{ObjectionSummary, objections_of_household};
use records::photos::{photo_files, photos_shown};
use records::publication::published;
use records::suggestions::{SuggestionFile, suggestions_of_household};
use records::{rulebook, tenancy};

use crate::error::{PageError, page};
use crate::objecting::HouseholdForm;
use crate::photos::{OwnPhoto, ReasonLine, own_photos, reasons};
use crate::problem::Problem;
use crate::state::State;

#[derive(Template)]
#[template(path = "household/months.html")]
struct HouseholdPage {
    number: String,
    place: String,
    board: String,
    latest: Option<Latest>,
    strip: Vec<(String, String)>,
    year: i32,
    token: String,
    objections: Vec<OwnObjection>,
    suggestions: Vec<OwnSuggestion>,
    /// Photos that the village shows or would like to show.
    on_board: Vec<OwnPhoto>,
    /// An objection as it was typed where it was refused, and why it was.
    typed: HouseholdForm,
    problem: String,
}

/// An objection against the household's months, whoever filed it.
struct OwnObjection {
    number: String,
    about: String,
    state: String,
    /// Empty once it is decided.
    decide_by: String,
}

/// What came from this page. The words are not shown: others may hold the card too.
struct OwnSuggestion {
    number: String,
    what: String,
    filed_on: String,
    /// Empty once it is answered.
    answer_by: String,
    /// Empty until it is answered, and when lawfully erased.
    answer: String,
    answered_on: String,
}

/// The latest published month.
struct Latest {
    month: String,
    /// As forms name it.
    value: String,
    /// What can be objected to: the act as findings name it, and what it says.
    acts: Vec<(String, String)>,
    /// The last day on which an objection still moves rank and rights; empty when it is over.
    object_until: String,
    score: String,
    standing: String,
    reasons: Vec<ReasonLine>,
    total: String,
}

/// The permission of somebody without an account.
pub(crate) fn allow<A: Act>(
    state: &State,
    actor: &Actor,
    act: A,
    place: Place,
) -> Result<Allowed<A>, PageError> {
    state.guard.allow(actor, act, place).map_err(|_| PageError::NotFound)
}

/// What is said of a card in whose place the household has another one.
const REPLACED: &str =
    "这张户卡已经换新，上面的二维码不能再用。请扫新发的户卡；还没有拿到新卡的，请问村委会。";

/// The household of a token, with its village. An unknown, a malformed and an erased household's token answer alike; a
/// replaced one says so.
pub(crate) async fn holder(state: &State, token: &str) -> Result<(Place, Place), PageError> {
    let county = forms::county_of_token(token).ok_or(PageError::NotFound)?;
    let allowed = allow(state, &Actor::Visitor, ReadPublic, county)?;
    let mut connection = state.database.connection().await?;
    let household = match forms::card_of_token(&mut connection, &allowed, token).await? {
        Some(CardToken::Living(household)) => household,
        Some(CardToken::Replaced) => {
            return Err(PageError::Problem(Box::new(Problem::not_found().because(REPLACED))));
        }
        None => return Err(PageError::NotFound),
    };
    let village = household.ancestor(Level::Village).ok_or(PageError::NotFound)?;
    Ok((household, village))
}

/// `/h/{token}`
pub(crate) async fn months(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    shown_with(&state, token, StatusCode::OK, HouseholdForm::default(), String::new()).await
}

/// The page, with an objection as it was typed and why it was refused.
///
/// # Errors
/// An unknown token, and faults of the database.
pub(crate) async fn shown_with(
    state: &State,
    token: String,
    status: StatusCode,
    typed: HouseholdForm,
    problem: String,
) -> Result<Response, PageError> {
    let (household, village) = holder(state, &token).await?;
    let allowed = allow(state, &Actor::Holder, ReadOwn, village)?;
    let mut connection = state.database.connection().await?;
    let this_year = local_time(state.now(), state.zone).year();
    let now = state.moment().local();
    let (place, years, objections, suggestions, published, rule, photos, files) =
        tenancy::read(&mut connection, &allowed, async |connection| {
            let place = forms::full_name(connection, &household).await?;
            let objections = objections_of_household(connection, &household, now).await?;
            let suggestions = suggestions_of_household(connection, &household, now).await?;
            let published = published(connection, &village).await?;
            let last = published.keys().map(|(_, month, _)| *month).max();
            let rule = match last {
                Some(month) => Some(rulebook::of(connection, &village, month).await?.objections),
                None => None,
            };
            let mut years = Vec::new();
            for year in [this_year, this_year - 1] {
                years.extend(forms::household_year(connection, &household, year, Versions::Published).await?);
            }
            let month = newest(&years).map(|column| column.month);
            let photos = match month {
                Some(month) => photos_shown(connection, &household, (month, month)).await?,
                None => Vec::new(),
            };
            let files = photo_files(connection, &household, None).await?;
            Ok((place, years, objections, suggestions, published, rule, photos, files))
        })
        .await?;
    let address = |hash: &Digest| format!("/h/{token}/photos/{}", hash.hex());
    let reasons = newest(&years).map(|column| reasons(column, &photos, address)).unwrap_or_default();
    let mut shown = shown(&household, place, years, this_year);
    shown.on_board = own_photos(files, &token);
    shown.token = token;
    (shown.typed, shown.problem) = (typed, problem);
    if let Some(latest) = &mut shown.latest {
        latest.reasons = reasons;
    }
    shown.objections = objections.into_iter().map(own_objection).collect();
    shown.suggestions = suggestions.into_iter().rev().map(own_suggestion).collect();
    if let (Some(latest), Some(rule)) = (&mut shown.latest, rule) {
        let on = published.iter().rfind(|((_, month, _), _)| month.to_string() == latest.value);
        let filing = on.map(|(_, published)| filing(published.on, false, now, &rule));
        if let Some(Filing::InTime { until }) = filing {
            latest.object_until = date_title(until);
        }
    }
    let mut response = page(status, &shown);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The latest month that is shown: this year's if it has a published month, else the last one's.
fn newest(years: &[HouseholdYear]) -> Option<&MonthColumn> {
    years.iter().find(|year| !year.months.is_empty()).and_then(|year| year.months.last())
}

fn shown(household: &Place, place: String, years: Vec<HouseholdYear>, this_year: i32) -> HouseholdPage {
    // This year's if it has a published month, else the last one's.
    let months = years.into_iter().map(|year| year.months).find(|months| !months.is_empty());
    let months = months.unwrap_or_default();
    let strip = months.iter().map(|month| (format!("{}月", month.month.of_year()), score(month)));
    HouseholdPage {
        number: domain::publication::last_digits(household).to_owned(),
        place,
        board: household.ancestor(Level::Village).map(|village| village.code()).unwrap_or_default(),
        year: months.last().map_or(this_year, |month| month.month.year()),
        strip: strip.collect(),
        latest: months.last().map(latest),
        token: String::new(),
        objections: Vec::new(),
        suggestions: Vec::new(),
        on_board: Vec::new(),
        typed: HouseholdForm::default(),
        problem: String::new(),
    }
}

fn own_objection(one: ObjectionSummary) -> OwnObjection {
    OwnObjection {
        number: one.number,
        about: if one.about.is_empty() {
            one.month.title()
        } else {
            format!("{} {}", one.month.title(), one.about)
        },
        decide_by: if one.state.is_open() { date_title(one.decide_by) } else { String::new() },
        state: one.state.title(),
    }
}

fn own_suggestion(file: SuggestionFile) -> OwnSuggestion {
    let one = file.summary;
    let answer = file.answers.into_iter().next_back();
    OwnSuggestion {
        number: one.number,
        what: format!("{} · {}", one.kind.title(), one.topic.title()),
        filed_on: date_title(one.filed_on),
        answer_by: if one.state.is_open() { date_title(one.answer_by) } else { String::new() },
        answered_on: answer.as_ref().map(|answer| date_title(answer.on)).unwrap_or_default(),
        answer: answer.and_then(|answer| answer.words).unwrap_or_default(),
    }
}

fn latest(month: &MonthColumn) -> Latest {
    let result = &month.result;
    let rank = result.rank_in_group.map(|rank| format!("组内第 {rank} 名"));
    let tier = result.tier.map(|tier: Tier| tier.title().to_owned());
    let standing: Vec<String> = rank.into_iter().chain(tier).collect();
    Latest {
        month: month.month.title(),
        value: month.month.to_string(),
        acts: acts(month),
        object_until: String::new(),
        score: score(month),
        standing: standing.join(" · "),
        reasons: Vec::new(),
        total: result.year_total.short(),
    }
}

/// The acts found, each with the words of its first rule.
fn acts(month: &MonthColumn) -> Vec<(String, String)> {
    let words = |act: &str| {
        let code = act.split('+').next().unwrap_or_default();
        let found = month.catalogue.rules().find(|(_, rule)| rule.code == code);
        found.map(|(item, rule)| format!("{}：{}", item.name, rule.text)).unwrap_or_else(|| act.to_owned())
    };
    month.findings.iter().map(|finding| (finding.act.clone(), words(&finding.act))).collect()
}

fn score(month: &MonthColumn) -> String {
    month.result.score.map_or_else(|| month.result.status.title().to_owned(), Points::short)
}
