//! New accounts.

use authz::ManageAccounts;
use axum::extract::State as Extract;
use axum::response::Response;
use records::accounts::{NewAccount, add_account, initial_password};
use serde::Deserialize;

use super::list::{Typed, shown};
use super::{HAND_OVER, SecretPage, addressed, page_of};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Posted};
use crate::shell::{Section, Told, Visit, refused};
use crate::state::State;

/// A new account.
#[derive(Deserialize)]
pub(crate) struct NewForm {
    #[serde(flatten)]
    typed: Typed,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /accounts/{place}/{month}`: makes an account and tells its first password, once.
pub(crate) async fn add(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<NewForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let (at, month) = addressed(&place, &month)?;
    let allowed = caller.allow(ManageAccounts, at).await?;
    let of_month = month.to_string();
    let mut visit =
        Visit::of(&state, &caller, Section::Accounts, (&place, &of_month), &Told::default()).await?;
    let (login, name) = (form.typed.login.trim().to_ascii_lowercase(), form.typed.name.trim().to_owned());
    let password = initial_password()?;
    let new = NewAccount {
        login: login.clone(),
        name: name.clone(),
        password: password.clone(),
        must_change: true,
    };
    let added = {
        let mut connection = state.database.connection().await?;
        add_account(&mut connection, &allowed, &new, &state.moment()).await
    };
    let id = match caller.noting(&allowed, added).await {
        Ok(id) => id,
        Err(failure) => {
            let (status, words) = refused(failure.into())?;
            visit.shell.problem = words;
            return shown(&state, &caller, visit, 0, form.typed, status).await;
        }
    };
    let secret = SecretPage {
        title: "账号已建好",
        facts: vec![("姓名", name), ("所属地方", visit.shell.place_name.clone()), ("登录名", login)],
        name: "初始密码",
        secret: password,
        hint: HAND_OVER,
        next: page_of(&at, month, id),
        next_title: "接着授予角色",
        shell: visit.shell,
    };
    Ok(secret.answer())
}
