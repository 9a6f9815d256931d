//! Who a request comes from, found once for each request, and what that actor may do.

use std::sync::Arc;

use authz::{Act, Actor, Allowed, Denied, Machine, Origin, OwnAccount, Person};
use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::catalogue::Doer;
use domain::month::local_time;
use domain::place::Place;
use ipnet::IpNet;
use records::Refusal;
use records::accounts::{Identity, identity_of, machine_of};
use records::idempotency::Answer;
use tower_sessions::Session;

use crate::http::address::ClientAddress;
use crate::http::input::place;
use crate::problem::{Answered, Failure, Problem};
use crate::session::{Kept, kept};
use crate::state::State;

/// Who a request comes from.
#[derive(Clone)]
pub(crate) struct Caller {
    who: Who,
    /// The request.
    pub(crate) origin: Origin,
    /// How a request stands that was sent before under its idempotency key: its answer, or why there is none. It is told
    /// once permission is found.
    pub(crate) replay: Option<Result<Answer, Problem>>,
    state: State,
}

#[derive(Clone)]
enum Who {
    Nobody,
    Person(Arc<LoggedIn>),
    Machine(Machine),
}

/// A person with a session.
pub(crate) struct LoggedIn {
    /// The account with its grants of today.
    pub(crate) identity: Identity,
    /// What is kept of the session.
    pub(crate) kept: Kept,
}

/// Finds out who a request comes from and hands it on with the request.
pub(crate) async fn identify(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let session = request.extensions().get::<Session>().cloned();
    let client = request.extensions().get::<ClientAddress>().cloned().unwrap_or_default();
    let origin = Origin { request: client.request, address: client.address.to_string(), key: None };
    let found = match bearer(request.headers()) {
        Some(token) => machine(&state, token, &origin, &client.address).await,
        None => person(&state, session.as_ref()).await,
    };
    match found {
        Ok(who) => {
            request.extensions_mut().insert(Caller { who, origin, replay: None, state });
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// With what a session was begun, in few words.
pub(crate) fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.chars().take(200).collect()
}

async fn machine(
    state: &State,
    token: &str,
    origin: &Origin,
    address: &std::net::IpAddr,
) -> Result<Who, Problem> {
    let mut connection = state.database.connection().await?;
    let found = machine_of(&mut connection, token, origin.clone(), state.now()).await?;
    let Some((machine, range)) = found else {
        return Err(Problem::not_logged_in().because("令牌不对、已收回或已过期"));
    };
    let inside = |range: &str| range.parse::<IpNet>().is_ok_and(|range| range.contains(address));
    if range.as_deref().is_some_and(|range| !inside(range)) {
        return Err(Problem::not_logged_in().because("令牌不能从这个地址使用"));
    }
    Ok(Who::Machine(machine))
}

async fn person(state: &State, session: Option<&Session>) -> Result<Who, Problem> {
    let Some(session) = session else { return Ok(Who::Nobody) };
    let kept = kept(session).await.map_err(|error| {
        tracing::error!(%error, "a session could not be read");
        Problem::fault()
    })?;
    let Some(kept) = kept else { return Ok(Who::Nobody) };
    let today = local_time(state.now(), state.zone).date();
    let mut connection = state.database.connection().await?;
    let identity = identity_of(&mut connection, kept.account, today).await?;
    Ok(match identity.filter(|identity| identity.generation == kept.generation) {
        Some(identity) => Who::Person(Arc::new(LoggedIn { identity, kept })),
        None => Who::Nobody,
    })
}

impl Caller {
    /// Whether it is anybody.
    pub(crate) fn is_somebody(&self) -> bool {
        !matches!(self.who, Who::Nobody)
    }

    /// The person with the session, where there is one.
    pub(crate) fn logged_in(&self) -> Option<&LoggedIn> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Nobody | Who::Machine(_) => None,
        }
    }

    /// The person who acts.
    pub(crate) fn person(&self) -> Result<Person, Problem> {
        let logged_in = self.logged_in().ok_or_else(Problem::not_logged_in)?;
        Ok(logged_in.identity.acting(logged_in.kept.grant, self.origin.clone()))
    }

    /// The person who acts, as the row of a deed names whoever did it.
    pub(crate) fn doer(&self) -> Result<Doer<'_>, Problem> {
        let identity = &self.logged_in().ok_or_else(Problem::not_logged_in)?.identity;
        Ok(Doer { account: Some(identity.account), login: &identity.login })
    }

    /// Whoever acts.
    pub(crate) fn actor(&self) -> Result<Actor, Problem> {
        match &self.who {
            Who::Machine(machine) => {
                Ok(Actor::Machine(Machine { origin: self.origin.clone(), ..machine.clone() }))
            }
            Who::Nobody | Who::Person(_) => self.person().map(Actor::Person),
        }
    }

    /// The place of the actor's role: what is asked for without a place is asked for here.
    pub(crate) fn reach(&self) -> Result<Place, Problem> {
        let actor = self.ready()?;
        actor.reach().ok_or_else(Problem::no_role)
    }

    /// The place that a request names, or the actor's.
    pub(crate) fn at(&self, named: Option<&str>) -> Result<Place, Problem> {
        match named {
            Some(code) => place("place", code),
            None => self.reach(),
        }
    }

    /// The permission to do an act at a place. What lies outside the actor's place is not there; what the role may not
    /// do is forbidden. Either is logged.
    pub(crate) async fn allow<A: Act>(&self, act: A, place: Place) -> Answered<Allowed<A>> {
        let actor = self.ready()?;
        let denied = match self.state.guard.allow(&actor, act, place) {
            Ok(allowed) => return self.unless_replayed(allowed),
            Err(denied) => denied,
        };
        self.note_refusal(&actor, A::NAME, &place).await?;
        Err(match denied {
            Denied::Outside { .. } => Problem::not_found(),
            Denied::Role { .. } => Problem::forbidden().because(denied.to_string()),
        }
        .into())
    }

    /// Whether an act would be allowed at a place: for showing what leads to it. Nothing is logged.
    pub(crate) fn may<A: Act>(&self, act: A, place: Place) -> bool {
        self.ready().is_ok_and(|actor| self.state.guard.allow(&actor, act, place).is_ok())
    }

    /// The permission to see to the own account, whatever the role, also before the first password is changed.
    pub(crate) fn allow_own(&self) -> Answered<Allowed<OwnAccount>> {
        let person = self.person()?;
        let allowed = self.state.guard.allow_own(&person);
        let allowed = allowed.map_err(|denied| Problem::forbidden().because(denied.to_string()))?;
        self.unless_replayed(allowed)
    }

    /// An actor who may act: with a role, and with a password of the own.
    fn ready(&self) -> Result<Actor, Problem> {
        if self.logged_in().is_some_and(|logged_in| logged_in.identity.must_change) {
            return Err(Problem::change_password());
        }
        let actor = self.actor()?;
        match &actor {
            Actor::Person(person) if person.hat.is_none() => {
                Err(Problem::no_role().because("角色已到期、被收回或还没有选择，请在“我的账号”里选择"))
            }
            _ => Ok(actor),
        }
    }

    /// Permission comes first; then a request that was answered before is answered alike.
    fn unless_replayed<A: Act>(&self, allowed: Allowed<A>) -> Answered<Allowed<A>> {
        match &self.replay {
            Some(Ok(answer)) => Err(Failure::Replayed(answer.clone())),
            Some(Err(problem)) => Err(problem.clone().into()),
            None => Ok(allowed),
        }
    }

    /// What a verb answered; that it was refused is logged, too, unless what it is about is not there.
    pub(crate) async fn noting<A: Act, R>(
        &self,
        allowed: &Allowed<A>,
        answer: records::Result<R>,
    ) -> Answered<R> {
        if let Err(records::Error::Refused(refusal)) = &answer
            && !matches!(refusal, Refusal::Missing(_))
        {
            self.note_refusal(allowed.actor(), A::NAME, &allowed.place()).await?;
        }
        Ok(answer?)
    }

    async fn note_refusal(&self, actor: &Actor, act: &str, place: &Place) -> Result<(), Problem> {
        // A refusal is no effect of the request, whose idempotency key stays free.
        let Some(allowed) = self.state.guard.allow_attempt(&actor.without_key()) else { return Ok(()) };
        let mut connection = self.state.database.connection().await?;
        let moment = self.state.moment();
        records::audit::note_refusal(&mut connection, &allowed, act, place, &moment).await?;
        Ok(())
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Problem> {
        // Every route stands below the layer that finds out.
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::fault)
    }
}
