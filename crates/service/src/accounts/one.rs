//! One account: its roles, and what may be done about it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::{Allowed, Grant, Guard, ManageAccounts, Role, check_delegation, may_grant};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::Place;
use records::accounts::{AccountSummary, GrantRow, account, delegated, grants_of};
use records::{places, tenancy};

use super::giving::Typed;
use super::page_of;
use super::words::{RoleLine, Word, is_over, states};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::log::{named, place_of_actor};
use crate::shell::{Section, Shell, Told, Visit, refused};
use crate::state::State;

#[derive(Template)]
#[template(path = "accounts/account.html")]
struct AccountPage {
    shell: Shell,
    /// The address of this page: forms post below it.
    here: String,
    id: i64,
    name: String,
    login: String,
    home: String,
    made: String,
    states: Vec<Word>,
    disabled: bool,
    roles: Vec<RoleLine>,
    /// Places at which the reader gives roles, and the roles; none where the reader may give none.
    places: Vec<Choice>,
    offered: Vec<Choice>,
    typed: Typed,
    today: String,
    /// Why the reader does not see to password and state, empty where the reader does.
    why_not: String,
}

/// Something to choose in a form.
struct Choice {
    value: String,
    title: String,
    chosen: bool,
}

/// An account with what belongs to it, as far as its reader reaches.
struct Seen {
    account: AccountSummary,
    grants: Vec<GrantRow>,
    names: BTreeMap<Place, String>,
    /// The place of the page and those one level below it.
    places: Vec<(Place, String)>,
    /// Whether the reader's town sees to the accounts of its villages.
    delegated: bool,
}

/// `GET /accounts/{place}/{month}/{account}`
pub(crate) async fn one(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &told).await?;
    shown(&state, &caller, visit, id, Typed::default(), StatusCode::OK).await
}

/// The page again, with the reason why something was not done.
pub(super) async fn shown_again(
    state: &State,
    caller: &Caller,
    mut visit: Visit,
    id: i64,
    typed: Typed,
    error: PageError,
) -> Result<Response, PageError> {
    let (status, words) = refused(error)?;
    visit.shell.problem = words;
    shown(state, caller, visit, id, typed, status).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    id: i64,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, PageError> {
    let (place, today) = (visit.place, state.moment().local().date());
    let allowed = caller.allow(ManageAccounts, place).await?;
    let seen = seen(state, &allowed, id).await?;
    let giving = if caller.may(Grant, place) { Some(caller.allow(Grant, place).await?) } else { None };
    let roles = seen.grants.iter().map(|grant| {
        let wide = giving.as_ref().filter(|_| !is_over(grant, today)).map(Allowed::widened);
        let at = wide.and_then(|wide| wide.narrow(grant.place).ok());
        let may_take = at.is_some_and(|at| may_grant(&state.guard, &at, grant.role, seen.delegated).is_ok());
        RoleLine::of(grant, state.guard.table(), &seen.names, today, may_take)
    });
    let disabled = seen.account.disabled_at.is_some();
    let (places, offered) = match giving.as_ref().filter(|_| !disabled) {
        Some(giving) => offered(&state.guard, giving, &seen, &typed),
        None => (Vec::new(), Vec::new()),
    };
    let shown = AccountPage {
        here: page_of(&place, visit.month, id),
        id,
        home: named(&seen.account.place, &seen.names),
        made: state.long_time(seen.account.created_at),
        states: states(&seen.account),
        disabled,
        roles: roles.collect(),
        places,
        offered,
        typed,
        today: today.to_string(),
        why_not: why_not(&caller.reach()?, &seen),
        name: seen.account.name,
        login: seen.account.login,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

async fn seen(state: &State, allowed: &Allowed<ManageAccounts>, id: i64) -> Result<Seen, PageError> {
    let (place, wide) = (allowed.place(), allowed.widened());
    let reach = wide.place();
    let mut connection = state.database.connection().await?;
    let seen = tenancy::read(&mut connection, &wide, async |connection| {
        let Some(account) = account(connection, id).await? else { return Ok(None) };
        let grants = grants_of(connection, &reach).await?;
        let grants: Vec<GrantRow> = grants.into_iter().filter(|grant| grant.account == id).collect();
        let delegated = delegated(connection, &reach).await?.contains(&reach);
        let mut named: BTreeSet<Place> = grants.iter().map(|grant| grant.place).collect();
        named.extend(grants.iter().filter_map(|grant| place_of_actor(&grant.granted_by)));
        named.extend([account.place, place]);
        let names = places::names_of(connection, &named).await?;
        let name = names.get(&place).cloned().unwrap_or_else(|| place.code());
        let mut places = vec![(place, name)];
        places.extend(places::divisions_below(connection, &place).await?);
        Ok(Some(Seen { account, grants, names, places, delegated }))
    });
    seen.await?.ok_or(PageError::NotFound)
}

/// The places and the roles that the reader may give there.
fn offered(guard: &Guard, giving: &Allowed<Grant>, seen: &Seen, typed: &Typed) -> (Vec<Choice>, Vec<Choice>) {
    let may = |place: &Place, role: Role| {
        let at = giving.narrow(*place).ok();
        at.is_some_and(|at| may_grant(guard, &at, role, seen.delegated).is_ok())
    };
    let place = |(place, name): &(Place, String)| {
        let code = place.code();
        let choice = Choice { title: name.clone(), chosen: code == typed.place, value: code };
        Role::ALL.iter().any(|role| may(place, *role)).then_some(choice)
    };
    let role = |role: &Role| {
        let (at, _) = seen.places.iter().find(|(one, _)| may(one, *role))?;
        let title = format!("{}（{}）", role.title(), at.level().title());
        Some(Choice { title, chosen: role.name() == typed.role, value: role.name().to_owned() })
    };
    (seen.places.iter().filter_map(place).collect(), Role::ALL.iter().filter_map(role).collect())
}

/// Why a reader does not see to password and state: accounts of the own level and above belong to the level above.
fn why_not(reach: &Place, seen: &Seen) -> String {
    let above = |place: &Place| place == reach || !reach.contains(place);
    let holds_above = seen.grants.iter().any(|grant| grant.revoked_at.is_none() && above(&grant.place));
    if above(&seen.account.place) || holds_above {
        return "这个账号属于本级，重设密码和停用由上一级办理。".to_owned();
    }
    match check_delegation(Some(*reach), &seen.account.place, seen.delegated) {
        Ok(()) => String::new(),
        Err(refusal) => format!("{refusal}。"),
    }
}
