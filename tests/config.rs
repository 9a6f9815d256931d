//! The files in `config/` say what the program does without them.

use domain::calendar::{Calendar, DayKind};
use domain::rulebook::{KEYS, Layer, Rulebook, Settings};
use intake::Limits;
use testkit::COUNTY;

#[test]
fn the_rulebook_file_says_the_defaults() {
    let settings: Settings = intake::rulebook(settings::RULEBOOK.1).expect("TOML");
    let defaults: Settings = KEYS.iter().map(|key| (key.name.into(), key.default.into())).collect();
    assert_eq!(settings, defaults);
    let place = domain::place::Place::parse_code(COUNTY).expect("a code");
    assert!(Rulebook::resolve(&[Layer { place, settings }]).is_ok());
}

#[test]
fn the_default_catalogue_has_twelve_items_and_nothing_that_may_not_be_punished() {
    let (name, text) = settings::DEFAULT_CATALOGUE;
    let table = intake::read_bytes(name, text.into(), &Limits::default()).expect("CSV");
    let catalogue =
        intake::assemble_catalogue(&intake::catalogue(&table).expect("its columns").rows).expect("sound");
    assert_eq!(catalogue.items.len(), 12);
    assert_eq!(catalogue.check(), []);
    assert_eq!(domain::catalogue::lint(&catalogue), []);
}

#[test]
fn the_calendar_knows_2025_and_2026() {
    let days = settings::CALENDAR.1.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split(',').collect();
        let kind = if cells[1] == "off" { DayKind::Off } else { DayKind::Work };
        (cells[0].parse().expect("a date"), kind)
    });
    let calendar = Calendar::new(days);
    let date = |text: &str| text.parse().expect("a date");
    assert!(calendar.is_holiday(date("2026-10-01")));
    assert!(calendar.warn_of(date("2026-12-31")).is_none() && calendar.warn_of(date("2027-01-01")).is_some());
}
