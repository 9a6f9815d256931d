//! What a page answers when it cannot be shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Why a page cannot be shown.
pub(crate) enum PageError {
    /// There is none, or it may not be seen: one answer for both.
    NotFound,
    /// Something broke.
    Fault(records::Error),
}

impl From<records::Error> for PageError {
    fn from(error: records::Error) -> Self {
        Self::Fault(error)
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    title: &'static str,
    remedy: &'static str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, remedy) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "没有这一页", "请核对网址，或向村委会询问。"),
            Self::Fault(error) => {
                tracing::error!(%error, "a page failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "暂时无法显示", "请稍后再试；如一直这样，请告诉村委会。")
            }
        };
        page(status, &ErrorPage { title, remedy })
    }
}

/// The answer to an address that no route has.
pub(crate) async fn not_found() -> PageError {
    PageError::NotFound
}

/// Renders a page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
