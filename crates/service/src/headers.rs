//! Headers of every answer.

use axum::extract::{Request, State as Extract};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::State;

/// Adds the headers that keep pages from being framed, sniffed, indexed or scripted.
pub(crate) async fn secure(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    // The address of a household's page is its key: it goes nowhere. Elsewhere our own pages may know, since browsers
    // otherwise hide from us where a form comes from.
    let referrer = if request.uri().path().starts_with("/h/") { "no-referrer" } else { "same-origin" };
    let mut response = next.run(request).await;
    if state.is_behind_tls() {
        // A year, as browsers' lists ask for at least.
        let policy = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, policy);
    }
    let headers = response.headers_mut();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
         manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    // Whoever uses this machine next finds nothing in it; files that may be kept say so themselves.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    response
}

/// What the log says of a request: the token of a household's page is cut from it.
pub(crate) fn span(request: &Request) -> tracing::Span {
    let path = request.uri().path();
    let path = if path.starts_with("/h/") { "/h/…" } else { path };
    tracing::info_span!("request", method = %request.method(), path)
}
