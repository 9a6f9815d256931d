//! Where a bench runs: a database of its own on the private cluster, filled with a synthetic county.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use authz::{Actor, Guard};
use chrono::{TimeZone as _, Utc};
use demo::Plan;
use domain::month::Month;
use domain::place::Place;
use local_postgres::{Cluster, Options, Role};
use records::households::Registrar;
use records::sealing::{Salts, Sealer};
use records::{Database, Moment, migrations};
use settings::Settings;

use crate::arguments::Common;
use crate::context::Context;

/// The county of benches: invented.
pub const COUNTY: &str = "990102000000";

/// A database of its own, dropped at the end.
pub struct Stage {
    /// What commands stand on.
    pub context: Context,
    /// A connection of the owner, whom row-level security does not bind.
    pub owner: tokio_postgres::Client,
    name: String,
    cluster: Cluster,
}

impl Stage {
    /// Makes it.
    ///
    /// # Errors
    /// No private cluster.
    pub async fn build(common: &Common) -> Result<Self> {
        let cluster = Cluster::start(&Options { data: common.data.clone(), durable: true }).await?;
        let name = format!("bench_{}", std::process::id());
        cluster.drop_database(&name).await?;
        cluster.create_database(&name, None).await?;
        let owner_url = cluster.url(Role::Owner, &name);
        migrations::migrate(&owner_url).await?;
        let settings = Settings::load(common.config.as_deref())?;
        let database =
            Database::connect(&cluster.url(Role::Program, &name), settings.database.connections).await?;
        let (owner, connection) = tokio_postgres::connect(&owner_url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let now = Utc.with_ymd_and_hms(2026, 2, 4, 0, 0, 0).single().context("时刻")?;
        let context = Context::on(
            settings,
            database,
            Arc::new(Guard::load().await?),
            Actor::Operator("bench".into()),
            Registrar { sealer: Sealer::new(&[1; 32]), salts: Salts::Derived([1; 32]) },
            Moment { now, wall: now, zone: chrono_tz::Asia::Shanghai, due_at: None },
        );
        Ok(Self { context, owner, name, cluster })
    }

    /// Drops it.
    ///
    /// # Errors
    /// Somebody is connected.
    pub async fn tear_down(self) -> Result<()> {
        let Self { context, owner, name, cluster } = self;
        context.close().await?;
        drop(owner);
        cluster.drop_database(&name).await?;
        Ok(cluster.stop().await?)
    }
}

/// The plan of a county for a bench: January, so that no earlier month is summed.
pub fn plan(households: u32) -> Result<Plan> {
    let first_month = Month::new(2026, 1).context("月份")?;
    Ok(Plan { county: Place::parse_code(COUNTY)?, households, first_month, months: 1, seed: 1 })
}
