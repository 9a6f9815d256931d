//! Roles given and taken back.

use authz::{Allowed, Grant, Role};
use axum::extract::State as Extract;
use axum::response::Response;
use records::accounts::{NewGrant, grant_role, grants_of, revoke_role};
use records::tenancy;
use serde::Deserialize;

use super::one::shown_again;
use super::{addressed, page_of};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Posted, day, place as place_of_code};
use crate::problem::Problem;
use crate::shell::{Section, Told, Visit, done_at};
use crate::state::State;

/// A role to give, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub(super) role: String,
    pub(super) place: String,
    pub(super) from: String,
    pub(super) until: String,
}

/// A role to give.
#[derive(Deserialize)]
pub(crate) struct GrantForm {
    #[serde(flatten)]
    typed: Typed,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /accounts/{place}/{month}/{account}/grants`
pub(crate) async fn give(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(form): Posted<GrantForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let (at, of_month) = addressed(&place, &month)?;
    let allowed = caller.allow(Grant, at).await?;
    let Err(error) = given(&state, &caller, &allowed, id, &form.typed).await else {
        return Ok(done_at(&page_of(&at, of_month, id), "granted"));
    };
    let visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &Told::default()).await?;
    shown_again(&state, &caller, visit, id, form.typed, error).await
}

async fn given(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<Grant>,
    id: i64,
    typed: &Typed,
) -> Result<(), PageError> {
    let role = Role::of_name(&typed.role).ok_or_else(|| Problem::invalid().because("请选择角色"))?;
    let at = place_of_code("地方", &typed.place)?;
    let allowed = allowed.narrow(at).map_err(|outside| Problem::invalid().because(outside.to_string()))?;
    let moment = state.moment();
    let from = day("开始日期", &typed.from)?.unwrap_or_else(|| moment.local().date());
    let new = NewGrant { account: id, role, from, until: day("截止日期", &typed.until)? };
    let given = {
        let mut connection = state.database.connection().await?;
        grant_role(&mut connection, &state.guard, &allowed, &new, &moment).await
    };
    caller.noting(&allowed, given).await?;
    Ok(())
}

/// `POST /accounts/{place}/{month}/{account}/grants/{grant}/revocation`: of a role at any place that the actor reaches.
pub(crate) async fn take(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id, grant)): Named<(String, String, i64, i64)>,
    Posted(token): Posted<FormToken>,
) -> Result<Response, PageError> {
    token.check(&caller)?;
    let (at, of_month) = addressed(&place, &month)?;
    let wide = caller.allow(Grant, at).await?.widened();
    let found = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &wide, async |connection| {
            let grants = grants_of(connection, &wide.place()).await?;
            Ok(grants.into_iter().find(|one| (one.id, one.account) == (grant, id)))
        })
        .await?
    };
    let found = found.ok_or(PageError::NotFound)?;
    let allowed = wide.narrow(found.place).map_err(|_| PageError::NotFound)?;
    let taken = {
        let mut connection = state.database.connection().await?;
        revoke_role(&mut connection, &state.guard, &allowed, grant, &state.moment()).await
    };
    let Err(failure) = caller.noting(&allowed, taken).await else {
        return Ok(done_at(&page_of(&at, of_month, id), "revoked"));
    };
    let visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &Told::default()).await?;
    shown_again(&state, &caller, visit, id, Typed::default(), failure.into()).await
}
