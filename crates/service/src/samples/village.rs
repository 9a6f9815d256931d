//! A village's sample: what is on record, who was drawn, and what differs.

use std::collections::BTreeMap;

use askama::Template;
use authz::Sample;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalogue::Catalogue;
use domain::month::date_title;
use domain::place::Place;
use domain::scoring::Status;
use records::samples::{Sampled, VillageSample};

use super::rate;
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
    may_sample: bool,
    today: String,
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
    verdict: &'static str,
    class: &'static str,
}

/// The page; the panel's card is there only beside the town's.
pub(super) fn shown(
    state: &State,
    caller: &Caller,
    shell: Shell,
    status: StatusCode,
    sample: Option<VillageSample>,
    (names, catalogue): (&BTreeMap<Place, String>, &Catalogue),
) -> Response {
    let may_sample = caller.may(Sample, shell.place);
    let counts = sample.as_ref().map(VillageSample::counts).unwrap_or_default();
    let drawn = sample.as_ref().and_then(|one| one.drawn.map(|drawn| (drawn, one.drawn_at)));
    let drawn = drawn.map(|((secret, signed, seed), at)| Published {
        secret: hex::encode(secret),
        signed: signed.hex(),
        seed: seed.hex(),
        at: at.map(|at| state.short_time(at)).unwrap_or_default(),
    });
    let shown = VillagePage {
        commitment: sample.as_ref().map(|one| one.commitment.hex()).unwrap_or_default(),
        size: sample.as_ref().map_or(0, |one| one.size),
        drawn,
        rows: sample
            .map(|one| one.households)
            .unwrap_or_default()
            .into_iter()
            .map(|one| row(one, may_sample, names, catalogue))
            .collect(),
        beyond: rate(counts.2, counts.1),
        may_sample,
        today: state.moment().local().date().to_string(),
        shell,
    };
    page(status, &shown)
}

fn row(one: Sampled, in_full: bool, names: &BTreeMap<Place, String>, catalogue: &Catalogue) -> Row {
    let words =
        |status, score, findings: &str| in_words(status, score, &text_with_items(findings, catalogue));
    let (verdict, class) = match (one.beyond, one.check.is_some()) {
        (Some(true), _) => ("相差超过 5 分", "word-late"),
        (Some(false), _) => ("相符", "word-fine"),
        (None, true) => ("不能比较", "word-soft"),
        (None, false) => ("待复核", "word-soon"),
    };
    let town = one.check.as_ref().map(|check| words(check.status, check.score, &check.findings));
    let panel = one.panel.as_ref().map(|(score, findings)| words(Status::Scored, *score, findings));
    Row {
        code: one.household.code(),
        household: match &one.group {
            Some(group) => household_named(&one.household, group, names),
            None => named(&one.household, names),
        },
        head: head_for(one.head_name, in_full),
        by: one
            .check
            .as_ref()
            .map(|check| format!("{} {}", date_title(check.checked_on), check.by))
            .unwrap_or_default(),
        checked: one.check.is_some(),
        town: town.unwrap_or_default(),
        panel: panel.unwrap_or_default(),
        verdict,
        class,
    }
}
