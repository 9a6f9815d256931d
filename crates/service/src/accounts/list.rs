//! The accounts of a place, page by page, and looked for by log-in.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::{Act, Allowed, Delegate, IssueMachineTokens, ManageAccounts, check_delegation};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use domain::place::{Level, Place};
use records::accounts::{AccountSummary, GrantRow, account_of_login, accounts_of, delegated, grants_of};
use records::{places, tenancy};
use serde::Deserialize;

use super::page_of;
use super::words::{RoleLine, Word, holders_of, is_over, states};
use crate::api::{Page, page as cut};
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::log::{named, place_of_actor};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

/// How many accounts a page shows.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    /// Where the page begins again, empty on the first.
    first: String,
    /// Empty on the last page.
    next: String,
    typed: Typed,
    /// Why no account can be made here, empty where one can.
    why_not: String,
    /// Where machine tokens are, for those who may.
    tokens: String,
    /// Whether the reader decides if this town sees to its villages, and whether it does.
    delegates: bool,
    delegated: bool,
}

#[derive(Template)]
#[template(path = "accounts/closed.html")]
struct ClosedPage {
    shell: Shell,
    /// Who sees to accounts.
    managers: String,
}

/// An account.
struct Line {
    href: String,
    name: String,
    login: String,
    place: String,
    roles: Vec<RoleLine>,
    states: Vec<Word>,
}

/// Which accounts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    after: String,
    login: String,
    done: Option<String>,
}

/// A new account as it was typed, or the log-in that is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) sought: String,
}

/// `GET /accounts/{place}/{month}`: with a log-in, on to its account.
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(part): Asked<Part>,
) -> Result<Response, PageError> {
    let told = Told { done: part.done };
    let mut visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &told).await?;
    let sought = part.login.trim().to_ascii_lowercase();
    if !sought.is_empty() && caller.may(ManageAccounts, visit.place) {
        let allowed = caller.allow(ManageAccounts, visit.place).await?.widened();
        if let Some(account) = of_login(&state, &allowed, &sought).await? {
            return Ok(Redirect::to(&page_of(&visit.place, visit.month, account.id)).into_response());
        }
        visit.shell.problem = format!("您管理的范围内没有登录名为“{sought}”的账号，请核对后再查");
    }
    let typed = Typed { sought, ..Typed::default() };
    let after = part.after.parse().unwrap_or(0);
    shown(&state, &caller, visit, after, typed, StatusCode::OK).await
}

async fn of_login(
    state: &State,
    allowed: &Allowed<ManageAccounts>,
    login: &str,
) -> Result<Option<AccountSummary>, PageError> {
    let mut connection = state.database.connection().await?;
    let found =
        tenancy::read(&mut connection, allowed, async |connection| account_of_login(connection, login).await);
    Ok(found.await?)
}

/// The page; without permission, who sees to accounts.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    after: i64,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    if !caller.may(ManageAccounts, place) {
        let managers = holders_of(state.guard.table(), ManageAccounts::NAME);
        return Ok(page(status, &ClosedPage { shell: visit.shell, managers }));
    }
    let allowed = caller.allow(ManageAccounts, place).await?;
    let listed = listed(state, &allowed, after, state.moment().local().date()).await?;
    let reach = caller.reach()?;
    let not_delegated = check_delegation(Some(reach), &place, listed.delegated.contains(&reach)).err();
    let why_not = match place.level() {
        Level::Household => "农户不用账号，请用户码。".to_owned(),
        _ => not_delegated.map(|refusal| format!("{refusal}。")).unwrap_or_default(),
    };
    let here = Section::Accounts.at(&place, month);
    let tokens = if caller.may(IssueMachineTokens, place) { format!("{here}/tokens") } else { String::new() };
    let line = |account: AccountSummary| Line {
        // An account is seen to where it belongs.
        href: page_of(&account.place, month, account.id),
        place: named(&account.place, &listed.names),
        roles: listed.roles_of(state, &account),
        states: states(&account),
        name: account.name,
        login: account.login,
    };
    let shown = ListPage {
        lines: listed.accounts.items.iter().cloned().map(line).collect(),
        next: listed.accounts.next.as_ref().map(|next| format!("{here}?after={next}")).unwrap_or_default(),
        first: if after > 0 { here } else { String::new() },
        typed,
        why_not,
        tokens,
        delegates: place.level() == Level::Town && caller.may(Delegate, place),
        delegated: listed.delegated.contains(&place),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// A page of accounts with what belongs to them.
struct Listed {
    accounts: Page<AccountSummary>,
    /// The roles that hold, or will, by account.
    grants: BTreeMap<i64, Vec<GrantRow>>,
    names: BTreeMap<Place, String>,
    delegated: Vec<Place>,
    today: NaiveDate,
}

impl Listed {
    fn roles_of(&self, state: &State, account: &AccountSummary) -> Vec<RoleLine> {
        let grants = self.grants.get(&account.id).map(Vec::as_slice).unwrap_or_default();
        let line = |grant| RoleLine::of(grant, state.guard.table(), &self.names, self.today, false);
        grants.iter().map(line).collect()
    }
}

async fn listed(
    state: &State,
    allowed: &Allowed<ManageAccounts>,
    after: i64,
    today: NaiveDate,
) -> Result<Listed, PageError> {
    // Roles count wherever the actor sees them, not only in this place.
    let (place, wide) = (allowed.place(), allowed.widened());
    let mut connection = state.database.connection().await?;
    let listed = tenancy::read(&mut connection, &wide, async |connection| {
        let found = accounts_of(connection, &place, after, ROWS + 1).await?;
        let accounts = cut(found, ROWS, |account: &AccountSummary| account.id.to_string());
        let mut grants: BTreeMap<i64, Vec<GrantRow>> =
            accounts.items.iter().map(|account| (account.id, Vec::new())).collect();
        for grant in grants_of(connection, &wide.place()).await? {
            if let Some(of_account) = grants.get_mut(&grant.account).filter(|_| !is_over(&grant, today)) {
                of_account.push(grant);
            }
        }
        let given = grants.values().flatten();
        let mut named: BTreeSet<Place> = given
            .flat_map(|grant| [Some(grant.place), place_of_actor(&grant.granted_by)])
            .flatten()
            .collect();
        named.extend(accounts.items.iter().map(|account| account.place));
        let names = places::names_of(connection, &named).await?;
        let delegated = delegated(connection, &wide.place()).await?;
        Ok(Listed { accounts, grants, names, delegated, today })
    });
    Ok(listed.await?)
}
