//! A village's sample: what is on record, who was drawn, and what differs.

use std::collections::BTreeMap;

use askama::Template;
use authz::Sample;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::Catalogue;
use domain::month::date_title;
use domain::place::Place;
use domain::scoring::{Lock, Status};
use records::samples::{Sampled, VillageSample};

use super::way::{Way, way};
use super::{Typed, rate};
use crate::caller::Caller;
use crate::error::page;
use crate::log::{household_named, named};
use crate::scoring::codes::text_with_items;
use crate::scoring::in_words;
use crate::shell::{Shell, head_for};
use crate::state::State;

#[derive(Template)]
#[template(path = "samples/village.html")]
struct VillagePage {
    shell: Shell,
    /// The hash on record; empty where nothing is fixed.
    commitment: String,
    size: usize,
    drawn: Option<Published>,
    rows: Vec<Row>,
    beyond: String,
    /// What can be done about differences that stand, where there are any.
    way: Option<Way>,
    /// Whether the caller corrects them now.
    may_correct: bool,
    may_sample: bool,
    today: String,
    /// How many households are drawn, as it stands in the form.
    to_fix: String,
}

/// What the page stands on.
pub(super) struct Loaded {
    pub(super) sample: Option<VillageSample>,
    /// The names of the village's places.
    pub(super) names: BTreeMap<Place, String>,
    pub(super) catalogue: Catalogue,
    /// What keeps cards of the month out now.
    pub(super) lock: Option<Lock>,
}

/// What everybody needs to draw again.
struct Published {
    secret: String,
    signed: String,
    seed: String,
    at: String,
}

/// A household that was drawn.
struct Row {
    code: String,
    /// Group and number.
    household: String,
    head: String,
    checked: bool,
    by: String,
    town: String,
    panel: String,
    /// The card that has taken the place of the panel's; empty where none has.
    now: String,
    verdict: &'static str,
    class: &'static str,
    /// Whether the difference stands.
    stands: bool,
    /// What stands in the form of the check.
    checked_on: String,
    findings: String,
}

/// The page with what was typed; the panel's card is there only beside the town's.
pub(super) fn shown(
    state: &State,
    caller: &Caller,
    shell: Shell,
    status: StatusCode,
    loaded: Loaded,
    typed: &Typed,
) -> Response {
    let Loaded { sample, names, catalogue, lock } = loaded;
    let may_sample = caller.may(Sample, shell.place);
    let counts = sample.as_ref().map(VillageSample::counts).unwrap_or_default();
    let drawn = sample.as_ref().and_then(|one| one.drawn.map(|drawn| (drawn, one.drawn_at)));
    let drawn = drawn.map(|((secret, signed, seed), at)| Published {
        secret: hex::encode(secret),
        signed: signed.hex(),
        seed: seed.hex(),
        at: at.map(|at| state.short_time(at)).unwrap_or_default(),
    });
    let today = state.moment().local().date().to_string();
    let commitment = sample.as_ref().map(|one| one.commitment.hex()).unwrap_or_default();
    let size = sample.as_ref().map_or(0, |one| one.size);
    let households = sample.map(|one| one.households).unwrap_or_default().into_iter();
    let rows = households.map(|one| row(one, may_sample, &names, &catalogue).with(typed, &today));
    let rows: Vec<Row> = rows.collect();
    let stands = rows.iter().any(|row| row.stands);
    let way = stands.then(|| way(state, caller, (&shell.place, shell.month), lock.as_ref()));
    let shown = VillagePage {
        commitment,
        size,
        drawn,
        rows,
        beyond: rate(counts.2, counts.1),
        may_correct: way.as_ref().is_some_and(|way| way.corrects),
        way,
        may_sample,
        today,
        to_fix: typed.size(),
        shell,
    };
    page(status, &shown)
}

fn row(one: Sampled, in_full: bool, names: &BTreeMap<Place, String>, catalogue: &Catalogue) -> Row {
    let words =
        |status, score, findings: &str| in_words(status, score, &text_with_items(findings, catalogue));
    let (stands, (verdict, class)) = (one.awaits_correction(), verdict(&one));
    let town = one.check.as_ref().map(|check| words(check.status, check.score, &check.findings));
    let panel = one.panel.as_ref().map(|(score, findings)| words(Status::Scored, *score, findings));
    let now = one.replaced.as_ref().map(|card| words(card.status, card.score, &card.findings));
    Row {
        code: one.household.code(),
        household: name_of(&one, names),
        by: one
            .check
            .as_ref()
            .map(|check| format!("{} {}", date_title(check.checked_on), check.by))
            .unwrap_or_default(),
        checked: one.check.is_some(),
        head: head_for(one.head_name, in_full),
        town: town.unwrap_or_default(),
        panel: panel.unwrap_or_default(),
        now: now.unwrap_or_default(),
        verdict,
        class,
        stands,
        checked_on: String::new(),
        findings: String::new(),
    }
}

/// What the comparison came to, and what became of it since.
fn verdict(one: &Sampled) -> (&'static str, &'static str) {
    let stands = one.awaits_correction();
    match (one.beyond, one.check.is_some()) {
        (Some(true), _) if stands => ("相差超过 5 分", "word-late"),
        (Some(false), _) if stands => ("签字后改过，相差超过 5 分", "word-late"),
        (Some(_), _) if one.differs_now() => ("签字后改过，以更正为准", "word-soft"),
        (Some(true), _) => ("相差超过 5 分，已更正", "word-fine"),
        (Some(false), _) => ("相符", "word-fine"),
        (None, true) => ("不能比较", "word-soft"),
        (None, false) => ("待复核", "word-soon"),
    }
}

impl Row {
    /// The form of the check with what was typed for this household, or with the day of today.
    fn with(self, typed: &Typed, today: &str) -> Self {
        if typed.household == self.code {
            Self { checked_on: typed.checked_on.clone(), findings: typed.findings.clone(), ..self }
        } else {
            Self { checked_on: today.to_owned(), ..self }
        }
    }
}

/// A drawn household by its group and number.
pub(super) fn name_of(one: &Sampled, names: &BTreeMap<Place, String>) -> String {
    match &one.group {
        Some(group) => household_named(&one.household, group, names),
        None => named(&one.household, names),
    }
}

#[cfg(test)]
mod tests {
    use domain::points::Points;
    use records::samples::{CardNow, TownCheck};

    use super::*;

    /// The panel's score, the town's, and what the card came to since and whether by a correction.
    fn check(panel: i32, town: i32, now: Option<(i32, bool)>, verdict: &str, stands: bool) {
        let score = |tenths: i32| Some(Points::from_tenths(tenths));
        let one = Sampled {
            household: Place::parse_code("4402291002010010001").expect("a code"),
            group: None,
            head_name: None,
            check: Some(TownCheck {
                checked_on: "2026-02-03".parse().expect("a date"),
                status: Status::Scored,
                findings: String::new(),
                score: score(town),
                by: "member".to_owned(),
            }),
            panel: Some((score(panel), String::new())),
            beyond: Some((panel - town).abs() > 50),
            replaced: now.map(|(now, is_correction)| CardNow {
                status: Status::Scored,
                findings: String::new(),
                score: score(now),
                is_correction,
            }),
        };
        assert_eq!((super::verdict(&one).0, one.awaits_correction()), (verdict, stands));
    }

    #[test]
    fn a_difference_is_corrected_unless_somebody_has_decided_on_the_card_since() {
        check(950, 950, None, "相符", false);
        check(950, 850, None, "相差超过 5 分", true);
        check(950, 850, Some((850, true)), "相差超过 5 分，已更正", false);
        check(950, 850, Some((900, false)), "相差超过 5 分，已更正", false);
        check(950, 950, Some((850, false)), "签字后改过，相差超过 5 分", true);
        check(950, 950, Some((1000, false)), "相符", false);
        check(850, 850, Some((950, true)), "签字后改过，以更正为准", false);
        check(950, 850, Some((1000, true)), "签字后改过，以更正为准", false);
    }
}
