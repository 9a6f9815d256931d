//! Problems as RFC 9457 has them: a stable code, a Chinese title, and for input the fields.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use records::Refusal;
use records::idempotency::Answer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod dates;
mod words;

pub(crate) use dates::dates_in_words;
use words::sentence;
pub(crate) use words::{ToldProblem, in_words};

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the code tells.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status of the answer.
    status: u16,
    /// Which problem it is, for programs; never changes.
    code: &'static str,
    /// Which problem it is, for people.
    title: &'static str,
    /// What is the matter this time, with the remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What is wrong with the input, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// After how many seconds to try again.
    #[serde(skip)]
    #[schema(ignore)]
    retry_after: Option<u32>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Its name.
    pub(crate) field: String,
    /// Which row of the list it stands in, from 1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    /// What is wrong, with the remedy.
    pub(crate) message: String,
}

/// What a handler answers with when it does not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A problem.
    Problem(Box<Problem>),
    /// The request was answered before, under the same idempotency key.
    Replayed(Answer),
}

/// A handler's answer.
pub(crate) type Answered<T> = Result<T, Failure>;

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal;)*) => {
        impl Problem {
            $($(#[$doc])* pub(crate) fn $name() -> Self {
                Self::new(StatusCode::$status, $code, $title)
            })*
        }

        /// Status, code and title of every problem, for the reference.
        pub(crate) const CODES: &[(u16, &str, &str)] =
            &[$((StatusCode::$status.as_u16(), $code, $title)),*];
    };
}

problems! {
    /// The body or the query is not what is asked for.
    malformed = BAD_REQUEST, "malformed", "请求的格式不对";
    /// Nobody is logged in.
    not_logged_in = UNAUTHORIZED, "not_logged_in", "请先登录";
    /// Log-in or password are wrong.
    wrong_credentials = UNAUTHORIZED, "wrong_credentials", "登录名或密码不对";
    /// The code of the second factor is missing.
    code_needed = UNAUTHORIZED, "second_factor_required", "请输入动态口令";
    /// The code of the second factor is wrong.
    code_wrong = UNAUTHORIZED, "second_factor_wrong", "动态口令不对";
    /// The role may not do it.
    forbidden = FORBIDDEN, "forbidden", "没有这项权限";
    /// The person acts under no role.
    no_role = FORBIDDEN, "no_role", "没有可用的角色";
    /// The first log-in changes the password.
    change_password = FORBIDDEN, "password_change_required", "请先修改初始密码";
    /// The request comes from another site.
    foreign_origin = FORBIDDEN, "foreign_origin", "请求来自别的网站";
    /// It is not there, or may not be seen.
    not_found = NOT_FOUND, "not_found", "没有找到";
    /// The address does not know the method.
    method = METHOD_NOT_ALLOWED, "method_not_allowed", "这个地址不支持这种操作";
    /// It took too long to arrive or to do.
    timeout = REQUEST_TIMEOUT, "timeout", "请求超时";
    /// The same request is being handled.
    in_flight = CONFLICT, "in_flight", "同一请求正在办理";
    /// The same request took effect; its answer was lost.
    answer_lost = CONFLICT, "answer_lost", "上次请求已经生效，但回答没有保存";
    /// Somebody else changed it meanwhile.
    changed = PRECONDITION_FAILED, "changed", "内容已被别人改动";
    /// The body is too large.
    too_large = PAYLOAD_TOO_LARGE, "too_large", "请求正文太大";
    /// The body is of another media type.
    media_type = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "请求正文应为 JSON";
    /// Fields are wrong.
    invalid = UNPROCESSABLE_ENTITY, "invalid", "内容有误，没有保存";
    /// It cannot be done as things stand.
    refused = UNPROCESSABLE_ENTITY, "refused", "不能办理";
    /// The idempotency key stands for another body.
    key_reused = UNPROCESSABLE_ENTITY, "idempotency_key_reused", "幂等键已用于另一请求";
    /// Too many requests.
    too_many = TOO_MANY_REQUESTS, "too_many_requests", "请求太频繁";
    /// Something broke.
    fault = INTERNAL_SERVER_ERROR, "fault", "系统出错";
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        let (kind, status) = ("about:blank", status.as_u16());
        Self { kind, status, code, title, detail: None, errors: Vec::new(), retry_after: None }
    }

    /// What is the matter this time.
    pub(crate) fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Which fields are wrong.
    pub(crate) fn with(mut self, errors: Vec<FieldProblem>) -> Self {
        self.errors = errors;
        self
    }

    /// To be tried again after so many seconds.
    pub(crate) fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self.because(format!("请在 {seconds} 秒后再试"))
    }

    /// The title and what is the matter, for a page.
    pub(crate) fn words(&self) -> String {
        match &self.detail {
            Some(detail) => dates_in_words(detail),
            None => self.title.to_owned(),
        }
    }

    /// What is the matter, with every wrong field, for a page.
    pub(crate) fn sentence(&self) -> String {
        sentence(self.words(), &self.errors)
    }

    /// What is wrong with the input, field by field.
    pub(crate) fn errors(&self) -> &[FieldProblem] {
        &self.errors
    }

    /// Which problem it is, for people.
    pub(crate) fn title(&self) -> &'static str {
        self.title
    }

    /// Which problem it is, for programs.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<records::Error> for Failure {
    fn from(error: records::Error) -> Self {
        Problem::from(error).into()
    }
}

impl From<domain::input::Problem> for FieldProblem {
    fn from(problem: domain::input::Problem) -> Self {
        Self {
            field: problem.field.to_owned(),
            // The header is line 1 of a file; the first row of a list is row 1.
            line: problem.line.checked_sub(1).filter(|line| *line > 0),
            message: problem.message,
        }
    }
}

impl From<Vec<domain::input::Problem>> for Problem {
    fn from(problems: Vec<domain::input::Problem>) -> Self {
        Self::invalid().with(problems.into_iter().map(FieldProblem::from).collect())
    }
}

impl From<records::Error> for Problem {
    fn from(error: records::Error) -> Self {
        match error {
            records::Error::Refused(Refusal::Problems(problems)) => problems.into(),
            records::Error::Refused(Refusal::TooMany(wait)) => Self::too_many().after(wait),
            records::Error::Refused(Refusal::Missing(_)) => Self::not_found(),
            records::Error::Refused(Refusal::Changed) => {
                Self::changed().because("内容已被别人改动，请重新读取，在新内容上修改")
            }
            records::Error::Refused(Refusal::Message(message)) => Self::refused().because(message),
            fault => {
                tracing::error!(error = %fault, "a request failed");
                Self::fault().because("请稍后再试；如一直这样，请联系管理员并告知请求编号")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status(), self.retry_after);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Replayed(answer) => {
                let status = u16::try_from(answer.status).ok().and_then(|one| StatusCode::from_u16(one).ok());
                let mut response = (status.unwrap_or(StatusCode::OK), answer.body).into_response();
                let headers = response.headers_mut();
                if let Ok(kind) = HeaderValue::from_str(&answer.content_type) {
                    headers.insert(CONTENT_TYPE, kind);
                }
                headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
                response
            }
        }
    }
}
