//! What a request brings: JSON bodies, queries and places in paths, refused as problems.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, RawForm, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use chrono::{Datelike as _, NaiveDate};
use domain::month::Month;
use domain::place::{Level, Place};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::caller::Caller;
use crate::error::PageError;
use crate::problem::{FieldProblem, Problem};
use crate::state::State;

/// A JSON body of somebody who is logged in; nobody's is not even read.
pub(crate) struct Input<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<State> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        if !request.extensions().get::<Caller>().is_some_and(Caller::is_somebody) {
            return Err(Problem::not_logged_in());
        }
        AnybodysInput::from_request(request, state).await.map(|AnybodysInput(value)| Self(value))
    }
}

/// A JSON body of anybody: for logging in.
pub(crate) struct AnybodysInput<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<State> for AnybodysInput<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::media_type());
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
                _ => Problem::malformed().because("正文没有收完"),
            })?;
        read(&bytes).map(Self)
    }
}

/// A character that the database does not take, and nobody types.
fn holds_nul(text: &[u8], nul: &[u8]) -> bool {
    text.windows(nul.len()).any(|window| window == nul)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if holds_nul(bytes, b"\\u0000") {
        return Err(Problem::malformed().because("正文里有空字符（\\u0000），请去掉"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (field, inner) = (error.path().to_string(), error.inner());
        let what = match inner.classify() {
            Category::Data => "名称或类型不对，见接口说明",
            Category::Eof => "没有写完",
            Category::Syntax | Category::Io => "写法不对",
        };
        let message = format!("第 {} 行第 {} 列{what}（{inner}）", inner.line(), inner.column());
        Problem::malformed().because("正文不是所要的 JSON").with(vec![FieldProblem {
            field,
            line: None,
            message,
        }])
    })?;
    reader.end().map_err(|_| Problem::malformed().because("JSON 之后还有内容，请删去"))?;
    Ok(value)
}

/// A form of a page.
pub(crate) struct Posted<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<State> for Posted<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &State) -> Result<Self, PageError> {
        let incomplete = || Problem::malformed().because("表单不完整，请返回重填");
        let form = RawForm::from_request(request, state).await;
        let form = form.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large().because("填的内容太多，请分几次提交"),
            _ => incomplete(),
        })?;
        if holds_nul(&form.0, b"%00") {
            return Err(incomplete().into());
        }
        let form = serde_urlencoded::from_bytes(&form.0).map_err(|_| incomplete())?;
        Ok(Self(form))
    }
}

/// A form of a page whose fields may repeat, in their order.
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl Pairs {
    /// The first value of a field, empty where it is missing.
    pub(crate) fn first(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The first value of a field, without space around it; none where nothing was filled in.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.first(name).trim()).filter(|text| !text.is_empty())
    }

    /// Every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<State> for Pairs {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &State) -> Result<Self, PageError> {
        Posted::from_request(request, state).await.map(|Posted(pairs)| Self(pairs))
    }
}

/// A query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<State> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| holds_nul(query.as_bytes(), b"%00")) {
            return Err(Problem::malformed().because("查询参数里有空字符，请去掉"));
        }
        let query = Query::<T>::from_request_parts(parts, state).await;
        match query {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::malformed()
                .because(format!("请核对参数的名称和取值，见接口说明（{}）", rejection.body_text()))),
        }
    }
}

/// What a path names; what is malformed is not there.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<State> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(path)| Self(path)).map_err(|_| Problem::not_found())
    }
}

/// The place of a code in a body or a query.
///
/// # Errors
/// A code that is none, by its field.
pub(crate) fn place(field: &str, code: &str) -> Result<Place, Problem> {
    code.parse().map_err(|error: domain::place::CodeError| wrong(field, error.to_string()))
}

/// The place of a code of one level.
///
/// # Errors
/// A code that is none or of another level, by its field.
pub(crate) fn place_of(field: &str, code: &str, level: Level) -> Result<Place, Problem> {
    let place = place(field, code)?;
    if place.level() == level {
        Ok(place)
    } else {
        Err(wrong(field, format!("应是{}级代码，而 {place} 是{}级", level.title(), place.level().title())))
    }
}

/// The month of a text.
///
/// # Errors
/// A text that is none, by its field.
pub(crate) fn month(field: &str, text: &str) -> Result<Month, Problem> {
    Month::parse(text).map_err(|error| wrong(field, error.to_string()))
}

/// Refuses a text that stays for good, a reason or a name, where there is one and it is not short.
///
/// # Errors
/// Longer than 200 characters, or with control characters, by its field.
pub(crate) fn short(field: &str, text: Option<&str>) -> Result<(), Problem> {
    let text = text.unwrap_or_default();
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(wrong(field, "至多 200 个字，不能有换行和控制字符；请写简短些，不写个人信息".into()));
    }
    Ok(())
}

/// A problem of one field.
pub(crate) fn wrong(field: &str, message: String) -> Problem {
    Problem::invalid().with(vec![FieldProblem { field: field.to_owned(), line: None, message }])
}

/// The date of a text.
///
/// # Errors
/// A text that is no date of the years 2000 to 2099, by its field.
pub(crate) fn date(field: &str, text: &str) -> Result<NaiveDate, Problem> {
    let date = text.trim().parse().ok().filter(|date: &NaiveDate| (2000..=2099).contains(&date.year()));
    date.ok_or_else(|| wrong(field, "应为 2000 到 2099 年的日期，如 2026-11-05".into()))
}

/// The date that was typed into a field, none where it was left empty.
///
/// # Errors
/// A text that is no date of the years 2000 to 2099, by the field's title.
pub(crate) fn day(title: &str, text: &str) -> Result<Option<NaiveDate>, Problem> {
    if text.trim().is_empty() { Ok(None) } else { date(title, text).map(Some) }
}
