//! Correcting a card by what the town found: prefilled, tried and shown, then made as the month's next version.

use askama::Template;
use authz::{Allowed, Correct};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::date_title;
use domain::place::Level;
use domain::points::Points;
use domain::scoring::{Status, parse_findings, parse_typed, typed_findings};
use records::catalogue::catalogue_of;
use records::closing::{StoredDifference, closed_months, seal_months};
use records::samples::{SampleCorrected, SampleCorrection, Sampled, TownCheck, correct_sampled, samples_of};
use records::{Mode, places, tenancy};
use serde::Deserialize;

use super::deeds::month_of;
use super::village::name_of;
use super::{Typed, shown as sample_page};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted, place_of, wrong};
use crate::objections::{Preview, meant, preview, refuse_untried};
use crate::problem::Problem;
use crate::scoring::codes::{CodeLine, codes_of};
use crate::scoring::in_words;
use crate::shell::{Section, Shell, Told, Visit, done_at, head_for, village_of};
use crate::state::State;

#[derive(Template)]
#[template(path = "samples/correction.html")]
struct CorrectionPage {
    shell: Shell,
    code: String,
    /// Group and number.
    household: String,
    head: String,
    town: String,
    /// Who checked, and when.
    by: String,
    panel: String,
    /// What the card comes to now, and by the town's finding.
    scores: (String, String),
    /// What the codes on the page stand for.
    codes: Vec<CodeLine>,
    form: CorrectionForm,
    preview: Option<Preview>,
}

/// What the form of a correction sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CorrectionForm {
    /// `check` or `correct`.
    #[serde(default)]
    act: String,
    /// The corrected card as a clerk types one.
    #[serde(default)]
    card: String,
    #[serde(default)]
    reason: String,
    /// The latest version of the month that the page showed.
    #[serde(default)]
    seen: String,
    /// What was tried before, as [`meant`] writes it; empty where nothing was.
    #[serde(default)]
    tried: String,
    #[serde(default)]
    form_token: String,
}

/// `GET /samples/{place}/{month}/corrections/{household}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, household)): Named<(String, String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Scoring, (&place, &month), &told).await?;
    caller.allow(Correct, visit.place).await?;
    shown(&state, &caller, visit, &household, (StatusCode::OK, None), None).await
}

/// The page; where there is nothing to correct, the village's sample with the reason.
async fn shown(
    state: &State,
    caller: &Caller,
    mut visit: Visit,
    code: &str,
    (status, moved): (StatusCode, Option<Vec<StoredDifference>>),
    typed: Option<CorrectionForm>,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    if place.level() != Level::Village {
        return Err(PageError::NotFound);
    }
    let (samples, names, catalogue, closed) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            Ok((
                samples_of(connection, &place, month).await?,
                places::names_in(connection, &place).await?,
                catalogue_of(connection, &place, month).await?,
                closed_months(connection, &place).await?,
            ))
        })
        .await?
    };
    let drawn = samples.into_iter().flat_map(|sample| sample.households);
    let one = drawn.filter(Sampled::awaits_correction).find(|one| one.household.code() == code);
    let version = closed.iter().find(|closed| closed.month == month).map(|closed| closed.version);
    let (Some(one), Some(version)) = (one, version) else {
        if visit.shell.problem.is_empty() {
            visit.shell.problem = "这一户现在没有抽查差别要更正，或本月还没有结账".to_owned();
        }
        let refused = StatusCode::UNPROCESSABLE_ENTITY;
        return sample_page(state, caller, visit, refused, Typed::default()).await;
    };
    let check = one.check.as_ref().ok_or(PageError::NotFound)?;
    let mut form = typed.unwrap_or_else(|| prefilled(&one, check));
    // What was tried was tried on the version that was shown before: what follows counts for no other.
    if moved.is_none() {
        form.seen = version.to_string();
    }
    let found = parse_findings(&check.findings).unwrap_or_default();
    let points = |points: Option<Points>| points.map(Points::short).unwrap_or_else(|| "/".to_owned());
    let shown = CorrectionPage {
        code: one.household.code(),
        household: name_of(&one, &names),
        town: in_words(check.status, check.score, &typed_text(&check.findings)),
        by: format!("{} {}", date_title(check.checked_on), check.by),
        panel: panel_words(&one),
        scores: (points(one.score_now()), points(check.score)),
        codes: codes_of(&found, &catalogue.map(|stored| stored.catalogue).unwrap_or_default()),
        form,
        preview: moved.map(|moved| preview(&moved, &names)),
        head: head_for(one.head_name, true),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

/// The town's card, with what both found as the reason.
fn prefilled(one: &Sampled, check: &TownCheck) -> CorrectionForm {
    let card = typed_text(&check.findings);
    let town = in_words(check.status, check.score, &card);
    let (day, panel) = (date_title(check.checked_on), panel_words(one));
    CorrectionForm {
        card: if card.is_empty() { "-".to_owned() } else { card },
        reason: format!(
            "镇评分指导组{day}抽查复核：{town}；评分组签字的积分卡：{panel}；相差超过 5 分，已核实。"
        ),
        ..CorrectionForm::default()
    }
}

/// What the panel's card says, and the one that has taken its place since.
fn panel_words(one: &Sampled) -> String {
    let said = |status, score, findings: &str| in_words(status, score, &typed_text(findings));
    let signed = one.panel.as_ref().map(|(score, findings)| said(Status::Scored, *score, findings));
    let signed = signed.unwrap_or_default();
    match &one.replaced {
        Some(card) => format!("{signed}；后来改为 {}", said(card.status, card.score, &card.findings)),
        None => signed,
    }
}

/// Stored findings as people type them; a text that cannot be read stands as it is.
fn typed_text(findings: &str) -> String {
    parse_findings(findings).map_or_else(|_| findings.to_owned(), |findings| typed_findings(&findings))
}

/// `POST /samples/{place}/{month}/corrections/{household}`
pub(crate) async fn correct(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month, household)): Named<(String, String, String)>,
    Posted(mut form): Posted<CorrectionForm>,
) -> Result<Response, PageError> {
    FormToken::new(&form.form_token).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(Correct, village).await?;
    let done = corrected(&state, &allowed, (&month, &household), &form).await;
    let at = (place.as_str(), month.as_str());
    let (status, moved, visit) = match done {
        Ok((done, meant)) if form.act == "check" => {
            form.tried = meant;
            let visit = Visit::of(&state, &caller, Section::Scoring, at, &Told::default()).await?;
            (StatusCode::OK, Some(done.movements), visit)
        }
        Ok(_) => return Ok(done_at(&format!("/samples/{place}/{month}"), "sample-corrected")),
        Err(error) => {
            let (status, visit) = Visit::again(&state, &caller, Section::Scoring, at, error).await?;
            (status, None, visit)
        }
    };
    shown(&state, &caller, visit, &household, (status, moved), Some(form)).await
}

/// Corrects the card, or tries to. Returns what became of it with what the form means.
async fn corrected(
    state: &State,
    allowed: &Allowed<Correct>,
    (month, household): (&str, &str),
    form: &CorrectionForm,
) -> Result<(SampleCorrected, String), PageError> {
    let household = place_of("household", household, Level::Household).map_err(|_| PageError::NotFound)?;
    if !allowed.place().contains(&household) {
        return Err(PageError::NotFound);
    }
    let card = parse_typed(&form.card).map_err(|error| wrong("card", error.to_string()))?;
    let empty = || wrong("card", "请填更正后的积分卡；没有扣分填 -".to_owned());
    let expired = || Problem::refused().because("页面已过期，请刷新后核对，再更正");
    let seen: i16 = form.seen.trim().parse().map_err(|_| expired())?;
    let card = card.ok_or_else(empty)?;
    let mode = if form.act == "check" { Mode::DryRun } else { Mode::Apply };
    let meant = meant("corrected", Some(&card));
    refuse_untried(&form.tried, &meant, mode)?;
    let month = month_of(month)?;
    let new = SampleCorrection { household, month, card, reason: form.reason.clone(), seen: Some(seen) };
    let moment = state.moment();
    let done = {
        let mut connection = state.database.connection().await?;
        let salts = &state.registrar.salts;
        correct_sampled(&mut connection, allowed, &new, salts, mode, &moment).await?
    };
    if mode == Mode::Apply && done.new_version.is_some() {
        seal_months(&state.database, &allowed.widened(), &moment).await?;
    }
    Ok((done, meant))
}
