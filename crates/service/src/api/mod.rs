//! `/api/v1`: what the pages do, for programs. The same permissions, the same verbs.

mod accounts;
mod awards;
mod cards;
mod catalogues;
mod closings;
mod divisions;
mod document;
mod grants;
mod household_changes;
mod households;
mod jobs;
mod log;
mod own_account;
mod panels;
mod personal;
mod publications;
mod reference;
mod results;
mod rows;
mod rulebooks;
mod session;
mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::state::State;

pub(crate) use catalogues::{CatalogueRow, assembled, rows_of};
pub(crate) use own_account::{set_factor, set_password};
pub(crate) use reference::reference;
pub(crate) use rows::{Page, page};
pub(crate) use session::{begin_session, end_own_session, switch_to};

/// The most bytes that anybody may send, before it is known who it is.
const SMALL: usize = 16 << 10;

/// Every route of the API with its description.
fn described() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document::empty())
        .routes(
            routes!(session::log_in, session::who_am_i, session::switch, session::log_out)
                .layer(DefaultBodyLimit::max(SMALL)),
        )
        .routes(routes!(session::sessions))
        .routes(routes!(session::end_session))
        .routes(routes!(own_account::change_password))
        .routes(routes!(
            own_account::offer_second_factor,
            own_account::set_second_factor,
            own_account::end_second_factor
        ))
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::one))
        .routes(routes!(accounts::reset_password))
        .routes(routes!(accounts::set_disabled))
        .routes(routes!(grants::roles))
        .routes(routes!(grants::list, grants::give))
        .routes(routes!(grants::take))
        .routes(routes!(grants::delegations))
        .routes(routes!(grants::delegate))
        .routes(routes!(tokens::list, tokens::issue))
        .routes(routes!(tokens::revoke))
        .routes(routes!(divisions::list, divisions::register))
        .routes(routes!(divisions::contacts, divisions::register_contacts))
        .routes(routes!(rulebooks::resolved, rulebooks::adopt))
        .routes(routes!(catalogues::in_force, catalogues::adopt))
        .routes(routes!(households::list, households::register))
        .routes(routes!(households::one))
        .routes(routes!(household_changes::move_one))
        .routes(routes!(household_changes::split_one))
        .routes(routes!(household_changes::merge_one))
        .routes(routes!(personal::reveal))
        .routes(routes!(personal::file))
        .routes(routes!(personal::erase))
        .routes(routes!(panels::list, panels::form))
        .routes(routes!(cards::list, cards::enter))
        .routes(routes!(closings::months))
        .routes(routes!(closings::close))
        .routes(routes!(publications::list, publications::publish))
        .routes(routes!(publications::post))
        .routes(routes!(cards::correct))
        .routes(routes!(results::list))
        .routes(routes!(awards::list, awards::compute))
        .routes(routes!(awards::certify))
        .routes(routes!(log::search))
        .routes(routes!(log::export))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::again))
}

/// The routes of the API.
pub(crate) fn router() -> Router<State> {
    let (router, _) = described().split_for_parts();
    router.route("/api/v1/openapi.json", axum::routing::get(document::served)).route(
        "/api/v1/{*unknown}",
        axum::routing::any(async || Problem::not_found().because("没有这个接口，见 /api/v1/reference")),
    )
}

/// The OpenAPI 3.1 document of the API.
pub fn openapi() -> OpenApi {
    document::completed(described().into_openapi())
}
