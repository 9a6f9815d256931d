//! What the tests of this crate share: a plan, places, and the default catalogue.

use domain::catalogue::{Catalogue, Category, DeductionRule, Item, lint};
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;

use crate::plan::Plan;

const CATALOGUE: &str = include_str!("../../../config/catalogue/default.csv");

/// A year in a county whose code nobody has.
pub(crate) fn plan(households: u32) -> Plan {
    let first_month = Month::parse("2026-01").expect("a month");
    Plan { county: place("449901000000"), households, first_month, months: 12, seed: 7 }
}

/// The place of a literal code.
pub(crate) fn place(code: &str) -> Place {
    Place::parse_code(code).expect("a literal code")
}

/// The catalogue that a new county starts with.
pub(crate) fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for line in CATALOGUE.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let [item, category, name, full, code, text, points, unit, evidence] = fields[..] else {
            panic!("nine columns, not: {line}");
        };
        if catalogue.items.last().is_none_or(|last| last.code != item) {
            catalogue.items.push(Item {
                code: item.to_owned(),
                category: Category::from_title(category).expect("a class"),
                name: name.to_owned(),
                full: Points::parse(full).expect("points"),
                rules: Vec::new(),
            });
        }
        catalogue.items.last_mut().expect("an item").rules.push(DeductionRule {
            code: code.to_owned(),
            text: text.to_owned(),
            points: Points::parse(points).expect("points"),
            unit: unit.to_owned(),
            evidence: evidence == "true",
        });
    }
    catalogue
}

#[test]
fn the_default_catalogue_may_be_in_force() {
    let catalogue = catalogue();
    assert_eq!(catalogue.check(), []);
    assert_eq!(lint(&catalogue), []);
    let of = |category| catalogue.items.iter().filter(|item| item.category == category).count();
    assert_eq!((of(Category::Environment), of(Category::Civility)), (8, 4));
    assert_eq!(catalogue.rules().count(), 29);
}
