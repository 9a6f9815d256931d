//! The leader's sum sheet of a panel: every card, the unusual ones first, and the signature.

use std::collections::BTreeMap;

use askama::Template;
use authz::{EnterCards, SignCards};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::canonical::Digest;
use domain::place::{Level, Place};
use domain::points::{Points, mean};
use domain::publication::last_digits;
use domain::scoring::{Card, ScoringTable, Status};
use records::catalogue::catalogue_of;
use records::households::register_for;
use records::panels::panels_in;
use records::photos::photos_shown;
use records::scoring::{LastSignature, MonthToSign, cards_page, month_to_sign};
use records::sheets::evidence_missing;
use records::{accounts, places, tenancy};
use serde::Deserialize;

use super::codes::{CodeLine, codes_of, with_items};
use super::signing::{SignForm, told};
use super::village::in_words;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs};
use crate::log::{account_of_actor, actor_words, household_named, named};
use crate::photos::Thumbs;
use crate::shell::{Section, Shell, Told, Visit, head_for, only_of_village};
use crate::state::State;

#[derive(Template)]
#[template(path = "scoring/review.html")]
struct ReviewPage {
    shell: Shell,
    panel: String,
    rows: Vec<Row>,
    /// What the codes on it stand for.
    codes: Vec<CodeLine>,
    /// How many households taking part have no card, and their numbers by group.
    without: (usize, String),
    mean: String,
    /// The digest of what is shown.
    seen: String,
    /// The last signature: when and by whom.
    signed: Option<(String, String)>,
    /// Who was present then, and what was said beside.
    told: Vec<String>,
    /// Households with a card that it does not cover.
    uncovered: usize,
    /// Whether the month is closed, so that nobody signs any more.
    closed: bool,
    /// The form, for whoever may sign something new.
    form: Option<SignForm>,
}

/// A card on the sum sheet.
struct Row {
    /// Group and number.
    household: String,
    head: String,
    score: Option<Points>,
    words: String,
    /// How far below the panel's mean, at least ten points.
    unusual: bool,
    missing: String,
    photos: Thumbs,
}

/// Which panel.
#[derive(Debug, Deserialize)]
pub(crate) struct OfPanel {
    name: String,
}

/// `GET /scoring/{place}/{month}/panel`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(of): Asked<OfPanel>,
) -> Result<Response, PageError> {
    shown(&state, &caller, (&place, &month), (of.name, None), StatusCode::OK, String::new()).await
}

/// The sum sheet with a form that was refused, as it was sent.
pub(super) async fn shown_again(
    state: &State,
    caller: &Caller,
    at: (&str, &str),
    sent: &Pairs,
    status: StatusCode,
    problem: String,
) -> Result<Response, PageError> {
    let panel = sent.first("panel").to_owned();
    shown(state, caller, at, (panel, Some(sent)), status, problem).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    at: (&str, &str),
    (panel, sent): (String, Option<&Pairs>),
    status: StatusCode,
    problem: String,
) -> Result<Response, PageError> {
    let mut visit = Visit::of(state, caller, Section::Scoring, at, &Told::default()).await?;
    visit.shell.problem = problem;
    let (place, month) = (visit.place, visit.month);
    if place.level() != Level::Village {
        return only_of_village(&visit, |village| Section::Scoring.at(village, month));
    }
    let sees_photos = caller.may(EnterCards, place);
    let (panels, register, cards, catalogue, missing, photos, to_sign, signer, names) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let to_sign = month_to_sign(connection, &place, month, &panel).await?;
            let signer = signer(connection, to_sign.signed.as_ref()).await?;
            Ok((
                panels_in(connection, &place, month).await?,
                register_for(connection, &place, month).await?,
                cards_page(connection, &place, month, None, usize::MAX).await?,
                catalogue_of(connection, &place, month).await?,
                evidence_missing(connection, &place, month).await?,
                match sees_photos {
                    true => photos_shown(connection, &place, (month, month)).await?,
                    false => Vec::new(),
                },
                to_sign,
                signer,
                places::names_in(connection, &place).await?,
            ))
        })
        .await?
    };
    let listed = panels.into_iter().find(|one| one.panel.name == panel).ok_or(PageError::NotFound)?;
    let catalogue = catalogue.map(|stored| stored.catalogue).unwrap_or_default();
    let table = ScoringTable::new(&catalogue);
    let mine = |card: &&Card| *card.panel == *panel;
    let in_full = caller.may(EnterCards, place) || caller.may(SignCards, place);
    let entry = |household: &Place| register.iter().find(|entry| entry.household == *household);
    let name = |household: &Place| match entry(household) {
        Some(entry) => household_named(household, &entry.group, &names),
        None => named(household, &names),
    };
    let head =
        |household: &Place| head_for(entry(household).and_then(|entry| entry.head_name.clone()), in_full);
    let scores: Vec<Points> = cards.iter().filter(mine).filter_map(|card| score(card, &table)).collect();
    let mean = mean(&scores);
    let mut rows: Vec<Row> = Vec::new();
    for card in cards.iter().filter(mine) {
        let score = score(card, &table);
        let (household, code) = (card.household, card.household.code());
        let address = |hash: &Digest| format!("/household/{code}/{month}/photos/{}", hash.hex());
        let own = photos.iter().filter(|photo| photo.household == household);
        let lacks = missing.iter().find(|one| one.household == card.household);
        rows.push(Row {
            household: name(&card.household),
            head: head(&card.household),
            words: in_words(card.status, score, &with_items(&card.findings, &catalogue)),
            unusual: score.zip(mean).is_some_and(|(score, mean)| mean.tenths() - score.tenths() >= 100),
            missing: lacks.map(|one| one.acts.join("、")).unwrap_or_default(),
            photos: Thumbs::of(own, last_digits(&household), address),
            score,
        });
    }
    rows.sort_by_key(|row| (row.score.is_some(), row.score));
    let has_card = |household: &Place| cards.iter().any(|card| card.household == *household);
    let without = register.iter().filter(|entry| {
        listed.panel.groups.contains(&entry.group)
            && entry.participation.covers(month)
            && !has_card(&entry.household)
    });
    let without: Vec<(Place, Place)> = without.map(|entry| (entry.group, entry.household)).collect();
    let MonthToSign { digest, signed, uncovered, closed, list } = to_sign;
    let is_new = !rows.is_empty() && !closed && (signed.is_none() || uncovered > 0);
    let list = list.filter(|_| is_new && caller.may(SignCards, place));
    let shown = ReviewPage {
        codes: codes_of(cards.iter().filter(mine).flat_map(|card| &card.findings), &catalogue),
        without: (without.len(), by_group(&without, &names)),
        mean: mean.map(Points::short).unwrap_or_else(|| "—".to_owned()),
        form: list.map(|list| SignForm::of(list, caller, sent)),
        told: signed.as_ref().map(|signed| told(&signed.attendance)).unwrap_or_default(),
        closed,
        signed: signed.map(|signed| (state.short_time(signed.at), signed_by(state, &signed, signer, &names))),
        uncovered,
        seen: digest.hex(),
        panel,
        rows,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// The name of whoever signed, where the account is inside the caller's place.
async fn signer(
    connection: &mut records::Connection,
    signed: Option<&LastSignature>,
) -> records::Result<Option<String>> {
    let account = signed.and_then(|signed| signed.by.as_deref()).and_then(account_of_actor);
    let Some(account) = account else { return Ok(None) };
    Ok(accounts::account(connection, account).await?.map(|account| account.name))
}

/// Who signed, in words: `周明（账号 12，评分组长，江北村）`.
fn signed_by(
    state: &State,
    signed: &LastSignature,
    name: Option<String>,
    names: &BTreeMap<Place, String>,
) -> String {
    let Some(actor) = &signed.by else { return "随积分卡文件一并签字".to_owned() };
    let actor = actor_words(actor, state.guard.table(), names);
    name.map_or_else(|| actor.clone(), |name| format!("{name}（{actor}）"))
}

/// Numbers of households under the names of their groups: `塘边小组 0003、0005；桥头小组 0001`.
fn by_group(households: &[(Place, Place)], names: &BTreeMap<Place, String>) -> String {
    let mut groups: BTreeMap<Place, Vec<&str>> = BTreeMap::new();
    for (group, household) in households {
        groups.entry(*group).or_default().push(last_digits(household));
    }
    let group =
        |(group, numbers): (Place, Vec<&str>)| format!("{} {}", named(&group, names), numbers.join("、"));
    groups.into_iter().map(group).collect::<Vec<_>>().join("；")
}

fn score(card: &Card, table: &ScoringTable) -> Option<Points> {
    match card.status {
        Status::Scored => table.score(&card.findings).ok().map(|score| score.total),
        _ => None,
    }
}
