//! The schema as the migrations make it: read from the database's own catalogue, and tried from outside.

mod committed;
mod filling;
mod keys;
mod migrations;
mod platform;
mod privileges;
mod probe;
mod roles;
mod security;

use local_postgres::Role;
use testkit::TestDatabase;
use tokio_postgres::{Client, NoTls};

/// Tables whose rows belong to a place and are seen and written inside the transaction's interval only.
const TENANT: &[&str] = &[
    "account",
    "audit_event",
    "award_quota",
    "award_result",
    "award_run",
    "card",
    "card_remark",
    "catalogue_submission",
    "contact",
    "county_seal",
    "delegation",
    "exception_step",
    "finding",
    "group_fact",
    "household",
    "household_change",
    "household_query",
    "household_query_step",
    "household_token",
    "household_version",
    "job_run",
    "lock_exception",
    "machine_token",
    "message",
    "month_closing",
    "month_difference",
    "month_result",
    "objection",
    "objection_step",
    "panel",
    "panel_member",
    "photo",
    "photo_publication",
    "posting",
    "publication",
    "role_grant",
    "sample_card",
    "sample_commitment",
    "sample_draw",
    "sample_household",
    "sheet",
    "sheet_decision",
    "sheet_photo",
    "signature",
    "submission_step",
    "suggestion",
    "suggestion_answer",
];

/// Tables whose rows also bind, and can be read by, the places below their own.
const BINDING: &[&str] = &["catalogue", "catalogue_item", "catalogue_rule", "division", "rulebook"];

/// Tables with a rule of their own: the head of a county's log is advanced from every scope of the county, the
/// canary of the sealing key belongs to no county, a session to its account, a key to the actor of its request,
/// and attempts to log in to nobody.
const PLATFORM: &[&str] = &["audit_head", "idempotency_key", "login_attempt", "seal_canary", "session"];

/// Tables whose rows the program may delete when their time is over: nothing rests on them. Photos go with the name of
/// a household that is erased by law.
const DELETABLE: &[&str] = &["idempotency_key", "login_attempt", "photo", "seal_canary", "session"];

/// Tables that are cut by years.
const PARTITIONED: &[&str] = &["card", "finding", "month_result"];

/// The columns that the program may change. Every other value stays as it was first written.
const CHANGEABLE: &[(&str, &str)] = &[
    ("account", "disabled_at"),
    ("account", "generation"),
    ("account", "must_change"),
    ("account", "name"),
    ("account", "password_hash"),
    ("account", "totp_sealed"),
    ("account", "totp_step"),
    ("audit_head", "hash"),
    ("audit_head", "number"),
    ("card_remark", "decided_by"),
    ("card_remark", "late_reason"),
    ("card_remark", "note"),
    ("card_remark", "reason"),
    ("card_remark", "salt"),
    ("contact", "duty"),
    ("contact", "email"),
    ("contact", "reminded"),
    ("contact", "webhook"),
    ("division", "name"),
    ("exception_step", "reason"),
    ("exception_step", "salt"),
    ("household", "place"),
    ("household_change", "reason"),
    ("household_change", "salt"),
    ("household_query", "salt"),
    ("household_query", "words"),
    ("household_query_step", "reason"),
    ("household_query_step", "salt"),
    ("household_token", "token_sealed"),
    ("household_version", "address_sealed"),
    ("household_version", "head_name"),
    ("household_version", "name_salt"),
    ("household_version", "phone_index"),
    ("household_version", "phone_sealed"),
    ("idempotency_key", "answer"),
    ("idempotency_key", "begun_at"),
    ("idempotency_key", "content_type"),
    ("idempotency_key", "request_digest"),
    ("idempotency_key", "status"),
    ("idempotency_key", "took_effect"),
    ("job_run", "attempts"),
    ("job_run", "fence"),
    ("job_run", "finished_at"),
    ("job_run", "lease_until"),
    ("job_run", "not_before"),
    ("job_run", "outcome"),
    ("job_run", "started_at"),
    ("job_run", "state"),
    ("job_run", "worker"),
    ("lock_exception", "reason"),
    ("lock_exception", "salt"),
    ("login_attempt", "failures"),
    ("login_attempt", "not_before"),
    ("login_attempt", "tries"),
    ("login_attempt", "window_began_at"),
    ("machine_token", "revoked_at"),
    ("machine_token", "revoked_by"),
    ("message", "content"),
    ("message", "sent_at"),
    ("objection", "contact_sealed"),
    ("objection", "salt"),
    ("objection", "words"),
    ("objection_step", "reason"),
    ("objection_step", "salt"),
    ("photo_publication", "caption"),
    ("photo_publication", "consent_by"),
    ("photo_publication", "consent_how"),
    ("photo_publication", "reason"),
    ("role_grant", "revoked_at"),
    ("role_grant", "revoked_by"),
    ("sample_commitment", "secret_sealed"),
    ("session", "data"),
    ("session", "seen_at"),
    ("sheet", "late_reason"),
    ("sheet", "note"),
    ("sheet", "salt"),
    ("sheet_decision", "reason"),
    ("sheet_decision", "salt"),
    ("suggestion", "name_sealed"),
    ("suggestion", "phone_sealed"),
    ("suggestion", "salt"),
    ("suggestion", "words"),
    ("suggestion_answer", "salt"),
    ("suggestion_answer", "words"),
];

/// Where diesel notes which migrations were applied.
const MIGRATIONS: &str = "__diesel_schema_migrations";

/// Every table of ours, without partitions, in the order of their names.
fn tables() -> Vec<&'static str> {
    let mut tables = [TENANT, BINDING, PLATFORM].concat();
    tables.sort_unstable();
    tables
}

/// The partitions of a table with their years.
fn partitions() -> impl Iterator<Item = (String, i32)> {
    let of = |table: &'static str| (2020..=2049).map(move |year| (format!("{table}_{year}"), year));
    PARTITIONED.iter().copied().flat_map(of)
}

/// A connection of a role, which ends with the client.
async fn connect(database: &TestDatabase, role: Role) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&database.url(role), NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// A migrated, empty database, with a connection of its owner.
async fn migrated() -> (TestDatabase, Client) {
    let database = TestDatabase::empty().await;
    let owner = connect(&database, Role::Owner).await;
    (database, owner)
}

/// The first column of every row, a text, sorted.
async fn lines(client: &Client, query: &str) -> Vec<String> {
    let rows = client.query(query, &[]).await.expect("an answer");
    let mut lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    lines.sort_unstable();
    lines
}
