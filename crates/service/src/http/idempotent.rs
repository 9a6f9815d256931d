//! `Idempotency-Key`: sent again with the same body, a request has one effect and one answer.

use authz::{Actor, RequestKey};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use domain::canonical::Digest;
use records::idempotency::{Answer, Begun, begin, keep, release};

use crate::caller::Caller;
use crate::problem::{FieldProblem, Problem};
use crate::state::State;

/// What is kept of an answer instead of its body, which holds a secret.
#[derive(Debug, Clone)]
pub(crate) struct WithoutSecret(pub(crate) serde_json::Value);

/// Handles a changing request under its key, where it has one; nobody in particular has none.
pub(crate) async fn once(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    match handle(&state, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn handle(state: &State, request: Request, next: Next) -> Result<Response, Problem> {
    // Logging in has an answer that cannot be given again: a new session.
    let logs_in = request.uri().path() == "/api/v1/session" && request.method() == Method::POST;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let changing = !reads && !logs_in;
    let key = match key_of(request.headers())? {
        Some(key) if changing => key,
        _ => return Ok(next.run(request).await),
    };
    let Some(caller) = request.extensions().get::<Caller>().cloned() else { return Err(Problem::fault()) };
    let Ok(actor) = caller.actor() else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    let limit = usize::try_from(state.http.body_mebibytes).unwrap_or(20) << 20;
    let body = to_bytes(body, limit).await.map_err(|_| Problem::too_large())?;
    let key = RequestKey { method: parts.method.to_string(), route: parts.uri.path().to_owned(), key };
    let request = fingerprint(state, &actor, &parts.uri, &body);
    let begun = {
        let mut connection = state.database.connection().await?;
        begin(&mut connection, &actor, &key, &request, cut_off(state), state.now()).await?
    };
    let mut caller = caller;
    let different = "同一个幂等键只能用于同样的请求（人、角色和内容），请换一个";
    caller.replay = match begun {
        Begun::First => {
            caller.origin.key = Some(key.clone());
            None
        }
        Begun::Answered(answer) => Some(Ok(answer)),
        Begun::Different => Some(Err(Problem::key_reused().because(different))),
        Begun::InFlight => Some(Err(Problem::in_flight().after(5))),
        Begun::CutOff => Some(Err(Problem::answer_lost().because("请查询结果；仍需办理时，请换一个幂等键"))),
    };
    let first = caller.replay.is_none();
    parts.extensions.insert(caller);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !first {
        return Ok(response);
    }
    let (response, answer) = split(response).await?;
    let mut connection = state.database.connection().await?;
    if (200..300).contains(&answer.status) {
        keep(&mut connection, &actor, &key, &answer).await?;
    } else {
        // What was refused had no effect, and may be asked for again.
        release(&mut connection, &actor, &key).await?;
    }
    Ok(response)
}

/// A request without an answer after so long was cut off: no request takes longer than its limit.
fn cut_off(state: &State) -> TimeDelta {
    TimeDelta::seconds(i64::from(state.http.request_seconds)) + TimeDelta::minutes(1)
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let visible =
        |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(visible);
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => {
            let message = "应为 1 到 255 个可见的 ASCII 字符".to_owned();
            let field = "Idempotency-Key".to_owned();
            Err(Problem::malformed().with(vec![FieldProblem { field, line: None, message }]))
        }
    }
}

/// What tells a request from another one under the same key: who asks in which role and where, what, and with what. A body
/// may hold a password, hence the keyed fingerprint.
fn fingerprint(state: &State, actor: &Actor, uri: &axum::http::Uri, body: &Bytes) -> Digest {
    let asked = format!("{}\n{}\n", actor.title(), uri.query().unwrap_or_default());
    state.registrar.sealer.fingerprint(&[asked.as_bytes(), body].concat())
}

/// The answer to send, and what is kept of it.
async fn split(response: Response) -> Result<(Response, Answer), Problem> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::fault())?;
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (kind, kept) = match parts.extensions.get::<WithoutSecret>() {
        Some(WithoutSecret(value)) => ("application/json", value.to_string().into_bytes()),
        None => (kind, body.to_vec()),
    };
    let answer = Answer {
        status: i16::try_from(parts.status.as_u16()).unwrap_or(500),
        content_type: kind.to_owned(),
        body: kept,
    };
    Ok((Response::from_parts(parts, Body::from(body)), answer))
}
