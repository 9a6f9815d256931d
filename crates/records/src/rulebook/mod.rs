//! Rulebooks: dated layers of settings, and what they resolve to for a village and month.

use std::collections::BTreeSet;

use authz::{AdoptRulebook, Allowed};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::{Dated, in_force};
use domain::input::Problem;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::rulebook::{KEYS, Key, Layer, Rulebook, RulebookProblem, Settings, may_begin};
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
/// A county's settings are complete: what its file does not name stays as the county had it, so that a later
/// program with other defaults moves nothing. `builds_on` is the newest layer that was read before, where somebody
/// else's change since then must not be lost. A town's or village's are what it sets itself: what its file
/// does not name is inherited, and what is inherited again from now on is told as a warning.
///
/// # Errors
/// Settings that cannot stand, alone, with what they inherit or with what is set below, and a month that
/// a village below has closed or begun.
pub async fn adopt_rulebook(
    connection: &mut Connection,
    allowed: &Allowed<AdoptRulebook>,
    settings: Settings,
    (from, builds_on): (Month, Option<i64>),
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    change_rulebook(connection, allowed, settings, (from, builds_on), None, mode, moment).await
}

/// The same for a stated reason, which the log keeps.
///
/// # Errors
/// As [`adopt_rulebook`].
pub async fn change_rulebook(
    connection: &mut Connection,
    allowed: &Allowed<AdoptRulebook>,
    settings: Settings,
    (from, builds_on): (Month, Option<i64>),
    reason: Option<&str>,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let place = allowed.place();
        crate::places::refuse_unknown(connection, &place).await?;
        crate::places::lock_all(connection, &place).await?;
        let mut layers = all(connection, &place).await?;
        let newest = inherited(&layers, &place, from).iter().map(|layer| layer.revision).max();
        Refusal::unless_same(builds_on, newest)?;
        let own = in_force(&layers, &place, from).filter(|layer| layer.place == place);
        let before = own.map(|own| own.what.settings.clone()).unwrap_or_default();
        let settings = match place.level() {
            Level::County => before.clone().into_iter().chain(settings).collect(),
            _ => settings,
        };
        let text = write(&settings);
        if own.is_some_and(|own| own.from == from && own.what.settings == settings) {
            return Ok(Outcome { unchanged: 1, ..Outcome::default() });
        }
        refuse_begun(connection, &place, from, moment).await?;
        let inherits = |key: &&Key| before.contains_key(key.name) && !settings.contains_key(key.name);
        let warnings = KEYS.iter().filter(inherits).map(no_longer_set).collect();
        layers.push(Dated { place, from, revision: i64::MAX, what: Layer { place, settings } });
        check_below(&layers, &place, from)?;
        insert(connection, &place, from, &text).await?;
        let mut detail = logged(from, &text);
        if reason.is_some() {
            detail["reason"] = json!(reason);
        }
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Outcome { added: 1, warnings, ..Outcome::default() })
    })
    .await
}

/// Refuses settings that would begin in a month that is closed, scored, or under way in a place that has
/// closed before.
async fn refuse_begun(
    connection: &mut Connection,
    place: &Place,
    from: Month,
    moment: &Moment,
) -> Result<()> {
    closing::refuse_closed(connection, place, from).await?;
    closing::refuse_scored(connection, place, from, "规则设置").await?;
    let ever_closed = !closing::open_months(connection, place).await?.is_empty();
    may_begin(from, moment.local().date(), ever_closed).map_err(|late| Refusal::message(late.to_string()))
}

/// Resolves what would bind the place and every place below that has settings of its own, in each month in
/// which something changes.
fn check_below(layers: &[Dated<Layer>], place: &Place, from: Month) -> Result<()> {
    let below: BTreeSet<Place> =
        layers.iter().map(|layer| layer.place).filter(|one| place.contains(one)).collect();
    let months: BTreeSet<Month> =
        layers.iter().map(|layer| layer.from).filter(|month| *month > from).chain([from]).collect();
    for one in &below {
        for month in &months {
            let bound = inherited(layers, one, *month);
            if let Err(problems) = Rulebook::resolve(bound.iter().map(|layer| &layer.what)) {
                return Err(refusal(problems, (one != place).then_some((one, *month))));
            }
        }
    }
    Ok(())
}

fn no_longer_set(key: &Key) -> Problem {
    Problem::new(0, key.name, format!("文件里没有这一项，从此沿用上级的设置（{}）", key.title))
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

/// The settings that bind a place in a month, each from the lowest place that sets it, and the number of the newest
/// layer among them.
///
/// # Errors
/// Faults of the database.
pub async fn settings_of(
    connection: &mut Connection,
    place: &Place,
    month: Month,
) -> Result<(Settings, Option<i64>)> {
    let layers = all(connection, place).await?;
    let bound = inherited(&layers, place, month);
    let newest = bound.iter().map(|layer| layer.revision).max();
    Ok((bound.into_iter().flat_map(|layer| layer.what.settings.clone()).collect(), newest))
}

/// The layers that bind a place in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The county's first, each with what it sets itself.
    pub layers: Vec<Layer>,
    /// The number of the newest of them.
    pub newest: Option<i64>,
}

/// The layers that bind a place in a month, so that each setting is known to come from somewhere.
///
/// # Errors
/// Faults of the database.
pub async fn bound(connection: &mut Connection, place: &Place, month: Month) -> Result<Bound> {
    let layers = all(connection, place).await?;
    let bound = inherited(&layers, place, month);
    let newest = bound.iter().map(|layer| layer.revision).max();
    Ok(Bound { layers: bound.into_iter().map(|layer| layer.what.clone()).collect(), newest })
}

/// The resolved rulebook of stored layers.
pub(crate) fn resolve(layers: &[&Dated<Layer>]) -> Result<Rulebook> {
    Rulebook::resolve(layers.iter().map(|layer| &layer.what)).map_err(|problems| {
        Error::Corrupt(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))
    })
}

/// `below` is the place under the new settings, and the month, in which they cannot stand.
fn refusal(problems: Vec<RulebookProblem>, below: Option<(&Place, Month)>) -> Error {
    let with = below.map(|(place, month)| format!("（与 {place} 自己在 {month} 的设置合在一起）"));
    let problem =
        |one: RulebookProblem| Problem::new(0, "rulebook", format!("{one}{}", with.as_deref().unwrap_or("")));
    Error::Refused(Refusal::Problems(problems.into_iter().map(problem).collect()))
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
