//! A role that is taken back is gone at the next request, on every replica.

use authz::{Grant, Role};
use domain::place::Place;
use records::accounts::{NewGrant, grant_role, revoke_role};
use serde_json::Value;
use testkit::{COUNTY, County, TestDatabase, guard, operator};

use super::UNLIMITED;
use crate::people::{account, grant, log_in, long_ago};
use crate::support::{Serving, call};

/// Steps that look like chance and are the same every time (a linear congruence).
fn steps(seed: u32, count: usize) -> impl Iterator<Item = u32> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), next).skip(1).take(count).map(|state| state >> 16)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_revoke_nothing_is_allowed_from_the_next_request_on_any_replica() {
    let database = TestDatabase::empty().await;
    let county = County::new(60, "2026-01", 1);
    let mut connection = database.database.connection().await.expect("a connection");
    county.register(&mut connection).await;
    let villages: Vec<Place> = demo::villages(&county.plan).map(|village| village.place).take(2).collect();
    let person = account(&mut connection, "lai.wen", villages[0]).await;
    let replicas = [Serving::start_with(&database, UNLIMITED), Serving::start_with(&database, UNLIMITED)];
    let guard = guard().await;
    let mut held: [Option<i64>; 2] = [None, None];
    let (mut requests, mut allowed_requests) = (0, 0);
    for seed in 1..=4 {
        // A second administrator keeps the first from being the last.
        if seed == 1 {
            for (at, village) in villages.iter().enumerate() {
                let other = account(&mut connection, &format!("other.{at}"), *village).await;
                grant(&mut connection, other, Role::VillageAdministrator, *village).await;
            }
        }
        let cookie = log_in(&replicas[0].pages, "lai.wen");
        for step in steps(seed, 25) {
            let at = usize::try_from(step % 2).expect("small");
            let place = villages[at];
            let allowed = guard.allow(&operator(), Grant, place).expect("allowed");
            match held[at].take() {
                Some(number) => {
                    revoke_role(&mut connection, &guard, &allowed, number, &long_ago())
                        .await
                        .expect("taken back");
                }
                None => {
                    let from = long_ago().local().date();
                    let new =
                        NewGrant { account: person, role: Role::VillageAdministrator, from, until: None };
                    let given = grant_role(&mut connection, &guard, &allowed, &new, &long_ago()).await;
                    held[at] = Some(given.expect("given"));
                }
            }
            for (at, village) in villages.iter().enumerate() {
                if let Some(number) = held[at] {
                    let switch = serde_json::json!({ "grant": number });
                    let switched = call(&replicas[0].pages, "PUT", "/api/v1/session", &cookie, &switch);
                    assert_eq!(switched.status, 200, "{}", switched.body);
                }
                for replica in &replicas {
                    let path = format!("/api/v1/households?place={village}&limit=1");
                    let answer = call(&replica.pages, "GET", &path, &cookie, &Value::Null);
                    requests += 1;
                    allowed_requests += usize::from(answer.status == 200);
                    assert_eq!(answer.status == 200, held[at].is_some(), "{village}: {}", answer.body);
                }
            }
        }
    }
    println!("{requests} requests, {allowed_requests} of them allowed, none after its role was taken back");
    assert!(allowed_requests > 50 && allowed_requests < requests, "both happen");
    assert_eq!(county.plan.county, Place::parse_code(COUNTY).expect("a code"));
}
