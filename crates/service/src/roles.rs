//! `/roles`: which role may do what, the table the decisions rest on.

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::Header;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::state::State;

#[derive(Template)]
#[template(path = "account/roles.html")]
struct RolesPage<'a> {
    top: Header,
    roles: &'a [(String, String)],
    acts: &'a [(String, String, Vec<bool>)],
}

/// `GET /roles`
pub(crate) async fn show(Extract(state): Extract<State>, caller: Caller) -> Result<Response, PageError> {
    let logged_in = caller.logged_in().ok_or(PageError::LogIn)?;
    let table = state.guard.table();
    let top = Header::of(&state, logged_in).await?;
    Ok(page(StatusCode::OK, &RolesPage { top, roles: table.roles(), acts: table.acts() }))
}
