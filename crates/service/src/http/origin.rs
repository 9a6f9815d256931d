//! What changes something must come from our own pages: a page of another site may not make a browser post here.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Refuses a changing request that a browser sends for another site. Requests with a token are no browser's.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let token =
        request.headers().get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"Bearer "));
    // The page of a household tells nobody where it stands, not even us; its address is its key, and no session counts.
    let by_address = request.uri().path().starts_with("/h/");
    if !safe && !token && !by_address && is_foreign(request.headers()) {
        return Problem::foreign_origin().because("请在本系统的页面上操作").into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    if let Some(site) = text(headers, "sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    // Browsers that do not say whether it is the same site say which site it is.
    let Some(origin) = text(headers, ORIGIN.as_str()) else { return false };
    let host = text(headers, HOST.as_str()).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, origin)| origin != host)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &str)], foreign: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a value"));
        }
        assert_eq!(is_foreign(&map), foreign, "{headers:?}");
    }

    #[test]
    fn a_form_of_another_site_is_foreign_and_our_own_is_not() {
        check(&[("sec-fetch-site", "cross-site")], true);
        check(&[("sec-fetch-site", "same-site")], true);
        check(&[("sec-fetch-site", "same-origin")], false);
        check(&[("origin", "https://evil.example"), ("host", "jifen.example")], true);
        check(&[("origin", "https://jifen.example"), ("host", "jifen.example")], false);
        check(&[("origin", "null"), ("host", "jifen.example")], true);
        check(&[("host", "jifen.example")], false);
    }
}
