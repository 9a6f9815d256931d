//! The table of a county or town as a file: a line for each village.

use authz::Export;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::month::Month;
use domain::place::{Level, Place};
use records::objections::open_objections;
use records::progress::{VillageCounts, counts_of};
use records::{audit, places, tenancy};
use reporting::{Sheet, VillageLine, to_csv, to_xlsx};
use serde_json::json;

use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::Named;
use crate::publishing::{CSV, XLSX, attachment, written};
use crate::state::State;

/// `GET /overview/{place}/{month}/progress.xlsx`
pub(crate) async fn xlsx(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    let (sheet, name) = taken(&state, &caller, (&place, &month), "xlsx").await?;
    Ok(attachment(written(to_xlsx(&sheet))?, XLSX, &name))
}

/// `GET /overview/{place}/{month}/progress.csv`
pub(crate) async fn csv(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    let (sheet, name) = taken(&state, &caller, (&place, &month), "csv").await?;
    let mut bytes = Vec::new();
    written(to_csv(&sheet, &mut bytes))?;
    Ok(attachment(bytes, CSV, &name))
}

/// The sheet, and the name of its file; that it is taken out is logged before it is.
async fn taken(
    state: &State,
    caller: &Caller,
    (place, month): (&str, &str),
    format: &str,
) -> Result<(Sheet, String), PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let place: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let month = Month::parse(month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Export, place).await?;
    if matches!(place.level(), Level::Group | Level::Household) {
        return Err(PageError::NotFound);
    }
    let moment = state.moment();
    let mut connection = state.database.connection().await?;
    let (counts, name) = tenancy::read(&mut connection, &allowed, async |connection| {
        let open = open_objections(connection, &place).await?;
        let counts = counts_of(connection, &place, month, &open, moment.local()).await?;
        Ok((counts, places::name_of(connection, &place).await?))
    })
    .await?;
    let detail = json!({ "exported": "progress", "month": month.to_string(), "format": format });
    audit::note(&mut connection, &allowed, detail, &moment).await?;
    let lines: Vec<VillageLine> = counts.iter().map(line).collect();
    let file = format!("progress-{}-{month}.{format}", place.code());
    Ok((reporting::progress(month, &name, &lines), file))
}

fn line(one: &VillageCounts) -> VillageLine {
    let (signed, panels) = one.signed_panels.unwrap_or_default();
    VillageLine {
        town: one.town.clone(),
        village: one.village,
        name: one.name.clone(),
        resident: one.resident,
        taking_part: one.taking_part,
        with_card: one.with_card,
        scored: one.scored,
        signed_panels: signed,
        panels,
        closed: one.closed,
        published_on: one.published.map(|(_, on)| on),
        posted_on: one.board.map(|board| board.on),
        in_time: one.in_time,
        open_objections: one.open_objections,
        late: one.late.iter().map(|late| late.sentence()).collect::<Vec<_>>().join("；"),
    }
}
