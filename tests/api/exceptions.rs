//! Exceptions from the lock through the API: asked for by the village, granted above it, withdrawn while they wait.

use authz::Role;
use serde_json::{Value, json};
use testkit::{County, TestDatabase};

use super::{UNLIMITED, field, person};
use crate::support::{Answer, Serving, call};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const GROUP: &str = "440229100201001";
const HOUSEHOLD: &str = "4402291002010010001";
const PATH: &str = "/api/v1/exceptions";

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_asked_for_granted_above_and_taken_back_while_it_waits() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(60, "2026-01", 1).register(&mut connection).await;
    drop(connection);
    let now = Some("2026-02-04T10:00:00+08:00");
    let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
    let clerk = person(&database, &serving, ("clerk", Role::VillageAdministrator, VILLAGE)).await;
    let town = person(&database, &serving, ("town", Role::TownAdministrator, TOWN)).await;
    let post = |who: &str, path: &str, body: Value| -> Answer {
        call(&serving.pages, "POST", &format!("{PATH}{path}"), who, &body)
    };
    let listed = |who: &str| {
        let path = format!("{PATH}?place={VILLAGE}&month=2026-01");
        call(&serving.pages, "GET", &path, who, &Value::Null).json()["items"].clone()
    };
    let about =
        |opens: &str| json!({ "opens": opens, "month": "2026-01", "until": "2026-02-06", "reason": "停电" });
    assert_eq!(listed(&clerk), json!([]));
    assert_eq!(field(&post(&clerk, "", about(TOWN))), "opens");
    let mut wrong = about(GROUP);
    wrong["until"] = json!("tomorrow");
    assert_eq!(field(&post(&clerk, "", wrong)), "until");

    let asked = post(&clerk, "", about(HOUSEHOLD));
    assert_eq!(asked.status, 200, "{}", asked.body);
    let id = asked.json()["id"].as_i64().expect("a number");
    assert_eq!(post(&clerk, "", about(HOUSEHOLD)).status, 422, "it waits already");
    let decision = format!("/{id}/decision");
    assert_eq!(post(&clerk, &decision, json!({ "grant": true })).status, 403);
    assert_eq!(post(&town, &decision, json!({ "grant": false })).status, 422, "a refusal has its reason");
    assert_eq!(post(&town, &decision, json!({ "grant": true })).status, 204);
    assert_eq!(post(&town, &decision, json!({ "grant": true })).status, 422, "it is decided");
    let granted = listed(&clerk)[0].clone();
    assert_eq!(
        (&granted["opens"], &granted["step"], &granted["decided_by"], &granted["reason"]),
        (&json!(HOUSEHOLD), &json!("granted"), &json!("town"), &json!("停电"))
    );

    let other = post(&clerk, "", about(GROUP)).json()["id"].as_i64().expect("a number");
    let withdrawal = format!("/{other}/withdrawal");
    assert_eq!(post(&clerk, &withdrawal, json!({})).status, 204);
    assert_eq!(post(&clerk, &withdrawal, json!({})).status, 422, "only while it waits");
    assert_eq!(listed(&town)[0]["step"], "withdrawn", "the newest first");
    let beside = person(&database, &serving, ("beside", Role::VillageAdministrator, "440229100202")).await;
    assert_eq!(post(&beside, &withdrawal, json!({})).status, 404);
}
