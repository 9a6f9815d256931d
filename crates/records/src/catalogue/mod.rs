//! Catalogues: adopted for a place from a month on, complete, never changed.

mod approve;
mod history;
mod kept_rows;
mod read;
mod review;
mod submissions;
mod submit;
mod what_if;

use authz::{Act, AdoptCatalogue, Allowed};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::catalogue::{Catalogue, CatalogueProblem, in_force, lint, needs_reason};
use domain::input::Problem;
use domain::month::Month;
use domain::place::{Level, Place};
use serde_json::json;

use crate::closing;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::schema::{catalogue, catalogue_item, catalogue_rule};
use crate::tenancy::{self, Mode};

pub use approve::{approve_submission, send_back};
pub use history::{Approval, CatalogueVersion, history_of};
pub use read::{Stored, catalogue_of};
pub(crate) use read::{all, with_ids};
pub use review::item_review;
pub use submissions::{
    SubmissionFile, SubmissionSummary, TakenStep, submission, submissions_of, submissions_page,
};
pub use submit::{Submission, submit_catalogue, withdraw};
pub use what_if::{MOST_MONTHS, MOST_VILLAGES, WhatIf, what_if};

/// A catalogue to put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The complete list.
    pub catalogue: Catalogue,
    /// The year it is made for.
    pub year: i32,
    /// The first month it holds.
    pub from: Month,
    /// Why it changes inside a year; needed for a second one.
    pub reason: Option<String>,
    /// The catalogue that was in force when this one was made, where somebody else's change since then must not be
    /// lost.
    pub builds_on: Option<i64>,
}

/// Puts a catalogue in force for a place from a month on.
///
/// # Errors
/// A list that does not sum to 100, punishes what may not be punished, changes a second time in a
/// year without a reason, or begins in a month that a village below has closed or has cards for.
pub async fn adopt_catalogue(
    connection: &mut Connection,
    allowed: &Allowed<AdoptCatalogue>,
    adoption: &Adoption,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    // A village's list needs a second person, one level above; the user of the shell acts with the county's authority.
    if allowed.place().level() == Level::Village && !allowed.actor().is_operator() {
        return Err(Refusal::message("村的积分项目须经村民（代表）会议同意后提交，由镇里另一人审批"));
    }
    tenancy::transaction(connection, allowed, mode, async |connection| {
        if !adopt_in(connection, allowed, adoption, Linter::Blocks).await?.new {
            return Ok(Outcome { unchanged: 1, ..Outcome::default() });
        }
        let detail = detail(adoption.year, adoption.from, &adoption.catalogue, adoption.reason.as_deref());
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Outcome { added: 1, ..Outcome::default() })
    })
    .await
}

/// What becomes of a list that touches what may not be scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linter {
    /// It is refused.
    Blocks,
    /// It passes: the county has overridden it, or is asked to.
    Passes,
}

/// A catalogue that is in force now.
struct Adopted {
    /// Its row number.
    id: i64,
    /// Whether it was put in force by this; otherwise it was before.
    new: bool,
}

/// Puts a catalogue in force for the permission's place, in the caller's transaction; the caller writes the log row.
async fn adopt_in<A: Act>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    adoption: &Adoption,
    linter: Linter,
) -> Result<Adopted> {
    let place = allowed.place();
    crate::places::lock_all(connection, &place).await?;
    match examine(connection, &place, adoption, linter).await? {
        Some(id) => Ok(Adopted { id, new: false }),
        None => Ok(Adopted { id: insert(connection, &place, adoption).await?, new: true }),
    }
}

/// Whether a catalogue can be put in force for a place: everything that stands against it is a refusal. Returns the one
/// that says the same already from the same month on, where there is one.
async fn examine(
    connection: &mut Connection,
    place: &Place,
    adoption: &Adoption,
    linter: Linter,
) -> Result<Option<i64>> {
    crate::places::refuse_unknown(connection, place).await?;
    let mut problems = wrong(&adoption.catalogue);
    if linter == Linter::Blocks {
        problems.extend(banned(&adoption.catalogue));
    }
    Refusal::unless_none(problems)?;
    if !matches!(place.level(), Level::County | Level::Town | Level::Village) {
        return Err(Refusal::message("积分项目属于县、镇或村，请核对地方代码"));
    }
    let stored = all(connection, place).await?;
    let now = in_force(&stored, place, adoption.from);
    Refusal::unless_same(adoption.builds_on, now.map(|now| now.what.id))?;
    let same = now.filter(|now| {
        now.place == *place && now.from == adoption.from && now.what.catalogue == adoption.catalogue
    });
    if let Some(same) = same {
        return Ok(Some(same.what.id));
    }
    let own: Vec<_> = stored.iter().filter(|one| one.place == *place).cloned().collect();
    if needs_reason(&own, adoption.from) && adoption.reason.is_none() {
        return Err(Refusal::message(format!(
            "{} 年已有积分项目，原则上一年调整一次；确需调整请写明原因",
            adoption.from.year()
        )));
    }
    closing::refuse_closed(connection, place, adoption.from).await?;
    closing::refuse_scored(connection, place, adoption.from, "积分项目").await?;
    Ok(None)
}

/// What the log says of a catalogue put in force.
pub(crate) fn detail(
    year: i32,
    from: Month,
    catalogue: &Catalogue,
    reason: Option<&str>,
) -> serde_json::Value {
    json!({ "year": year, "from": from.to_string(), "digest": catalogue.digest().hex(), "reason": reason })
}

/// What is wrong with a list, by the line and field of a file that has exactly its rows: the header is line 1.
fn wrong(list: &Catalogue) -> Vec<Problem> {
    let located = list.check().into_iter().map(|problem| {
        let (code, field) = match &problem {
            CatalogueProblem::Sum(_) => (None, "full_points"),
            CatalogueProblem::EmptyItem(code) => (Some(code), "full_points"),
            CatalogueProblem::Weight(code) => (Some(code), "points"),
            CatalogueProblem::RuleCode(code) | CatalogueProblem::Twice(code) => (Some(code), "rule_code"),
        };
        Problem::new(code.map_or(0, |code| line_of(list, code)), field, problem.to_string())
    });
    located.collect()
}

/// Where a list touches what may not be scored, likewise.
fn banned(list: &Catalogue) -> Vec<Problem> {
    let located = lint(list).into_iter().map(|finding| {
        let is_rule = list.rules().any(|(_, rule)| rule.code == finding.code);
        let field = if is_rule { "rule" } else { "item" };
        Problem::new(line_of(list, &finding.code), field, finding.to_string())
    });
    located.collect()
}

/// The line of an item, its first one, or a rule; 0 where it has none.
fn line_of(list: &Catalogue, code: &str) -> u32 {
    let at = list.rules().position(|(item, rule)| item.code == code || rule.code == code);
    at.and_then(|at| u32::try_from(at + 2).ok()).unwrap_or(0)
}

async fn insert(connection: &mut Connection, place: &Place, adoption: &Adoption) -> Result<i64> {
    let (county, place) = (place.county().digits().to_owned(), place.digits().to_owned());
    let id: i64 = diesel::insert_into(catalogue::table)
        .values((
            catalogue::county_code.eq(&county),
            catalogue::place.eq(&place),
            catalogue::year.eq(adoption.year),
            catalogue::effective_month.eq(adoption.from.number()),
            catalogue::reason.eq(&adoption.reason),
        ))
        .returning(catalogue::id)
        .get_result(connection)
        .await?;
    for (item_number, item) in (1_i16..).zip(&adoption.catalogue.items) {
        diesel::insert_into(catalogue_item::table)
            .values((
                catalogue_item::county_code.eq(&county),
                catalogue_item::place.eq(&place),
                catalogue_item::catalogue_id.eq(id),
                catalogue_item::number.eq(item_number),
                catalogue_item::code.eq(&item.code),
                catalogue_item::category.eq(item.category.title()),
                catalogue_item::name.eq(&item.name),
                catalogue_item::full_points.eq(item.full.tenths()),
            ))
            .execute(connection)
            .await?;
        let rules: Vec<_> = (1_i16..)
            .zip(&item.rules)
            .map(|(number, rule)| {
                (
                    catalogue_rule::county_code.eq(&county),
                    catalogue_rule::place.eq(&place),
                    catalogue_rule::catalogue_id.eq(id),
                    catalogue_rule::item_number.eq(item_number),
                    catalogue_rule::number.eq(number),
                    catalogue_rule::code.eq(&rule.code),
                    catalogue_rule::description.eq(&rule.text),
                    catalogue_rule::points.eq(rule.points.tenths()),
                    catalogue_rule::unit.eq(&rule.unit),
                    catalogue_rule::evidence.eq(rule.evidence),
                )
            })
            .collect();
        diesel::insert_into(catalogue_rule::table).values(rules).execute(connection).await?;
    }
    Ok(id)
}
