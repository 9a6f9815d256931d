//! Reminders through the API: written once a day for each person, and read without addresses.

use authz::Role;
use serde_json::{Value, json};

use super::{field, keyed, person, published};
use crate::support::call;

const COUNTY: &str = "440229000000";
const TOWN: &str = "440229100000";
const PATH: &str = "/api/v1/reminders";

#[tokio::test(flavor = "multi_thread")]
async fn the_county_writes_todays_reminders_once_and_sees_what_they_say() {
    let (database, serving) = published().await;
    let county = person(&database, &serving, ("county.admin", Role::CountyAdministrator, COUNTY)).await;
    let get = |query: &str| call(&serving.pages, "GET", &format!("{PATH}{query}"), &county, &Value::Null);
    let contact = |name: &str, email: &str| json!({ "division_code": "440229100201", "name": name, "duty": "村文书", "email": email });
    let rows = json!({ "rows": [
        contact("赖文", "lai@jifen.example"), contact("钟秀", "zhong@jifen.example"),
    ]});
    let registered = call(&serving.pages, "POST", "/api/v1/contacts", &county, &rows);
    assert_eq!(registered.status, 200, "{}", registered.body);

    let first = keyed(&serving, &county, "k-1", PATH, &json!({}));
    assert_eq!(first.status, 200, "{}", first.body);
    let again = keyed(&serving, &county, "k-1", PATH, &json!({}));
    assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), "true"));
    let later = call(&serving.pages, "POST", PATH, &county, &json!({}));
    assert_eq!(later.json(), json!({ "written": 0 }), "one a day");
    let all = get("").json()["items"].as_array().expect("items").clone();
    assert_eq!(json!(all.len()), first.json()["written"]);
    assert_eq!(all.len(), 2, "who has the village's month to post");
    for one in &all {
        assert!(one["items"].as_array().is_some_and(|items| !items.is_empty()), "{one}");
        assert!(!one.to_string().contains("@jifen.example"), "no address: {one}");
    }
    assert_eq!(field(&get("?after=x")), "after");

    let town = person(&database, &serving, ("town.admin", Role::TownAdministrator, TOWN)).await;
    let refused = call(&serving.pages, "POST", PATH, &town, &json!({}));
    assert_eq!(field(&refused), "place");
    let member = person(&database, &serving, ("member", Role::PanelMember, "440229100201")).await;
    assert_eq!(call(&serving.pages, "POST", PATH, &member, &json!({})).status, 403);
}
