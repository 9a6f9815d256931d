//! The own account: the role of the moment, the password, the second factor, the sessions.

use askama::Template;
use authz::{Actor, Hat, Read};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::canonical::Digest;
use records::accounts::{Offered, begin_second_factor, end_session, offer_second_factor_again, sessions};
use records::{places, tenancy};
use serde::Deserialize;
use tower_sessions::Session;

use crate::api::{set_factor, set_password, switch_to};
use crate::caller::{Caller, LoggedIn};
use crate::error::{PageError, page};
use crate::http::input::{Named, Pairs, Posted};
use crate::problem::Problem;
use crate::session::hash_of;
use crate::state::State;

/// What every page behind the log-in shows at its top: who acts, and as what.
pub(crate) struct Header {
    /// The number of the account, by which the phone page knows whether somebody else has logged in since.
    pub(crate) account: i64,
    /// The person's name.
    pub(crate) name: String,
    /// The role and the place, or that there is none.
    pub(crate) hat: String,
    /// What every form of the session carries.
    pub(crate) form_token: String,
}

impl Header {
    /// The top of a page of a caller.
    pub(crate) async fn of(state: &State, logged_in: &LoggedIn) -> Result<Self, PageError> {
        let current = logged_in.identity.hats.iter().find(|hat| Some(hat.grant) == logged_in.kept.grant);
        let hat = match current {
            Some(hat) => format!("{} {}", place_name(state, logged_in, hat).await?, hat.role.title()),
            None => "没有可用的角色".to_owned(),
        };
        let identity = &logged_in.identity;
        let form_token = logged_in.kept.form_token.clone();
        Ok(Self { account: identity.account, name: identity.name.clone(), hat, form_token })
    }
}

/// A role that one may act in.
struct HatChoice {
    id: i64,
    role: &'static str,
    place: String,
    current: bool,
}

struct SessionLine {
    id: String,
    address: String,
    agent: String,
    begun: String,
    seen: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    top: Header,
    login: String,
    must_change: bool,
    hats: Vec<HatChoice>,
    sessions: Vec<SessionLine>,
    second_factor: bool,
    offered: Option<Offer>,
    message: String,
}

/// A second factor that is offered.
struct Offer {
    secret: String,
    picture: String,
    /// The secret as authenticators take it by hand.
    by_hand: String,
}

impl Offer {
    fn of(offered: Offered) -> Self {
        let by_hand = offered.address.split("secret=").nth(1).and_then(|rest| rest.split('&').next());
        let by_hand = by_hand.unwrap_or_default().to_owned();
        Self { picture: picture(&offered.address), secret: offered.secret, by_hand }
    }
}

/// What every form behind the log-in carries.
#[derive(Deserialize)]
pub(crate) struct FormToken {
    form_token: String,
}

impl FormToken {
    /// The token that a script sends.
    pub(crate) fn new(form_token: &str) -> Self {
        Self { form_token: form_token.to_owned() }
    }

    /// The token of a form that is read field by field.
    pub(crate) fn of(pairs: &Pairs) -> Self {
        Self::new(pairs.first("form_token"))
    }

    /// Refuses a form that is not of this session.
    ///
    /// # Errors
    /// Nobody is logged in, or another token.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Problem> {
        let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
        // Digests are compared, so that the time tells nothing of the token.
        let same = Digest::of(self.form_token.as_bytes()) == Digest::of(logged_in.kept.form_token.as_bytes());
        if same {
            Ok(())
        } else {
            Err(Problem::foreign_origin().because("页面已过期，请刷新后再试"))
        }
    }
}

/// `GET /account`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
) -> Result<Response, PageError> {
    shown(&state, &session, &caller, StatusCode::OK, None, String::new()).await
}

async fn shown(
    state: &State,
    session: &Session,
    caller: &Caller,
    status: StatusCode,
    offered: Option<Offer>,
    message: String,
) -> Result<Response, PageError> {
    let logged_in = caller.logged_in().ok_or(PageError::LogIn)?;
    let current = session.id().map(|id| hash_of(&id));
    let rows = {
        let mut connection = state.database.connection().await?;
        sessions::sessions_of(&mut connection, logged_in.identity.account, &state.lifetime()).await?
    };
    let sessions = rows.into_iter().map(|row| SessionLine {
        current: current.is_some_and(|current| current.0.as_slice() == row.id),
        id: hex::encode(&row.id),
        address: row.address,
        agent: row.agent,
        begun: state.short_time(row.begun_at),
        seen: state.short_time(row.seen_at),
    });
    let account = AccountPage {
        top: Header::of(state, logged_in).await?,
        login: logged_in.identity.login.clone(),
        must_change: logged_in.identity.must_change,
        hats: hats(state, logged_in).await?,
        sessions: sessions.collect(),
        second_factor: logged_in.identity.second_factor,
        offered,
        message,
    };
    Ok(page(status, &account))
}

/// The roles of a person with the names of their places.
async fn hats(state: &State, logged_in: &LoggedIn) -> Result<Vec<HatChoice>, PageError> {
    let mut hats = Vec::new();
    for hat in &logged_in.identity.hats {
        let place = place_name(state, logged_in, hat).await?;
        let current = logged_in.kept.grant == Some(hat.grant);
        hats.push(HatChoice { id: hat.grant, role: hat.role.title(), place, current });
    }
    Ok(hats)
}

/// The name of the place of one of a person's roles, read in that role.
async fn place_name(state: &State, logged_in: &LoggedIn, hat: &Hat) -> Result<String, PageError> {
    let actor = Actor::Person(logged_in.identity.acting(Some(hat.grant), authz::Origin::default()));
    let Ok(allowed) = state.guard.allow(&actor, Read, hat.place) else { return Ok(hat.place.code()) };
    let mut connection = state.database.connection().await?;
    let name = tenancy::read(&mut connection, &allowed, async |connection| {
        places::name_of(connection, &hat.place).await
    });
    Ok(name.await?)
}

/// Back to the account page: anew after what was done, and otherwise with the reason why it was not.
async fn back(
    state: &State,
    session: &Session,
    caller: &Caller,
    done: Result<(), PageError>,
) -> Result<Response, PageError> {
    match done {
        Ok(()) => Ok(Redirect::to("/account").into_response()),
        Err(PageError::Problem(problem)) => {
            shown(state, session, caller, problem.status(), None, problem.words()).await
        }
        Err(error) => Err(error),
    }
}

/// A form of the account page: what it carries, and the token.
#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    old: String,
    new: String,
    again: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /account/password`
pub(crate) async fn password(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
    Posted(form): Posted<PasswordForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let changed = match form.new == form.again {
        true => set_password(&state, &session, &caller, &form.old, &form.new).await.map_err(PageError::from),
        false => Err(Problem::refused().because("两次输入的新密码不同，请重新输入").into()),
    };
    back(&state, &session, &caller, changed).await
}

/// A role to act in.
#[derive(Deserialize)]
pub(crate) struct RoleForm {
    grant: i64,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /account/role`
pub(crate) async fn role(
    session: Session,
    caller: Caller,
    Posted(form): Posted<RoleForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    switch_to(&session, &caller, form.grant).await?;
    Ok(Redirect::to("/account").into_response())
}

/// `POST /account/sessions/{id}/end`
pub(crate) async fn end(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<String>,
    Posted(token): Posted<FormToken>,
) -> Result<Response, PageError> {
    token.check(&caller)?;
    let allowed = caller.allow_own()?;
    let id = hex::decode(&id).ok().and_then(|bytes| Digest::from_bytes(&bytes)).ok_or(PageError::NotFound)?;
    let mut connection = state.database.connection().await?;
    end_session(&mut connection, &allowed, &id, &state.moment()).await?;
    Ok(Redirect::to("/account").into_response())
}

/// A second factor to put in use, to end, or to be offered.
#[derive(Deserialize)]
pub(crate) struct FactorForm {
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /account/second-factor`: without a code one is offered; with a code it is put in use, or ended.
pub(crate) async fn second_factor(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
    Posted(form): Posted<FactorForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    caller.allow_own()?;
    let logged_in = caller.logged_in().ok_or(PageError::LogIn)?;
    let identity = &logged_in.identity;
    if form.code.is_empty() && !identity.second_factor {
        let offer = Offer::of(begin_second_factor(&identity.login)?);
        return shown(&state, &session, &caller, StatusCode::OK, Some(offer), String::new()).await;
    }
    let secret = Some(form.secret.as_str()).filter(|secret| !secret.is_empty());
    let done = set_factor(&state, &caller, secret, &form.code).await.map_err(PageError::from);
    match (done, secret) {
        (Err(PageError::Problem(problem)), Some(secret)) if !identity.second_factor => {
            let again = offer_second_factor_again(&identity.login, secret)?.map(Offer::of);
            shown(&state, &session, &caller, problem.status(), again, problem.words()).await
        }
        (done, _) => back(&state, &session, &caller, done).await,
    }
}

/// A QR code as an SVG element.
pub(crate) fn picture(text: &str) -> String {
    let Ok(code) = qrcode::QrCode::new(text.as_bytes()) else { return String::new() };
    let svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    svg.find("<svg").map(|at| svg[at..].to_owned()).unwrap_or_default()
}
