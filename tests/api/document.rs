//! The committed OpenAPI document is the one that the program serves.

use crate::rules::check_generated;

#[test]
fn the_committed_document_is_the_one_of_the_handlers() {
    let document = service::openapi().to_pretty_json().expect("JSON");
    check_generated("crates/service/openapi.json", &format!("{document}\n"));
}

#[test]
fn every_operation_has_a_summary_in_chinese_and_says_its_problems() {
    let document = serde_json::to_value(service::openapi()).expect("JSON");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            operations += 1;
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(summary.chars().any(|letter| letter > '\u{2fff}'), "{method} {path}: {summary}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default();
                let in_path = path.contains(&format!("{{{name}}}"));
                assert_eq!(parameter["in"] == "path", in_path, "{method} {path}: {name}");
            }
            for status in ["400", "401", "403", "404", "422", "429", "500"] {
                let kind = &operation["responses"][status]["content"]["application/problem+json"];
                assert!(kind.is_object(), "{method} {path} {status}");
            }
        }
    }
    assert!(operations > 50, "{operations}");
}
