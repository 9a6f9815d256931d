//! Sessions of persons: what the web process keeps of one, and where.

mod store;

use records::sealing::random;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

pub(crate) use store::{Store, hash_of, layer};

/// The name under which a session keeps what it is.
const KEPT: &str = "session";

/// What is kept of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The digits of the account's county.
    pub(crate) county: String,
    /// The account.
    pub(crate) account: i64,
    /// Holds while it is the account's.
    pub(crate) generation: i32,
    /// The grant under which the person acts.
    pub(crate) grant: Option<i64>,
    /// What every form of the session carries.
    pub(crate) form_token: String,
    /// From where it was begun.
    pub(crate) address: String,
    /// With what it was begun.
    pub(crate) agent: String,
}

/// What a session keeps; none where it was never begun, has ended or is unreadable.
pub(crate) async fn kept(session: &Session) -> Result<Option<Kept>, tower_sessions::session::Error> {
    session.get(KEPT).await
}

/// Begins a session under a new number, or keeps something else of the present one.
pub(crate) async fn keep(session: &Session, kept: &Kept) -> Result<(), tower_sessions::session::Error> {
    session.insert(KEPT, kept).await
}

/// A token for the forms of a session.
pub(crate) fn new_form_token() -> records::Result<String> {
    let mut token = [0; 16];
    random(&mut token)?;
    Ok(hex::encode(token))
}
