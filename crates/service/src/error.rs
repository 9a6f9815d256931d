//! What a page answers when it cannot be shown.

use askama::Template;
use axum::http::StatusCode;
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
