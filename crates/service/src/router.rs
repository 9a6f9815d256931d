//! The table of contents: every route of the web process.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};
use tower_http::trace::TraceLayer;

use crate::http::{address, idempotent, limits, origin};
use crate::session::{Store, layer};
use crate::state::State;
use crate::{
    account, accounts, api, assets, awards, caller, closing, error, headers, health, household, households,
    log, login, metrics, objecting, objections, overview, panels, photos, publication, publishing, roles,
    rules, samples, scoring, setup, start, suggesting, suggestions, tasks, why,
};

macro_rules! pages {
    ($($method:ident $path:literal $handler:path $(, up_to $bytes:expr)?;)*) => {
        /// Method and path of every page; tests walk this list. The API's routes stand in [`api::openapi`].
        pub const PAGES: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        fn pages() -> Router<State> {
            Router::new()$(.route($path, $method($handler)$(.layer(DefaultBodyLimit::max($bytes)))?))*
        }
    };
}

pages! {
    get "/" publication::villages;
    get "/h/{token}" household::months;
    get "/p/{village}" publication::latest;
    get "/p/{village}/{month}" publication::month;
    get "/p/{village}/objection" objecting::form;
    post "/p/{village}/objections" objecting::from_board;
    post "/h/{token}/objections" objecting::from_household;
    get "/p/{village}/suggestion" suggesting::form;
    post "/p/{village}/suggestions" suggesting::from_board;
    get "/h/{token}/suggestion" suggesting::household_form;
    post "/h/{token}/suggestions" suggesting::from_household;
    get "/answer" suggesting::look_up_form;
    post "/answer" suggesting::look_up;
    get "/h/{token}/photos/{photo}" photos::own;
    post "/h/{token}/photos/{photo}/withdrawal" photos::withdraw_own;
    get "/p/{village}/{month}/photos/{photo}" photos::of_board;
    get "/overview/{place}/{month}" overview::show;
    get "/overview/{place}/{month}/progress.csv" overview::csv;
    get "/overview/{place}/{month}/progress.xlsx" overview::xlsx;
    post "/overview/{place}/{month}/reminders" overview::remind;
    get "/why/{household}/{month}" why::show;
    get "/closing/{place}/{month}" closing::show;
    post "/closing/{place}/{month}" closing::close;
    get "/scoring/{place}/{month}" scoring::show;
    get "/scoring/{place}/{month}/panel" scoring::review;
    post "/scoring/{place}/{month}/signatures" scoring::sign;
    post "/scoring/{place}/{month}/sheets/{sheet}" scoring::decide;
    post "/scoring/{place}/{month}/exceptions" scoring::ask_exception;
    post "/scoring/{place}/{month}/exceptions/{exception}" scoring::decide_exception;
    get "/scoring/{place}/{month}/blank.pdf" scoring::blank;
    get "/scoring/{place}/{month}/entry" scoring::entry;
    post "/scoring/{place}/{month}/entry" scoring::save_entry, up_to LINES_BYTES;
    get "/samples/{place}/{month}" samples::show;
    post "/samples/{place}/{month}/commitments" samples::fix;
    post "/samples/{place}/{month}/draws" samples::draw;
    post "/samples/{place}/{month}/cards" samples::check;
    get "/samples/{place}/{month}/list.pdf" samples::list;
    get "/samples/{place}/{month}/corrections/{household}" samples::correction;
    post "/samples/{place}/{month}/corrections/{household}" samples::correct;
    get "/objections/{place}/{month}" objections::show;
    post "/objections/{place}/{month}" objections::take;
    get "/objections/{place}/{month}/{objection}" objections::one;
    post "/objections/{place}/{month}/{objection}" objections::decide;
    get "/objections/{place}/{month}/{objection}/receipt" objections::receipt;
    get "/suggestions/{place}/{month}" suggestions::show;
    post "/suggestions/{place}/{month}" suggestions::take;
    get "/suggestions/{place}/{month}/{suggestion}" suggestions::one;
    post "/suggestions/{place}/{month}/{suggestion}" suggestions::act;
    get "/rules/{place}/{month}" rules::show;
    get "/rules/{place}/{month}/review" rules::review;
    get "/rules/{place}/{month}/draft" rules::draft;
    post "/rules/{place}/{month}/draft" rules::submit, up_to LINES_BYTES;
    get "/rules/{place}/{month}/settings" rules::settings;
    post "/rules/{place}/{month}/settings" rules::save_settings;
    get "/rules/{place}/{month}/submissions/{submission}" rules::submission;
    post "/rules/{place}/{month}/submissions/{submission}" rules::decide;
    get "/publication/{place}/{month}" publishing::show;
    post "/publication/{place}/{month}" publishing::publish;
    post "/publication/{place}/{month}/posting" publishing::post;
    get "/publication/{place}/{month}/notice.pdf" publishing::pdf;
    get "/publication/{place}/{month}/notice.png" publishing::png;
    get "/publication/{place}/{month}/notice.txt" publishing::txt;
    get "/publication/{place}/{month}/honours.pdf" publishing::honours;
    get "/publication/{place}/{month}/groups/{file}" publishing::of_group;
    get "/publication/{place}/{month}/results.csv" publishing::results_csv;
    get "/publication/{place}/{month}/results.xlsx" publishing::results_xlsx;
    get "/photos/{place}/{month}" photos::show;
    post "/photos/{place}/{month}/proposals" photos::propose;
    post "/photos/{place}/{month}/decisions" photos::decide;
    post "/photos/{place}/{month}/withdrawals" photos::withdraw;
    get "/awards/{place}/{month}" awards::show;
    post "/awards/{place}/{month}" awards::compute;
    get "/accounts/{place}/{month}" accounts::show;
    post "/accounts/{place}/{month}" accounts::add;
    post "/accounts/{place}/{month}/delegation" accounts::delegate;
    get "/accounts/{place}/{month}/tokens" accounts::tokens;
    post "/accounts/{place}/{month}/tokens" accounts::issue;
    post "/accounts/{place}/{month}/tokens/{id}/revocation" accounts::revoke;
    get "/accounts/{place}/{month}/{account}" accounts::one;
    post "/accounts/{place}/{month}/{account}/password" accounts::reset;
    post "/accounts/{place}/{month}/{account}/disabled" accounts::switch;
    post "/accounts/{place}/{month}/{account}/grants" accounts::give;
    post "/accounts/{place}/{month}/{account}/grants/{grant}/revocation" accounts::take;
    get "/log/{place}/{month}" log::show;
    get "/households/{place}/{month}" households::show;
    get "/households/{place}/{month}/new" households::form;
    post "/households/{place}/{month}/registrations" households::register;
    get "/households/{place}/{month}/import" households::import_form;
    post "/households/{place}/{month}/import" households::import, up_to households::UPLOAD_BYTES;
    get "/households/{place}/{month}/sample.csv" households::sample;
    post "/households/{place}/{month}/cards" households::cards;
    get "/household/{code}/{month}" households::file;
    get "/household/{code}/{month}/form2.pdf" households::form2;
    get "/household/{code}/{month}/photos/{photo}" photos::of_household;
    post "/household/{code}/{month}/changes" households::change;
    post "/household/{code}/{month}/reveal" households::reveal;
    post "/household/{code}/{month}/card" households::reissue;
    post "/household/{code}/{month}/moves" households::moves;
    post "/household/{code}/{month}/splits" households::splits;
    post "/household/{code}/{month}/mergers" households::merges;
    post "/household/{code}/{month}/queries" households::query;
    post "/household/{code}/{month}/answers" households::answer;
    get "/start/samples/{name}" start::sample;
    get "/start/{place}/{month}" start::show;
    get "/start/{place}/{month}/import/{kind}" start::import_form;
    post "/start/{place}/{month}/import/{kind}" start::import, up_to households::UPLOAD_BYTES;
    get "/panels/{place}/{month}" panels::show;
    post "/panels/{place}/{month}/revisions" panels::form;
    post "/panels/{place}/{month}/areas" panels::hand_over;
    get "/phone" scoring::phone;
    get "/phone/sw.js" assets::service_worker;
    get "/phone/month/{month}" scoring::phone_month;
    put "/phone/photos/{household}/{month}/{sha256}" scoring::photo, up_to PHOTO_BYTES;
    post "/phone/sheets" scoring::sheets, up_to SHEETS_BYTES;
    get "/setup" setup::form;
    post "/setup" setup::set_up;
    get "/login" login::form;
    post "/login" login::log_in;
    post "/logout" login::log_out;
    get "/tasks" tasks::show;
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
    get "/assets/{version}/{*name}" assets::asset;
}

/// What a form of a page may bring.
const FORM_BYTES: usize = 64 << 10;

/// What a form of many lines may bring: a catalogue, the paper sheets of a group.
const LINES_BYTES: usize = 1 << 20;

/// A photo as phones send it: they make it smaller first.
const PHOTO_BYTES: usize = 4 << 20;

/// What a phone may hand in at once.
pub(crate) const SHEETS_BYTES: usize = 512 << 10;

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
