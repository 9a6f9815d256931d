//! One objection: what was said, what was done, who would flip, and the decision.

use askama::Template;
use authz::{DecideObjection, EnterCards, Reveal, ReviewObjection};
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::canonical::Digest;
use domain::catalogue::Catalogue;
use domain::month::{Month, date_title};
use domain::objections::ObjectionState;
use domain::place::{Level, Place};
use domain::scoring::{Finding, Pictured, Status, parse_findings};
use records::catalogue::catalogue_of;
use records::closing::StoredDifference;
use records::objections::objection;
use records::photos::{ShownPhoto, photos_shown};
use records::{places, tenancy};

use super::deeds::DecisionForm;
use super::preview::{Preview, preview};
use super::{Row, row};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::photos::Thumbs;
use crate::scoring::codes::{CodeLine, codes_of, with_items};
use crate::shell::{Section, Shell, Told, Visit, only_of_village};
use crate::state::State;

#[derive(Template)]
#[template(path = "objections/file.html")]
struct FilePage {
    shell: Shell,
    one: Row,
    id: i64,
    household_code: String,
    words: String,
    version: i16,
    /// The latest version of the month that the page shows, as the forms send it back.
    seen: String,
    card: String,
    /// What the codes on the page stand for.
    codes: Vec<CodeLine>,
    /// Of the household's month, for those who may score it.
    photos: Thumbs,
    steps: Vec<StepLine>,
    form: DecisionForm,
    /// Whether the caller may decide now, ask for a review, review.
    may: (bool, bool, bool),
    preview: Option<Preview>,
    /// What was tried, as the forms send it back; empty where nothing was.
    tried: String,
    /// Whether a phone was left, and whether the caller may see it and does not yet: asked for in the form that is open, so
    /// that what was typed stays.
    has_phone: bool,
    asks_phone: bool,
    /// The phone, where just revealed.
    phone: Option<String>,
}

/// What was done.
struct StepLine {
    what: &'static str,
    reason: String,
    by: String,
    on: String,
}

/// What a form of the page came back with.
pub(super) enum Answered {
    /// Nothing to show.
    Nothing,
    /// The households that the decision would move, and what was tried.
    Tried { moved: Vec<StoredDifference>, meant: String },
    /// The phone that was left.
    Phone(String),
}

/// `GET /objections/{place}/{month}/{objection}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Objections, (&place, &month), &told).await?;
    if visit.place.level() > Level::Village {
        let month = visit.month;
        return only_of_village(&visit, |village| address(village, month, id));
    }
    shown(&state, &caller, visit, id, (StatusCode::OK, Answered::Nothing), DecisionForm::default()).await
}

/// The address of an objection: its village's, where it is decided.
pub(super) fn address(village: &Place, month: Month, id: i64) -> String {
    format!("{}/{id}", Section::Objections.at(village, month))
}

/// The page of an objection.
///
/// # Errors
/// An objection that is not there.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    id: i64,
    (status, answered): (StatusCode, Answered),
    form: DecisionForm,
) -> Result<Response, PageError> {
    let (place, now) = (visit.place, state.moment().local());
    let sees_photos = caller.may(EnterCards, place);
    let found = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let Some(file) = objection(connection, &place, id, now).await? else { return Ok(None) };
            let (village, month) = (file.summary.village, file.summary.month);
            let catalogue = catalogue_of(connection, &village, month).await?;
            let names = places::names_in(connection, &village).await?;
            let photos = match sees_photos {
                true => photos_shown(connection, &file.summary.household, (month, month)).await?,
                false => Vec::new(),
            };
            Ok(Some((file, catalogue.map(|stored| stored.catalogue).unwrap_or_default(), names, photos)))
        })
        .await?
    };
    let (file, catalogue, names, photos) = found.ok_or(PageError::NotFound)?;
    let (code, month) = (file.summary.household.code(), file.summary.month);
    if file.summary.village != place {
        // It was looked for from above: what its forms send goes to the village.
        return Ok(Redirect::to(&address(&file.summary.village, month, id)).into_response());
    }
    // What was objected to, or the whole month.
    let meant = |photo: &&ShownPhoto| match &photo.pictured {
        Pictured::Act(act) => file.summary.about.is_empty() || *act == file.summary.about,
        Pictured::House | Pictured::Item(_) => true,
    };
    let photo = |hash: &Digest| format!("/household/{code}/{month}/photos/{}", hash.hex());
    let photos = Thumbs::of(photos.iter().filter(meant), "评分", photo);
    let (village, objection_state) = (file.summary.village, file.summary.state);
    let may = (
        matches!(objection_state, ObjectionState::Open { .. }) && caller.may(DecideObjection, village),
        matches!(objection_state, ObjectionState::Decided(_)) && caller.may(DecideObjection, village),
        matches!(objection_state, ObjectionState::UnderReview(_)) && caller.may(ReviewObjection, village),
    );
    let findings = file.card.iter().flat_map(|(_, findings)| findings);
    let about = parse_findings(&file.summary.about).unwrap_or_default();
    let codes = codes_of(findings.chain(&about), &catalogue);
    let latest = file.latest_version.map(|version| version.to_string()).unwrap_or_default();
    let (moved, tried, phone) = match answered {
        // What was tried stays with what was typed, so that a refusal is not a way past it.
        Answered::Nothing => (None, form.tried.clone(), None),
        Answered::Tried { moved, meant } => (Some(moved), meant, None),
        Answered::Phone(phone) => (None, form.tried.clone(), Some(phone)),
    };
    // What was tried was tried on the version that was shown before: what follows counts for no other.
    let seen = if moved.is_some() { form.seen.clone() } else { latest };
    let steps = file.steps.into_iter().map(|step| StepLine {
        what: step.kind.title(),
        reason: filled(step.reason.unwrap_or_else(|| "已依法删除".to_owned())),
        by: step.by,
        on: date_title(step.on),
    });
    let shown = FilePage {
        id,
        household_code: file.summary.household.code(),
        words: file.words.unwrap_or_else(|| "已依法删除".to_owned()),
        version: file.version,
        seen,
        card: card_words(file.card.as_ref(), &catalogue),
        codes,
        photos,
        steps: steps.collect(),
        one: row(file.summary, caller.may(DecideObjection, village), &names),
        form,
        may,
        preview: moved.map(|moved| preview(&moved, &names)),
        tried,
        has_phone: file.has_phone,
        asks_phone: file.has_phone && phone.is_none() && caller.may(Reveal, village),
        phone,
        shell: visit.shell,
    };
    let mut response = page(status, &shown);
    if shown.phone.is_some() {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// What the card says that counts now.
fn card_words(card: Option<&(Status, Vec<Finding>)>, catalogue: &Catalogue) -> String {
    match card {
        None => "没有积分卡（未评）".to_owned(),
        Some((Status::Scored, findings)) if findings.is_empty() => "无扣分".to_owned(),
        Some((Status::Scored, findings)) => with_items(findings, catalogue),
        Some((status, _)) => status.title().to_owned(),
    }
}

/// A text, or a dash where nothing was written.
fn filled(text: String) -> String {
    if text.trim().is_empty() { "—".to_owned() } else { text }
}
