//! Scoring on the phone: the page, everything it takes along, and what it hands in.

use askama::Template;
use authz::{EnterCards, Read};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::catalogue::Catalogue;
use domain::place::{Level, Place};
use domain::publication::last_digits;
use records::sheets::{PhoneHousehold, PhoneMonth, conflicts, months_to_score, phone_month};
use records::{Refusal, places, tenancy};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::Named;
use crate::problem::{Answered, Problem};
use crate::shell::{Section, in_hand, in_hand_at};
use crate::state::State;

#[derive(Template)]
#[template(path = "scoring/phone.html")]
struct PhonePage {
    version: &'static str,
    account: i64,
    place: String,
    name: String,
    /// The role of the moment, as which everything on the page is kept and sent.
    role: &'static str,
    form_token: String,
    place_name: String,
}

/// `GET /phone`: for whoever enters cards of a village or group; others come to the console's page of scoring.
pub(crate) async fn show(Extract(state): Extract<State>, caller: Caller) -> Result<Response, PageError> {
    let logged_in = caller.logged_in().ok_or(PageError::LogIn)?;
    let place = caller.reach()?;
    if !matches!(place.level(), Level::Village | Level::Group) || !caller.may(EnterCards, place) {
        let month = in_hand(&state, &caller, place).await?;
        return Ok(Redirect::to(&Section::Scoring.at(&place, month)).into_response());
    }
    let allowed = caller.allow(Read, place).await?;
    let mut connection = state.database.connection().await?;
    let place_name = tenancy::read(&mut connection, &allowed, async |connection| {
        places::name_of(connection, &place).await
    })
    .await?;
    let identity = &logged_in.identity;
    let hat = identity.hats.iter().find(|hat| Some(hat.grant) == logged_in.kept.grant);
    let shown = PhonePage {
        version: crate::assets::VERSION,
        account: identity.account,
        place: place.code(),
        name: identity.name.clone(),
        role: hat.map_or("", |hat| hat.role.title()),
        form_token: logged_in.kept.form_token.clone(),
        place_name,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// `GET /phone/month/{month}`: a month, or `current`, with all that scoring needs without signal. The current one is the
/// first of those whose cards can be entered; where none can, the one that people are busy with.
pub(crate) async fn month(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(month): Named<String>,
) -> Answered<Json<Value>> {
    let place = caller.reach()?;
    let allowed = caller.allow(EnterCards, place).await?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let now = state.moment().local();
    let today = now.date();
    let asked = match month.as_str() {
        "current" => None,
        other => Some(crate::http::input::month("month", other)?),
    };
    let account = logged_in.identity.account;
    let mut connection = state.database.connection().await?;
    let (loaded, groups, two_sheets, open) = tenancy::read(&mut connection, &allowed, async |connection| {
        let open = months_to_score(connection, &place, now).await?;
        let month = match asked.or(open.first().map(|one| one.month)) {
            Some(month) => Some(month),
            None => in_hand_at(connection, &place, today).await?,
        };
        let month = month.ok_or_else(|| Refusal::message("今天没有可以评分的月份"))?;
        let loaded = phone_month(connection, &place, month).await?;
        let divisions = places::divisions(connection, &place).await?;
        Ok((loaded, divisions, conflicts(connection, &place, month).await?, open))
    })
    .await?;
    let groups = groups.into_iter().filter(|one| one.level == Level::Group);
    let groups: Vec<Value> =
        groups.map(|one| json!({ "code": one.place.code(), "name": one.name })).collect();
    let mut shown = month_json(&loaded, account, &place, &today.to_string(), groups, &two_sheets);
    let open = open.iter().map(|one| {
        let until = one.opened_until.map(|day| day.to_string());
        json!({ "month": one.month.to_string(), "title": one.month.title(), "opened_until": until })
    });
    shown["open"] = open.collect();
    Ok(Json(shown))
}

fn month_json(
    loaded: &PhoneMonth,
    account: i64,
    place: &Place,
    today: &str,
    groups: Vec<Value>,
    open: &[Place],
) -> Value {
    let panels = loaded.panels.iter().map(|panel| {
        json!({ "name": panel.name, "groups": panel.groups.iter().map(Place::code).collect::<Vec<_>>() })
    });
    let catalogue =
        loaded.catalogue.as_ref().map(|stored| json!({ "id": stored.id, "items": items(&stored.catalogue) }));
    json!({
        "account": account,
        "place": place.code(),
        "month": loaded.month.to_string(),
        "title": loaded.month.title(),
        "today": today,
        "last_entry_day": loaded.until.to_string(),
        "catalogue": catalogue,
        "panels": panels.collect::<Vec<_>>(),
        "groups": groups,
        "households": loaded.households.iter().map(household_json).collect::<Vec<_>>(),
        "conflicts": open.iter().map(Place::code).collect::<Vec<_>>(),
    })
}

fn household_json(one: &PhoneHousehold) -> Value {
    let card = one.card.as_ref().map(|card| {
        json!({
            "revision": card.revision, "panel": card.panel, "status": card.status.name(),
            "findings": card.findings, "signed": card.signed,
        })
    });
    json!({
        "code": one.household.code(),
        "group": one.group.code(),
        "number": last_digits(&one.household),
        "head_name": one.head_name,
        "last": one.last.as_ref().map(|(_, findings)| findings),
        "last_status": one.last.as_ref().map(|(status, _)| status.name()),
        "card": card,
    })
}

/// Items with their rules as the scripts of our pages take them: points in tenths.
fn items(catalogue: &Catalogue) -> Vec<Value> {
    let rules = |item: &domain::catalogue::Item| -> Vec<Value> {
        let rule = |rule: &domain::catalogue::DeductionRule| {
            json!({
                "code": rule.code, "rule": rule.text, "points": rule.points.tenths(), "unit": rule.unit,
                "evidence_required": rule.evidence,
            })
        };
        item.rules.iter().map(rule).collect()
    };
    let item = |item: &domain::catalogue::Item| {
        json!({
            "code": item.code, "category": item.category.title(), "item": item.name,
            "full_points": item.full.tenths(), "rules": rules(item),
        })
    };
    catalogue.items.iter().map(item).collect()
}

/// A catalogue as a block of data in a page: nothing in it can end the block.
pub(super) fn catalogue_json(catalogue: &Catalogue) -> String {
    json!({ "items": items(catalogue) }).to_string().replace('<', "\\u003c")
}
