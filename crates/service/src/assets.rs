//! The files that pages ship: style, icons and scripts, part of the program.

use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Changes whenever a file does; it stands in every address, so that browsers may keep files for ever.
pub(crate) const VERSION: &str = env!("JIFEN_ASSETS_VERSION");

/// A file that pages ship.
pub(crate) struct Asset {
    name: &'static str,
    plain: &'static [u8],
    packed: &'static [u8],
}

/// Every file, by its name; made by `build.rs`.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A year: an address with a version never means another file.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `GET /assets/{version}/{*name}`
pub(crate) async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    // A page of an earlier program may still ask: better today's file than none, but not for ever.
    let caching = if version == VERSION { FOR_EVER } else { HeaderValue::from_static("no-cache") };
    served(&name, &headers, caching)
}

/// `GET /phone/sw.js`: a service worker rules the folder that it is served from.
pub(crate) async fn service_worker(headers: HeaderMap) -> Response {
    let mut response = served("phone/sw.js", &headers, HeaderValue::from_static("no-cache"));
    // The page itself, `/phone`, lies outside the folder of the worker.
    response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static("/phone"));
    response
}

fn served(name: &str, headers: &HeaderMap, caching: HeaderValue) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let packed = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|one| one.trim().starts_with("gzip")));
    let kind = HeaderValue::from_static(kind(name));
    let own =
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, caching), (VARY, HeaderValue::from_static("accept-encoding"))];
    match packed {
        true => (own, [(CONTENT_ENCODING, "gzip")], asset.packed).into_response(),
        false => (own, asset.plain).into_response(),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phone_page_names_every_file_that_its_worker_keeps() {
        let page = include_str!("../templates/scoring/phone.html");
        let files = ASSETS.iter().filter_map(|asset| asset.name.strip_prefix("phone/"));
        let left_out = files.filter(|name| *name != "sw.js" && !page.contains(&format!("/phone/{name}\"")));
        assert_eq!(left_out.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
