//! Connections, and which roles may use them.

use diesel::sql_types::Bool;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::error::{Error, Refusal, Result};

/// A connection to PostgreSQL.
pub type Connection = AsyncPgConnection;

/// A pool of connections of the program's role.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
}

#[derive(diesel::QueryableByName)]
struct RoleRow {
    #[diesel(sql_type = Bool)]
    unbound: bool,
    #[diesel(sql_type = Bool)]
    owns: bool,
}

impl Database {
    /// Connects, and refuses a role that row-level security does not bind.
    ///
    /// # Errors
    /// An address that cannot be used or reached, and a superuser, owner or BYPASSRLS role.
    pub async fn connect(url: &str, connections: usize) -> Result<Self> {
        check_transport(url)?;
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
        let pool = Pool::builder(manager)
            .max_size(connections)
            .build()
            .map_err(|error| Error::Connection(error.to_string()))?;
        let database = Self { pool };
        refuse_unbound_role(&mut *database.connection().await?).await?;
        Ok(database)
    }

    /// Ends every connection that nobody holds; none can be had afterwards.
    pub fn close(&self) {
        self.pool.close();
    }

    /// A connection from the pool.
    ///
    /// # Errors
    /// None can be had.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>> {
        self.pool.get().await.map_err(|error| Error::Connection(error.to_string()))
    }
}

/// A connection outside the pool, of any role: for migrations and measurements.
///
/// # Errors
/// An address that cannot be used or reached.
pub async fn connect_alone(url: &str) -> Result<Connection> {
    check_transport(url)?;
    AsyncPgConnection::establish(url).await.map_err(|error| Error::Connection(error.to_string()))
}

/// Connections are plain: an address that asks for TLS is refused, never silently answered without it.
fn check_transport(url: &str) -> Result<()> {
    let config: tokio_postgres::Config = url.parse().map_err(|error| {
        Refusal::message(format!("数据库地址无法识别：{error}；应为 postgresql://用户:口令@主机/库名"))
    })?;
    if config.get_ssl_mode() == tokio_postgres::config::SslMode::Require {
        return Err(Refusal::message(
            "数据库地址要求 sslmode=require，本版本只支持本机或内网明文连接；请改用套接字或加密隧道",
        ));
    }
    Ok(())
}

async fn refuse_unbound_role(connection: &mut Connection) -> Result<()> {
    let role: RoleRow = diesel::sql_query(
        "select r.rolsuper or r.rolbypassrls as unbound,
                exists (select from pg_class c where c.relowner = r.oid and c.relname = 'division') as owns
         from pg_roles r where r.rolname = current_user",
    )
    .get_result(connection)
    .await?;
    if role.unbound || role.owns {
        return Err(Refusal::message(
            "DATABASE_URL 用的是超级用户、表的所有者或不受行级安全约束的角色；请改用 jifen_program",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_asks_for_tls_is_refused_and_not_answered_in_the_clear() {
        assert!(check_transport("postgresql://u:p@db/jifen?sslmode=require").is_err());
        assert!(check_transport("postgresql://u:p@db/jifen?sslmode=verify-full").is_err());
        assert!(check_transport("postgresql://u:p@db/jifen").is_ok());
        assert!(check_transport("mysql://u").is_err());
    }
}
