//! The town's sample through the API: fixed, drawn once, checked blind.

use authz::Role;
use serde_json::{Value, json};
use testkit::{County, TestDatabase};

use super::{UNLIMITED, field, person};
use crate::people::log_in;
use crate::support::{Serving, call, succeed};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const PATH: &str = "/api/v1/samples";

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_fixed_drawn_once_and_checked_blind() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    let county = County::new(60, "2026-01", 1);
    county.register(&mut connection).await;
    drop(connection);
    let early = Some("2026-01-28T10:00:00+08:00");
    let before = Serving::start_at(&database, "127.0.0.1:0", early, UNLIMITED);
    let member = person(&database, &before, ("member", Role::GuidanceMember, TOWN)).await;
    let fix = |size: u16| {
        let body = json!({ "place": TOWN, "month": "2026-01", "size": size });
        call(&before.pages, "POST", PATH, &member, &body)
    };
    assert_eq!(fix(21).status, 422);
    assert!(fix(2).json()["villages"].as_u64().is_some_and(|villages| villages > 0));
    assert_eq!(fix(3).json()["villages"], 0, "what is fixed stays");
    let clerk = person(&database, &before, ("clerk", Role::VillageAdministrator, VILLAGE)).await;
    let of_village = json!({ "village": VILLAGE, "month": "2026-01" });
    let draws = format!("{PATH}/draws");
    assert_eq!(call(&before.pages, "POST", &draws, &clerk, &of_village).status, 403);
    assert_eq!(call(&before.pages, "POST", &draws, &member, &of_village).status, 422, "nobody has signed");

    let mut connection = database.database.connection().await.expect("a connection");
    county.score(&mut connection, county.plan.first_month).await;
    drop(connection);
    let close =
        ["close", "--county", "440229000000", "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &close);
    let late = Some("2026-02-04T09:00:00+08:00");
    let serving = Serving::start_at(&database, "127.0.0.1:0", late, UNLIMITED);
    let member = log_in(&serving.pages, "member");
    let draw = || call(&serving.pages, "POST", &draws, &member, &of_village).json();
    assert_eq!(draw(), json!({ "households": 2, "already": false }));
    assert_eq!(draw(), json!({ "households": 2, "already": true }));
    let sample = || {
        let path = format!("{PATH}?place={VILLAGE}&month=2026-01");
        call(&serving.pages, "GET", &path, &member, &Value::Null).json()["items"][0].clone()
    };
    let drawn = sample();
    assert_eq!((&drawn["size"], &drawn["checked"]), (&json!(2), &json!(0)));
    assert!(drawn["secret"].is_string() && drawn["households"][0]["panel_findings"].is_null(), "{drawn}");
    let household = drawn["households"][0]["household_code"].clone();
    let check = |change: &str, value: &str| {
        let mut body = json!({ "household_code": household, "month": "2026-01", "checked_on": "2026-02-03" });
        body[change] = json!(value);
        call(&serving.pages, "POST", &format!("{PATH}/checks"), &member, &body)
    };
    assert_eq!(field(&check("checked_on", "x")), "checked_on");
    assert_eq!(field(&check("status", "gone")), "status");
    assert_eq!(check("findings", "").status, 204);
    assert_eq!(check("findings", "").status, 204, "the same again is success");
    assert_eq!(check("findings", "H1a").status, 422, "what was handed in blind stays");
    let checked = sample();
    assert_eq!((&checked["checked"], &checked["households"][0]["checked_by"]), (&json!(1), &json!("member")));
    assert!(checked["households"][0]["panel_findings"].is_string(), "{checked}");
}
