//! What every command stands on: settings, a database, permissions, the time.

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use authz::{Act, Actor, Allowed, Guard};
use chrono::Utc;
use chrono_tz::Tz;
use domain::place::{Level, Place};
use local_postgres::{Cluster, Options, Role};
use records::households::Registrar;
use records::sealing::{Salts, Sealer};
use records::{Database, Moment, migrations};
use settings::Settings;

use crate::arguments::Common;
use crate::keys;

/// The database of the private cluster.
const DATABASE: &str = "jifen";

/// What a command stands on. Holds the private cluster while it lives; the last one out stops it.
pub struct Context {
    /// The configuration.
    pub settings: Settings,
    /// Connections of the program's role.
    pub database: Database,
    /// Decides who may do what.
    pub guard: Arc<Guard>,
    /// The user of the shell.
    pub operator: Actor,
    /// Seals phones and addresses, and salts names.
    pub registrar: Registrar,
    /// The time it is.
    pub moment: Moment,
    cluster: Option<Cluster>,
}

impl Context {
    /// Opens the database of `DATABASE_URL`, or the private cluster, made and started if needed.
    ///
    /// # Errors
    /// No database, a role that row-level security does not bind, a stated time that is not taken here,
    /// a sealing key that is not the one of the data.
    pub async fn open(common: &Common) -> Result<Self> {
        let settings = Settings::load(common.config.as_deref())?;
        // Read from the environment alone: whoever rules the database cannot switch it off.
        if let Ok(address) = std::env::var("JIFEN_LOG_COPY") {
            records::audit::copy_to(&address)?;
        }
        let (cluster, url) = match std::env::var("DATABASE_URL") {
            Ok(url) => (None, url),
            Err(_) => {
                let cluster = private_cluster(common).await?;
                let url = cluster.url(Role::Program, DATABASE);
                (Some(cluster), url)
            }
        };
        let moment = moment(common, &settings, cluster.is_some())?;
        let keys = match &cluster {
            Some(cluster) => keys::of_cluster(cluster).await?,
            None => keys::of_environment()?,
        };
        let database = Database::connect(&url, settings.database.connections).await?;
        let mut connection = database.connection().await?;
        if !migrations::is_current(&mut connection).await? {
            bail!("数据库结构不是本版本的，请先运行 jifen migrate");
        }
        let sealer = Sealer::of_keys(&keys).context("密钥的编号重复，请核对 JIFEN_SEALING_KEY")?;
        sealer.check_canary(&mut connection).await?;
        drop(connection);
        let user =
            std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "root".into());
        Ok(Self {
            settings,
            database,
            guard: Arc::new(Guard::load().await?),
            operator: Actor::Operator(user),
            registrar: Registrar { sealer, salts: Salts::Random },
            moment,
            cluster,
        })
    }

    /// A context over a database that somebody else holds.
    pub fn on(
        settings: Settings,
        database: Database,
        guard: Arc<Guard>,
        operator: Actor,
        registrar: Registrar,
        moment: Moment,
    ) -> Self {
        Self { settings, database, guard, operator, registrar, moment, cluster: None }
    }

    /// The operator's permission for a county, or for a place inside it.
    ///
    /// # Errors
    /// A code that is no county, or a place outside it.
    pub fn allow<A: Act>(&self, act: A, county: Place, division: Option<Place>) -> Result<Allowed<A>> {
        if county.level() != Level::County {
            bail!(
                "--county 应是县级代码（12 位，如 440229000000），而 {county} 是{}级",
                county.level().title()
            );
        }
        let allowed = self.guard.allow(&self.operator, act, county)?;
        match division {
            Some(division) => allowed.narrow(division).map_err(|outside| anyhow!("--division：{outside}")),
            None => Ok(allowed),
        }
    }

    /// The address below which people reach the pages.
    pub fn public_url(&self) -> String {
        let http = &self.settings.http;
        if http.public_url.is_empty() {
            format!("http://{}", http.listen)
        } else {
            http.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// Makes the next sealing key of the private cluster; it is the newest from the next start on.
    ///
    /// # Errors
    /// No private cluster: there the environment names the keys.
    pub async fn make_sealing_key(&self) -> Result<u8> {
        let cluster = self.cluster.as_ref().context(
            "密钥由环境变量给出：请把新密钥写成 JIFEN_SEALING_KEY=编号:密钥，旧的放进 JIFEN_SEALING_KEYS_BEFORE，再运行一次，不加 --new-key",
        )?;
        keys::make_next(cluster, self.registrar.sealer.current()).await
    }

    /// A secret of the private cluster by its name, made when it is first asked for; none without a private cluster.
    ///
    /// # Errors
    /// It cannot be read or made.
    pub async fn secret(&self, name: &str) -> Result<Option<[u8; 32]>> {
        match &self.cluster {
            Some(cluster) => Ok(Some(cluster.secret(name).await?)),
            None => Ok(None),
        }
    }

    /// Stops the private cluster if nobody else uses it.
    ///
    /// # Errors
    /// It does not stop.
    pub async fn close(self) -> Result<()> {
        drop(self.database);
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

/// The private cluster with a migrated database.
async fn private_cluster(common: &Common) -> Result<Cluster> {
    let cluster = Cluster::start(&Options { data: common.data.clone(), durable: true }).await?;
    cluster.ensure_database(DATABASE).await?;
    migrations::migrate(&cluster.url(Role::Owner, DATABASE)).await?;
    Ok(cluster)
}

/// Brings the schema up to date, of `DATABASE_OWNER_URL` or of the private cluster. Returns what was applied.
///
/// # Errors
/// A migration that fails.
pub async fn migrate(common: &Common) -> Result<Vec<String>> {
    if let Ok(url) = std::env::var("DATABASE_OWNER_URL") {
        return Ok(migrations::migrate(&url).await?);
    }
    if std::env::var("DATABASE_URL").is_ok() {
        bail!("升级要用所有者角色：请设置 DATABASE_OWNER_URL");
    }
    let cluster = Cluster::start(&Options { data: common.data.clone(), durable: true }).await?;
    cluster.ensure_database(DATABASE).await?;
    let applied = migrations::migrate(&cluster.url(Role::Owner, DATABASE)).await?;
    cluster.stop().await?;
    Ok(applied)
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
fn moment(common: &Common, settings: &Settings, private: bool) -> Result<Moment> {
    let zone: Tz =
        settings.clock.zone.parse().map_err(|error| anyhow!("时区 {}：{error}", settings.clock.zone))?;
    let wall = Utc::now();
    let stated = match settings.clock.stated.as_str() {
        "on" => true,
        "off" => false,
        _ => private,
    };
    if common.now.is_some() && !stated {
        bail!("这里不接受 --now（设置 clock.stated）；请去掉 --now，按真实时间办理");
    }
    Ok(Moment { now: common.now.unwrap_or(wall), wall, zone, due_at: None })
}
