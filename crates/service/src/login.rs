//! Logging in and out.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use records::accounts::Credentials;
use serde::Deserialize;
use tower_sessions::Session;

use crate::account::FormToken;
use crate::api::{begin_session, end_own_session};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Posted};
use crate::state::State;

#[derive(Template, Default)]
#[template(path = "account/login.html")]
struct LogInPage {
    /// The page that was asked for, empty for the own overview.
    next: String,
    login: String,
    message: String,
    asks_code: bool,
}

/// Where one logs in.
pub(crate) const LOG_IN: &str = "/login";

/// To the log-in, and from there to the page that was asked for.
pub(crate) fn log_in_for(wanted: &PathAndQuery) -> Redirect {
    match serde_urlencoded::to_string([("next", wanted.as_str())]) {
        Ok(query) if wanted.path() != "/" => Redirect::to(&format!("{LOG_IN}?{query}")),
        _ => Redirect::to(LOG_IN),
    }
}

/// A page of ours, where the text names one; no other site's.
fn own_page(next: &str) -> Option<&str> {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r', '\t']);
    Some(next).filter(|_| is_own)
}

/// What the log-in's address says.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
}

/// `GET /login`
pub(crate) async fn form(caller: Caller, Asked(wanted): Asked<Wanted>) -> Response {
    if caller.logged_in().is_some() {
        return Redirect::to(own_page(&wanted.next).unwrap_or("/account")).into_response();
    }
    page(StatusCode::OK, &LogInPage { next: wanted.next, ..LogInPage::default() })
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct LogIn {
    login: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`
pub(crate) async fn log_in(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
    headers: HeaderMap,
    Posted(form): Posted<LogIn>,
) -> Response {
    let credentials = Credentials {
        login: form.login.clone(),
        password: form.password,
        code: Some(form.code).filter(|code| !code.is_empty()),
    };
    match begin_session(&state, &session, &caller, &headers, &credentials).await {
        // An initial password is changed first.
        Ok((identity, _)) if identity.must_change => Redirect::to("/").into_response(),
        Ok(_) => Redirect::to(own_page(&form.next).unwrap_or("/")).into_response(),
        Err(problem) => {
            let asks_code = problem.code().starts_with("second_factor");
            let message = match problem.words() {
                words if words == problem.title() => words,
                words => format!("{}：{words}", problem.title()),
            };
            page(problem.status(), &LogInPage { next: form.next, login: form.login, message, asks_code })
        }
    }
}

/// `POST /logout`
pub(crate) async fn log_out(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
    Posted(token): Posted<FormToken>,
) -> Result<Response, PageError> {
    token.check(&caller)?;
    end_own_session(&state, &session, &caller).await?;
    Ok(Redirect::to(LOG_IN).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(
            own_page("/scoring/440229100204/2026-10?done=saved"),
            Some("/scoring/440229100204/2026-10?done=saved")
        );
        for elsewhere in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"]
        {
            assert_eq!(own_page(elsewhere), None, "{elsewhere:?}");
        }
    }
}
