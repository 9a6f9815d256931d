//! Limits: requests from one address, the size of a body, the time of a request.

use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use governor::middleware::NoOpMiddleware;
use settings::Http;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::address::{ClientAddress, block};
use crate::problem::Problem;

/// Puts the limits around routes; what they refuse is a problem.
pub(crate) fn limited<S: Clone + Send + Sync + 'static>(router: Router<S>, http: &Http) -> Router<S> {
    let bytes = usize::try_from(http.body_mebibytes).unwrap_or(20) << 20;
    let seconds = Duration::from_secs(u64::from(http.request_seconds));
    let router = router
        .layer(CatchPanicLayer::custom(|_| Problem::fault().into_response()))
        .layer(DefaultBodyLimit::max(bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, seconds));
    let router = match per_address(http) {
        Some(config) => {
            tokio::spawn(forget_addresses(Arc::downgrade(&config)));
            router.layer(GovernorLayer::new(config).error_handler(too_many))
        }
        None => router,
    };
    router.layer(from_fn(explained))
}

/// Forgets addresses that have been quiet, so that their number does not grow for ever.
async fn forget_addresses(config: Weak<PerAddress>) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let Some(config) = config.upgrade() else { return };
        config.limiter().retain_recent();
    }
}

type PerAddress = GovernorConfig<ByAddress, NoOpMiddleware<governor::clock::QuantaInstant>>;

fn per_address(http: &Http) -> Option<Arc<PerAddress>> {
    let each = Duration::from_secs(1).checked_div(http.requests_per_second)?;
    let mut builder = GovernorConfigBuilder::default().key_extractor(ByAddress);
    builder.period(each).burst_size(http.requests_at_once).finish().map(Arc::new)
}

/// Requests are counted by the address of the client.
#[derive(Debug, Clone, Copy)]
struct ByAddress;

impl KeyExtractor for ByAddress {
    type Key = IpAddr;

    fn extract<T>(&self, request: &axum::http::Request<T>) -> Result<IpAddr, GovernorError> {
        let client = request.extensions().get::<ClientAddress>();
        client.map(|client| block(client.address)).ok_or(GovernorError::UnableToExtractKey)
    }
}

fn too_many(error: GovernorError) -> Response<Body> {
    match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            Problem::too_many().after(u32::try_from(wait_time.max(1)).unwrap_or(60)).into_response()
        }
        _ => Problem::fault().into_response(),
    }
}

/// Answers of layers that know nothing of problems are made problems.
async fn explained(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let plain = !response.headers().contains_key(CONTENT_TYPE)
        || response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::REQUEST_TIMEOUT if plain => {
            Problem::timeout().because("办理时间太长，已停止；请缩小范围后再试").into_response()
        }
        StatusCode::PAYLOAD_TOO_LARGE if plain => Problem::too_large().into_response(),
        StatusCode::METHOD_NOT_ALLOWED if plain => {
            let mut answer = Problem::method().into_response();
            if let Some(allow) = response.headers().get(axum::http::header::ALLOW) {
                answer.headers_mut().insert(axum::http::header::ALLOW, allow.clone());
            }
            answer
        }
        _ => response,
    }
}
