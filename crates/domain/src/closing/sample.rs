//! One group of households for the tests beside the rules of closing.

use crate::canonical::Digest;
use crate::households::{Participation, RosterEntry};
use crate::month::Month;
use crate::place::Place;
use crate::scoring::{Card, Status, parse_findings};

pub(crate) fn month() -> Month {
    Month::parse("2026-10").expect("a month")
}

pub(crate) fn household(number: usize) -> Place {
    Place::from_digits(&format!("440229100204001{number:04}")).expect("a household")
}

pub(crate) fn entry(number: usize) -> RosterEntry {
    RosterEntry {
        household: household(number),
        group: Place::from_digits("440229100204001").expect("a group"),
        revision: 1,
        effective: month(),
        name: Digest::of(b"name"),
        members_registered: 4,
        members_resident: 4,
        resident: true,
        local: true,
        participation: Participation { joined: Some(month()), left: None },
    }
}

pub(crate) fn card(number: usize, findings: &str) -> Card {
    Card {
        household: household(number),
        revision: 1,
        panel: "第一评分组".into(),
        scored_on: month().day(28),
        status: Status::Scored,
        findings: parse_findings(findings).expect("findings"),
        remark: None,
    }
}
