//! Talking to the server.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};

use crate::error::ClusterError;
use crate::files::same_file;
use crate::layout::Site;
use crate::roles::Role;

/// A server that accepts connections but does not answer within this time counts as silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who answers on the socket.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The server of our data directory.
    Ours {
        /// Its `server_version`.
        version: String,
    },
    /// The server of another data directory.
    Stranger(String),
    /// Nobody, or a server that is starting, stopping or recovering.
    Silent,
}

/// The address of a database for a role.
pub(crate) fn url(site: &Site, role: Role, password: &str, database: &str) -> String {
    let folder = percent_encode(&site.socket.to_string_lossy());
    let database = percent_encode(database);
    format!("postgresql://{}:{password}@{folder}/{database}", role.name())
}

/// Connects; the connection ends with the client.
pub(crate) async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // What goes wrong on the way is told by the client's next call.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// Asks the server behind the superuser's `url` whether it serves the directory `data`.
pub(crate) async fn ask(url: &str, data: &Path) -> Result<Answer, ClusterError> {
    let Ok(answer) = timeout(PATIENCE, identify(url)).await else {
        return Ok(Answer::Silent);
    };
    match answer {
        Ok((directory, _)) if !same_folder(&directory, data) => Ok(Answer::Stranger(directory)),
        Ok((_, version)) => Ok(Answer::Ours { version }),
        Err(failure) => silence(failure),
    }
}

/// Runs `work` to its end on this thread, which must not be one of a runtime's own.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, ClusterError>>) -> Result<T, ClusterError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(ClusterError::Runtime)?;
    runtime.block_on(work)
}

/// Runs `work`, which may block, on a thread made for that.
///
/// It goes on to its end even when nobody waits for it any more, so that a caller who gives up
/// leaves no half-started server.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ClusterError> + Send + 'static,
) -> Result<T, ClusterError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(failure) => Err(ClusterError::Interrupted(failure.to_string())),
    }
}

/// The text for use inside a URL.
fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

/// The server's data directory and version.
async fn identify(url: &str) -> Result<(String, String), Error> {
    let client = connect(url).await?;
    let question = "SELECT current_setting('data_directory'), current_setting('server_version')";
    let row = client.query_one(question, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// An answer that no server gives while it is up is silence; any other is a fault.
fn silence(failure: Error) -> Result<Answer, ClusterError> {
    let Some(code) = failure.code() else {
        return Ok(Answer::Silent);
    };
    let between_states = [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];
    if between_states.contains(code) {
        return Ok(Answer::Silent);
    }
    if *code == SqlState::INVALID_PASSWORD {
        return Err(ClusterError::PasswordRefused);
    }
    Err(ClusterError::Database(failure))
}

fn same_folder(reported: &str, data: &Path) -> bool {
    match (fs::metadata(reported), fs::metadata(data)) {
        (Ok(reported), Ok(data)) => same_file(&reported, &data),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_encoded_byte_by_byte() {
        assert_eq!(percent_encode("/srv/积 a-b_c.d"), "%2Fsrv%2F%E7%A7%AF%20a-b_c.d");
    }

    #[test]
    fn an_encoded_path_is_read_as_a_socket_folder() {
        let url = format!("postgresql://a:b@{}/c", percent_encode("/srv/积分, @:/socket"));
        let read: tokio_postgres::Config = url.parse().expect("a URL");
        let folder = Path::new("/srv/积分, @:/socket").to_path_buf();
        assert_eq!(read.get_hosts(), [tokio_postgres::config::Host::Unix(folder)]);
    }
}
