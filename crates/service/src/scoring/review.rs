//! The leader's sum sheet of a panel: every card, the unusual ones first, and the signature.

use askama::Template;
use authz::{EnterCards, SignCards};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::place::Place;
use domain::points::{Points, mean};
use domain::publication::last_digits;
use domain::scoring::{Card, ScoringTable, Status, write_findings};
use records::catalogue::catalogue_of;
use records::households::register_for;
use records::panels::panels_of;
use records::scoring::{cards_page, month_to_sign, sign_month};
use records::sheets::evidence_missing;
use records::tenancy;
use serde::Deserialize;

use super::village::in_words;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted};
use crate::shell::{Section, Shell, Told, Visit, done_at, head_for, refused, village_of};
use crate::state::State;

#[derive(Template)]
#[template(path = "scoring/review.html")]
struct ReviewPage {
    shell: Shell,
    panel: String,
    rows: Vec<Row>,
    /// Households taking part without a card, by their numbers.
    without: Vec<String>,
    mean: String,
    /// The digest of what is shown.
    seen: String,
    may_sign: bool,
}

/// A card on the sum sheet.
struct Row {
    number: String,
    head: String,
    score: Option<Points>,
    words: String,
    /// How far below the panel's mean, at least ten points.
    unusual: bool,
    missing: String,
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
    shown(&state, &caller, (&place, &month), of.name, StatusCode::OK, String::new()).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    at: (&str, &str),
    panel: String,
    status: StatusCode,
    problem: String,
) -> Result<Response, PageError> {
    let mut visit = Visit::of(state, caller, Section::Scoring, at, &Told::default()).await?;
    visit.shell.problem = problem;
    let (place, month) = (visit.place, visit.month);
    let (panels, register, cards, catalogue, missing, seen) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            Ok((
                panels_of(connection, &place).await?,
                register_for(connection, &place, month).await?,
                cards_page(connection, &place, month, None, usize::MAX).await?,
                catalogue_of(connection, &place, month).await?,
                evidence_missing(connection, &place, month).await?,
                month_to_sign(connection, &place, month, &panel).await?,
            ))
        })
        .await?
    };
    let listed = panels.into_iter().find(|one| one.panel.name == panel).ok_or(PageError::NotFound)?;
    let table = ScoringTable::new(&catalogue.map(|stored| stored.catalogue).unwrap_or_default());
    let mine = |card: &&Card| *card.panel == *panel;
    let in_full = caller.may(EnterCards, place) || caller.may(SignCards, place);
    let head = |household: &Place| {
        let entry = register.iter().find(|entry| entry.household == *household);
        head_for(entry.and_then(|entry| entry.head_name.clone()), in_full)
    };
    let scores: Vec<Points> = cards.iter().filter(mine).filter_map(|card| score(card, &table)).collect();
    let mean = mean(&scores);
    let mut rows: Vec<Row> = Vec::new();
    for card in cards.iter().filter(mine) {
        let score = score(card, &table);
        let lacks = missing.iter().find(|one| one.household == card.household);
        rows.push(Row {
            number: last_digits(&card.household).to_owned(),
            head: head(&card.household),
            words: in_words(card.status, score, &write_findings(&card.findings)),
            unusual: score.zip(mean).is_some_and(|(score, mean)| mean.tenths() - score.tenths() >= 100),
            missing: lacks.map(|one| one.acts.join("、")).unwrap_or_default(),
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
    let shown = ReviewPage {
        without: without.map(|entry| last_digits(&entry.household).to_owned()).collect(),
        mean: mean.map(Points::short).unwrap_or_else(|| "—".to_owned()),
        may_sign: caller.may(SignCards, place),
        seen: seen.hex(),
        panel,
        rows,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

fn score(card: &Card, table: &ScoringTable) -> Option<Points> {
    match card.status {
        Status::Scored => table.score(&card.findings).ok().map(|score| score.total),
        _ => None,
    }
}

/// What the form of the signature sends.
#[derive(Deserialize)]
pub(crate) struct SignForm {
    panel: String,
    #[serde(default)]
    seen: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /scoring/{place}/{month}/signatures`
pub(crate) async fn sign(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<SignForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(SignCards, village).await?;
    let signed = async {
        let of_month = crate::http::input::month("month", &month)?;
        let mut connection = state.database.connection().await?;
        Ok::<_, PageError>(
            sign_month(
                &mut connection,
                &allowed,
                &village,
                of_month,
                &form.panel,
                Some(&form.seen),
                &state.moment(),
            )
            .await?,
        )
    };
    match signed.await {
        Ok(_) => Ok(done_at(&format!("/scoring/{place}/{month}"), "signed")),
        Err(error) => {
            let (status, words) = refused(error)?;
            shown(&state, &caller, (&place, &month), form.panel, status, words).await
        }
    }
}
