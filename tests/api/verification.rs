//! Verifying through the API: a village agrees until somebody changes what is stored, and only the county can tell.

use authz::Role;
use serde_json::{Value, json};

use super::{field, person, published};
use crate::support::{call, superuser};

const COUNTY: &str = "440229000000";
const VILLAGE: &str = "440229100201";

#[tokio::test(flavor = "multi_thread")]
async fn a_village_agrees_until_a_result_is_changed() {
    let (database, serving) = published().await;
    let auditor = person(&database, &serving, ("auditor", Role::Auditor, COUNTY)).await;
    let clerk = person(&database, &serving, ("clerk", Role::VillageAdministrator, VILLAGE)).await;
    let verdict = |who: &str, query: &str| {
        call(&serving.pages, "GET", &format!("/api/v1/verification?{query}"), who, &Value::Null)
    };
    let village = format!("village={VILLAGE}");
    let sound = verdict(&auditor, &village);
    assert_eq!(sound.status, 200, "{}", sound.body);
    assert_eq!((&sound.json()["agrees"], &sound.json()["versions"]), (&json!(true), &json!(1)));
    assert_eq!(verdict(&clerk, &village).status, 404, "the log is the county's");
    assert_eq!(verdict(&auditor, "village=440229199999").status, 404);
    assert_eq!(field(&verdict(&auditor, &format!("village={COUNTY}"))), "village");
    assert_eq!(field(&verdict(&auditor, &format!("{village}&month=2026-13"))), "month");

    let change = "update month_result set score = score - 1 where score is not null";
    superuser(&database).await.batch_execute(change).await.expect("changed behind our back");
    let broken = verdict(&auditor, &village).json();
    assert_eq!(broken["agrees"], false, "{broken}");
    assert!(broken["mismatches"].as_array().is_some_and(|found| !found.is_empty()), "{broken}");
}
