//! What a page answers when it cannot be shown.

use askama::Template;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use records::forms::county_of_token;

use crate::login::{LOG_IN, log_in_for};
use crate::problem::{Failure, Problem, ToldProblem};
use crate::reading::Reading;
use crate::shell::village_of;

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
    /// Line by line.
    remedy: String,
    /// Where one can go on.
    back: String,
    reading: Reading,
}

impl IntoResponse for PageError {
    /// A problem, which [`for_people`] makes a page of.
    fn into_response(self) -> Response {
        let problem = match self {
            Self::LogIn => return Redirect::to(LOG_IN).into_response(),
            Self::NotFound => Problem::not_found().because("没有这一页。请核对网址，或向村委会询问。"),
            Self::Problem(problem) => *problem,
            Self::Fault(error) => {
                tracing::error!(%error, "a page failed");
                Problem::fault().because("请稍后再试；如一直这样，请告诉村委会。")
            }
        };
        problem.into_response()
    }
}

/// The answer to an address that no route has.
pub(crate) async fn not_found() -> PageError {
    PageError::NotFound
}

/// Problems become pages where people read them, and who has to log in first comes back afterwards.
pub(crate) async fn for_people(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // What scripts of the phone ask for is answered as the API answers.
    let is_api = ["/api/", "/phone/"].iter().any(|start| path.starts_with(start));
    let home = home(path);
    let is_households = path.starts_with("/h/");
    let reading = Reading::of(request.method(), request.uri());
    let wanted = request.uri().path_and_query().filter(|_| request.method() == Method::GET).cloned();
    let response = next.run(request).await;
    if response.headers().get(LOCATION).is_some_and(|to| to == LOG_IN)
        && let Some(wanted) = wanted
    {
        return log_in_for(&wanted).into_response();
    }
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if is_api || kind != Some(b"application/problem+json") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_PROBLEM).await.unwrap_or_default();
    let told: ToldProblem = serde_json::from_slice(&body).unwrap_or_default();
    // A household's page that is not there may be that of a card which opens nothing any more.
    let home = home.filter(|_| !is_households || parts.status != StatusCode::NOT_FOUND);
    let reading = match &home {
        Some(home) => reading.at(home),
        None => reading,
    };
    let back = home.unwrap_or_else(|| "/".to_owned());
    let shown = ErrorPage { remedy: told.sentence(), title: told.title, back, reading };
    let shown = page(parts.status, &shown);
    let (told, body) = shown.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(told.headers);
    Response::from_parts(parts, body)
}

/// Where somebody can go on whom a page refused something: the own household's page or the village's board, if it was
/// from there. None for that page or board itself, which may not be there.
fn home(path: &str) -> Option<String> {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("h"), Some(token), Some(_)) if county_of_token(token).is_some() => Some(format!("/h/{token}")),
        (Some("p"), Some(village), Some(_)) if village_of(village).is_ok() => Some(format!("/p/{village}")),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_refused_goes_on_from_where_it_was() {
        let own = format!("/h/440229{}", "a1".repeat(16));
        assert_eq!(home(&format!("{own}/objections")), Some(own.clone()));
        assert_eq!(home("/p/440229100204/objections").as_deref(), Some("/p/440229100204"));
        for nowhere in [own.as_str(), "/h/abc/objections", "/p/%FF/objections", "/p/440229/objection"] {
            assert_eq!(home(nowhere), None, "a page that is not there is no way back: {nowhere}");
        }
        assert_eq!(home("/panels/440229100204/2026-10/members"), None);
    }
}
