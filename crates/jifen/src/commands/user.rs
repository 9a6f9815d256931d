//! `jifen user`: accounts from the shell, for the first log-in and for rescue.

use std::io::BufRead;

use anyhow::{Context as _, Result, anyhow, bail};
use authz::{Grant, ManageAccounts, Role};
use chrono::NaiveDate;
use domain::place::Place;
use records::accounts::{
    AccountSummary, NewAccount, NewGrant, account_of_login, add_account, grant_role, grants_of,
    initial_password, reset_password, revoke_role,
};
use records::tenancy;
use serde_json::json;

use crate::arguments::{Common, User, UserAdd, UserGrant, UserPasswd, UserRevoke, UserWhat};
use crate::context::Context;

/// Sees to an account.
///
/// # Errors
/// What the verbs refuse.
pub async fn run(common: &Common, user: &User) -> Result<()> {
    let context = Context::open(common).await?;
    let done = match &user.what {
        UserWhat::Add(add) => run_add(&context, common, add).await,
        UserWhat::Grant(grant) => run_grant(&context, common, grant).await,
        UserWhat::Revoke(revoke) => run_revoke(&context, common, revoke).await,
        UserWhat::Passwd(passwd) => run_passwd(&context, common, passwd).await,
    };
    context.close().await?;
    done
}

async fn run_add(context: &Context, common: &Common, add: &UserAdd) -> Result<()> {
    let password = password(add.password_stdin)?;
    let new = NewAccount {
        login: add.login.clone(),
        name: add.name.clone(),
        password: password.clone(),
        must_change: true,
    };
    if add.role.is_some_and(|role| role.is_for_machines() || !role.fits(&add.place)) {
        bail!("{} 是{}级，不能把这个角色授予个人", add.place, add.place.level().title());
    }
    let mut connection = context.database.connection().await?;
    let allowed = context.allow(ManageAccounts, add.place.county(), Some(add.place))?;
    let account = add_account(&mut connection, &allowed, &new, &context.moment).await?;
    if let Some(role) = add.role {
        give(context, account, role, add.place, None, None).await?;
    }
    if common.json {
        let role = add.role.map(Role::name);
        let place = add.place.code();
        println!("{}", json!({ "login": add.login, "password": password, "role": role, "place": place }));
    } else {
        println!("已新建账号 {}，初始密码（只显示这一次，首次登录须修改）：{password}", add.login);
    }
    Ok(())
}

async fn run_grant(context: &Context, common: &Common, grant: &UserGrant) -> Result<()> {
    let account = find(context, &grant.login, grant.place.county()).await?;
    let id = give(context, account.id, grant.role, grant.place, grant.from, grant.until).await?;
    if common.json {
        println!("{}", json!({ "grant": id }));
    } else {
        println!("已授予 {}：{} {}", grant.login, grant.place, grant.role.title());
    }
    Ok(())
}

async fn run_revoke(context: &Context, common: &Common, revoke: &UserRevoke) -> Result<()> {
    let county = revoke.place.county();
    let account = find(context, &revoke.login, county).await?;
    let allowed = context.allow(Grant, county, Some(revoke.place))?;
    let mut connection = context.database.connection().await?;
    let grants = tenancy::read(&mut connection, &allowed, async |connection| {
        grants_of(connection, &revoke.place).await
    })
    .await?;
    let held = grants.iter().find(|grant| {
        (grant.account, grant.role, grant.place) == (account.id, revoke.role, revoke.place)
            && grant.revoked_at.is_none()
    });
    let held = held.with_context(|| {
        format!("{} 在 {} 没有“{}”角色，请核对", revoke.login, revoke.place, revoke.role.title())
    })?;
    revoke_role(&mut connection, &context.guard, &allowed, held.id, &context.moment).await?;
    if common.json {
        println!("{}", json!({ "revoked": held.id }));
    } else {
        println!("已收回 {}：{} {}", revoke.login, revoke.place, revoke.role.title());
    }
    Ok(())
}

async fn run_passwd(context: &Context, common: &Common, passwd: &UserPasswd) -> Result<()> {
    let account = find(context, &passwd.login, passwd.county).await?;
    let password = password(passwd.password_stdin)?;
    let allowed = context.allow(ManageAccounts, passwd.county, None)?;
    let mut connection = context.database.connection().await?;
    reset_password(&mut connection, &allowed, account.id, &password, &context.moment).await?;
    if common.json {
        println!("{}", json!({ "login": passwd.login, "password": password }));
    } else {
        println!("新密码（只显示这一次，登录后须修改）：{password}");
    }
    Ok(())
}

/// Gives a role as the user of the shell. Returns the number of the grant.
///
/// # Errors
/// What the verb refuses.
pub async fn give(
    context: &Context,
    account: i64,
    role: Role,
    place: Place,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<i64> {
    let allowed = context.allow(Grant, place.county(), Some(place))?;
    let from = from.unwrap_or_else(|| context.moment.local().date());
    let new = NewGrant { account, role, from, until };
    let mut connection = context.database.connection().await?;
    Ok(grant_role(&mut connection, &context.guard, &allowed, &new, &context.moment).await?)
}

/// The account of a log-in in a county.
///
/// # Errors
/// There is none.
pub async fn find(context: &Context, login: &str, county: Place) -> Result<AccountSummary> {
    let allowed = context.allow(ManageAccounts, county, None)?;
    let mut connection = context.database.connection().await?;
    let found = tenancy::read(&mut connection, &allowed, async |connection| {
        account_of_login(connection, login).await
    })
    .await?;
    found.ok_or_else(|| anyhow!("县 {county} 没有登录名为“{login}”的账号，请核对"))
}

fn password(from_input: bool) -> Result<String> {
    if !from_input {
        return Ok(initial_password()?);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("读不到密码")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
