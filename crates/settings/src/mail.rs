//! Mail.

use serde::Deserialize;

/// How mail is sent.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtp`, `folder` (a file for each mail) or `off`.
    pub way: String,
    /// The folder of files; empty: `mail` in the data folder.
    pub folder: String,
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `required` (encrypted from the start), `starttls`, or `none` (this machine only).
    pub tls: String,
    /// Log-in at the server; empty: none.
    pub user: String,
    /// Its password; better given in the environment.
    pub password: String,
    /// Who mail comes from.
    pub from: String,
    /// For how many seconds the server may be silent.
    pub timeout_seconds: u32,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Mail")
            .field("way", &self.way)
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
