//! `/metrics` for Prometheus: the same figures as the operations page, asked when they are scraped.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::schedule::Kind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use records::jobs::{Overview, overview};

use crate::state::State;

/// What a figure about jobs is told apart by.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    kind: String,
    state: String,
}

/// `/metrics`
pub(crate) async fn metrics(Extract(state): Extract<State>) -> Response {
    let now = state.now();
    let figures = match overview(&state.database).await {
        Ok(figures) => figures,
        Err(error) => {
            tracing::error!(%error, "jobs could not be counted");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    match text(&figures, now.timestamp()) {
        Ok(text) => ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn text(figures: &Overview, now: i64) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("jifen");
    let jobs = Family::<Labels, Gauge>::default();
    let seconds = Family::<Labels, Gauge<f64, std::sync::atomic::AtomicU64>>::default();
    for kind in Kind::ALL {
        for state in ["due", "running", "done", "given_up"] {
            let found = figures.depths.iter().find(|one| one.kind == kind.name() && one.state == state);
            let labels = Labels { kind: kind.name().to_owned(), state: state.to_owned() };
            jobs.get_or_create(&labels).set(found.map_or(0, |one| one.jobs));
            if state == "done" {
                seconds.get_or_create(&labels).set(found.map_or(0.0, |one| one.seconds));
            }
        }
    }
    let oldest = Gauge::<i64>::default();
    oldest.set(figures.oldest_due().map_or(0, |due| (now - due.timestamp()).max(0)));
    registry.register("jobs", "Jobs by kind and state", jobs);
    registry.register("job_run_seconds", "Time that ended jobs took, without waiting, by kind", seconds);
    registry.register(
        "job_oldest_due_seconds",
        "For how long the oldest job that is not begun is due",
        oldest,
    );
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
