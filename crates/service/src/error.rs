//! What a page answers when it cannot be shown.

use askama::Template;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::problem::{Failure, Problem};

/// Why a page cannot be shown.
pub(crate) enum PageError {
    /// There is none, or it may not be seen: one answer for both.
    NotFound,
    /// Nobody is logged in: the page is behind the log-in.
    LogIn,
    /// The request cannot be done, with the reason.
    Problem(Box<Problem>),
    /// Something broke.
    Fault(records::Error),
}

impl From<records::Error> for PageError {
    fn from(error: records::Error) -> Self {
        match error {
            records::Error::Refused(_) => Self::Problem(Box::new(error.into())),
            fault => Self::Fault(fault),
        }
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        match problem.status() {
            StatusCode::UNAUTHORIZED => Self::LogIn,
            StatusCode::NOT_FOUND => Self::NotFound,
            _ => Self::Problem(Box::new(problem)),
        }
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Problem(problem) => (*problem).into(),
            // Forms carry no idempotency keys.
            Failure::Replayed(_) => Self::NotFound,
        }
    }
}

/// The most bytes of a problem.
const LONGEST_PROBLEM: usize = 64 << 10;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    title: String,
    remedy: String,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, remedy) = match self {
            Self::LogIn => return Redirect::to("/login").into_response(),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "没有这一页".to_owned(), "请核对网址，或向村委会询问。".to_owned())
            }
            Self::Problem(problem) => (problem.status(), problem.title().to_owned(), problem.words()),
            Self::Fault(error) => {
                tracing::error!(%error, "a page failed");
                let remedy = "请稍后再试；如一直这样，请告诉村委会。".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "暂时无法显示".to_owned(), remedy)
            }
        };
        page(status, &ErrorPage { title, remedy })
    }
}

/// The answer to an address that no route has.
pub(crate) async fn not_found() -> PageError {
    PageError::NotFound
}

/// Problems of layers, as limits are, become pages where people read them.
pub(crate) async fn for_people(request: Request, next: Next) -> Response {
    // What scripts of the phone ask for is answered as the API answers.
    let is_api = ["/api/", "/phone/"].iter().any(|start| request.uri().path().starts_with(start));
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if is_api || kind != Some(b"application/problem+json") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_PROBLEM).await.unwrap_or_default();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let shown = page(parts.status, &ErrorPage { title: text("title"), remedy: text("detail") });
    let (told, body) = shown.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(told.headers);
    Response::from_parts(parts, body)
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
