//! `ETag` and `If-Match` where two people may edit the same thing.

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::problem::Problem;

/// The header that names a version.
pub(crate) fn header(version: Option<i64>) -> [(HeaderName, HeaderValue); 1] {
    let text = format!("\"{}\"", version.unwrap_or(0));
    [(ETAG, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\"")))]
}

/// The version that a request builds on, where it says one; `*` and no header say none.
///
/// # Errors
/// A header that names no version of ours.
pub(crate) fn builds_on(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version =
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| Problem::changed().because("If-Match 不是读到的 ETag"))
}
