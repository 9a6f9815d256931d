//! The table of contents: every route of the web process.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use tower_http::trace::TraceLayer;

use crate::state::State;
use crate::{error, headers, health, household, metrics, publication};

/// Every route, with what it needs; tests walk this list.
pub const ROUTES: &[&str] = &[
    "/",
    "/h/{token}",
    "/healthz",
    "/metrics",
    "/readyz",
    "/p/{village}",
    "/p/{village}/{month}",
    "/assets/public.css",
];

/// The router of every page.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/", get(publication::villages))
        .route("/h/{token}", get(household::months))
        .route("/healthz", get(health::alive))
        .route("/metrics", get(metrics::metrics))
        .route("/readyz", get(health::ready))
        .route("/p/{village}", get(publication::latest))
        .route("/p/{village}/{month}", get(publication::month))
        .route("/assets/public.css", get(headers::stylesheet))
        .fallback(error::not_found)
        .layer(from_fn(headers::secure))
        .layer(TraceLayer::new_for_http().make_span_with(headers::span))
        .with_state(state)
}
