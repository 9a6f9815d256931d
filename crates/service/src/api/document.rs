//! The OpenAPI document: made from the handlers, completed with what holds for all of them.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, Required, Response, ResponseBuilder, Schema,
};

use crate::problem::{CODES, FieldProblem, Problem};

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    super::openapi().to_pretty_json().unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
});

/// `/api/v1/openapi.json`
pub(super) async fn served() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// The document before any route.
pub(super) fn empty() -> OpenApi {
    let info = InfoBuilder::new().title("jifen").version("1").description(Some(
        "乡村治理积分制接口。登录得到会话（Cookie），或用外部系统令牌（Authorization: Bearer）。\
         所有会改动数据的请求都可带 Idempotency-Key：同样的请求重发只生效一次，回答相同，并带 Idempotency-Replayed: true。\
         出错时回答 application/problem+json（RFC 9457），code 不变，title 为中文。\
         列表用 after 和 limit 翻页，next 为空即到末尾。地方用 12 位（村小组 15 位、户 19 位）代码，积分保留一位小数。",
    ));
    let components = ComponentsBuilder::new()
        .schema_from::<Problem>()
        .schema_from::<FieldProblem>()
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("jifen"))))
        .security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .build();
    OpenApiBuilder::new().info(info.build()).components(Some(components)).build()
}

/// Adds to every operation the problems it can answer with, its security and its idempotency key.
pub(super) fn completed(mut document: OpenApi) -> OpenApi {
    let is_log_in = |path: &str, method: HttpMethod| path == "/api/v1/session" && method == HttpMethod::Post;
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            let changing = method != HttpMethod::Get;
            complete(operation, changing);
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    shape(&parameter.name.clone(), parameter.schema.as_mut());
                }
            }
            if !is_log_in(path, method) {
                let secured = ["session", "token"].map(|name| SecurityRequirement::new(name, [""; 0]));
                operation.security = Some(secured.into());
            }
        }
    }
    for schema in document.components.iter_mut().flat_map(|components| components.schemas.values_mut()) {
        if let RefOr::T(Schema::Object(object)) = schema {
            for (name, property) in &mut object.properties {
                shape(name, Some(property));
            }
        }
    }
    document
}

/// What texts of these names look like, wherever they stand: months, dates and codes.
const SHAPES: &[(&[&str], &str)] = &[
    (&["month", "joined_month", "left_month", "from_month"], r"^20[0-9]{2}-(0[1-9]|1[0-2])$"),
    (&["scored_on", "decided_on", "posted_on", "published_on"], r"^20[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9]$"),
    (&["village", "village_code", "town"], r"^[1-9][0-9]{11}$"),
    (&["group_code"], r"^[1-9][0-9]{14}$"),
    (&["household_code"], r"^[1-9][0-9]{18}$"),
    (&["place", "division_code"], r"^[1-9][0-9]{5}([0-9]{6}|[0-9]{9}|[0-9]{13})$"),
    (&["number"], r"^[0-9]{4}$"),
    (&["login"], r"^[a-z0-9][a-z0-9._-]{2,39}$"),
];

/// Gives a text of a known name its pattern.
fn shape(name: &str, schema: Option<&mut RefOr<Schema>>) {
    let Some((_, pattern)) = SHAPES.iter().find(|(names, _)| names.contains(&name)) else { return };
    if let Some(RefOr::T(Schema::Object(object))) = schema
        && holds_text(&object.schema_type)
    {
        object.pattern = Some((*pattern).to_owned());
    }
}

fn holds_text(kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    }
}

fn complete(operation: &mut Operation, changing: bool) {
    let mut statuses: Vec<u16> = CODES.iter().map(|(status, ..)| *status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let titles: Vec<_> = CODES
            .iter()
            .filter(|(one, ..)| *one == status)
            .map(|(_, code, title)| format!("{code} {title}"))
            .collect();
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| problem(&titles.join("；")).into());
    }
    if changing {
        let text = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .min_length(Some(1))
            .max_length(Some(255))
            .pattern(Some("^[!-~]+$"));
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("幂等键，保留 7 天"))
            .schema(Some(Schema::Object(text.build())))
            .build();
        operation.parameters.get_or_insert_default().push(key.into());
    }
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}
