//! `/api/v1/reference`: the OpenAPI document as a page, without script.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::error::page;
use crate::problem::CODES;

#[derive(Template)]
#[template(path = "api/reference.html")]
struct ReferencePage {
    tags: Vec<Tag>,
    codes: &'static [(u16, &'static str, &'static str)],
    schemas: Vec<SchemaEntry>,
}

struct Tag {
    name: String,
    operations: Vec<OperationEntry>,
}

struct OperationEntry {
    method: String,
    path: String,
    summary: String,
    parameters: Vec<Property>,
    body: Option<String>,
    answer: String,
}

struct SchemaEntry {
    name: String,
    properties: Vec<Property>,
}

struct Property {
    name: String,
    kind: String,
    required: bool,
    description: String,
}

/// The page.
pub(crate) async fn reference() -> Response {
    let document = serde_json::to_value(super::openapi()).unwrap_or_default();
    page(StatusCode::OK, &ReferencePage { tags: tags(&document), codes: CODES, schemas: schemas(&document) })
}

fn tags(document: &Value) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let name = text(&operation["tags"][0]);
            let entry = operation_of(path, method, operation);
            match tags.iter_mut().find(|tag| tag.name == name) {
                Some(tag) => tag.operations.push(entry),
                None => tags.push(Tag { name, operations: vec![entry] }),
            }
        }
    }
    tags
}

fn operation_of(path: &str, method: &str, operation: &Value) -> OperationEntry {
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Property {
        name: text(&parameter["name"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"].as_bool().unwrap_or(false),
        description: text(&parameter["description"]),
    });
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let answer =
        operation["responses"].as_object().into_iter().flatten().find(|(status, _)| status.starts_with('2'));
    let answer = answer.map(|(status, response)| {
        let content = response["content"].as_object().into_iter().flatten().next();
        let body = content.map(|(_, content)| kind(&content["schema"])).unwrap_or_default();
        format!("{status} {body}")
    });
    OperationEntry {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        parameters: parameters.collect(),
        body: (!body.is_null()).then(|| kind(body)),
        answer: answer.unwrap_or_default(),
    }
}

fn schemas(document: &Value) -> Vec<SchemaEntry> {
    let entries = document["components"]["schemas"].as_object().into_iter().flatten();
    entries
        .map(|(name, schema)| {
            let required: Vec<String> =
                schema["required"].as_array().into_iter().flatten().map(text).collect();
            let properties =
                schema["properties"].as_object().into_iter().flatten().map(|(name, property)| Property {
                    kind: kind(property),
                    required: required.contains(name),
                    description: text(&property["description"]),
                    name: name.clone(),
                });
            SchemaEntry { name: name.clone(), properties: properties.collect() }
        })
        .collect()
}

/// The kind of a value in few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().map(kind).filter(|kind| kind != "null").collect::<Vec<_>>().join(" / ");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("[{}]", kind(&schema["items"])),
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            names.iter().map(text).filter(|name| name != "null").collect::<Vec<_>>().join("/")
        }
        _ => String::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
