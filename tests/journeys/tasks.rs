//! 要办的事: what waits for a person in the role of the moment, with the page where it is done.

use authz::Role;
use domain::place::Place;
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Folder, Serving, path, scored, send, succeed};

const TOWN: &str = "440229100000";
const VILLAGE: &str = "440229100201";
const MONTH: &str = "2026-01";

struct World {
    serving: Serving,
    cookie: String,
    /// The database lives as long as it is served.
    _database: TestDatabase,
}

impl World {
    /// Somebody at a place, without a role where none is named, at a time.
    async fn of(database: TestDatabase, role: Option<Role>, place: &str, now: &str) -> Self {
        let mut connection = database.database.connection().await.expect("a connection");
        let place = Place::parse_code(place).expect("a code");
        let number = account(&mut connection, "clerk", place).await;
        if let Some(role) = role {
            grant(&mut connection, number, role, place).await;
        }
        drop(connection);
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
        let cookie = log_in(&serving.pages, "clerk");
        Self { serving, cookie, _database: database }
    }

    /// A registered county without cards.
    async fn without_cards(role: Role, place: &str, now: &str) -> Self {
        let database = TestDatabase::empty().await;
        let mut connection = database.database.connection().await.expect("a connection");
        County::new(60, MONTH, 1).register(&mut connection).await;
        drop(connection);
        Self::of(database, Some(role), place, now).await
    }

    /// January closed on the 5th.
    async fn closed(role: Role, place: &str, now: &str) -> Self {
        let (database, _) = scored(60, MONTH, 1).await;
        let close = ["close", "--county", COUNTY, "--month", MONTH, "--now", "2026-02-05T09:00:00+08:00"];
        succeed(&database, &close);
        Self::of(database, Some(role), place, now).await
    }

    fn get(&self, path: &str) -> String {
        let answer = send(&self.serving.pages, "GET", path, &[&self.cookie], "");
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }
}

/// The number in the top bar; none where it says none.
fn counted(page: &str) -> Option<usize> {
    let (_, rest) = page.split_once("<b class=\"count\">")?;
    rest.split_once('<')?.0.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_is_led_to_the_households_that_are_not_scored_from_every_page() {
    let now = "2026-01-28T10:00:00+08:00";
    let world = World::without_cards(Role::VillageAdministrator, VILLAGE, now).await;
    let page = world.get("/tasks");
    assert!(page.contains("户没有评分") && page.contains("2月3日") && page.contains("还有 6 天"), "{page}");
    let link = format!("/scoring/{VILLAGE}/{MONTH}/entry");
    assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
    assert!(world.get(&link).contains("name=\"findings\""));
    assert_eq!(counted(&page), Some(1));
    for elsewhere in ["households", "publication"] {
        let page = world.get(&format!("/{elsewhere}/{VILLAGE}/2025-12"));
        assert_eq!(counted(&page), Some(1), "another month tells the same number");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_month_in_hand_begins_with_its_entry_where_the_county_begins_it_on_another_day() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(60, MONTH, 1).register(&mut connection).await;
    drop(connection);
    let folder = Folder::new();
    let settings = folder.file("rulebook.toml", "[scoring]\nopens_on_day = 20\n");
    let adopt = ["import", "rulebook", path(&settings), "--county", COUNTY, "--division", COUNTY];
    let from = ["--from", MONTH, "--now", "2025-12-10T09:00:00+08:00"];
    succeed(&database, &[&adopt[..], &from].concat());
    let now = "2026-01-21T10:00:00+08:00";
    let world = World::of(database, Some(Role::VillageAdministrator), VILLAGE, now).await;
    let home = send(&world.serving.pages, "GET", "/", &[&world.cookie], "");
    assert_eq!((home.status, home.header("location")), (303, &*format!("/overview/{VILLAGE}/{MONTH}")));
    assert!(world.get("/tasks").contains("户没有评分"), "entry is open and waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_closing_the_notice_waits_and_late_is_said_in_words() {
    let world = World::closed(Role::VillageAdministrator, VILLAGE, "2026-02-12T10:00:00+08:00").await;
    let page = world.get("/tasks");
    assert!(page.contains("公示本月第1版") && page.contains("已迟 2 天"), "{page}");
    assert!(page.contains(&format!("href=\"/publication/{VILLAGE}/{MONTH}\"")), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_sees_its_late_villages_and_no_number_on_every_page() {
    let world = World::closed(Role::TownAdministrator, TOWN, "2026-02-12T10:00:00+08:00").await;
    let page = world.get("/tasks");
    assert!(page.contains("个村迟办") && page.contains(&format!("/overview/{TOWN}/{MONTH}#late")), "{page}");
    assert_eq!(counted(&page), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_waits_for_whoever_may_only_look() {
    let world = World::closed(Role::Supervisor, VILLAGE, "2026-02-06T10:00:00+08:00").await;
    let page = world.get("/tasks");
    assert!(page.contains("现在没有要办的事"), "{page}");
    assert_eq!(counted(&page), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_role_is_told_whom_to_ask() {
    let (database, _) = scored(12, MONTH, 1).await;
    let world = World::of(database, None, VILLAGE, "2026-02-06T10:00:00+08:00").await;
    assert!(world.get("/tasks").contains("请联系上一级管理员"));
}
