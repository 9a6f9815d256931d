//! Machine tokens of a place: issued, listed, taken back.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::{Allowed, IssueMachineTokens, Role};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::Place;
use ipnet::IpNet;
use records::accounts::{NewToken, TokenRow, issue_token, revoke_token, tokens_of};
use records::{places, tenancy};
use serde::Deserialize;

use super::{SecretPage, addressed};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted, day};
use crate::log::{actor_words, beginning, named, place_of_actor};
use crate::problem::Problem;
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

#[derive(Template)]
#[template(path = "accounts/tokens.html")]
struct TokensPage {
    shell: Shell,
    /// The address of this page: forms post to it and below it.
    here: String,
    lines: Vec<Line>,
    typed: Typed,
    today: String,
}

/// A token that was issued.
struct Line {
    id: i64,
    name: String,
    place: String,
    range: String,
    expires: String,
    by: String,
    class: &'static str,
    state: &'static str,
    /// Whether it still works.
    live: bool,
}

/// A token to issue, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    name: String,
    until: String,
    range: String,
}

/// A token to issue.
#[derive(Deserialize)]
pub(crate) struct TokenForm {
    #[serde(flatten)]
    typed: Typed,
    #[serde(flatten)]
    token: FormToken,
}

/// `GET /accounts/{place}/{month}/tokens`
pub(crate) async fn tokens(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &told).await?;
    let allowed = caller.allow(IssueMachineTokens, visit.place).await?;
    shown(&state, &allowed, visit, Typed::default(), StatusCode::OK).await
}

async fn shown(
    state: &State,
    allowed: &Allowed<IssueMachineTokens>,
    visit: Visit,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, PageError> {
    let (rows, names) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, allowed, async |connection| {
            let rows = tokens_of(connection, &allowed.place()).await?;
            let mut named: BTreeSet<Place> = rows.iter().map(|row| row.place).collect();
            named.extend(rows.iter().filter_map(|row| place_of_actor(&row.issued_by)));
            let names = places::names_of(connection, &named).await?;
            Ok((rows, names))
        })
        .await?
    };
    let shown = TokensPage {
        here: format!("{}/tokens", Section::Accounts.at(&visit.place, visit.month)),
        lines: rows.into_iter().map(|row| line(state, row, &names)).collect(),
        typed,
        today: state.moment().local().date().to_string(),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

fn line(state: &State, row: TokenRow, names: &BTreeMap<Place, String>) -> Line {
    let (class, word) = match row.revoked_at {
        Some(_) => ("word-soft", "已收回"),
        None if row.expires_at <= state.now() => ("word-soft", "已到期"),
        None => ("word-fine", "有效"),
    };
    Line {
        id: row.id,
        place: named(&row.place, names),
        range: row.address_range.unwrap_or_else(|| "不限".to_owned()),
        expires: state.long_time(row.expires_at),
        by: actor_words(&row.issued_by, state.guard.table(), names),
        class,
        state: word,
        live: row.revoked_at.is_none() && row.expires_at > state.now(),
        name: row.name,
    }
}

/// `POST /accounts/{place}/{month}/tokens`: tells the token, once.
pub(crate) async fn issue(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<TokenForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let (at, of_month) = addressed(&place, &month)?;
    let allowed = caller.allow(IssueMachineTokens, at).await?;
    let mut visit = Visit::of(&state, &caller, Section::Accounts, (&place, &month), &Told::default()).await?;
    let token = match issued(&state, &caller, &allowed, &form.typed).await {
        Ok(token) => token,
        Err(error) => {
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            return shown(&state, &allowed, visit, form.typed, status).await;
        }
    };
    let secret = SecretPage {
        title: "令牌已发放",
        facts: vec![("用途", form.typed.name), ("地方", visit.shell.place_name.clone())],
        name: "令牌",
        secret: token,
        hint: "令牌只在这里显示这一次，系统里查不到。请复制到对方系统的设置里，不要放进聊天记录。丢了就收回它，再发一个。",
        next: format!("{}/tokens", Section::Accounts.at(&at, of_month)),
        next_title: "回到外部系统令牌",
        shell: visit.shell,
    };
    Ok(secret.answer())
}

async fn issued(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<IssueMachineTokens>,
    typed: &Typed,
) -> Result<String, PageError> {
    let until = day("截止日期", &typed.until)?.and_then(|day| day.succ_opt());
    let until = until.ok_or_else(|| Problem::invalid().because("请填截止日期"))?;
    let range = Some(typed.range.trim()).filter(|range| !range.is_empty());
    let range = range.map(|range| range.parse::<IpNet>()).transpose();
    let range = range.map_err(|_| Problem::invalid().because("地址段应如 10.1.0.0/16；不限就空着"))?;
    let new = NewToken {
        name: typed.name.clone(),
        role: Role::Machine,
        expires_at: beginning(until, state.zone),
        address_range: range.map(|range| range.to_string()),
    };
    let issued = {
        let mut connection = state.database.connection().await?;
        issue_token(&mut connection, allowed, &new, &state.moment()).await
    };
    let (_, token) = caller.noting(allowed, issued).await?;
    Ok(token)
}

/// `POST /accounts/{place}/{month}/tokens/{id}/revocation`
pub(crate) async fn revoke(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(token): Posted<FormToken>,
) -> Result<Response, PageError> {
    token.check(&caller)?;
    let (at, month) = addressed(&place, &month)?;
    let allowed = caller.allow(IssueMachineTokens, at).await?;
    let revoked = {
        let mut connection = state.database.connection().await?;
        revoke_token(&mut connection, &allowed, id, &state.moment()).await
    };
    caller.noting(&allowed, revoked).await?;
    Ok(done_at(&format!("{}/tokens", Section::Accounts.at(&at, month)), "token-revoked"))
}
