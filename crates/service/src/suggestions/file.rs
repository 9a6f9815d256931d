//! One suggestion or complaint: what was said, what was answered, the form of the answer.

use askama::Template;
use authz::{DecideObjection, Erase, Reveal};
use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::month::date_title;
use domain::suggestions::may_answer;
use records::suggestions::{
    NewAnswer, SuggestionFile, answer_suggestion, erase_suggestion, reveal_sender, suggestion,
};
use records::{places, tenancy};
use serde::Deserialize;

use super::{Row, here, row};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted};
use crate::problem::Problem;
use crate::shell::{Section, Shell, Told, Visit, done_at, village_of};
use crate::state::State;

#[derive(Template)]
#[template(path = "suggestions/file.html")]
struct FilePage {
    shell: Shell,
    one: Row,
    words: String,
    answers: Vec<AnswerLine>,
    form: AnswerForm,
    may_answer: bool,
    /// Whether a name or phone was left that the caller may see.
    may_reveal: bool,
    may_erase: bool,
    /// What was left, once it was asked for.
    sender: Option<Sender>,
}

/// An answer.
struct AnswerLine {
    words: String,
    published: bool,
    by: String,
    on: String,
}

/// Who sent it, as far as it was told.
struct Sender {
    name: String,
    phone: String,
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AnswerForm {
    /// `answer`, `sender`, `erase`.
    #[serde(default)]
    act: String,
    #[serde(default)]
    words: String,
    /// `yes` or nothing.
    #[serde(default)]
    published: String,
    /// How many answers the page showed.
    #[serde(default)]
    seen: String,
    #[serde(default)]
    form_token: String,
    /// `yes` where erasing was confirmed.
    #[serde(default)]
    sure: String,
}

/// `GET /suggestions/{place}/{month}/{suggestion}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Objections, (&place, &month), &told).await?;
    shown(&state, &caller, visit, id, (StatusCode::OK, None), AnswerForm::default()).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    mut visit: Visit,
    id: i64,
    (status, sender): (StatusCode, Option<Sender>),
    mut form: AnswerForm,
) -> Result<Response, PageError> {
    let (place, now) = (visit.place, state.moment().local());
    let allowed = visit.allowed.widened();
    let found: Option<(SuggestionFile, String)> = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &allowed, async |connection| {
            let Some(file) = suggestion(connection, &place, id, now).await? else { return Ok(None) };
            let village = places::name_of(connection, &file.summary.village).await?;
            Ok(Some((file, village)))
        })
        .await?
    };
    let (file, village) = found.ok_or(PageError::NotFound)?;
    let office = file.summary.office;
    let is_office = may_answer(allowed.place().level(), office.level()).is_ok();
    let answers = file.answers.into_iter().map(|answer| AnswerLine {
        words: answer.words.unwrap_or_else(erased),
        published: answer.published,
        by: answer.by,
        on: date_title(answer.on),
    });
    let month = visit.month;
    let answers: Vec<AnswerLine> = answers.collect();
    form.seen = answers.len().to_string();
    here(&mut visit.shell);
    let shown = FilePage {
        may_answer: is_office && file.words.is_some() && caller.may(DecideObjection, office),
        may_reveal: file.has_sender && caller.may(Reveal, office),
        may_erase: file.words.is_some() && caller.may(Erase, office),
        words: file.words.unwrap_or_else(erased),
        one: row(file.summary, village, month),
        answers,
        form,
        sender,
        shell: visit.shell,
    };
    let mut response = page(status, &shown);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn erased() -> String {
    "已依法删除".to_owned()
}

/// `POST /suggestions/{place}/{month}/{suggestion}`
pub(crate) async fn act(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, id)): Named<(String, String, i64)>,
    Posted(form): Posted<AnswerForm>,
) -> Result<Response, PageError> {
    FormToken::new(&form.form_token).check(&caller)?;
    let address = format!("/suggestions/{place}/{month}/{id}");
    let done = match form.act.as_str() {
        "sender" => sender(&state, &caller, &place, id).await.map(Some),
        "erase" => erase(&state, &caller, &place, id, &form.sure).await.map(|()| None),
        _ => answer(&state, &caller, &place, id, &form).await.map(|()| None),
    };
    let at = (place.as_str(), month.as_str());
    let (status, sender, visit) = match done {
        Ok(Some(sender)) => {
            let visit = Visit::of(&state, &caller, Section::Objections, at, &Told::default()).await?;
            (StatusCode::OK, Some(sender), visit)
        }
        Ok(None) => return Ok(done_at(&address, if form.act == "erase" { "erased" } else { "answered" })),
        Err(error) => {
            let (status, visit) = Visit::again(&state, &caller, Section::Objections, at, error).await?;
            (status, None, visit)
        }
    };
    shown(&state, &caller, visit, id, (status, sender), form).await
}

async fn answer(
    state: &State,
    caller: &Caller,
    place: &str,
    id: i64,
    form: &AnswerForm,
) -> Result<(), PageError> {
    // The office may be the town, whose officials act with the permission of their own place.
    let allowed = caller.allow(DecideObjection, village_of(place)?).await?.widened();
    let seen = form.seen.parse::<usize>().map_err(|_| Problem::invalid().because("请刷新后再答复"))?;
    let new = NewAnswer { words: form.words.clone(), published: form.published == "yes", seen };
    let mut connection = state.database.connection().await?;
    let salts = &state.registrar.salts;
    answer_suggestion(&mut connection, &allowed, id, &new, salts, &state.moment()).await?;
    Ok(())
}

async fn sender(state: &State, caller: &Caller, place: &str, id: i64) -> Result<Sender, PageError> {
    let allowed = caller.allow(Reveal, village_of(place)?).await?.widened();
    let mut connection = state.database.connection().await?;
    let sealer = &state.registrar.sealer;
    let (name, phone) = reveal_sender(&mut connection, &allowed, id, sealer, &state.moment()).await?;
    let left = |value: Option<String>| value.unwrap_or_else(|| "没有留".to_owned());
    Ok(Sender { name: left(name), phone: left(phone) })
}

async fn erase(state: &State, caller: &Caller, place: &str, id: i64, sure: &str) -> Result<(), PageError> {
    let allowed = caller.allow(Erase, village_of(place)?).await?.widened();
    if sure != "yes" {
        return Err(Problem::invalid().because("请先勾选确认；删除后不能恢复").into());
    }
    let mut connection = state.database.connection().await?;
    erase_suggestion(&mut connection, &allowed, id, &state.moment()).await?;
    Ok(())
}
