//! The table of contents: every route of the web process.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::trace::TraceLayer;

use crate::http::{address, idempotent, limits, origin};
use crate::session::{Store, layer};
use crate::state::State;
use crate::{account, api, caller, error, headers, health, household, login, metrics, publication, roles};

macro_rules! pages {
    ($($method:ident $path:literal $handler:path;)*) => {
        /// Method and path of every page; tests walk this list. The API's routes stand in [`api::openapi`].
        pub const PAGES: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        fn pages() -> Router<State> {
            Router::new()$(.route($path, $method($handler)))*
        }
    };
}

pages! {
    get "/" publication::villages;
    get "/h/{token}" household::months;
    get "/p/{village}" publication::latest;
    get "/p/{village}/{month}" publication::month;
    get "/login" login::form;
    post "/login" login::log_in;
    post "/logout" login::log_out;
    get "/account" account::show;
    post "/account/password" account::password;
    post "/account/role" account::role;
    post "/account/second-factor" account::second_factor;
    post "/account/sessions/{id}/end" account::end;
    get "/roles" roles::show;
    get "/api/v1/reference" api::reference;
    get "/healthz" health::alive;
    get "/metrics" metrics::metrics;
    get "/readyz" health::ready;
    get "/assets/public.css" headers::stylesheet;
}

/// What a form of a page may bring.
const FORM_BYTES: usize = 64 << 10;

/// The router of every page and of the API.
pub fn router(state: State) -> Router {
    let store = Store { database: state.database.clone(), lifetime: state.lifetime() };
    let api = api::router().layer(from_fn_with_state(state.clone(), idempotent::once));
    let routes = pages()
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .merge(api)
        .fallback(error::not_found)
        .layer(from_fn_with_state(state.clone(), caller::identify))
        .layer(from_fn(origin::same_origin))
        .layer(layer(store, state.is_behind_tls()));
    limits::limited(routes, &state.http)
        .layer(from_fn(error::for_people))
        .layer(from_fn_with_state(state.clone(), headers::secure))
        .layer(TraceLayer::new_for_http().make_span_with(headers::span))
        .layer(from_fn_with_state(state.clone(), address::number))
        .with_state(state)
}
