//! 抽查复核: fixed before the panels sign, drawn after, checked blind, and compared.

mod correcting;
mod deeds;
mod village;
mod way;

use std::collections::BTreeMap;

use askama::Template;
use authz::Sample;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::{Level, Place};
use records::catalogue::catalogue_of;
use records::samples::{VillageSample, samples_of};
use records::scoring::entry_lock;
use records::{places, tenancy};

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;
use village::Loaded;

pub(crate) use correcting::{correct, show as correction};
pub(crate) use deeds::{check, draw_now as draw, fix, list};

#[derive(Template)]
#[template(path = "samples/above.html")]
struct AbovePage {
    shell: Shell,
    rows: Vec<VillageRow>,
    may_fix: bool,
    /// How many households are drawn in each village, as it stands in the form.
    size: String,
}

/// What was typed into a form that was refused, to stand in it again; empty where none was.
#[derive(Debug, Default)]
struct Typed {
    size: String,
    household: String,
    checked_on: String,
    findings: String,
}

impl Typed {
    /// The number of households that stands in the form; five where none was typed.
    fn size(&self) -> String {
        if self.size.is_empty() { "5".to_owned() } else { self.size.clone() }
    }
}

/// A village's line.
struct VillageRow {
    name: String,
    href: String,
    size: String,
    state: &'static str,
    class: &'static str,
    checked: String,
    beyond: String,
    late: bool,
}

/// `GET /samples/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Scoring, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, Typed::default()).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    typed: Typed,
) -> Result<Response, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    if matches!(place.level(), Level::Group | Level::Household) {
        return Err(PageError::NotFound);
    }
    let is_village = place.level() == Level::Village;
    let (samples, villages, names, catalogue, lock) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let samples = samples_of(connection, &place, month).await?;
            let villages = places::villages_of(connection, &place).await?;
            let names = match is_village {
                true => places::names_in(connection, &place).await?,
                false => places::names_of(connection, &villages.iter().copied().collect()).await?,
            };
            let (catalogue, lock) = match is_village {
                true => (
                    catalogue_of(connection, &place, month).await?,
                    entry_lock(connection, &place, month, &visit.rulebook.scoring, now).await?,
                ),
                false => (None, None),
            };
            Ok((samples, villages, names, catalogue, lock))
        })
        .await?
    };
    if is_village {
        let catalogue = catalogue.map(|stored| stored.catalogue).unwrap_or_default();
        let loaded = Loaded { sample: samples.into_iter().next(), names, catalogue, lock };
        return Ok(village::shown(state, caller, visit.shell, status, loaded, &typed));
    }
    let samples: BTreeMap<Place, VillageSample> = samples.into_iter().map(|one| (one.village, one)).collect();
    let rows = villages.into_iter().map(|village| {
        let name = names.get(&village).cloned().unwrap_or_else(|| village.code());
        row(name, address(&village, &month.to_string()), samples.get(&village))
    });
    let mut rows: Vec<VillageRow> = rows.collect();
    rows.sort_by_key(|row| !row.late);
    let may_fix = place.level() == Level::Town && caller.may(Sample, place);
    Ok(page(status, &AbovePage { rows, may_fix, size: typed.size(), shell: visit.shell }))
}

/// The address of a village's sample.
fn address(village: &Place, month: &str) -> String {
    format!("/samples/{}/{month}", village.code())
}

fn row(name: String, href: String, sample: Option<&VillageSample>) -> VillageRow {
    let Some(sample) = sample else {
        return VillageRow {
            name,
            href,
            size: "—".to_owned(),
            state: "没有定",
            class: "word-soft",
            checked: "—".to_owned(),
            beyond: "—".to_owned(),
            late: false,
        };
    };
    let (checked, compared, beyond) = sample.counts();
    let all = sample.households.len();
    let (state, class) = match sample.drawn {
        None => ("已定，等签字后抽", "word-soon"),
        Some(_) if checked < all => ("已抽，复核中", "word-soon"),
        Some(_) => ("已复核", "word-fine"),
    };
    VillageRow {
        name,
        href,
        size: sample.size.to_string(),
        state,
        class,
        checked: format!("{checked} / {all}"),
        beyond: rate(beyond, compared),
        late: beyond > 0,
    }
}

/// `1 / 4（25%）`
fn rate(beyond: usize, compared: usize) -> String {
    match (beyond * 100).checked_div(compared) {
        Some(percent) => format!("{beyond} / {compared}（{percent}%）"),
        None => "—".to_owned(),
    }
}
