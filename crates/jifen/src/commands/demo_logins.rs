//! One log-in per role for the demonstration county.

use std::fmt;

use anyhow::{Context as _, Result};
use authz::{ManageAccounts, Role};
use domain::canonical::Digest;
use domain::place::{Level, Place};
use records::accounts::{NewAccount, account_of_login, add_account, grants_of};
use records::tenancy;
use serde_json::json;

use super::user::give;
use crate::context::Context;

/// A log-in of the demonstration: known to whoever starts it, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLogin {
    role: Role,
    place: Place,
    password: String,
}

impl DemoLogin {
    /// As `up --json` prints it.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "login": self.role.name(),
            "password": self.password,
            "role": self.role.name(),
            "place": self.place.code(),
        })
    }
}

impl fmt::Display for DemoLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (login, title) = (self.role.name(), self.role.title());
        write!(formatter, "{login:<22} {}  {title} {}", self.password, self.place)
    }
}

/// Makes the log-ins that are missing. Their passwords come from a secret of the private cluster, so that every start
/// prints the same ones and no two machines have them in common.
///
/// # Errors
/// No private cluster; what the verbs refuse.
pub async fn make(context: &Context, villages: &[Place]) -> Result<Vec<DemoLogin>> {
    let secret = context.secret("demo_logins").await?.context("演示账号只在私有数据库上建立")?;
    let village = *villages.first().context("演示县没有村")?;
    let group = first_group(context, village).await?;
    let mut logins = Vec::new();
    for role in Role::ALL.iter().copied().filter(|role| !role.is_for_machines()) {
        let above =
            [Level::County, Level::Town, Level::Village].into_iter().filter_map(|one| village.ancestor(one));
        let place = above.chain([group]).find(|place| role.fits(place)).context("角色没有可用的地方")?;
        let digest = Digest::of(format!("{}\t{}", hex::encode(secret), role.name()).as_bytes()).hex();
        let password = format!("{}-{}-{}", &digest[..4], &digest[4..8], &digest[8..12]);
        ensure(context, role, place, &password).await?;
        logins.push(DemoLogin { role, place, password });
    }
    Ok(logins)
}

async fn ensure(context: &Context, role: Role, place: Place, password: &str) -> Result<()> {
    let allowed = context.allow(ManageAccounts, place.county(), Some(place))?;
    let mut connection = context.database.connection().await?;
    let known = tenancy::read(&mut connection, &allowed, async |connection| {
        account_of_login(connection, role.name()).await
    })
    .await?;
    let account = match known {
        Some(known) => known.id,
        None => {
            let new = NewAccount {
                login: role.name().to_owned(),
                name: format!("演示{}", role.title()),
                password: password.to_owned(),
                must_change: false,
            };
            add_account(&mut connection, &allowed, &new, &context.moment).await?
        }
    };
    // A role that was given before stays; a load that was cut off in between is taken up again.
    let grants =
        tenancy::read(&mut connection, &allowed, async |connection| grants_of(connection, &place).await)
            .await?;
    drop(connection);
    let held = grants.iter().any(|grant| {
        (grant.account, grant.role, grant.place) == (account, role, place) && grant.revoked_at.is_none()
    });
    if !held {
        give(context, account, role, place, None, None).await?;
    }
    Ok(())
}

async fn first_group(context: &Context, village: Place) -> Result<Place> {
    let allowed = context.allow(authz::Read, village.county(), Some(village))?;
    let mut connection = context.database.connection().await?;
    let divisions = tenancy::read(&mut connection, &allowed, async |connection| {
        records::places::divisions(connection, &village).await
    })
    .await?;
    let group = divisions.iter().map(|one| one.place).find(|place| place.level() == Level::Group);
    group.context("演示村没有村小组")
}
