//! The register under several hands: nobody writes over what somebody else has written meanwhile.

use authz::{RegisterHouseholds, Role};
use domain::households::Participation;
use domain::input::Household;
use domain::place::Place;
use records::households::{RegisterEntry, register_entry, register_household};
use records::tenancy;
use testkit::{COUNTY, County, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Serving, send};

const VILLAGE: &str = "440229100201";
const GROUP: &str = "440229100201001";

/// A number that no invented household has.
const FREE: &str = "4402291002010019001";

fn place(code: &str) -> Place {
    Place::parse_code(code).expect("a code")
}

/// A county in January, without cards.
struct World {
    database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::empty().await;
        let mut connection = database.database.connection().await.expect("a connection");
        County::new(60, "2026-01", 1).register(&mut connection).await;
        drop(connection);
        Self { database }
    }

    /// Registers or changes the free number under a head, as whoever saw a revision of it does.
    async fn write(&self, head: &str, builds_on: i32) -> Result<(), String> {
        let row = Household {
            household: place(FREE),
            group: place(GROUP),
            head_name: head.to_owned(),
            phone: None,
            members_registered: 3,
            members_resident: 2,
            resident: true,
            local: true,
            address: None,
            participation: Participation::default(),
        };
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
        let (registrar, now) = (registrar(), moment("2026-01-20 10:00"));
        let done = register_household(&mut connection, &allowed, row, builds_on, &registrar, &now).await;
        done.map(drop).map_err(|refusal| refusal.to_string())
    }

    async fn entry(&self) -> RegisterEntry {
        let mut connection = self.database.database.connection().await.expect("a connection");
        let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
        let household = place(FREE);
        let entry = tenancy::read(&mut connection, &allowed, async |connection| {
            register_entry(connection, &household).await
        });
        entry.await.expect("the register").expect("the household")
    }
}

/// Of two who write at the same time one is told so, and what the other wrote stands. Returns the head that stands.
fn one_of(first: Result<(), String>, second: Result<(), String>) -> &'static str {
    let (refusal, stands) = match (first, second) {
        (Ok(()), Err(refusal)) => (refusal, "甲"),
        (Err(refusal), Ok(())) => (refusal, "乙"),
        both => panic!("one of them is refused: {both:?}"),
    };
    assert_eq!(refusal, "内容已被别人改动，请重新读取后再改");
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clerks_who_give_out_one_number_at_once_the_second_does_not_change_the_firsts_household() {
    let world = World::new().await;
    let (first, second) = tokio::join!(world.write("甲", 0), world.write("乙", 0));
    let stands = one_of(first, second);
    let entry = world.entry().await;
    assert_eq!((entry.revision, entry.head_name.as_deref()), (1, Some(stands)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clerks_who_change_one_household_at_once_the_second_is_told() {
    let world = World::new().await;
    world.write("原户主", 0).await.expect("registered");
    let (first, second) = tokio::join!(world.write("甲", 1), world.write("乙", 1));
    let stands = one_of(first, second);
    let entry = world.entry().await;
    assert_eq!((entry.revision, entry.head_name.as_deref()), (2, Some(stands)));
    world.write("丙", 2).await.expect("whoever has read it again writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_refuses_a_number_that_is_taken_and_keeps_what_was_typed() {
    let world = World::new().await;
    let mut connection = world.database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "clerk", place(VILLAGE)).await;
    grant(&mut connection, number, Role::VillageAdministrator, place(VILLAGE)).await;
    drop(connection);
    let now = Some("2026-01-20T10:00:00+08:00");
    let serving = Serving::start_at(&world.database, "127.0.0.1:0", now, UNLIMITED);
    let clerk = log_in(&serving.pages, "clerk");
    let list = format!("/households/{VILLAGE}/2026-01");
    let page = send(&serving.pages, "GET", &format!("{list}/new"), &[&clerk], "").body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("the token").to_owned();
    let register = |head: &str| {
        let body = format!(
            "form_token={token}&group={GROUP}&number=9001&head_name={head}&members_registered=3&\
             members_resident=2&resident=1&local=1"
        );
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&serving.pages, "POST", &format!("{list}/registrations"), &[kind, &clerk], &body)
    };
    assert_eq!(register("Lai").status, 303);
    let taken = register("Luo");
    assert_eq!(taken.status, 422, "{}", taken.body);
    assert!(
        taken.body.contains("本组已有这个户号") && taken.body.contains("value=\"Luo\""),
        "{}",
        taken.body
    );
    let entry = world.entry().await;
    assert_eq!((entry.revision, entry.head_name.as_deref()), (1, Some("Lai")));
}
