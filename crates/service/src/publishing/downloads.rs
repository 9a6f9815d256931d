//! The notice of a village's month as files: the sheet for the board, the picture for chat groups, the text for the
//! loudspeaker, and the honour roll. Before publication each says that it is a preview.

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
use crate::problem::{Answered, Problem};
use crate::state::State;

/// A file that a notice is taken out as.
#[derive(Clone, Copy)]
pub(crate) enum NoticeFile {
    /// The sheet for the board, A3.
    Sheet,
    /// The picture for chat groups.
    Picture,
    /// What the loudspeaker reads out.
    Text,
    /// The honour roll (光荣榜).
    Honours,
}

impl NoticeFile {
    /// What the log calls it.
    fn what(self) -> &'static str {
        match self {
            Self::Sheet => "notice",
            Self::Picture => "picture",
            Self::Text => "loudspeaker",
            Self::Honours => "honours",
        }
    }

    /// How its name ends, and its media type.
    fn format(self) -> (&'static str, &'static str) {
        match self {
            Self::Sheet | Self::Honours => ("pdf", "application/pdf"),
            Self::Picture => ("png", "image/png"),
            Self::Text => ("txt", "text/plain; charset=utf-8"),
        }
    }
}

/// `GET /publication/{place}/{month}/notice.pdf`: the sheet for the board, A3.
pub(crate) async fn pdf(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    on_page(&state, &caller, (&place, &month), NoticeFile::Sheet).await
}

/// `GET /publication/{place}/{month}/notice.png`: the picture for chat groups.
pub(crate) async fn png(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    on_page(&state, &caller, (&place, &month), NoticeFile::Picture).await
}

/// `GET /publication/{place}/{month}/notice.txt`: what the loudspeaker reads out.
pub(crate) async fn txt(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    on_page(&state, &caller, (&place, &month), NoticeFile::Text).await
}

/// `GET /publication/{place}/{month}/honours.pdf`: the honour roll.
pub(crate) async fn honours(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
) -> Result<Response, PageError> {
    on_page(&state, &caller, (&place, &month), NoticeFile::Honours).await
}

async fn on_page(
    state: &State,
    caller: &Caller,
    (place, month): (&str, &str),
    wanted: NoticeFile,
) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let village: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let month = Month::parse(month).map_err(|_| PageError::NotFound)?;
    Ok(notice_file(state, caller, village, month, wanted).await?)
}

/// The notice of a village's month, in its latest version, as a file.
///
/// # Errors
/// No permission, a place that is no village, a month that is not closed, a sheet that cannot be set.
pub(crate) async fn notice_file(
    state: &State,
    caller: &Caller,
    village: Place,
    month: Month,
    wanted: NoticeFile,
) -> Answered<Response> {
    let notice = taken(state, caller, village, month, wanted).await?;
    let url = board_address(state, &village);
    let bytes = match wanted {
        NoticeFile::Sheet => {
            let sheet = paper::notice(&notice, Paper::A3, &url, &state.http.supervision_phone);
            printed(state, move |printer| printer.pdf(&sheet)).await?
        }
        NoticeFile::Picture => {
            let sheet = paper::picture(&notice, &url);
            printed(state, move |printer| printer.png(&sheet)).await?
        }
        NoticeFile::Text => paper::loudspeaker(&notice).into_bytes(),
        NoticeFile::Honours => {
            let sheet = paper::honour_roll(&notice);
            printed(state, move |printer| printer.pdf(&sheet)).await?
        }
    };
    let preview = if notice.is_preview() { "-preview" } else { "" };
    let (extension, kind) = wanted.format();
    let (what, code, version) = (wanted.what(), village.code(), notice.version);
    Ok(attachment(bytes, kind, &format!("{what}-{code}-{month}-v{version}{preview}.{extension}")))
}

/// The address of a village's board, as sheets print it.
pub(super) fn board_address(state: &State, village: &Place) -> String {
    format!("{}/p/{}", state.public_url(), village.code())
}

/// The notice of the latest version; that it is taken out is logged before it is.
async fn taken(
    state: &State,
    caller: &Caller,
    village: Place,
    month: Month,
    wanted: NoticeFile,
) -> Answered<Notice> {
    let allowed = caller.allow(Export, village).await?;
    if village.level() != Level::Village {
        return Err(Problem::not_found().into());
    }
    let zone = state.zone;
    let mut connection = state.database.connection().await?;
    let notice = tenancy::read(&mut connection, &allowed, async |connection| {
        publication::notice(connection, &village, month, zone).await
    })
    .await?;
    let nothing = || Problem::refused().because("该月还没有结账，没有公示单可以下载，请先结账");
    let notice = notice.ok_or_else(nothing)?;
    let detail = json!({ "exported": wanted.what(), "month": month.to_string(), "version": notice.version,
        "format": wanted.format().0 });
    audit::note(&mut connection, &allowed, detail, &state.moment()).await?;
    Ok(notice)
}

/// Sets a sheet. Fonts take as much memory as photos do: a few at a time, the others wait their turn.
///
/// # Errors
/// A sheet that cannot be set.
pub(crate) async fn printed(
    state: &State,
    set: impl FnOnce(&Printer) -> Result<Vec<u8>, PaperError> + Send + 'static,
) -> Result<Vec<u8>, Problem> {
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
            tracing::error!(%error, "a sheet was not set");
            Err(Problem::fault().because(error.to_string()))
        }
        Err(error) => {
            tracing::error!(%error, "setting a sheet broke off");
            Err(Problem::fault().because("排版中断，请再试一次"))
        }
    }
}

/// A file to keep under a name; nobody on the way keeps it.
pub(crate) fn attachment(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
