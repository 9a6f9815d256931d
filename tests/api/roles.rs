//! Roles through the API: given by the level above, within its own place, and the last administrator stays.

use authz::Role;
use domain::place::Place;
use serde_json::{Value, json};
use testkit::{COUNTY, County, TestDatabase};

use super::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, call};

const TOWN: &str = "440229100000";
const VILLAGE: &str = "440229100201";
const NEIGHBOUR: &str = "440229101000";

struct World {
    _database: TestDatabase,
    serving: Serving,
    county: String,
    town: String,
    town_account: i64,
    town_grant: i64,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        let made = County::new(60, "2026-01", 1);
        let mut connection = database.database.connection().await.expect("a connection");
        made.register(&mut connection).await;
        let [county, town] = [COUNTY, TOWN].map(|code| Place::parse_code(code).expect("a code"));
        let above = account(&mut connection, "county.admin", county).await;
        grant(&mut connection, above, Role::CountyAdministrator, county).await;
        let town_account = account(&mut connection, "town.admin", town).await;
        let town_grant = grant(&mut connection, town_account, Role::TownAdministrator, town).await;
        drop(connection);
        let serving = Serving::start_with(&database, UNLIMITED);
        let county = log_in(&serving.pages, "county.admin");
        let town = log_in(&serving.pages, "town.admin");
        Self { _database: database, serving, county, town, town_account, town_grant }
    }

    fn call(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        call(&self.serving.pages, method, path, who, &body)
    }

    /// Makes an account at a place. Returns its number.
    fn add(&self, who: &str, place: &str, login: &str) -> Answer {
        self.call(who, "POST", "/api/v1/accounts", json!({ "place": place, "login": login, "name": "王芳" }))
    }

    fn give(&self, who: &str, account: i64, role: &str, place: &str) -> Answer {
        self.call(who, "POST", "/api/v1/grants", json!({ "account": account, "role": role, "place": place }))
    }
}

fn number(answer: &Answer) -> i64 {
    answer.json()["id"].as_i64().unwrap_or_else(|| panic!("{}", answer.body))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_sees_to_its_villages_accounts_once_the_county_lets_it() {
    let world = World::new().await;
    assert_eq!(world.add(&world.town, VILLAGE, "clerk.one").status, 422, "not let yet");
    let path = format!("/api/v1/delegations/{TOWN}");
    let switch = world.call(&world.town, "PUT", &path, json!({ "allowed": true }));
    assert_eq!(switch.status, 403, "a town does not let itself");
    assert_eq!(world.call(&world.county, "PUT", &path, json!({ "allowed": true })).status, 204);
    let clerk = number(&world.add(&world.town, VILLAGE, "clerk.one"));
    assert_eq!(world.give(&world.town, clerk, "village_administrator", VILLAGE).status, 201);
    assert_eq!(world.add(&world.town, NEIGHBOUR, "clerk.two").status, 404, "not the neighbour's");
    let upward = world.give(&world.town, clerk, "town_administrator", TOWN);
    assert_eq!(upward.status, 422, "{}", upward.body);
    let county = world.give(&world.town, clerk, "county_viewer", COUNTY);
    assert_eq!(county.status, 404, "not upward");
    assert_eq!(world.call(&world.county, "PUT", &path, json!({ "allowed": false })).status, 204);
    assert_eq!(world.give(&world.town, clerk, "panel_member", VILLAGE).status, 422, "no longer let");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_of_a_place_stays() {
    let world = World::new().await;
    let last =
        world.call(&world.county, "DELETE", &format!("/api/v1/grants/{}", world.town_grant), Value::Null);
    assert_eq!(last.status, 422);
    assert!(last.body.contains("最后一名"), "{}", last.body);
    let disabled = format!("/api/v1/accounts/{}/disabled", world.town_account);
    assert_eq!(world.call(&world.county, "PUT", &disabled, json!({ "disabled": true })).status, 422);
    let second = number(&world.add(&world.county, TOWN, "town.second"));
    assert_eq!(world.give(&world.county, second, "town_administrator", TOWN).status, 201);
    let first =
        world.call(&world.county, "DELETE", &format!("/api/v1/grants/{}", world.town_grant), Value::Null);
    assert_eq!(first.status, 204, "{}", first.body);
    let gone = world.call(&world.town, "GET", "/api/v1/households", Value::Null);
    assert_eq!((gone.status, &gone.json()["code"]), (403, &json!("no_role")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_reset_by_the_level_above_and_by_nobody_beside() {
    let world = World::new().await;
    let path = format!("/api/v1/accounts/{}/password", world.town_account);
    assert_eq!(world.call(&world.town, "POST", &path, Value::Null).status, 422, "not the own level");
    let reset = world.call(&world.county, "POST", &path, Value::Null);
    assert_eq!(reset.status, 200, "{}", reset.body);
    assert_eq!(world.call(&world.town, "GET", "/api/v1/session", Value::Null).status, 401, "sessions end");
    // Whoever holds a role above is not reset from below, wherever the account belongs.
    let clerk = number(&world.add(&world.county, VILLAGE, "clerk.one"));
    assert_eq!(world.give(&world.county, clerk, "auditor", COUNTY).status, 201);
    let delegation = format!("/api/v1/delegations/{TOWN}");
    assert_eq!(world.call(&world.county, "PUT", &delegation, json!({ "allowed": true })).status, 204);
    let second = number(&world.add(&world.county, TOWN, "town.second"));
    assert_eq!(world.give(&world.county, second, "town_administrator", TOWN).status, 201);
    let owner = crate::support::superuser(&world._database).await;
    let same = "update account set must_change = false, password_hash = (select password_hash from account
        where login = 'county.admin') where login = 'town.second'";
    owner.batch_execute(same).await.expect("a known password");
    let town = log_in(&world.serving.pages, "town.second");
    let up = world.call(&town, "POST", &format!("/api/v1/accounts/{clerk}/password"), Value::Null);
    assert_eq!(up.status, 422, "{}", up.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_two_roles_acts_in_one_at_a_time() {
    let world = World::new().await;
    let given = world.give(&world.county, world.town_account, "village_administrator", VILLAGE);
    let village = number(&given);
    let close = json!({ "month": "2026-01", "place": TOWN });
    assert_ne!(world.call(&world.town, "POST", "/api/v1/closings", close.clone()).status, 404);
    let switched = world.call(&world.town, "PUT", "/api/v1/session", json!({ "grant": village }));
    assert_eq!((switched.status, &switched.json()["grant"]), (200, &json!(village)), "{}", switched.body);
    assert_eq!(world.call(&world.town, "POST", "/api/v1/closings", close).status, 404, "as a clerk");
    let strange = world.call(&world.town, "PUT", "/api/v1/session", json!({ "grant": 999_999 }));
    assert_eq!(strange.status, 422);
    let page = crate::support::send(&world.serving.pages, "GET", "/account", &[&world.town], "");
    assert!(
        page.body.contains("村管理员")
            && page.body.contains("镇管理员")
            && page.body.contains("正以此角色办事")
    );
}
