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
}
