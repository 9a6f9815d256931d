//! A village hands a catalogue in through the API; the town looks at what it would have meant, and approves it or not.

use authz::Role;
use serde_json::{Value, json};
use testkit::{COUNTY, TestDatabase};

use super::{field, keyed, person, published};
use crate::support::{Answer, Serving, call, succeed};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const PATH: &str = "/api/v1/catalogue-submissions";

struct World {
    database: TestDatabase,
    serving: Serving,
    village: String,
    town: String,
    /// The list in force, with one rule reworded.
    rows: Vec<Value>,
}

impl World {
    async fn new() -> Self {
        let (database, serving) = published().await;
        let clerk = ("clerk", Role::VillageAdministrator, VILLAGE);
        let village = person(&database, &serving, clerk).await;
        let above = ("town.admin", Role::TownAdministrator, TOWN);
        let town = person(&database, &serving, above).await;
        let list = "/api/v1/catalogues?month=2026-02";
        let list = call(&serving.pages, "GET", list, &village, &Value::Null).json();
        let mut rows = list["rows"].as_array().expect("rows").clone();
        rows[0]["rule"] = json!("门前堆放杂物，当场不清理");
        Self { database, serving, village, town, rows }
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        call(&self.serving.pages, "GET", path, who, &Value::Null)
    }

    fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        call(&self.serving.pages, "POST", path, who, body)
    }

    fn body(&self, from: &str) -> Value {
        json!({
            "from": from, "rows": self.rows, "meeting_on": "2026-02-01", "attendance": "应到 45 人，实到 38 人",
            "reason": "补充",
        })
    }

    /// Hands the list in. Returns the address of the submission.
    fn submit(&self, from: &str) -> String {
        let answer = self.post(&self.village, PATH, &self.body(from));
        assert_eq!(answer.status, 200, "{}", answer.body);
        format!("{PATH}/{}", answer.json()["id"])
    }

    fn state(&self, one: &str) -> Value {
        self.get(&self.village, one).json()["summary"]["state"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_handed_in_once_and_approved_by_the_level_above() {
    let world = World::new().await;
    let mut look = world.body("2026-04");
    look["dry_run"] = json!(true);
    assert_eq!(world.post(&world.village, PATH, &look).json(), json!({ "id": null }));
    let list = || world.get(&world.town, PATH).json()["items"].as_array().expect("items").len();
    assert_eq!(list(), 0, "a look hands nothing in");

    let first = keyed(&world.serving, &world.village, "k-1", PATH, &world.body("2026-04"));
    let again = keyed(&world.serving, &world.village, "k-1", PATH, &world.body("2026-04"));
    assert_eq!((first.status, again.json()), (200, first.json()), "{}", first.body);
    assert_eq!((again.header("idempotency-replayed"), list()), ("true", 1));
    let one = format!("{PATH}/{}", first.json()["id"]);
    assert_eq!(world.get(&world.town, &one).json()["rows"], json!(world.rows));

    let what_if = world.get(&world.town, &format!("{one}/what-if"));
    assert_eq!(what_if.status, 200, "{}", what_if.body);
    assert_eq!(what_if.json()["months"][0]["month"], "2026-01");
    let approval = format!("{one}/approval");
    assert_eq!(world.post(&world.village, &approval, &json!({})).status, 403);
    let approved = world.post(&world.town, &approval, &json!({}));
    assert_eq!(approved.status, 200, "{}", approved.body);
    assert!(approved.json()["catalogue_id"].is_i64());
    assert_eq!(world.state(&one), "approved");
    let twice = world.post(&world.town, &approval, &json!({}));
    assert_eq!((twice.status, &twice.json()["code"]), (422, &json!("refused")));
    let in_force = world.get(&world.village, "/api/v1/catalogues?month=2026-04").json();
    assert_eq!(in_force["rows"], json!(world.rows));
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_sent_back_withdrawn_or_replaced_and_lists_are_read_page_by_page() {
    let world = World::new().await;
    let first = world.submit("2026-04");
    let why = |reason: &str| json!({ "reason": reason });
    assert_eq!(world.post(&world.village, &format!("{first}/return"), &why("x")).status, 403);
    assert_eq!(field(&world.post(&world.town, &format!("{first}/return"), &why(" "))), "reason");
    assert_eq!(world.post(&world.town, &format!("{first}/return"), &why("再核对")).status, 204);
    assert_eq!(world.get(&world.village, &first).json()["steps"][0]["reason"], "再核对");
    let second = world.submit("2026-05");
    let third = world.submit("2026-06");
    assert_eq!(world.state(&second), "withdrawn", "a place has one that waits");
    assert_eq!(world.post(&world.village, &format!("{third}/withdrawal"), &json!({})).status, 204);
    assert_eq!(
        ["sent_back", "withdrawn", "withdrawn"].map(Value::from),
        [&first, &second, &third].map(|one| world.state(one))
    );

    let page = |query: &str| world.get(&world.town, &format!("{PATH}?limit=2{query}")).json();
    let newest = page("");
    assert_eq!(newest["items"][0]["from"], "2026-06");
    let rest = page(&format!("&after={}", newest["next"].as_str().expect("more")));
    assert_eq!((&rest["items"][0]["from"], &rest["next"]), (&json!("2026-04"), &Value::Null));
    assert_eq!(field(&world.get(&world.town, &format!("{PATH}?after=x"))), "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_names_its_field() {
    let world = World::new().await;
    let refused = |change: &str, value: Value| {
        let mut body = world.body("2026-04");
        body[change] = value;
        field(&world.post(&world.village, PATH, &body))
    };
    assert_eq!(refused("from", json!("2026-13")), "from");
    assert_eq!(refused("year", json!(1999)), "year");
    assert_eq!(refused("meeting_on", json!("-20000-01-01")), "meeting_on");
    assert_eq!(refused("meeting_on", json!("2026-03-01")), "meeting_on", "a meeting to come");
    assert_eq!(refused("attendance", json!("")), "attendance");
    assert_eq!(refused("rows", json!([])), "rows");
    let supervisor = ("supervisor", Role::Supervisor, VILLAGE);
    let supervisor = person(&world.database, &world.serving, supervisor).await;
    assert_eq!(world.post(&supervisor, PATH, &world.body("2026-04")).status, 403);
}
