//! The session: logging in and out, the role of the moment, and the own account.

use std::time::Duration;

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use domain::canonical::Digest;
use records::accounts::{
    Attempt, Credentials, Identity, end_session as end, log_in as try_log_in, note_log_out, sessions,
};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;

use crate::caller::{Caller, agent};
use crate::http::input::{AnybodysInput, Input, Named, wrong};
use crate::problem::{Answered, Problem};
use crate::session::{Kept, hash_of, keep, new_form_token};
use crate::state::State;

/// How long a failed log-in takes: several times what checking a password and logging it does.
const FAILURE_TIME: Duration = Duration::from_millis(400);

/// What somebody logs in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogIn {
    /// 登录名
    login: String,
    /// 密码
    password: String,
    /// 动态口令，启用后需要
    #[serde(default)]
    code: Option<String>,
}

/// Who is logged in, and as what.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WhoIs {
    /// 登录名
    login: String,
    /// 姓名
    name: String,
    /// 须先修改初始密码，别的才能办
    must_change_password: bool,
    /// 启用了动态口令
    second_factor: bool,
    /// 现在以哪个授权办事
    grant: Option<i64>,
    /// 可用的授权
    grants: Vec<HatSummary>,
}

/// A role at a place that one may act in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HatSummary {
    /// 授权编号
    id: i64,
    /// 角色
    role: String,
    /// 角色名称
    title: String,
    /// 地方
    place: String,
}

fn who(identity: &Identity, grant: Option<i64>) -> WhoIs {
    let hats = identity.hats.iter().map(|hat| HatSummary {
        id: hat.grant,
        role: hat.role.name().to_owned(),
        title: hat.role.title().to_owned(),
        place: hat.place.code(),
    });
    WhoIs {
        login: identity.login.clone(),
        name: identity.name.clone(),
        must_change_password: identity.must_change,
        second_factor: identity.second_factor,
        grant: grant.filter(|grant| identity.hats.iter().any(|hat| hat.grant == *grant)),
        grants: hats.collect(),
    }
}

/// 登录，得到会话
#[utoipa::path(post, path = "/api/v1/session", tag = "会话", request_body = LogIn,
    responses((status = 200, body = WhoIs)))]
pub(super) async fn log_in(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
    headers: HeaderMap,
    AnybodysInput(log_in): AnybodysInput<LogIn>,
) -> Answered<Json<WhoIs>> {
    let credentials = Credentials { login: log_in.login, password: log_in.password, code: log_in.code };
    let (identity, grant) = begin_session(&state, &session, &caller, &headers, &credentials).await?;
    Ok(Json(who(&identity, grant)))
}

/// Logs in and begins a session under a new number, in the first role there is.
///
/// # Errors
/// Wrong credentials, too many tries.
pub(crate) async fn begin_session(
    state: &State,
    session: &Session,
    caller: &Caller,
    headers: &HeaderMap,
    credentials: &Credentials,
) -> Result<(Identity, Option<i64>), Problem> {
    // A failure is answered after a fixed time, so that it does not tell how far the attempt came.
    let answer_at = tokio::time::Instant::now() + FAILURE_TIME;
    let (sealer, moment) = (&state.registrar.sealer, state.moment());
    let origin = caller.origin.clone();
    let attempt = try_log_in(&state.database, &state.guard, credentials, &origin, sealer, &moment).await?;
    if matches!(attempt, Attempt::Wrong) {
        tokio::time::sleep_until(answer_at).await;
    }
    let identity = match attempt {
        Attempt::Done(identity) => *identity,
        Attempt::TooMany(wait) => {
            tracing::warn!(address = %caller.origin.address, "too many attempts to log in");
            return Err(Problem::too_many().after(wait));
        }
        Attempt::Wrong => return Err(Problem::wrong_credentials()),
        Attempt::CodeNeeded => return Err(Problem::code_needed()),
        Attempt::CodeWrong => return Err(Problem::code_wrong()),
    };
    let grant = identity.hats.first().map(|hat| hat.grant);
    let kept = Kept {
        county: identity.home.county().digits().to_owned(),
        account: identity.account,
        generation: identity.generation,
        grant,
        form_token: new_form_token()?,
        address: caller.origin.address.clone(),
        agent: agent(headers),
    };
    // A number that somebody could have planted before is not the session's.
    if session.id().is_some() {
        session.flush().await.map_err(lost)?;
    }
    keep(session, &kept).await.map_err(lost)?;
    Ok((identity, grant))
}

pub(super) fn lost(error: tower_sessions::session::Error) -> Problem {
    tracing::error!(%error, "a session could not be kept");
    Problem::fault()
}

/// 我是谁，以什么角色
#[utoipa::path(get, path = "/api/v1/session", tag = "会话", responses((status = 200, body = WhoIs)))]
pub(super) async fn who_am_i(caller: Caller) -> Answered<Json<WhoIs>> {
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    Ok(Json(who(&logged_in.identity, logged_in.kept.grant)))
}

/// Another role to act in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SwitchTo {
    /// 授权编号
    grant: i64,
}

/// 换一个角色办事
#[utoipa::path(put, path = "/api/v1/session", tag = "会话", request_body = SwitchTo,
    responses((status = 200, body = WhoIs)))]
pub(super) async fn switch(
    session: Session,
    caller: Caller,
    Input(to): Input<SwitchTo>,
) -> Answered<Json<WhoIs>> {
    let kept = switch_to(&session, &caller, to.grant).await?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    Ok(Json(who(&logged_in.identity, kept.grant)))
}

/// Acts in another role from now on.
///
/// # Errors
/// A grant that is not there, or has ended.
pub(crate) async fn switch_to(session: &Session, caller: &Caller, grant: i64) -> Answered<Kept> {
    caller.allow_own()?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    if !logged_in.identity.hats.iter().any(|hat| hat.grant == grant) {
        return Err(wrong("grant", "没有这个授权，或已到期、被收回".into()).into());
    }
    let kept = Kept { grant: Some(grant), ..logged_in.kept.clone() };
    keep(session, &kept).await.map_err(lost)?;
    Ok(kept)
}

/// 退出登录
#[utoipa::path(delete, path = "/api/v1/session", tag = "会话", responses((status = 204, description = "已退出")))]
pub(super) async fn log_out(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
) -> Answered<StatusCode> {
    end_own_session(&state, &session, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Logs out.
///
/// # Errors
/// Nobody is logged in.
pub(crate) async fn end_own_session(state: &State, session: &Session, caller: &Caller) -> Answered<()> {
    let allowed = caller.allow_own()?;
    {
        let mut connection = state.database.connection().await?;
        note_log_out(&mut connection, &allowed, &state.moment()).await?;
    }
    session.flush().await.map_err(lost)?;
    Ok(())
}

/// One of the own sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionSummary {
    /// 编号
    id: String,
    /// 登录时的地址
    address: String,
    /// 登录时的浏览器
    agent: String,
    /// 登录时间
    begun_at: String,
    /// 最近使用
    seen_at: String,
    /// 最晚结束
    expires_at: String,
    /// 就是这一个
    current: bool,
}

/// The own sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sessions {
    /// 近用的在前
    items: Vec<SessionSummary>,
}

/// 列出自己的会话
#[utoipa::path(get, path = "/api/v1/sessions", tag = "会话", responses((status = 200, body = Sessions)))]
pub(super) async fn sessions(
    Extract(state): Extract<State>,
    session: Session,
    caller: Caller,
) -> Answered<Json<Sessions>> {
    let person = caller.person()?;
    let current = session.id().map(|id| hash_of(&id));
    let mut connection = state.database.connection().await?;
    let rows = sessions::sessions_of(&mut connection, person.account, &state.lifetime()).await?;
    let items = rows.into_iter().map(|row| SessionSummary {
        current: current.is_some_and(|current| current.0.as_slice() == row.id),
        id: hex::encode(&row.id),
        address: row.address,
        agent: row.agent,
        begun_at: row.begun_at.to_rfc3339(),
        seen_at: row.seen_at.to_rfc3339(),
        expires_at: row.expires_at.to_rfc3339(),
    });
    Ok(Json(Sessions { items: items.collect() }))
}

/// 结束自己的一个会话
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "会话",
    params(("id" = String, Path, description = "会话编号")), responses((status = 204, description = "已结束")))]
pub(super) async fn end_session(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answered<StatusCode> {
    let allowed = caller.allow_own()?;
    let id =
        hex::decode(&id).ok().and_then(|bytes| Digest::from_bytes(&bytes)).ok_or_else(Problem::not_found)?;
    let mut connection = state.database.connection().await?;
    if end(&mut connection, &allowed, &id, &state.moment()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found().into())
    }
}
