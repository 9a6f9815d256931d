//! Changing the settings of a place: typed, shown as old and new, and put in force from a month on.

mod words;

use std::collections::BTreeMap;

use askama::Template;
use authz::AdoptRulebook;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::rulebook::{KEYS, Keeper, Key, Layer, Settings};
use records::rulebook::{Bound, bound, change_rulebook};
use records::{Mode, places, tenancy};

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::households::Choice;
use crate::http::input::{Asked, Named, Pairs, short};
use crate::problem::{Problem, dates_in_words};
use crate::shell::{Section, Shell, Told, Visit, done_at};
use crate::state::State;

use words::{choices, plain, section, unit, with_titles};
pub(super) use words::{spoken, title};

#[derive(Template)]
#[template(path = "rules/settings.html")]
struct SettingsPage {
    shell: Shell,
    from: String,
    reason: String,
    groups: Vec<Group>,
    /// What would change, to be agreed to.
    confirm: Option<Confirm>,
    /// Whether every setting is the place's own.
    is_county: bool,
}

/// Settings about one thing.
struct Group {
    title: &'static str,
    fields: Vec<Field>,
}

/// A setting of the form.
struct Field {
    name: &'static str,
    title: &'static str,
    value: String,
    /// What can be chosen; empty where it is typed.
    choices: Vec<Choice>,
    /// What the value counts.
    unit: &'static str,
    now: String,
    source: String,
    default: String,
    problem: String,
}

/// What is about to be saved.
struct Confirm {
    changes: Vec<Change>,
    from: String,
    reason: String,
    builds_on: i64,
    /// What was typed, by the names of the fields.
    typed: Vec<(&'static str, String)>,
}

struct Change {
    title: &'static str,
    before: String,
    after: String,
}

/// What was typed.
struct Typed {
    from: String,
    reason: String,
    values: BTreeMap<&'static str, String>,
}

impl Typed {
    fn of(form: &Pairs, place: &Place) -> Self {
        let value = |key: &Key| (key.name, plain(form.first(key.name)));
        Self {
            from: form.first("from").trim().to_owned(),
            reason: form.first("reason").trim().to_owned(),
            values: keys(place).map(value).collect(),
        }
    }

    /// What the place sets itself: what is left empty is inherited.
    fn settings(&self) -> Settings {
        let filled = self.values.iter().filter(|(_, value)| !value.is_empty());
        filled.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn empty(&self) -> Option<&'static str> {
        self.values.iter().find(|(_, value)| value.is_empty()).map(|(name, _)| *name)
    }
}

/// The settings that a place may change.
fn keys(place: &Place) -> impl Iterator<Item = &'static Key> + use<> {
    let is_county = place.level() == Level::County;
    KEYS.iter().filter(move |key| is_county || key.keeper == Keeper::Anyone)
}

/// Where rules are made.
pub(super) fn check_level(place: &Place) -> Result<(), PageError> {
    match place.level() {
        Level::County | Level::Town | Level::Village => Ok(()),
        Level::Group | Level::Household => Err(PageError::NotFound),
    }
}

/// `GET /rules/{place}/{month}/settings`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &told).await?;
    caller.allow(AdoptRulebook, visit.place).await?;
    check_level(&visit.place)?;
    // A month that has begun is too late, but for a place that has closed none.
    let from = Month::of(state.moment().local().date()).map_or(visit.month, Month::next);
    let (bound, names) = bound_at(&state, &visit, from).await?;
    let own = bound.layers.iter().find(|layer| layer.place == visit.place);
    let value = |key: &Key| {
        let value = own.and_then(|own| own.settings.get(key.name)).map(|value| plain(value));
        let missing = if visit.place.level() == Level::County { key.default } else { "" };
        (key.name, value.unwrap_or_else(|| missing.to_owned()))
    };
    let values = keys(&visit.place).map(value).collect();
    let typed = Typed { from: from.to_string(), reason: String::new(), values };
    Ok(shown(visit, StatusCode::OK, &typed, (&bound, &names), &[], None))
}

/// `POST /rules/{place}/{month}/settings`: shows what would change, saves it, or goes back to the form.
pub(crate) async fn save(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let mut visit = Visit::of(&state, &caller, Section::Rules, (&place, &month), &Told::default()).await?;
    let allowed = caller.allow(AdoptRulebook, visit.place).await?;
    check_level(&visit.place)?;
    let typed = Typed::of(&form, &visit.place);
    let from = Month::parse(&typed.from);
    let (bound, names) = bound_at(&state, &visit, from.clone().unwrap_or(visit.month)).await?;
    let act = form.first("act");
    if act == "edit" {
        return Ok(shown(visit, StatusCode::OK, &typed, (&bound, &names), &[], None));
    }
    let is_saved = act == "save";
    let seen: Option<i64> = form.first("builds_on").parse().ok().filter(|_| is_saved);
    let builds_on = seen.or(bound.newest).unwrap_or(0);
    let changes = changes(&visit.place, &typed, &bound.layers);
    let answer: Result<Month, PageError> = match (checked(&visit.place, &typed, &changes), from) {
        (Err(words), _) => Err(Problem::invalid().because(words).into()),
        (Ok(()), Err(error)) => Err(Problem::invalid().because(format!("从哪个月起：{error}")).into()),
        (Ok(()), Ok(from)) => {
            let mode = if is_saved { Mode::Apply } else { Mode::DryRun };
            let (settings, starts) = (typed.settings(), (from, Some(builds_on)));
            let (reason, moment) = (Some(typed.reason.as_str()), state.moment());
            let mut connection = state.database.connection().await?;
            let done =
                change_rulebook(&mut connection, &allowed, settings, starts, reason, mode, &moment).await;
            done.map(|_| from).map_err(PageError::from)
        }
    };
    match answer {
        Ok(_) if is_saved => Ok(done_at(&Section::Rules.at(&visit.place, visit.month), "saved")),
        Ok(from) => {
            let (reason, values) = (typed.reason.clone(), typed.values.clone());
            let typed_values = values.into_iter().collect();
            let from = from.title();
            let confirm = Confirm { changes, from, reason, builds_on, typed: typed_values };
            Ok(shown(visit, StatusCode::OK, &typed, (&bound, &names), &[], Some(confirm)))
        }
        Err(PageError::Problem(problem)) => {
            let wrong: Vec<String> =
                problem.errors().iter().map(|one| dates_in_words(&one.message)).collect();
            let words = std::iter::once(problem.words()).chain(wrong.iter().cloned());
            visit.shell.problem = with_titles(&words.collect::<Vec<_>>().join("\n"));
            Ok(shown(visit, problem.status(), &typed, (&bound, &names), &wrong, None))
        }
        Err(other) => Err(other),
    }
}

/// What is missing of a form.
fn checked(place: &Place, typed: &Typed, changes: &[Change]) -> Result<(), String> {
    let empty = typed.empty().filter(|_| place.level() == Level::County);
    if let Some(key) = empty.and_then(|name| KEYS.iter().find(|key| key.name == name)) {
        return Err(format!("“{}”没有填：县的设置都要有值", title(key)));
    }
    if changes.is_empty() {
        return Err("没有改动，不用保存".to_owned());
    }
    if typed.reason.is_empty() {
        return Err("请写明为什么改，好让以后的人知道".to_owned());
    }
    short("reason", Some(&typed.reason)).map_err(|_| "原因至多 200 个字，不能换行；请写短一些".to_owned())
}

/// The layers that bind the visited place in a month, and the names of their places.
async fn bound_at(
    state: &State,
    visit: &Visit,
    month: Month,
) -> Result<(Bound, BTreeMap<Place, String>), PageError> {
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let bound = bound(connection, &visit.place, month).await?;
        let mut names = BTreeMap::new();
        for layer in &bound.layers {
            names.insert(layer.place, places::name_of(connection, &layer.place).await?);
        }
        Ok((bound, names))
    });
    Ok(loaded.await?)
}

/// The value of a setting, and the place that sets it.
pub(super) fn value_of<'a>(layers: &'a [Layer], key: &Key) -> (&'a str, Option<Place>) {
    let set = layers.iter().rev().find_map(|layer| Some((layer.settings.get(key.name)?, layer.place)));
    set.map_or((key.default, None), |(value, place)| (value.as_str(), Some(place)))
}

fn changes(place: &Place, typed: &Typed, layers: &[Layer]) -> Vec<Change> {
    let above: Vec<Layer> = layers.iter().filter(|layer| layer.place != *place).cloned().collect();
    let is_own = |key: &Key| value_of(layers, key).1 == Some(*place);
    let words = |key: &Key, value: &str, is_own: bool| {
        let inherited = if is_own || place.level() == Level::County { "" } else { "（沿用上级）" };
        format!("{}{inherited}", spoken(key.name, value))
    };
    let change = |key: &'static Key| {
        let typed = typed.values.get(key.name).map(String::as_str).unwrap_or_default();
        let (before, _) = value_of(layers, key);
        let after = if typed.is_empty() { value_of(&above, key).0 } else { typed };
        let before = words(key, before, is_own(key));
        let after = words(key, after, !typed.is_empty());
        (before != after).then(|| Change { title: title(key), before, after })
    };
    keys(place).filter_map(change).collect()
}

fn shown(
    visit: Visit,
    status: StatusCode,
    typed: &Typed,
    (bound, names): (&Bound, &BTreeMap<Place, String>),
    wrong: &[String],
    confirm: Option<Confirm>,
) -> Response {
    let is_county = visit.place.level() == Level::County;
    let mut groups: Vec<Group> = Vec::new();
    for key in keys(&visit.place) {
        let value = typed.values.get(key.name).cloned().unwrap_or_default();
        let (now, source) = value_of(&bound.layers, key);
        let problem = wrong.iter().find(|words| words.contains(key.name));
        let field = Field {
            name: key.name,
            title: title(key),
            choices: choices_of(key, &value, is_county),
            unit: unit(key.name),
            value,
            now: spoken(key.name, now),
            source: source.and_then(|place| names.get(&place).cloned()).unwrap_or_default(),
            default: spoken(key.name, key.default),
            problem: problem.map(|words| with_titles(words)).unwrap_or_default(),
        };
        match groups.last_mut().filter(|group| group.title == section(key)) {
            Some(group) => group.fields.push(field),
            None => groups.push(Group { title: section(key), fields: vec![field] }),
        }
    }
    let (from, reason) = (typed.from.clone(), typed.reason.clone());
    page(status, &SettingsPage { shell: visit.shell, from, reason, groups, confirm, is_county })
}

/// What can be chosen, below the county also what is inherited.
fn choices_of(key: &Key, value: &str, is_county: bool) -> Vec<Choice> {
    let known = choices(key.name);
    if known.is_empty() {
        return Vec::new();
    }
    let inherit = (!is_county).then(|| (String::new(), "沿用上级".to_owned()));
    let choice = |(one, words): (String, String)| Choice { selected: one == value, value: one, title: words };
    inherit.into_iter().chain(known).map(choice).collect()
}
