//! Rulebooks: dated layers of settings, and what they resolve to for a village and month.

use authz::{AdoptRulebook, Allowed};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::{Dated, in_force};
use domain::input::Problem;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::rulebook::{KEYS, Layer, Rulebook, Settings};
use serde_json::json;

use crate::closing;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::places::from_the_beginning;
use crate::schema::rulebook;
use crate::tenancy::{self, Mode};

/// Puts a place's settings in force from a month on.
///
/// # Errors
/// Settings that cannot stand, alone or with what they inherit, and a month that a village below has
/// closed.
pub async fn adopt_rulebook(
    connection: &mut Connection,
    allowed: &Allowed<AdoptRulebook>,
    settings: Settings,
    from: Month,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let place = allowed.place();
        crate::places::refuse_unknown(connection, &place).await?;
        closing::refuse_closed(connection, &place, from).await?;
        let layers = all(connection, &place).await?;
        let text = write(&settings);
        if in_force(&layers, &place, from)
            .is_some_and(|own| own.place == place && own.from == from && write(&own.what.settings) == text)
        {
            return Ok(Outcome { unchanged: 1, ..Outcome::default() });
        }
        let mut bound: Vec<_> =
            inherited(&layers, &place, from).into_iter().map(|layer| layer.what.clone()).collect();
        bound.retain(|layer| layer.place != place);
        bound.push(Layer { place, settings });
        Rulebook::resolve(&bound).map_err(refusal)?;
        insert(connection, &place, from, &text).await?;
        crate::audit::record(connection, allowed, logged(from, &text), moment).await?;
        Ok(Outcome { added: 1, ..Outcome::default() })
    })
    .await
}

/// Puts the document's numbers in force for a county from the beginning. Returns what the log says of it.
pub(crate) async fn adopt_defaults(connection: &mut Connection, county: &Place) -> Result<serde_json::Value> {
    let settings: Settings = KEYS.iter().map(|key| (key.name.into(), key.default.into())).collect();
    let (from, text) = (from_the_beginning()?, write(&settings));
    insert(connection, county, from, &text).await?;
    Ok(logged(from, &text))
}

/// What the log says of a layer.
pub(crate) fn detail(layer: &Dated<Layer>) -> serde_json::Value {
    logged(layer.from, &write(&layer.what.settings))
}

fn logged(from: Month, text: &str) -> serde_json::Value {
    json!({ "from": from.to_string(), "digest": Digest::of(text.as_bytes()).hex() })
}

/// Every layer that can bind places inside `scope`, with its row number as revision.
pub(crate) async fn all(connection: &mut Connection, scope: &Place) -> Result<Vec<Dated<Layer>>> {
    let rows: Vec<(i64, String, i32, String)> = rulebook::table
        .filter(rulebook::county_code.eq(scope.county().digits()))
        .order(rulebook::id)
        .select((rulebook::id, rulebook::place, rulebook::effective_month, rulebook::settings))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(revision, digits, month, settings)| {
            let place = codec::place(&digits)?;
            Ok(Dated {
                place,
                from: codec::month(month)?,
                revision,
                what: Layer { place, settings: read(&settings) },
            })
        })
        .collect()
}

/// The layers that bind a place in a month, the county's first.
pub(crate) fn inherited<'a>(
    layers: &'a [Dated<Layer>],
    place: &Place,
    month: Month,
) -> Vec<&'a Dated<Layer>> {
    [Level::County, Level::Town, Level::Village]
        .into_iter()
        .filter_map(|level| place.ancestor(level))
        .filter_map(|level| in_force(layers, &level, month).filter(|layer| layer.place == level))
        .collect()
}

/// The resolved rulebook of a place in a month.
///
/// # Errors
/// Faults of the database.
pub async fn of(connection: &mut Connection, place: &Place, month: Month) -> Result<Rulebook> {
    let layers = all(connection, place).await?;
    resolve(&inherited(&layers, place, month))
}

/// The resolved rulebook of stored layers.
pub(crate) fn resolve(layers: &[&Dated<Layer>]) -> Result<Rulebook> {
    Rulebook::resolve(layers.iter().map(|layer| &layer.what)).map_err(|problems| {
        Error::Corrupt(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))
    })
}

fn refusal(problems: Vec<domain::rulebook::RulebookProblem>) -> Error {
    Error::Refused(Refusal::Problems(
        problems.into_iter().map(|problem| Problem::new(0, "rulebook", problem.to_string())).collect(),
    ))
}

async fn insert(connection: &mut Connection, place: &Place, from: Month, settings: &str) -> Result<()> {
    diesel::insert_into(rulebook::table)
        .values((
            rulebook::county_code.eq(place.county().digits().to_owned()),
            rulebook::place.eq(place.digits().to_owned()),
            rulebook::effective_month.eq(from.number()),
            rulebook::settings.eq(settings),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

fn write(settings: &Settings) -> String {
    settings.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

fn read(text: &str) -> Settings {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}
