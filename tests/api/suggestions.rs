//! Suggestions and complaints through the API: the village answers its own and sees nothing of what the town answers.

use authz::Role;
use serde_json::{Value, json};

use super::{field, person, published};
use crate::support::{call, send};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const PATH: &str = "/api/v1/suggestions";

#[tokio::test(flavor = "multi_thread")]
async fn each_office_reads_and_answers_its_own() {
    let (database, serving) = published().await;
    let clerk = person(&database, &serving, ("clerk", Role::VillageAdministrator, VILLAGE)).await;
    let town = person(&database, &serving, ("town", Role::TownAdministrator, TOWN)).await;
    for typed in ["kind=suggestion&topic=redemption&words=x", "kind=complaint&topic=officials&words=y"] {
        let form = send(&serving.pages, "GET", &format!("/p/{VILLAGE}/suggestion"), &["X-Nobody: 1"], "");
        let key = form.body.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let body = format!("key={}&{typed}", key.expect("a key"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let sent = send(&serving.pages, "POST", &format!("/p/{VILLAGE}/suggestions"), &[kind], &body);
        assert_eq!(sent.status, 200, "{}", sent.body);
    }
    let listed = |who: &str| {
        let path = format!("{PATH}?place={VILLAGE}&month=2026-02");
        let answer = call(&serving.pages, "GET", &path, who, &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["items"].as_array().expect("items").clone()
    };
    let topics = |who: &str| -> Vec<Value> { listed(who).iter().map(|one| one["topic"].clone()).collect() };
    assert_eq!(topics(&clerk), ["redemption"]);
    assert_eq!(topics(&town), ["redemption", "officials"]);
    let id = |at: usize| listed(&town)[at]["id"].as_i64().expect("a number");
    let (own, of_town) = (id(0), id(1));
    let get = |who: &str, id: i64| call(&serving.pages, "GET", &format!("{PATH}/{id}"), who, &Value::Null);
    assert_eq!((get(&clerk, own).json()["words"].clone(), get(&clerk, of_town).status), (json!("x"), 404));

    let answer = |who: &str, id: i64, words: &str, seen: u16| {
        let body = json!({ "words": words, "published": true, "seen": seen });
        call(&serving.pages, "POST", &format!("{PATH}/{id}/answer"), who, &body)
    };
    assert_eq!(field(&answer(&clerk, own, " ", 0)), "words");
    assert_eq!(answer(&clerk, own, "下月起多备", 0).status, 204);
    assert_eq!(answer(&clerk, own, "下月起多备", 0).status, 204, "the same again is success");
    assert_eq!(answer(&town, own, "不备", 0).status, 422, "nobody's answer is corrected unseen");
    assert_eq!(answer(&clerk, of_town, "没有的事", 0).status, 404);
    assert_eq!(answer(&town, of_town, "已约谈", 0).status, 204);
    let read = get(&clerk, own).json();
    assert_eq!(
        (&read["summary"]["state"], &read["answers"][0]["by"], &read["answers"][0]["words"]),
        (&json!("answered"), &json!("clerk"), &json!("下月起多备"))
    );
}
