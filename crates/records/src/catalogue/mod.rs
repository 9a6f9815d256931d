//! Catalogues: adopted for a place from a month on, complete, never changed.

mod read;

use authz::{AdoptCatalogue, Allowed};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::catalogue::{Catalogue, in_force, lint, needs_reason};
use domain::input::Problem;
use domain::month::Month;
use domain::place::Level;
use serde_json::json;

use crate::closing;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::schema::{catalogue, catalogue_item, catalogue_rule};
use crate::tenancy::{self, Mode};

pub use read::{Stored, catalogue_of};
pub(crate) use read::{all, with_ids};

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
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let place = allowed.place();
        crate::places::refuse_unknown(connection, &place).await?;
        Refusal::unless_none(problems(adoption))?;
        if !matches!(place.level(), Level::County | Level::Town | Level::Village) {
            return Err(Refusal::message("积分项目属于县、镇或村，请核对地方代码"));
        }
        crate::places::lock_all(connection, &place).await?;
        let stored = all(connection, &place).await?;
        let now = in_force(&stored, &place, adoption.from);
        Refusal::unless_same(adoption.builds_on, now.map(|now| now.what.id))?;
        if now.is_some_and(|now| {
            now.place == place && now.from == adoption.from && now.what.catalogue == adoption.catalogue
        }) {
            return Ok(Outcome { unchanged: 1, ..Outcome::default() });
        }
        let own: Vec<_> = stored.iter().filter(|one| one.place == place).cloned().collect();
        if needs_reason(&own, adoption.from) && adoption.reason.is_none() {
            return Err(Refusal::message(format!(
                "{} 年已有积分项目，原则上一年调整一次；确需调整请写明原因（reason）",
                adoption.from.year()
            )));
        }
        closing::refuse_closed(connection, &place, adoption.from).await?;
        closing::refuse_scored(connection, &place, adoption.from, "积分项目").await?;
        insert(connection, allowed, adoption).await?;
        let detail = detail(adoption.year, adoption.from, &adoption.catalogue, adoption.reason.as_deref());
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Outcome { added: 1, ..Outcome::default() })
    })
    .await
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

fn problems(adoption: &Adoption) -> Vec<Problem> {
    let wrong = adoption.catalogue.check().into_iter().map(|problem| problem.to_string());
    let banned = lint(&adoption.catalogue).into_iter().map(|finding| finding.to_string());
    wrong.chain(banned).map(|message| Problem::new(0, "catalogue", message)).collect()
}

async fn insert(
    connection: &mut Connection,
    allowed: &Allowed<AdoptCatalogue>,
    adoption: &Adoption,
) -> Result<()> {
    let place = allowed.place();
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
    Ok(())
}
