//! Queries whether a household may take part, through the API: asked by the town, answered by the village, closed.

use authz::Role;
use serde_json::{Value, json};

use super::{field, person, published};
use crate::support::call;

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const PATH: &str = "/api/v1/households/4402291002010010001/queries";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_asked_answered_asked_again_and_closed() {
    let (database, serving) = published().await;
    let clerk = person(&database, &serving, ("clerk", Role::VillageAdministrator, VILLAGE)).await;
    let town = person(&database, &serving, ("town", Role::TownAdministrator, TOWN)).await;
    let post = |who: &str, path: &str, body: Value| {
        call(&serving.pages, "POST", &format!("{PATH}{path}"), who, &body)
    };
    let new = json!({ "about": "resident", "words": "听说搬到县城" });
    assert_eq!(post(&clerk, "", new.clone()).status, 403, "the village asks nothing");
    assert_eq!(field(&post(&town, "", json!({ "about": "resident", "words": "" }))), "words");
    let asked = post(&town, "", new.clone());
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_eq!(post(&town, "", new).json(), asked.json(), "the same question is one query");
    let id = asked.json()["id"].as_i64().expect("a number");
    let open = || {
        let path = format!("/api/v1/eligibility-queries?place={VILLAGE}");
        call(&serving.pages, "GET", &path, &clerk, &Value::Null).json()["items"].clone()
    };
    assert_eq!(open()[0]["id"], json!(id));

    let why = |reason: &str| json!({ "reason": reason });
    let confirmed = json!({ "found": "confirmed", "reason": "在村务农" });
    let changed = json!({ "found": "changed", "reason": "已改" });
    assert_eq!(post(&clerk, &format!("/{id}/answer"), changed).status, 422, "the register is as it was");
    assert_eq!(post(&clerk, &format!("/{id}/closure"), why("好了")).status, 403, "the town closes");
    assert_eq!(post(&clerk, &format!("/{id}/answer"), confirmed.clone()).status, 204);
    assert_eq!(post(&town, &format!("/{id}/repetition"), why("请附证明")).status, 204);
    assert_eq!(post(&clerk, &format!("/{id}/answer"), confirmed).status, 204);
    assert_eq!(post(&town, &format!("/{id}/closure"), why("清楚了")).status, 204);
    assert_eq!(open(), json!([]));
    let all = call(&serving.pages, "GET", PATH, &clerk, &Value::Null).json()["items"][0].clone();
    let steps = all["steps"].as_array().expect("steps").iter();
    let steps: Vec<&str> = steps.filter_map(|step| step["kind"].as_str()).collect();
    assert_eq!(steps, ["confirmed", "asked_again", "confirmed", "closed"]);
    let beside = person(&database, &serving, ("beside", Role::VillageAdministrator, "440229100202")).await;
    assert_eq!(call(&serving.pages, "GET", PATH, &beside, &Value::Null).status, 404);
}
