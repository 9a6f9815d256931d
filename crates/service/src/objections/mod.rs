//! 异议: the list, taking one for somebody without a phone, and each one's file.

mod deeds;
mod file;
mod preview;
mod receipt;
mod tried;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::{DecideObjection, Object};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::month::date_title;
use domain::place::{Level, Place};
use records::objections::{NewObjection, ObjectionFilter, ObjectionSummary, file_objection, objections_of};
use records::{places, tenancy};
use serde::Deserialize;

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted};
use crate::log::household_named;
use crate::objecting::household_at;
use crate::shell::{Link, Section, Shell, Told, Visit, head_for, village_of};
use crate::state::State;
use crate::suggestions::{Waiting, waiting};

pub(crate) use deeds::{decide, sealed};
pub(crate) use file::show as one;
pub(crate) use preview::{Preview, preview};
pub(crate) use receipt::show as receipt;
pub(crate) use tried::{meant, refuse_untried};

/// How many a page lists.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "objections/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    more: usize,
    groups: Vec<Link>,
    may_file: bool,
    form: FileForm,
    suggestions: Waiting,
}

/// An objection in the list.
pub(super) struct Row {
    pub(super) number: String,
    /// Empty where the reader may not open it.
    pub(super) href: String,
    /// Village where the list is above it, group and number.
    pub(super) household: String,
    pub(super) head: String,
    pub(super) about: String,
    pub(super) filed_on: String,
    pub(super) decide_by: String,
    pub(super) state: String,
    pub(super) open: bool,
    pub(super) overdue: bool,
    pub(super) in_time: bool,
    pub(super) via: &'static str,
}

/// What the form of a clerk sends.
#[derive(Default, Deserialize)]
pub(crate) struct FileForm {
    #[serde(default)]
    group: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    form_token: String,
}

/// `GET /objections/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Objections, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, FileForm::default()).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    form: FileForm,
) -> Result<Response, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let filter = ObjectionFilter { month: Some(month), only_open: false };
    let (found, names, groups) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let found = objections_of(connection, &place, filter, now).await?;
            let below = match place.level() {
                Level::Village => places::divisions_below(connection, &place).await?,
                _ => Vec::new(),
            };
            let names = places::names_of(connection, &places_of(&found)).await?;
            Ok((found, names, below))
        })
        .await?
    };
    let in_full = caller.may(DecideObjection, place);
    let is_above = matches!(place.level(), Level::County | Level::Town);
    // Whoever reaches a group alone has no page of the village to go to.
    let sees_village = visit.allowed.place().level() <= Level::Village;
    let line = |one: ObjectionSummary| {
        let village = names.get(&one.village).filter(|_| is_above).cloned().unwrap_or_default();
        let mut row = row(one, in_full, &names);
        row.household = format!("{village}{}", row.household);
        if !sees_village {
            row.href.clear();
        }
        row
    };
    let mut rows: Vec<Row> = found.into_iter().map(line).collect();
    rows.sort_by_key(|row| (!row.overdue, !row.open));
    let more = rows.len().saturating_sub(LISTED);
    rows.truncate(LISTED);
    let link = |(group, name): (Place, String)| Link {
        current: group.code() == form.group,
        href: group.code(),
        name,
    };
    let groups: Vec<Link> = groups.into_iter().map(link).collect();
    let suggestions = waiting(state, &visit).await?;
    let may_file = place.level() == Level::Village && caller.may(Object, place);
    Ok(page(status, &ListPage { shell: visit.shell, rows, more, groups, may_file, form, suggestions }))
}

/// The villages and groups of objections: a household's number says who it is only beside the name of its group.
fn places_of(found: &[ObjectionSummary]) -> BTreeSet<Place> {
    let groups = found.iter().map(|one| one.group);
    groups.chain(found.iter().map(|one| one.village)).collect()
}

/// An objection as lists and its own page show it.
pub(super) fn row(one: ObjectionSummary, in_full: bool, names: &BTreeMap<Place, String>) -> Row {
    Row {
        href: file::address(&one.village, one.month, one.id),
        number: one.number,
        household: household_named(&one.household, &one.group, names),
        head: head_for(one.head_name, in_full),
        about: if one.about.is_empty() { "整月".to_owned() } else { one.about },
        filed_on: date_title(one.filed_on),
        decide_by: date_title(one.decide_by),
        state: one.state.title(),
        open: one.state.is_open(),
        overdue: one.overdue,
        in_time: one.in_time,
        via: one.via.title(),
    }
}

/// `POST /objections/{place}/{month}`: taken for a villager, who is given a receipt.
pub(crate) async fn take(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<FileForm>,
) -> Result<Response, PageError> {
    FormToken::new(&form.form_token).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(Object, village).await?;
    let filed = async {
        let household = household_at(&state, &allowed, (&form.group, &form.number), &month).await?;
        let household = household
            .ok_or_else(|| crate::http::input::wrong("number", "请选村小组，并填四位户号".to_owned()))?;
        let new = NewObjection {
            month: crate::http::input::month("month", &month)?,
            about: String::new(),
            words: form.words.clone(),
            phone: Some(form.phone.clone()).filter(|phone| !phone.trim().is_empty()),
            address: None,
        };
        let mut connection = state.database.connection().await?;
        let moment = state.moment();
        let filed =
            file_objection(&mut connection, &allowed, &household, &new, &state.registrar, &moment).await?;
        Ok::<_, PageError>(filed.id)
    };
    match filed.await {
        Ok(id) => Ok(Redirect::to(&format!("/objections/{place}/{month}/{id}/receipt")).into_response()),
        Err(error) => {
            let (status, visit) =
                Visit::again(&state, &caller, Section::Objections, (&place, &month), error).await?;
            shown(&state, &caller, visit, status, form).await
        }
    }
}
