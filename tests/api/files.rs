//! Files through the API: of the right kind and under a name, logged, masked for whoever may not know more, and cards with
//! codes that no replay tells again.

use authz::Role;
use serde_json::{Value, json};
use testkit::TestDatabase;

use super::{field, keyed, person, published};
use crate::support::{Answer, Serving, call, superuser};

const VILLAGE: &str = "440229100201";
const GROUP: &str = "440229100201001";
const COUNTY: &str = "440229000000";

/// How PDF and XLSX begin, and PNG after its first byte.
const KINDS: &[(&str, &str, &str)] = &[
    ("pdf", "application/pdf", "%PDF"),
    ("png", "image/png", "PNG"),
    ("txt", "text/plain; charset=utf-8", ""),
    ("csv", "text/csv; charset=utf-8", "month,version,"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK"),
];

struct World {
    database: TestDatabase,
    serving: Serving,
    clerk: String,
}

impl World {
    async fn new() -> Self {
        let (database, serving) = published().await;
        let clerk = person(&database, &serving, ("clerk", Role::VillageAdministrator, VILLAGE)).await;
        Self { database, serving, clerk }
    }

    fn get(&self, who: &str, file: &str) -> Answer {
        call(&self.serving.pages, "GET", &format!("/api/v1/files/{file}"), who, &Value::Null)
    }

    async fn logged(&self, exported: &str) -> i64 {
        let owner = superuser(&self.database).await;
        let query = "select count(*) from audit_event where detail like '%\"exported\":\"' || $1 || '\"%'";
        owner.query_one(query, &[&exported]).await.expect("a count").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_of_their_kind_under_a_name_and_logged() {
    let world = World::new().await;
    let village = format!("village={VILLAGE}&month=2026-01");
    let group = format!("group_code={GROUP}&month=2026-01");
    for (file, query) in [
        ("notice.pdf", &village),
        ("notice.png", &village),
        ("notice.txt", &village),
        ("honours.pdf", &village),
        ("results.csv", &village),
        ("results.xlsx", &village),
        ("form3.pdf", &group),
        ("form3.xlsx", &group),
        ("form4.pdf", &group),
        ("form4.xlsx", &group),
        ("labels.pdf", &group),
    ] {
        let answer = world.get(&world.clerk, &format!("{file}?{query}"));
        assert_eq!(answer.status, 200, "{file}: {}", answer.body);
        let extension = file.rsplit('.').next().expect("an extension");
        let (_, kind, begins) = KINDS.iter().find(|(one, ..)| *one == extension).expect("a kind");
        assert_eq!(answer.header("content-type"), *kind, "{file}");
        let name = answer.header("content-disposition");
        assert!(
            name.starts_with("attachment; filename=") && name.ends_with(&format!(".{extension}\"")),
            "{name}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.body.trim_start_matches('\u{fffd}');
        assert!(body.starts_with(begins), "{file} begins otherwise");
    }
    assert_eq!(world.logged("form3").await, 2);
    assert_eq!(world.logged("results").await, 2);
    assert_eq!((world.logged("honours").await, world.logged("labels").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_households_year_is_for_whoever_may_know_it_and_wrong_input_names_its_field() {
    let world = World::new().await;
    let results = world.get(&world.clerk, &format!("results.csv?village={VILLAGE}&month=2026-01")).body;
    let scored = results.lines().find(|line| line.contains(",scored,")).expect("a scored household");
    let household = scored.split(',').nth(4).expect("a code");
    let year = format!("form2.xlsx?household_code={household}&year=2026");
    let answer = world.get(&world.clerk, &year);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let viewer = person(&world.database, &world.serving, ("viewer", Role::CountyViewer, COUNTY)).await;
    assert_eq!(world.get(&viewer, &year).status, 403);
    let member = person(&world.database, &world.serving, ("member", Role::PanelMember, VILLAGE)).await;
    assert_eq!(world.get(&member, &format!("notice.txt?village={VILLAGE}&month=2026-01")).status, 403);

    let refused = |file: &str| field(&world.get(&world.clerk, file));
    assert_eq!(refused(&format!("form2.pdf?household_code={household}&year=1999")), "year");
    assert_eq!(refused("form2.pdf?household_code=1&year=2026"), "household_code");
    assert_eq!(refused(&format!("form3.pdf?group_code={VILLAGE}&month=2026-01")), "group_code");
    assert_eq!(refused(&format!("notice.pdf?village={GROUP}&month=2026-01")), "village");
    assert_eq!(refused(&format!("results.csv?village={VILLAGE}&month=2026-13")), "month");
    let open = world.get(&world.clerk, &format!("results.csv?village={VILLAGE}&month=2026-02"));
    assert_eq!((open.status, &open.json()["code"]), (422, &json!("refused")), "{}", open.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_printed_once_for_a_key_and_their_codes_are_not_kept() {
    let world = World::new().await;
    let (path, body) = ("/api/v1/household-cards", json!({ "group_code": GROUP, "year": 2026 }));
    let first = keyed(&world.serving, &world.clerk, "k-1", path, &body);
    assert_eq!((first.status, first.header("content-type")), (200, "application/pdf"), "{}", first.body);
    assert!(first.body.starts_with("%PDF"));
    let again = keyed(&world.serving, &world.clerk, "k-1", path, &body);
    assert_eq!((again.status, again.header("content-type")), (200, "application/json"), "{}", again.body);
    assert!(again.json()["cards"].as_u64().is_some_and(|cards| cards > 0), "{}", again.body);
    assert_eq!(world.logged("cards").await, 1);
    let supervisor = ("supervisor", Role::Supervisor, VILLAGE);
    let supervisor = person(&world.database, &world.serving, supervisor).await;
    assert_eq!(keyed(&world.serving, &supervisor, "k-2", path, &body).status, 403);
    let wrong = json!({ "group_code": GROUP, "year": 1 });
    assert_eq!(field(&keyed(&world.serving, &world.clerk, "k-3", path, &wrong)), "year");
}
