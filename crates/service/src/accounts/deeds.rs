//! Passwords set anew, accounts switched off and on, and towns that see to the accounts of their villages.

use authz::{Delegate, ManageAccounts};
use axum::extract::State as Extract;
use axum::response::Response;
use records::accounts::{self, account, initial_password, reset_password, set_disabled};
use records::tenancy;
use serde::Deserialize;

use super::giving::Typed;
use super::one::shown_again;
use super::{HAND_OVER, SecretPage, addressed, page_of};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Posted};
use crate::shell::{Section, Told, Visit, done_at};
use crate::state::State;

/// `POST /accounts/{place}/{month}/{account}/password`: tells the new password, once.
pub(crate) async fn reset(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(token): Posted<FormToken>,
) -> Result<Response, PageError> {
    token.check(&caller)?;
    let (at, of_month) = addressed(&place, &month)?;
    let allowed = caller.allow(ManageAccounts, at).await?;
    let visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &Told::default()).await?;
    let found = {
        let mut connection = state.database.connection().await?;
        let wide = allowed.widened();
        tenancy::read(&mut connection, &wide, async |connection| account(connection, id).await).await?
    };
    let found = found.ok_or(PageError::NotFound)?;
    let password = initial_password()?;
    let reset = {
        let mut connection = state.database.connection().await?;
        reset_password(&mut connection, &allowed, id, &password, &state.moment()).await
    };
    if let Err(failure) = caller.noting(&allowed, reset).await {
        return shown_again(&state, &caller, visit, id, Typed::default(), failure.into()).await;
    }
    let secret = SecretPage {
        title: "密码已重设",
        facts: vec![("姓名", found.name), ("登录名", found.login)],
        name: "新的初始密码",
        secret: password,
        hint: HAND_OVER,
        next: page_of(&at, of_month, id),
        next_title: "回到账号",
        shell: visit.shell,
    };
    Ok(secret.answer())
}

/// Whether an account is switched off.
#[derive(Deserialize)]
pub(crate) struct SwitchForm {
    disabled: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /accounts/{place}/{month}/{account}/disabled`
pub(crate) async fn switch(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(form): Posted<SwitchForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let (at, of_month) = addressed(&place, &month)?;
    let allowed = caller.allow(ManageAccounts, at).await?;
    let disabled = form.disabled == "true";
    let switched = {
        let mut connection = state.database.connection().await?;
        set_disabled(&mut connection, &allowed, id, disabled, &state.moment()).await
    };
    let Err(failure) = caller.noting(&allowed, switched).await else {
        let code = if disabled { "switched-off" } else { "switched-on" };
        return Ok(done_at(&page_of(&at, of_month, id), code));
    };
    let visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &Told::default()).await?;
    shown_again(&state, &caller, visit, id, Typed::default(), failure.into()).await
}

/// Whether a town sees to the accounts of its villages.
#[derive(Deserialize)]
pub(crate) struct DelegationForm {
    delegated: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /accounts/{place}/{month}/delegation`
pub(crate) async fn delegate(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<DelegationForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let (at, month) = addressed(&place, &month)?;
    let allowed = caller.allow(Delegate, at).await?;
    let done = {
        let mut connection = state.database.connection().await?;
        accounts::delegate(&mut connection, &allowed, form.delegated == "true", &state.moment()).await
    };
    caller.noting(&allowed, done).await?;
    Ok(done_at(&Section::Accounts.at(&at, month), "saved"))
}
