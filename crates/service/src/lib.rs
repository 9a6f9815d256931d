//! The web process: handlers load through `records`, pages are structs beside them.

mod account;
mod accounts;
mod api;
mod assets;
mod awards;
mod caller;
mod closing;
mod error;
mod headers;
mod health;
mod household;
mod households;
mod http;
mod log;
mod login;
mod metrics;
mod objections;
mod operations;
mod overview;
mod panels;
mod photos;
mod problem;
mod publication;
mod publishing;
mod objecting;
mod reading;
mod roles;
mod router;
mod rules;
mod samples;
mod scoring;
mod session;
mod setup;
mod shell;
mod start;
mod state;
mod suggesting;
mod suggestions;
mod tasks;
mod why;

use std::net::SocketAddr;

pub use api::openapi;
pub use operations::operations;
pub use router::{PAGES, router};
pub use setup::{Setup, nobody_has_a_role};
pub use state::{Clock, State};

/// Serves until `stop` resolves, then lets what is under way end.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: State,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let limits = std::sync::Arc::clone(&state.http);
    http::serve::serve(listener, router(state), &limits, stop).await
}

/// Serves the operations page until `stop` resolves.
///
/// # Errors
/// The listener fails.
pub async fn serve_operations(
    listener: tokio::net::TcpListener,
    state: State,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, operations(state)).with_graceful_shutdown(stop).await
}

/// Binds an address; port 0 takes a free one.
///
/// # Errors
/// The address is in use or not ours.
pub async fn listen(address: &str) -> std::io::Result<(tokio::net::TcpListener, SocketAddr)> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}
