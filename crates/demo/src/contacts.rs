//! Whom the county's places are reminded through, as the file `contacts` lists them.

use domain::input::Contact;
use domain::place::{Level, Place};

use crate::dice::{Purpose, stream};
use crate::divisions::divisions;
use crate::people;
use crate::plan::Plan;

/// A domain that belongs to nobody and never will (RFC 2606), so that no mail of a demonstration arrives.
const DOMAIN: &str = "jifen.example";

/// One contact for the county, each town and each village.
pub fn contacts(plan: &Plan) -> Vec<Contact> {
    let places = divisions(plan).into_iter().filter(|one| one.level != Level::Group);
    places.map(|one| contact(plan.seed, one.place, one.level)).collect()
}

fn contact(seed: u64, place: Place, level: Level) -> Contact {
    let duty = match level {
        Level::County => "乡村振兴局经办",
        Level::Town => "镇评分指导组",
        Level::Village | Level::Group | Level::Household => "村文书",
    };
    Contact {
        place,
        name: people::name(&mut stream(seed, Purpose::Contact, &place, 0)),
        duty: duty.to_owned(),
        email: Some(format!("{}@{DOMAIN}", place.digits())),
        webhook: None,
        reminded: true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sample;

    #[test]
    fn every_place_above_the_groups_has_one_and_no_address_stands_twice() {
        let plan = sample::plan(2000);
        let contacts = contacts(&plan);
        let addresses: BTreeSet<_> = contacts.iter().filter_map(|one| one.email.as_deref()).collect();
        let places = divisions(&plan).iter().filter(|one| one.level != Level::Group).count();
        assert_eq!((contacts.len(), addresses.len()), (places, places));
        assert!(addresses.iter().all(|address| address.ends_with("@jifen.example")));
    }
}
