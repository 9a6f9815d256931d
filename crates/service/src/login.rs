//! Logging in and out.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use records::accounts::Credentials;
use serde::Deserialize;
use tower_sessions::Session;

use crate::account::FormToken;
use crate::api::{begin_session, end_own_session};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::Posted;
use crate::state::State;

#[derive(Template, Default)]
#[template(path = "account/login.html")]
struct LogInPage {
    login: String,
    message: String,
    asks_code: bool,
}

/// `GET /login`
pub(crate) async fn form(caller: Caller) -> Response {
    if caller.logged_in().is_some() {
        return Redirect::to("/account").into_response();
    }
    page(StatusCode::OK, &LogInPage::default())
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct LogIn {
    login: String,
    password: String,
    #[serde(default)]
    code: String,
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
        Ok(_) => Redirect::to("/").into_response(),
        Err(problem) => {
            let asks_code = problem.code().starts_with("second_factor");
            let message = match problem.words() {
                words if words == problem.title() => words,
                words => format!("{}：{words}", problem.title()),
            };
            page(problem.status(), &LogInPage { login: form.login, message, asks_code })
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
    Ok(Redirect::to("/login").into_response())
}
