//! Machine tokens: shown once, bound to place, role, end and addresses.

use serde_json::{Value, json};
use testkit::COUNTY;

use super::administrator;
use crate::support::{call, superuser};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reads_its_place_until_it_is_taken_back() {
    let (database, serving, cookie) = administrator().await;
    let end = chrono::DateTime::parse_from_rfc2822(
        &call(&serving.pages, "GET", "/healthz", "", &Value::Null).header("date").replace("GMT", "+0000"),
    );
    let end = (end.expect("the server's time") + chrono::TimeDelta::days(300)).to_rfc3339();
    let issue = |body: Value| call(&serving.pages, "POST", "/api/v1/tokens", &cookie, &body);
    let issued = issue(json!({ "place": "440229100000", "name": "粤治美", "expires_at": end }));
    assert_eq!(issued.status, 201, "{}", issued.body);
    let (id, token) =
        (issued.json()["id"].clone(), issued.json()["token"].as_str().expect("shown").to_owned());
    let bearer = format!("Authorization: Bearer {token}");
    let get = |path: &str| call(&serving.pages, "GET", path, &bearer, &Value::Null);
    assert_eq!(get("/api/v1/households?place=440229100000").status, 200);
    assert_eq!(get(&format!("/api/v1/households?place={COUNTY}")).status, 404, "above its place");
    assert_eq!(get("/api/v1/households?place=440229101000").status, 404, "beside its place");
    let write = call(&serving.pages, "POST", "/api/v1/closings", &bearer, &json!({ "month": "2026-01" }));
    assert_eq!((write.status, &write.json()["code"]), (403, &json!("forbidden")));
    assert_eq!(get("/api/v1/session").status, 401, "a machine has no session");
    let owner = superuser(&database).await;
    let hidden = "select count(*) from machine_token where machine_token::text like '%' || $1 || '%'";
    let kept: i64 = owner.query_one(hidden, &[&token]).await.expect("a count").get(0);
    assert_eq!(kept, 0, "the token stands in no table");
    let list = call(&serving.pages, "GET", "/api/v1/tokens", &cookie, &Value::Null);
    assert!(!list.body.contains(&token) && list.body.contains("粤治美"));

    let narrow = issue(json!({ "name": "内网", "expires_at": end, "address_range": "10.0.0.0/8" }));
    let elsewhere = format!("Authorization: Bearer {}", narrow.json()["token"].as_str().expect("shown"));
    assert_eq!(call(&serving.pages, "GET", "/api/v1/households", &elsewhere, &Value::Null).status, 401);
    assert_eq!(issue(json!({ "name": "过期", "expires_at": "2020-01-01T00:00:00+08:00" })).status, 422);
    assert_eq!(issue(json!({ "name": "范围", "expires_at": end, "address_range": "x" })).status, 422);

    let path = format!("/api/v1/tokens/{id}");
    assert_eq!(call(&serving.pages, "DELETE", &path, &cookie, &Value::Null).status, 204);
    assert_eq!(get("/api/v1/households?place=440229100000").status, 401, "taken back");
}
