//! `jifen bench permission`: what one decision costs, granted and denied, beside a look-up in a set.

use std::collections::HashSet;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result};
use authz::{Act as _, Actor, Guard, Hat, Origin, Person, Read, Role};
use domain::place::Place;
use serde_json::json;

use super::median;
use crate::arguments::{BenchPermission, Common};

/// Measures decisions of as many different users as asked for.
///
/// # Errors
/// The policy cannot be loaded.
pub async fn run(common: &Common, bench: &BenchPermission) -> Result<()> {
    let guard = Guard::load().await?;
    let village = Place::parse_code("440229100204")?;
    let neighbour = Place::parse_code("440229100205")?;
    let actors: Vec<Actor> = (0..bench.users).map(|user| clerk(i64::from(user), village)).collect();
    // Reading has the most rows, and a denial looks at all of them.
    let bare: Vec<Actor> = (0..bench.users).map(|user| without_role(i64::from(user), village)).collect();
    let set: HashSet<(String, String)> = guard
        .table()
        .roles()
        .iter()
        .flat_map(|(role, _)| {
            guard.table().acts_of(role).into_iter().map(|act| (role.clone(), act.to_owned()))
        })
        .collect();
    let (mut granted, mut denied, mut outside, mut reference) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=bench.rounds {
        let times = [
            each(&actors, |actor| guard.allow(actor, Read, village).is_ok()),
            each(&bare, |actor| guard.allow(actor, Read, village).is_err()),
            each(&actors, |actor| guard.allow(actor, Read, neighbour).is_err()),
            each(&actors, |actor| set.contains(&(actor.role().to_owned(), Read::NAME.to_owned()))),
        ];
        // The first round warms up and is not counted.
        if round > 0 {
            for (kept, time) in
                [&mut granted, &mut denied, &mut outside, &mut reference].into_iter().zip(times)
            {
                kept.push(time.context("一次判断的结果不对")?);
            }
        }
    }
    let (granted, denied, outside) = (median(&granted), median(&denied), median(&outside));
    let reference = median(&reference);
    let measured = json!({
        "users": bench.users,
        "rounds": bench.rounds,
        "granted_microseconds": granted,
        "denied_microseconds": denied,
        "outside_microseconds": outside,
        "reference_microseconds": reference,
        "ratio": denied.max(granted) / reference,
    });
    if common.json {
        println!("{measured}");
    } else {
        println!("{measured:#}");
    }
    Ok(())
}

/// The mean microseconds of a decision; none where one came out otherwise.
fn each(actors: &[Actor], decide: impl Fn(&Actor) -> bool) -> Option<f64> {
    let started = Instant::now();
    let right = actors.iter().all(|actor| black_box(decide(black_box(actor))));
    let count = f64::from(u32::try_from(actors.len().max(1)).unwrap_or(u32::MAX));
    right.then(|| started.elapsed().as_secs_f64() * 1e6 / count)
}

fn clerk(account: i64, place: Place) -> Actor {
    let hat = Some(Hat { grant: account, role: Role::VillageAdministrator, place });
    Actor::Person(Person { account, home: place, hat, origin: Origin::default() })
}

fn without_role(account: i64, place: Place) -> Actor {
    Actor::Person(Person { account, home: place, hat: None, origin: Origin::default() })
}
