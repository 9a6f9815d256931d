//! 规则: the catalogue in force, how it differs from the level above, what waits for approval, and the settings.

mod draft;
mod editor;
mod grouped;
mod settings;
mod submission;
mod trial;

use std::collections::BTreeMap;

use askama::Template;
use authz::{AdoptCatalogue, AdoptRulebook, SubmitCatalogue};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::DateTime;
use domain::catalogue::{Catalogue, Category, ChangeLine, Item, ItemUse, difference_lines};
use domain::month::{date_title, local_time};
use domain::place::{Level, Place};
use domain::rulebook::{KEYS, Keeper, Key};
use records::catalogue::{
    Approval, CatalogueVersion, SubmissionSummary, catalogue_of, history_of, item_review, submissions_of,
};
use records::{places, rulebook, tenancy};

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::problem::Problem;
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

pub(crate) use self::settings::{save as save_settings, show as settings};
pub(crate) use draft::{show as draft, submit};
pub(crate) use submission::{decide, show as submission};

#[derive(Template)]
#[template(path = "rules/rules.html")]
struct RulesPage {
    shell: Shell,
    catalogue: Option<Catalogue>,
    /// The name of the level above, and what differs from its list.
    above: String,
    changes: Vec<ChangeLine>,
    history: Vec<VersionLine>,
    submissions: Vec<SubmissionLine>,
    settings: Vec<SettingLine>,
    may_change: bool,
    may_set: bool,
}

struct VersionLine {
    from: String,
    own: bool,
    reason: String,
    submitted: String,
    approved: String,
    /// Why the county let pass what may not be scored.
    overridden: String,
}

/// A catalogue that was handed in.
pub(super) struct SubmissionLine {
    pub(super) href: String,
    pub(super) place: String,
    pub(super) from: String,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) state: &'static str,
    pub(super) open: bool,
    pub(super) reason: String,
    /// Who ended it and when, and why.
    pub(super) ended: String,
    pub(super) ended_reason: String,
}

struct SettingLine {
    title: &'static str,
    value: String,
    default: String,
    source: String,
}

#[derive(Template)]
#[template(path = "rules/review.html")]
struct ReviewPage {
    shell: Shell,
    rows: Vec<ItemUse>,
    year: i32,
}

/// How many submissions a page lists.
const LISTED: i64 = 50;

/// `GET /rules/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &told).await?;
    let (place, month) = (visit.place, visit.month);
    let parent = place.parent().filter(|_| place.level() != Level::County);
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let own = catalogue_of(connection, &place, month).await?.map(|stored| stored.catalogue);
        let (mut above, mut name) = (None, String::new());
        if let Some(parent) = &parent {
            above = catalogue_of(connection, parent, month).await?.map(|stored| stored.catalogue);
            name = places::name_of(connection, parent).await?;
        }
        let submissions = submissions_of(connection, &place, LISTED).await?;
        let names = places::names_in(connection, &place).await?;
        let layers = rulebook::bound(connection, &place, month).await?.layers;
        let mut setters = BTreeMap::new();
        for layer in &layers {
            setters.insert(layer.place, places::name_of(connection, &layer.place).await?);
        }
        let history = history_of(connection, &place).await?;
        Ok((own, above, name, submissions, names, (layers, setters), history))
    });
    let (catalogue, above, name, submissions, names, (layers, setters), history) = loaded.await?;
    drop(connection);
    let changes = match (&above, &catalogue) {
        (Some(above), Some(own)) => difference_lines(above, own),
        _ => Vec::new(),
    };
    let setting = |key: &Key| {
        let (value, setter) = self::settings::value_of(&layers, key);
        let (value, default) =
            (self::settings::spoken(key.name, value), self::settings::spoken(key.name, key.default));
        let set_by = setter.and_then(|place| setters.get(&place)).filter(|_| value != default);
        let source = match (key.keeper, set_by) {
            (Keeper::County, None) => "县文件规定，仅县级可改".to_owned(),
            (Keeper::Anyone, None) => "产品默认，县、镇、村可改".to_owned(),
            (_, Some(name)) => format!("{name}定"),
        };
        SettingLine { title: self::settings::title(key), value, default, source }
    };
    let settings: Vec<SettingLine> = KEYS.iter().map(setting).collect();
    let shown = RulesPage {
        may_change: self::settings::check_level(&place).is_ok()
            && (caller.may(SubmitCatalogue, place) || caller.may(AdoptCatalogue, place)),
        catalogue,
        above: name,
        changes,
        history: history.into_iter().map(|one| version_line(&state, one)).collect(),
        submissions: submissions.into_iter().map(|one| submission_line(&state, one, &names)).collect(),
        settings,
        may_set: self::settings::check_level(&place).is_ok() && caller.may(AdoptRulebook, place),
        shell: visit.shell,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// An instant as lists show it.
pub(super) fn at(state: &State, instant: DateTime<chrono::Utc>) -> String {
    local_time(instant, state.zone).format("%Y年%-m月%-d日 %H:%M").to_string()
}

/// The local date of an instant as lists show it.
fn on(state: &State, instant: DateTime<chrono::Utc>) -> String {
    date_title(local_time(instant, state.zone).date())
}

fn version_line(state: &State, one: CatalogueVersion) -> VersionLine {
    let (submitted, approved, overridden) = match one.approval {
        Some(Approval { submitted_by, submitted_at, by, at, overridden }) => (
            format!("{submitted_by}，{}", on(state, submitted_at)),
            format!("{by}，{}", on(state, at)),
            overridden.unwrap_or_default(),
        ),
        None => (String::new(), String::new(), String::new()),
    };
    let (from, reason) = (one.from.title(), one.reason.unwrap_or_default());
    VersionLine { from, own: one.own, reason, submitted, approved, overridden }
}

fn submission_line(state: &State, one: SubmissionSummary, names: &BTreeMap<Place, String>) -> SubmissionLine {
    let (ended, ended_reason) = match one.ended {
        Some(step) => (format!("{}，{}", step.by, on(state, step.at)), step.reason.unwrap_or_default()),
        None => (String::new(), String::new()),
    };
    SubmissionLine {
        href: format!("/rules/{}/{}/submissions/{}", one.place.code(), one.from, one.id),
        place: names.get(&one.place).cloned().unwrap_or_else(|| one.place.code()),
        from: one.from.title(),
        by: one.submitted_by,
        at: on(state, one.submitted_at),
        state: one.state.title(),
        open: one.state.is_open(),
        reason: one.reason.unwrap_or_default(),
        ended,
        ended_reason,
    }
}

/// `GET /rules/{place}/{month}/review`: how often each rule was used in the year.
pub(crate) async fn review(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &told).await?;
    let (place, year) = (visit.place, visit.month.year());
    // A county's year of cards and findings is long work: a few at a time, so that the others keep their connections.
    let turn = state.decoding.acquire().await.map_err(|_| Problem::fault())?;
    let mut connection = state.database.connection().await?;
    let rows = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        item_review(connection, &place, year).await
    });
    let rows = rows.await?;
    drop((connection, turn));
    Ok(page(StatusCode::OK, &ReviewPage { shell: visit.shell, rows, year }))
}

/// A class of items.
pub(super) struct Class<'a> {
    pub(super) title: &'static str,
    /// The sum of its full points.
    pub(super) full: String,
    pub(super) items: Vec<&'a Item>,
}

/// The classes of a catalogue with their items.
pub(super) fn classes(catalogue: &Catalogue) -> Vec<Class<'_>> {
    let class = |category: Category| Class {
        title: category.title(),
        full: catalogue.full_points(category).short(),
        items: catalogue.items.iter().filter(|item| item.category == category).collect(),
    };
    [Category::Environment, Category::Civility].into_iter().map(class).collect()
}
