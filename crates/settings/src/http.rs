//! The web process.

use serde::Deserialize;

/// How pages are served.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// Address and port of the operations page, which acts for the user of the shell: this machine's; empty: none.
    pub operations: String,
    /// The address below which people reach the pages, `https://jifen.example.cn`: printed in QR codes and mail;
    /// empty: the address listened on.
    pub public_url: String,
    /// The telephone number for complaints that public pages print; empty prints none.
    pub supervision_phone: String,
    /// For how many months public pages are shown.
    pub public_months: u32,
    /// Address ranges of proxies in front, whose `X-Forwarded-For` is believed: `10.0.0.0/8, 127.0.0.1/32`.
    pub trusted_proxies: String,
    /// After so many minutes without a request a session ends.
    pub session_idle_minutes: u32,
    /// After so many hours every session ends.
    pub session_hours: u32,
    /// Requests a second from one address, on average.
    pub requests_per_second: u32,
    /// Requests from one address at once.
    pub requests_at_once: u32,
    /// The most mebibytes of a body.
    pub body_mebibytes: u32,
    /// The most seconds for a request.
    pub request_seconds: u32,
    /// The most seconds for the head of a request, and between two bytes of a body or an answer.
    pub idle_seconds: u32,
    /// The most connections at once.
    pub connections: u32,
}
