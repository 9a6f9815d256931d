//! Alive, and ready.

use axum::extract::State as Extract;
use axum::http::StatusCode;

use crate::state::State;

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The database can be reached and its schema is current.
pub(crate) async fn ready(Extract(state): Extract<State>) -> (StatusCode, &'static str) {
    match current(&state).await {
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "schema not current\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "database not reachable\n")
        }
    }
}

async fn current(state: &State) -> records::Result<bool> {
    let mut connection = state.database.connection().await?;
    records::migrations::is_current(&mut connection).await
}
