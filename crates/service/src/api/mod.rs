//! `/api/v1`: what the pages do, for programs. The same permissions, the same verbs.

mod accounts;
mod approvals;
mod awards;
mod cards;
mod catalogues;
mod closings;
mod decisions;
mod divisions;
mod document;
mod eligibility;
mod exceptions;
mod files;
mod grants;
mod household_cards;
mod household_changes;
mod household_file;
mod households;
mod jobs;
mod log;
mod objections;
mod own_account;
mod panels;
mod personal;
mod publications;
mod reference;
mod reminders;
mod results;
mod rows;
mod rulebooks;
mod samples;
mod session;
mod sheets;
mod signatures;
mod submissions;
mod suggestions;
mod tokens;
mod verification;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::router::SHEETS_BYTES;
use crate::state::State;

pub(crate) use catalogues::{CatalogueRow, read_rows, rows_of};
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
        .routes(routes!(submissions::list, submissions::submit))
        .routes(routes!(submissions::one))
        .routes(routes!(submissions::withdraw))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::send_back))
        .routes(routes!(approvals::what_if))
        .routes(routes!(households::list, households::register))
        .routes(routes!(households::one))
        .routes(routes!(household_changes::move_one))
        .routes(routes!(household_changes::split_one))
        .routes(routes!(household_changes::merge_one))
        .routes(routes!(eligibility::open))
        .routes(routes!(eligibility::of_household, eligibility::ask))
        .routes(routes!(eligibility::answer))
        .routes(routes!(eligibility::ask_again))
        .routes(routes!(eligibility::close))
        .routes(routes!(personal::reveal))
        .routes(routes!(personal::file))
        .routes(routes!(personal::erase))
        .routes(routes!(household_cards::print))
        .routes(routes!(panels::list, panels::form))
        .routes(routes!(cards::list, cards::enter))
        .routes(routes!(sheets::list, sheets::hand_in).layer(DefaultBodyLimit::max(SHEETS_BYTES)))
        .routes(routes!(sheets::decide))
        .routes(routes!(signatures::to_sign, signatures::sign))
        .routes(routes!(exceptions::list, exceptions::ask))
        .routes(routes!(exceptions::decide))
        .routes(routes!(exceptions::withdraw))
        .routes(routes!(samples::list, samples::fix))
        .routes(routes!(samples::draw_one))
        .routes(routes!(samples::check))
        .routes(routes!(closings::months))
        .routes(routes!(closings::close))
        .routes(routes!(publications::list, publications::publish))
        .routes(routes!(publications::post))
        .routes(routes!(objections::list, objections::file))
        .routes(routes!(objections::one))
        .routes(routes!(objections::reveal))
        .routes(routes!(decisions::decide))
        .routes(routes!(decisions::withdraw))
        .routes(routes!(decisions::note))
        .routes(routes!(decisions::ask))
        .routes(routes!(decisions::review))
        .routes(routes!(suggestions::list))
        .routes(routes!(suggestions::one))
        .routes(routes!(suggestions::answer))
        .routes(routes!(cards::correct))
        .routes(routes!(results::list))
        .routes(routes!(files::notice_pdf))
        .routes(routes!(files::notice_png))
        .routes(routes!(files::notice_txt))
        .routes(routes!(files::honours_pdf))
        .routes(routes!(files::form2_pdf))
        .routes(routes!(files::form2_xlsx))
        .routes(routes!(files::form3_pdf))
        .routes(routes!(files::form3_xlsx))
        .routes(routes!(files::form4_pdf))
        .routes(routes!(files::form4_xlsx))
        .routes(routes!(files::labels_pdf))
        .routes(routes!(files::results_csv))
        .routes(routes!(files::results_xlsx))
        .routes(routes!(awards::list, awards::compute))
        .routes(routes!(awards::certify))
        .routes(routes!(reminders::list, reminders::write))
        .routes(routes!(verification::verify))
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
