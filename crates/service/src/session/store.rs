//! tower-sessions over the session table: found by a hash, so that reading the table gives nobody a cookie.

use async_trait::async_trait;
use domain::canonical::Digest;
use records::Database;
use records::accounts::sessions::{self, Lifetime, NewSession};
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

use super::{KEPT, Kept};

/// The session table.
#[derive(Clone)]
pub(crate) struct Store {
    /// Connections.
    pub(crate) database: Database,
    /// For how long sessions live.
    pub(crate) lifetime: Lifetime,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Store")
    }
}

/// What a session's number is found by.
pub(crate) fn hash_of(id: &Id) -> Digest {
    Digest::of(&id.0.to_le_bytes())
}

/// The layer that reads and writes the cookie; `secure` behind TLS.
pub(crate) fn layer(store: Store, secure: bool) -> SessionManagerLayer<Store> {
    let absolute = time::Duration::seconds(store.lifetime.absolute.num_seconds());
    SessionManagerLayer::new(store)
        // A name with this prefix is only taken with Secure, for the whole site and from this host.
        .with_name(if secure { "__Host-jifen" } else { "jifen" })
        .with_http_only(true)
        .with_secure(secure)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(absolute))
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (kept, data) = written(record)?;
        let new = NewSession {
            id: hash_of(&record.id),
            county: kept.county,
            account: kept.account,
            data,
            address: kept.address,
            agent: kept.agent,
        };
        let mut connection = self.database.connection().await.map_err(backend)?;
        sessions::begin(&mut connection, &new, &self.lifetime).await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (_, data) = written(record)?;
        let mut connection = self.database.connection().await.map_err(backend)?;
        sessions::keep(&mut connection, &hash_of(&record.id), &data).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut connection = self.database.connection().await.map_err(backend)?;
        let found = sessions::load(&mut connection, &hash_of(id), &self.lifetime).await.map_err(backend)?;
        let Some((data, expires_at)) = found else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at.timestamp())
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data: [(KEPT.to_owned(), data)].into(), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut connection = self.database.connection().await.map_err(backend)?;
        sessions::end(&mut connection, &hash_of(id)).await.map_err(backend)
    }
}

fn written(record: &Record) -> Result<(Kept, String)> {
    let encode = |error: serde_json::Error| Error::Encode(error.to_string());
    let value = record.data.get(KEPT).cloned().unwrap_or_default();
    let data = serde_json::to_string(&value).map_err(encode)?;
    Ok((serde_json::from_value(value).map_err(encode)?, data))
}

fn backend(error: records::Error) -> Error {
    Error::Backend(error.to_string())
}
