//! What a crate, a module and a file may use, read from the manifests and the sources themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Every crate and the crates of ours that it uses. `jifen` and `testkit` stand above all of them.
const EDGES: &[(&str, &[&str])] = &[
    ("authz", &["domain"]),
    ("demo", &["domain"]),
    ("domain", &[]),
    ("intake", &["domain"]),
    ("local_postgres", &[]),
    ("records", &["authz", "domain"]),
    ("reporting", &["domain"]),
    ("service", &["authz", "domain", "intake", "records", "reporting", "settings"]),
    ("settings", &[]),
    ("worker", &["authz", "domain", "records", "settings"]),
];

/// Libraries that open a door, and the crates that may go through it.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("apalis", &["worker"]),
    ("axum", &["service"]),
    ("calamine", &["intake"]),
    ("casbin", &["authz"]),
    ("diesel", &["records"]),
    ("diesel-async", &["records"]),
    ("diesel_migrations", &["records"]),
    ("image", &["records"]),
    ("lettre", &["worker"]),
    ("object_store", &["records"]),
    ("polars", &["reporting"]),
    ("tokio-postgres", &["jifen", "local_postgres", "records"]),
];

/// What the rules of the county document are written with: dates, digests and errors.
const DOMAIN_LIBRARIES: &[&str] = &["chrono", "chrono-tz", "hex", "sha2", "thiserror"];

/// At this length a file holds a second concept.
const MOST_LINES: usize = 400;

/// Long because there are many tables; generated, and read by nobody.
const GENERATED: &str = "crates/records/src/schema.rs";

#[test]
fn crates_use_each_other_in_one_direction_only() {
    let packages: BTreeSet<&str> = EDGES.iter().map(|(package, _)| *package).collect();
    let mut found = dependencies();
    found.retain(|package, _| package != "jifen" && package != "testkit");
    let ours =
        |library: &String| packages.contains(library.as_str()) || library == "jifen" || library == "testkit";
    let found: Vec<(String, Vec<String>)> =
        found.into_iter().map(|(package, used)| (package, used.into_iter().filter(ours).collect())).collect();
    let allowed: Vec<(String, Vec<String>)> =
        EDGES.iter().map(|(package, used)| ((*package).to_owned(), strings(used))).collect();
    assert_eq!(found, allowed);
}

#[test]
fn the_program_is_built_without_the_testkit() {
    assert!(!dependencies()["jifen"].contains("testkit"));
}

#[test]
fn a_library_that_opens_a_door_is_used_where_the_door_belongs() {
    let found = dependencies();
    for (library, allowed) in LIBRARIES {
        let users: Vec<String> =
            found.iter().filter(|(_, used)| used.contains(*library)).map(|(user, _)| user.clone()).collect();
        assert_eq!(users, strings(allowed), "{library}");
    }
}

#[test]
fn the_domain_reaches_no_file_database_or_network() {
    let used: Vec<String> = dependencies()["domain"].iter().cloned().collect();
    assert_eq!(used, strings(DOMAIN_LIBRARIES));
}

#[test]
fn a_module_of_the_domain_uses_only_those_above_it() {
    let (_, library) = sources("crates/domain/src/lib.rs").remove(0);
    let modules: Vec<&str> = library.lines().filter_map(declared_module).collect();
    assert!(modules.len() > 10, "{modules:?}");
    let mut violations = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        let top = format!("crates/domain/src/{module}.rs");
        for (path, text) in sources(&top).into_iter().chain(sources(&format!("crates/domain/src/{module}"))) {
            let used = text.split("crate::").skip(1).map(identifier);
            let below = used.filter(|used| !modules[..=at].contains(used)).collect::<BTreeSet<_>>();
            violations.extend(below.iter().map(|used| format!("{path} uses crate::{used}")));
            let way_out = if path == top || path.ends_with("/mod.rs") { "super::" } else { "super::super::" };
            if without_tests(&text).contains(way_out) {
                violations.push(format!("{path} uses {way_out}; another module is named through crate::"));
            }
        }
    }
    assert!(violations.is_empty(), "against the order of lib.rs:\n{}", violations.join("\n"));
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let mut files = sources("crates");
    files.extend(sources("tests"));
    assert!(files.len() > 100, "{} files", files.len());
    files.retain(|(path, text)| path != GENERATED && text.lines().count() > MOST_LINES);
    let long: Vec<String> = files.into_iter().map(|(path, _)| path).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn an_operator_is_made_by_the_command_line_only() {
    check_absent("crates", &["Actor::Operator"], &["crates/authz/", "crates/jifen/", "crates/testkit/"]);
}

#[test]
fn the_schedule_acts_in_the_worker_only() {
    check_absent("crates", &["Actor::Schedule"], &["crates/authz/", "crates/worker/"]);
}

#[test]
fn a_tenant_transaction_is_opened_in_one_place_only() {
    check_absent(
        "crates/records/src",
        &["begin_transaction", "build_transaction", ".transaction(", "set_config(", "sql_query(\"begin"],
        &["crates/records/src/migrations.rs", "crates/records/src/tenancy.rs"],
    );
}

/// Fails where a text below `folder` holds one of the words outside the allowed paths.
fn check_absent(folder: &str, words: &[&str], allowed: &[&str]) {
    let files = sources(folder);
    let found = |(path, text): &(String, String)| {
        let inside = allowed.iter().any(|allowed| path.starts_with(allowed));
        !inside && words.iter().any(|word| text.contains(word))
    };
    let wrong: Vec<&str> = files.iter().filter(|file| found(file)).map(|(path, _)| path.as_str()).collect();
    assert!(wrong.is_empty(), "{words:?} in {wrong:?}");
    let allowed_files =
        files.iter().filter(|(path, _)| allowed.iter().any(|allowed| path.starts_with(allowed)));
    let kept = allowed_files.filter(|(_, text)| words.iter().any(|word| text.contains(word))).count();
    assert!(kept > 0, "{words:?} is nowhere, so this test looks for the wrong words");
}

/// Every crate of the workspace with what it is built from; for tests only does not count.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages.map(|package| (text(&package["name"]), built_from(&package["dependencies"]))).collect()
}

fn built_from(dependencies: &Value) -> BTreeSet<String> {
    let dependencies = dependencies.as_array().expect("dependencies").iter();
    let normal = dependencies.filter(|dependency| dependency["kind"] != "dev");
    normal.map(|dependency| text(&dependency["name"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn declared_module(line: &str) -> Option<&str> {
    line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')
}

fn identifier(text: &str) -> &str {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust files at or below a path, by their paths from the repository's folder, in order; none where
/// there is nothing.
pub fn sources(path: &str) -> Vec<(String, String)> {
    let place = root().join(path);
    if place.is_file() && path.ends_with(".rs") {
        return vec![(path.to_owned(), fs::read_to_string(place).expect("a source"))];
    }
    let Ok(entries) = fs::read_dir(&place) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name of text"))
        .filter(|name| name != "target")
        .collect();
    names.sort();
    names.iter().flat_map(|name| sources(&format!("{path}/{name}"))).collect()
}
