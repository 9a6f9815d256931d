//! Databases: made, dropped and turned into templates by the superuser, owned by `jifen_owner`.

use tokio_postgres::Client;

use crate::error::ClusterError;
use crate::roles::Role;

/// PostgreSQL cuts names at 63 bytes; this leaves room for the suffix of an unfinished template.
const LONGEST_NAME: usize = 54;

/// The name, if it can stand in SQL, in a URL and in a file name as it is.
///
/// # Errors
///
/// [`ClusterError::InvalidName`].
pub(crate) fn checked_name(name: &str) -> Result<&str, ClusterError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(name);
    }
    Err(ClusterError::InvalidName(name.to_owned()))
}

/// The name of a template while it is being built.
pub(crate) fn unfinished(name: &str) -> String {
    format!("{name}_building")
}

pub(crate) async fn exists(client: &Client, name: &str) -> Result<bool, ClusterError> {
    Ok(is_template(client, name).await?.is_some())
}

/// Whether the database is marked as a template, or nothing when there is no such database.
pub(crate) async fn is_template(client: &Client, name: &str) -> Result<Option<bool>, ClusterError> {
    let question = "SELECT datistemplate FROM pg_database WHERE datname = $1";
    let row = client.query_opt(question, &[&name]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Makes a database from a template, or an empty one.
pub(crate) async fn create(client: &Client, name: &str, template: Option<&str>) -> Result<(), ClusterError> {
    let owner = Role::Owner.name();
    let template = template.unwrap_or("template0");
    let statement = format!(r#"CREATE DATABASE "{name}" OWNER {owner} TEMPLATE "{template}""#);
    client.batch_execute(&statement).await?;
    Ok(())
}

/// Drops a database, a template too, with the sessions in it; none is as good.
pub(crate) async fn remove(client: &Client, name: &str) -> Result<(), ClusterError> {
    if is_template(client, name).await? == Some(true) {
        let unmark = format!(r#"ALTER DATABASE "{name}" WITH IS_TEMPLATE false"#);
        client.batch_execute(&unmark).await?;
    }
    let statement = format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#);
    client.batch_execute(&statement).await?;
    Ok(())
}

/// Turns the unfinished template into the finished one.
///
/// Renaming comes last, so that the name stands for a complete template; nobody may be connected
/// then, and nobody may connect to a template that others want to copy.
pub(crate) async fn finish(client: &Client, name: &str) -> Result<(), ClusterError> {
    let unfinished = unfinished(name);
    let close = format!(r#"ALTER DATABASE "{unfinished}" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"#);
    client.batch_execute(&close).await?;
    let end_sessions = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    client.query(end_sessions, &[&unfinished]).await?;
    let rename = format!(r#"ALTER DATABASE "{unfinished}" RENAME TO "{name}""#);
    client.batch_execute(&rename).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_and_short() {
        for name in ["jifen", "test_0123", &"a".repeat(54)] {
            assert!(checked_name(name).is_ok(), "{name}");
        }
        for name in ["", "Jifen", "a-b", "a\"b", "../a", "积分", &"a".repeat(55)] {
            assert!(checked_name(name).is_err(), "{name}");
        }
    }
}
