//! 账号: who works at a place, in which roles, and what those who see to accounts do about them.

mod deeds;
mod giving;
mod list;
mod making;
mod one;
mod tokens;
mod words;

use askama::Template;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::month::Month;
use domain::place::Place;

use crate::error::{PageError, page};
use crate::shell::{Section, Shell};

pub(crate) use deeds::{delegate, reset, switch};
pub(crate) use giving::{give, take};
pub(crate) use list::show;
pub(crate) use making::add;
pub(crate) use one::one;
pub(crate) use tokens::{issue, revoke, tokens};
pub(crate) use words::holders_of;

/// A page that is shown once: it tells a password or a token.
#[derive(Template)]
#[template(path = "accounts/secret.html")]
struct SecretPage {
    shell: Shell,
    title: &'static str,
    /// Whose it is, or what it is for.
    facts: Vec<(&'static str, String)>,
    /// What the secret is called.
    name: &'static str,
    secret: String,
    hint: &'static str,
    next: String,
    next_title: &'static str,
}

impl SecretPage {
    /// The page, which no cache keeps.
    fn answer(&self) -> Response {
        let mut response = page(StatusCode::OK, self);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// What whoever hands an initial password over is told.
const HAND_OVER: &str = "密码只在这里显示这一次，系统里查不到。请打印本页或抄下来，当面交给本人，不要用微信群转发。\
    本人首次登录时须改成自己的密码，改好以前别的事不能办。丢了就再重设一次。";

/// The place and month of an address.
fn addressed(place: &str, month: &str) -> Result<(Place, Month), PageError> {
    let place: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let month = Month::parse(month).map_err(|_| PageError::NotFound)?;
    Ok((place, month))
}

/// The address of an account's page.
fn page_of(place: &Place, month: Month, account: i64) -> String {
    format!("{}/{account}", Section::Accounts.at(place, month))
}
