//! The page of a household, behind the QR code of its card: its own months and reasons, as far as published.

use std::collections::BTreeSet;

use askama::Template;
use authz::{Act, Actor, Allowed, ReadOwn, ReadPublic};
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::canonical::Digest;
use domain::closing::Tier;
use domain::forms::MonthColumn;
use domain::month::{Month, date_title};
use domain::objections::{Filing, filing};
use domain::place::{Level, Place};
use records::forms::{self, CardToken, Versions};
use records::objections::{ObjectionSummary, objections_of_household, years_awarded};
use records::photos::{ShownPhoto, photo_files, photos_shown};
use records::publication::published;
use records::suggestions::{SuggestionFile, suggestions_of_household};
use records::{rulebook, tenancy};
use serde::Deserialize;

use crate::error::{PageError, page};
use crate::http::input::Named;
use crate::photos::{OwnPhoto, ReasonLine, own_photos, reasons};
use crate::problem::Problem;
use crate::reading::Reading;
use crate::state::State;

#[derive(Template)]
#[template(path = "household/months.html")]
struct HouseholdPage {
    number: String,
    place: String,
    board: String,
    token: String,
    latest: Option<ShownMonth>,
    /// The months before, the newest first.
    earlier: Vec<ShownMonth>,
    /// What can be objected to, by month: as the form sends it, and in words.
    choices: Vec<(String, Vec<(String, String)>)>,
    /// What is said of months that are not taken any more, as [`over`] says it.
    over: String,
    /// The last day on which an objection to the latest month still moves rank and rights; empty when it is over.
    object_until: String,
    objections: Vec<OwnObjection>,
    suggestions: Vec<OwnSuggestion>,
    /// Photos that the village shows or would like to show.
    on_board: Vec<OwnPhoto>,
    /// The objection as it was typed, and why it was refused; empty where none was.
    form: ObjectionForm,
    problem: String,
    reading: Reading,
}

/// What the form of the page sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ObjectionForm {
    /// The month, or the month and one of its acts: `2026-10`, `2026-10 H1a`.
    #[serde(default)]
    what: String,
    #[serde(default)]
    pub(crate) words: String,
    #[serde(default)]
    pub(crate) phone: String,
}

impl ObjectionForm {
    /// The month and the act that are objected to; without an act it is the whole month.
    pub(crate) fn chosen(&self) -> (&str, &str) {
        self.what.trim().split_once(' ').unwrap_or((self.what.trim(), ""))
    }
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

/// A published month.
struct ShownMonth {
    month: String,
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
    Named(token): Named<String>,
    reading: Reading,
) -> Result<Response, PageError> {
    let at = holder(&state, &token).await?;
    shown(&state, &token, at, (StatusCode::OK, String::new()), ObjectionForm::default(), reading).await
}

/// The page of a household, with the objection as it was typed where it was refused.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn shown(
    state: &State,
    token: &str,
    (household, village): (Place, Place),
    (status, problem): (StatusCode, String),
    form: ObjectionForm,
    reading: Reading,
) -> Result<Response, PageError> {
    let allowed = allow(state, &Actor::Holder, ReadOwn, village)?;
    let mut connection = state.database.connection().await?;
    let now = state.moment().local();
    let (place, months, objections, suggestions, published, rule, photos, files, awarded) =
        tenancy::read(&mut connection, &allowed, async |connection| {
            let place = forms::full_name(connection, &household).await?;
            let objections = objections_of_household(connection, &household, now).await?;
            let suggestions = suggestions_of_household(connection, &household, now).await?;
            let published = published(connection, &village).await?;
            let last = published.keys().map(|(_, month, _)| *month).max();
            let (months, photos) = match last.and_then(year_to) {
                Some(span) => (
                    forms::household_months(connection, &household, span, Versions::Published).await?,
                    photos_shown(connection, &household, span).await?,
                ),
                None => (Vec::new(), Vec::new()),
            };
            let rule = match months.last() {
                Some(last) => Some(rulebook::of(connection, &village, last.month).await?.objections),
                None => None,
            };
            let files = photo_files(connection, &household, None).await?;
            let awarded = years_awarded(connection, &village).await?;
            Ok((place, months, objections, suggestions, published, rule, photos, files, awarded))
        })
        .await?;
    let address = |hash: &Digest| format!("/h/{token}/photos/{}", hash.hex());
    let mut newest_first = months.iter().rev().map(|month| shown_month(month, &photos, &address));
    let latest = newest_first.next();
    let earlier = newest_first.collect();
    let last = months.last().map(|column| column.month);
    let on = published.iter().rfind(|((_, month, _), _)| Some(*month) == last);
    let is_taken = |month: &Month| !awarded.contains(&month.year());
    let is_over = last.is_some_and(|month| !is_taken(&month));
    let filing = on.zip(rule).map(|((_, published), rule)| filing(published.on, is_over, now, &rule));
    let taken = months.iter().rev().filter(|column| is_taken(&column.month));
    let shown = HouseholdPage {
        number: domain::publication::last_digits(&household).to_owned(),
        place,
        board: village.code(),
        token: token.to_owned(),
        latest,
        earlier,
        choices: taken.map(|month| (month.month.title(), choices(month))).collect(),
        over: over(months.iter().map(|column| column.month), &awarded),
        object_until: match filing {
            Some(Filing::InTime { until }) => date_title(until),
            Some(Filing::Late | Filing::Over) | None => String::new(),
        },
        objections: objections.into_iter().map(own_objection).collect(),
        suggestions: suggestions.into_iter().rev().map(own_suggestion).collect(),
        on_board: own_photos(files, token),
        form,
        problem,
        reading: reading.at(&format!("/h/{token}")),
    };
    let mut response = page(status, &shown);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What is said of the years of months whose awards are computed, so that no objection is taken any more; empty where
/// there is none.
pub(crate) fn over(months: impl Iterator<Item = Month>, awarded: &BTreeSet<i32>) -> String {
    let years: BTreeSet<i32> =
        months.map(|month| month.year()).filter(|year| awarded.contains(year)).collect();
    if years.is_empty() {
        return String::new();
    }
    let years = years.iter().map(|year| format!("{year}年")).collect::<Vec<_>>().join("、");
    format!("{years}的年终评比已算出，不再受理{years}各月的异议。")
}

/// The twelve months that end with one.
fn year_to(last: Month) -> Option<(Month, Month)> {
    let first = std::iter::successors(Some(last), |month| Some(month.previous())).nth(11)?;
    Some((first, last))
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

fn shown_month(
    month: &MonthColumn,
    photos: &[ShownPhoto],
    address: &impl Fn(&Digest) -> String,
) -> ShownMonth {
    let result = &month.result;
    let rank = result.rank_in_group.map(|rank| format!("组内第 {rank} 名"));
    let tier = result.tier.map(|tier: Tier| tier.title().to_owned());
    let standing: Vec<String> = rank.into_iter().chain(tier).collect();
    ShownMonth {
        month: month.month.title(),
        score: score(month),
        standing: standing.join(" · "),
        reasons: reasons(month, photos, address),
        total: result.year_total.short(),
    }
}

/// What can be objected to in a month: the whole of it, and the acts found, each with the words of its first rule.
fn choices(month: &MonthColumn) -> Vec<(String, String)> {
    let words = |act: &str| {
        let code = act.split('+').next().unwrap_or_default();
        let found = month.catalogue.rules().find(|(_, rule)| rule.code == code);
        found.map(|(item, rule)| format!("{}：{}", item.name, rule.text)).unwrap_or_else(|| act.to_owned())
    };
    let whole = (month.month.to_string(), format!("{}整个月的积分", month.month.title()));
    let acts = month.findings.iter().map(|finding| {
        let act = &finding.act;
        (format!("{} {act}", month.month), words(act))
    });
    std::iter::once(whole).chain(acts).collect()
}

fn score(month: &MonthColumn) -> String {
    let status = || month.result.status.title().to_owned();
    month.result.score.map_or_else(status, |points| format!("{} 分", points.short()))
}
