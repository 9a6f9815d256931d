//! The notice of a village's month as files: the sheet for the board, the picture for chat groups, the text for the
//! loudspeaker. Before publication each says that it is a preview.

use std::sync::Arc;

use authz::Export;
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::Notice;
use records::{audit, publication, tenancy};
use reporting::paper::{self, Paper, PaperError, Printer};
use serde_json::json;

use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::Named;
use crate::problem::Problem;
use crate::state::State;

/// A file that a notice is taken out as.
#[derive(Clone, Copy)]
struct Taken {
    /// What the log calls it.
    what: &'static str,
    /// How its name ends.
    format: &'static str,
    kind: &'static str,
}

const SHEET: Taken = Taken { what: "notice", format: "pdf", kind: "application/pdf" };
const PICTURE: Taken = Taken { what: "picture", format: "png", kind: "image/png" };
const TEXT: Taken = Taken { what: "loudspeaker", format: "txt", kind: "text/plain; charset=utf-8" };

/// `GET /publication/{place}/{month}/notice.pdf`: the sheet for the board, A3.
pub(crate) async fn pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    let notice = taken(&state, &caller, (&place, &month), SHEET).await?;
    let (url, phone) = (board_address(&state, &notice.village), state.http.supervision_phone.clone());
    let sheet = paper::notice(&notice, Paper::A3, &url, &phone);
    let bytes = printed(&state, move |printer| printer.pdf(&sheet)).await?;
    Ok(file(bytes, SHEET, &notice))
}

/// `GET /publication/{place}/{month}/notice.png`: the picture for chat groups.
pub(crate) async fn png(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    let notice = taken(&state, &caller, (&place, &month), PICTURE).await?;
    let sheet = paper::picture(&notice, &board_address(&state, &notice.village));
    let bytes = printed(&state, move |printer| printer.png(&sheet)).await?;
    Ok(file(bytes, PICTURE, &notice))
}

/// `GET /publication/{place}/{month}/notice.txt`: what the loudspeaker reads out.
pub(crate) async fn txt(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    let notice = taken(&state, &caller, (&place, &month), TEXT).await?;
    Ok(file(paper::loudspeaker(&notice).into_bytes(), TEXT, &notice))
}

/// The address of a village's board, as sheets print it.
pub(super) fn board_address(state: &State, village: &Place) -> String {
    format!("{}/p/{}", state.public_url(), village.code())
}

/// The notice of the latest version; that it is taken out is logged before it is.
async fn taken(
    state: &State,
    caller: &Caller,
    (place, month): (&str, &str),
    taken: Taken,
) -> Result<Notice, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let village: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let month = Month::parse(month).map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Export, village).await?;
    if village.level() != Level::Village {
        return Err(PageError::NotFound);
    }
    let zone = state.zone;
    let mut connection = state.database.connection().await?;
    let notice = tenancy::read(&mut connection, &allowed, async |connection| {
        publication::notice(connection, &village, month, zone).await
    })
    .await?;
    let nothing = || Problem::refused().because("该月还没有结账，没有公示单可以下载，请先结账");
    let notice = notice.ok_or_else(nothing)?;
    let detail = json!({ "exported": taken.what, "month": month.to_string(), "version": notice.version,
        "format": taken.format });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    Ok(notice)
}

/// Sets a sheet. Fonts take as much memory as photos do: a few at a time, the others wait their turn.
pub(crate) async fn printed(
    state: &State,
    set: impl FnOnce(&Printer) -> Result<Vec<u8>, PaperError> + Send + 'static,
) -> Result<Vec<u8>, PageError> {
    let turn = Arc::clone(&state.decoding).acquire_owned().await.map_err(|_| Problem::fault())?;
    // The turn ends with the work, also where nobody waits for it any more.
    let work = move || {
        let _turn = turn;
        Printer::new().and_then(|printer| set(&printer))
    };
    let done = tokio::task::spawn_blocking(work).await;
    match done {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            tracing::error!(%error, "a notice was not set");
            Err(Problem::fault().because(error.to_string()).into())
        }
        Err(error) => {
            tracing::error!(%error, "setting a notice broke off");
            Err(Problem::fault().because("排版中断，请再试一次").into())
        }
    }
}

fn file(bytes: Vec<u8>, taken: Taken, notice: &Notice) -> Response {
    let preview = if notice.is_preview() { "-preview" } else { "" };
    let (village, month, version) = (notice.village.code(), notice.month, notice.version);
    let name = format!(
        "attachment; filename=\"{}-{village}-{month}-v{version}{preview}.{}\"",
        taken.what, taken.format
    );
    let headers = [
        (CONTENT_TYPE, taken.kind.to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
