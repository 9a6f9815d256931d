//! How a visitor reads a public page: 大字版 (长辈版) or 标准字号. The address says it, and every link and form of the page
//! carries it on: no cookie, no script.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, Uri};

use crate::state::State;

/// How a public page is read, and where one complains from it; what `public.html` shows around the page itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// 大字版: everything a quarter larger.
    pub(crate) large: bool,
    /// Whether the page cannot be asked for again, as a receipt or a refused form: it is made larger where it stands.
    pub(crate) stays: bool,
    /// The form for suggestions and complaints; empty where no village is known, and on the form itself.
    pub(crate) complaints: String,
    /// Whether the address says which of the two.
    is_asked: bool,
}

impl Reading {
    /// What a request asks for. A household's page is large unless asked otherwise.
    pub(crate) fn of(method: &Method, uri: &Uri) -> Self {
        let asked = uri.query().unwrap_or_default().split('&').find_map(|pair| match pair {
            "large=1" => Some(true),
            "large=0" => Some(false),
            _ => None,
        });
        Self {
            large: asked.unwrap_or_else(|| uri.path().starts_with("/h/")),
            stays: *method == Method::POST,
            complaints: String::new(),
            is_asked: asked.is_some(),
        }
    }

    /// The same for a page that belongs to a village's board or a household's card, `/p/…` or `/h/…`.
    pub(crate) fn at(self, home: &str) -> Self {
        Self { complaints: format!("{home}/suggestion"), ..self }
    }

    /// What links and forms of the page add to their addresses.
    pub(crate) fn query(&self) -> &'static str {
        match self {
            Self { large: true, .. } => "?large=1",
            Self { is_asked: true, .. } => "?large=0",
            _ => "",
        }
    }

    /// The same page read the other way.
    pub(crate) fn other(&self) -> &'static str {
        if self.large { "?large=0" } else { "?large=1" }
    }
}

impl FromRequestParts<State> for Reading {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.method, &parts.uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &'static str, large: bool, query: &str) {
        let reading = Reading::of(&Method::GET, &Uri::from_static(address));
        assert_eq!((reading.large, reading.query()), (large, query), "{address}");
        let other = if large { "?large=0" } else { "?large=1" };
        assert_eq!(reading.other(), other, "{address}");
    }

    #[test]
    fn the_address_says_how_a_page_is_read_and_a_households_is_large_by_itself() {
        check("/p/440229100204", false, "");
        check("/p/440229100204?large=1", true, "?large=1");
        check("/p/440229100204?large=0", false, "?large=0");
        check("/p/440229100204?large=yes&from=wechat", false, "");
        check("/answer?from=wechat&large=1", true, "?large=1");
        check("/h/440229abc", true, "?large=1");
        check("/h/440229abc?large=0", false, "?large=0");
    }

    #[test]
    fn what_was_sent_is_not_asked_for_again() {
        let uri = Uri::from_static("/p/440229100204/objections?large=1");
        assert!(Reading::of(&Method::POST, &uri).stays);
        assert!(!Reading::of(&Method::GET, &uri).stays);
        assert_eq!(Reading::default().at("/h/440229abc").complaints, "/h/440229abc/suggestion");
    }
}
