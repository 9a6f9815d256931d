//! What phones hand in: photos by their content, then the sheets that name them.

use std::collections::BTreeMap;

use authz::EnterCards;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Level;
use domain::points::Points;
use domain::scoring::{Receipt, Status};
use records::photos::{NewPhoto, keep_photo};
use records::sheets::{HandedIn, Sheet, SheetPhoto, hand_in};
use serde::{Deserialize, Serialize};

use crate::account::FormToken;
use crate::caller::Caller;
use crate::http::input::{Input, Named, place_of, short, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// `PUT /phone/photos/{household}/{month}/{sha256}`: the bytes of a photo.
pub(crate) async fn photo(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((household, month, hash)): Named<(String, String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Answered<StatusCode> {
    let household = place_of("household", &household, Level::Household)?;
    let month = crate::http::input::month("month", &month)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let reach = caller.reach()?;
    let at = if village.contains(&reach) { reach } else { village };
    let allowed = caller.allow(EnterCards, at).await?;
    let token = headers.get("x-form-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
    FormToken::new(token).check(&caller)?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let client_hash = hex::decode(&hash).ok().and_then(|bytes| Digest::from_bytes(&bytes));
    let client_hash = client_hash.ok_or_else(|| wrong("sha256", "应是 64 位十六进制数".into()))?;
    // Only now is it read: nobody's photo takes memory.
    let bytes = Bytes::from_request(request, &state).await.map_err(|_| Problem::too_large())?;
    // Decoding takes memory: a few at a time, the others wait their turn.
    let _turn = state.decoding.acquire().await.map_err(|_| Problem::fault())?;
    let mut connection = state.database.connection().await?;
    let login = logged_in.identity.login.as_str();
    let photo = NewPhoto { household, month, client_hash, bytes: bytes.to_vec(), login };
    keep_photo(&mut connection, &allowed, &state.photos, photo, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A sheet as the phone sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct SentSheet {
    key: String,
    month: String,
    household_code: String,
    panel: String,
    catalogue_id: Option<i64>,
    base_revision: i16,
    scored_on: String,
    status: String,
    #[serde(default)]
    findings: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    late_reason: Option<String>,
    #[serde(default)]
    photos: Vec<String>,
    /// The items at which they were taken, by the photos' hashes; sheets that waited from before name none.
    #[serde(default)]
    photo_items: BTreeMap<String, String>,
}

/// Sheets that the phone hands in.
#[derive(Debug, Deserialize)]
pub(crate) struct SentSheets {
    form_token: String,
    sheets: Vec<SentSheet>,
}

/// How a sheet was received.
#[derive(Debug, Serialize)]
pub(crate) struct ReceiptLine {
    key: String,
    outcome: &'static str,
    message: String,
    revision: Option<i16>,
    score: Option<String>,
}

/// How every sheet was received.
#[derive(Debug, Serialize)]
pub(crate) struct Receipts {
    receipts: Vec<ReceiptLine>,
}

/// `POST /phone/sheets`
pub(crate) async fn sheets(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(sent): Input<SentSheets>,
) -> Answered<Json<Receipts>> {
    let allowed = caller.allow(EnterCards, caller.reach()?).await?;
    FormToken::new(&sent.form_token).check(&caller)?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let sheets = sent.sheets.into_iter().map(sheet).collect::<Result<Vec<_>, _>>()?;
    let identity = &logged_in.identity;
    let mut connection = state.database.connection().await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let handed_in =
        hand_in(&mut connection, &allowed, identity.account, &identity.login, &sheets, salts, &moment)
            .await?;
    Ok(Json(Receipts { receipts: handed_in.into_iter().map(line).collect() }))
}

fn sheet(sent: SentSheet) -> Result<Sheet, Problem> {
    short("note", sent.note.as_deref())?;
    short("late_reason", sent.late_reason.as_deref())?;
    let photo = |hash: &String| {
        let client_hash = hex::decode(hash).ok().and_then(|bytes| Digest::from_bytes(&bytes));
        let client_hash = client_hash.ok_or_else(|| wrong("photos", format!("“{hash}”不是照片的校验码")))?;
        let item = sent.photo_items.get(hash).filter(|item| is_item_code(item)).cloned();
        Ok(SheetPhoto { client_hash, act: None, item })
    };
    Ok(Sheet {
        month: Month::parse(&sent.month).map_err(|error| wrong("month", error.to_string()))?,
        household: place_of("household_code", &sent.household_code, Level::Household)?,
        status: Status::stated(&sent.status)
            .ok_or_else(|| wrong("status", format!("“{}”不是状态", sent.status)))?,
        scored_on: sent
            .scored_on
            .parse()
            .map_err(|_| wrong("scored_on", format!("“{}”不是日期", sent.scored_on)))?,
        photos: sent.photos.iter().map(photo).collect::<Result<_, Problem>>()?,
        key: sent.key,
        panel: sent.panel,
        findings: sent.findings,
        late_reason: sent.late_reason,
        note: sent.note,
        seen_on_paper: false,
        catalogue: sent.catalogue_id,
        base_revision: sent.base_revision,
    })
}

/// Whether a text can be the code of an item; another names none, and the photo shows the house.
fn is_item_code(text: &str) -> bool {
    (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn line(handed_in: HandedIn) -> ReceiptLine {
    let outcome = match handed_in.receipt {
        Receipt::Entered => "entered",
        Receipt::Same => "same",
        Receipt::Conflict => "conflict",
        Receipt::Late => "late",
        Receipt::Unclear => "unclear",
    };
    ReceiptLine {
        key: handed_in.key,
        outcome,
        message: handed_in.message,
        revision: handed_in.revision,
        score: handed_in.score.map(Points::short),
    }
}
