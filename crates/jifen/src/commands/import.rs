//! `jifen import`

use std::fmt::Display;

use anyhow::{Context as _, Result, bail};
use authz::{
    AdoptCatalogue, AdoptRulebook, Certify, Correct, EnterCards, FormPanels, Post, RegisterContacts,
    RegisterDivisions, RegisterHouseholds,
};
use intake::{FileProblem, Limits, Parsed, Table};
use records::catalogue::{Adoption, adopt_catalogue};
use records::scoring::{Signed, enter_cards};
use records::{
    Mode, Outcome, Refusal, awards, households, objections, panels, places, publication, rulebook,
};
use serde_json::json;

use crate::arguments::{Common, Import, Kind};
use crate::context::Context;
use crate::output;

/// Imports a file: all or nothing.
///
/// # Errors
/// A file that cannot be read, and rows that cannot stand.
pub async fn run(common: &Common, import: &Import) -> Result<()> {
    let context = Context::open(common).await?;
    let outcome = apply(&context, import).await;
    context.close().await?;
    match outcome {
        Ok((outcome, ignored)) => report(common, import, &outcome, &ignored),
        Err(error) => {
            if common.json {
                println!("{}", problems(&error));
            }
            return Err(error);
        }
    }
    Ok(())
}

async fn apply(context: &Context, import: &Import) -> Result<(Outcome, Vec<String>)> {
    let mode = if import.dry_run { Mode::DryRun } else { Mode::Apply };
    let (county, moment, salts) = (import.county, &context.moment, &context.registrar.salts);
    // One connection at a time: a configuration may allow no second one.
    match import.kind {
        Kind::Rulebook => return adopt_settings(context, import, mode).await,
        Kind::Corrections => return correct(context, import, mode).await,
        _ => {}
    }
    let mut connection = context.database.connection().await?;
    let connection = &mut *connection;
    let table = intake::read_file(&import.file, &Limits::default())?;
    let done = match import.kind {
        Kind::Divisions => {
            let parsed = sound(intake::divisions(&table))?;
            let allowed = context.allow(RegisterDivisions, county, None)?;
            (
                places::register_divisions(connection, &allowed, &parsed.rows, mode, moment).await?,
                parsed.ignored_columns,
            )
        }
        Kind::Households => {
            let parsed = sound(intake::households(&table))?;
            let allowed = context.allow(RegisterHouseholds, county, None)?;
            let registrar = &context.registrar;
            let outcome =
                households::register_households(connection, &allowed, &parsed.rows, registrar, mode, moment)
                    .await?;
            (outcome, parsed.ignored_columns)
        }
        Kind::Panels => {
            let parsed = sound(intake::panels(&table))?;
            let allowed = context.allow(FormPanels, county, None)?;
            (
                panels::form_panels(connection, &allowed, &parsed.rows, salts, mode, moment).await?,
                parsed.ignored_columns,
            )
        }
        Kind::Catalogue => {
            let (adoption, ignored) = adoption(import, &table)?;
            let allowed = context.allow(AdoptCatalogue, county, import.division)?;
            (adopt_catalogue(connection, &allowed, &adoption, mode, moment).await?, ignored)
        }
        Kind::Scorecards => {
            let parsed = sound(intake::scorecards(&table))?;
            let allowed = context.allow(EnterCards, county, None)?;
            let signed = if import.signed { Signed::Yes } else { Signed::No };
            let outcome =
                enter_cards(connection, &allowed, &parsed.rows, signed, salts, mode, moment).await?;
            (outcome, parsed.ignored_columns)
        }
        Kind::GroupFacts => {
            let parsed = sound(intake::group_facts(&table))?;
            let allowed = context.allow(Certify, county, None)?;
            (
                awards::certify_groups(connection, &allowed, &parsed.rows, mode, moment).await?,
                parsed.ignored_columns,
            )
        }
        Kind::Contacts => {
            let parsed = sound(intake::contacts(&table))?;
            let allowed = context.allow(RegisterContacts, county, None)?;
            (
                places::register_contacts(connection, &allowed, &parsed.rows, mode, moment).await?,
                parsed.ignored_columns,
            )
        }
        Kind::Postings => {
            let parsed = sound(intake::postings(&table))?;
            let allowed = context.allow(Post, county, None)?;
            (
                publication::record_postings(connection, &allowed, &parsed.rows, mode, moment).await?,
                parsed.ignored_columns,
            )
        }
        Kind::Rulebook | Kind::Corrections => bail!("这一类文件另有办法"),
    };
    Ok(done)
}

async fn adopt_settings(context: &Context, import: &Import, mode: Mode) -> Result<(Outcome, Vec<String>)> {
    let from = import.from.context("导入规则设置要写明从哪个月起生效：--from YYYY-MM")?;
    let text = intake::read_text(&import.file, &Limits::default())?;
    let settings = intake::rulebook(&text).map_err(refused)?;
    let allowed = context.allow(AdoptRulebook, import.county, import.division)?;
    let mut connection = context.database.connection().await?;
    let outcome =
        rulebook::adopt_rulebook(&mut connection, &allowed, settings, (from, None), mode, &context.moment)
            .await?;
    Ok((outcome, Vec::new()))
}

/// Corrections make new versions: months are sealed again.
async fn correct(context: &Context, import: &Import, mode: Mode) -> Result<(Outcome, Vec<String>)> {
    let table = intake::read_file(&import.file, &Limits::default())?;
    let parsed = sound(intake::corrections(&table))?;
    let allowed = context.allow(Correct, import.county, None)?;
    let (salts, moment) = (&context.registrar.salts, &context.moment);
    let mut connection = context.database.connection().await?;
    let outcome =
        objections::correct_cards(&mut connection, &allowed, &parsed.rows, salts, mode, moment).await?;
    drop(connection);
    if mode == Mode::Apply {
        records::closing::seal_months(&context.database, &allowed, moment).await?;
    }
    Ok((outcome, parsed.ignored_columns))
}

fn adoption(import: &Import, table: &Table) -> Result<(Adoption, Vec<String>)> {
    let parsed = sound(intake::catalogue(table))?;
    let from = import.from.context("导入积分项目要写明从哪个月起生效：--from YYYY-MM")?;
    let catalogue = intake::assemble_catalogue(&parsed.rows).map_err(refused)?;
    let year = import.year.unwrap_or(from.year());
    Ok((
        Adoption { catalogue, year, from, reason: import.reason.clone(), builds_on: None },
        parsed.ignored_columns,
    ))
}

fn sound<T>(parsed: Result<Parsed<T>, FileProblem>) -> Result<Parsed<T>> {
    let parsed = parsed?;
    if parsed.is_sound() {
        return Ok(parsed);
    }
    let more = parsed.more_problems;
    let error = refused(parsed.problems);
    Err(if more == 0 {
        error
    } else {
        error.context(format!("另有 {more} 处有误未列出，请先改正已列出的"))
    })
}

fn refused(problems: Vec<domain::input::Problem>) -> anyhow::Error {
    records::Error::Refused(Refusal::Problems(problems)).into()
}

fn report(common: &Common, import: &Import, outcome: &Outcome, ignored: &[String]) {
    if common.json {
        let warnings: Vec<_> = outcome.warnings.iter().map(ToString::to_string).collect();
        let done = json!({
            "added": outcome.added, "changed": outcome.changed, "unchanged": outcome.unchanged,
            "warnings": warnings, "ignored_columns": ignored, "dry_run": import.dry_run,
        });
        println!("{done}");
        return;
    }
    if !ignored.is_empty() {
        eprintln!("不认识的列，已忽略：{}", ignored.join("、"));
    }
    output::problems(&outcome.warnings);
    let done = if import.dry_run { "试导入，没有写入：" } else { "" };
    println!("{done}新增 {}，更改 {}，不变 {}", outcome.added, outcome.changed, outcome.unchanged);
}

fn problems(error: &anyhow::Error) -> impl Display {
    let found = match error.downcast_ref::<records::Error>() {
        Some(records::Error::Refused(Refusal::Problems(found))) => found.as_slice(),
        _ => &[],
    };
    let found: Vec<_> = found
        .iter()
        .map(|problem| json!({ "line": problem.line, "field": problem.field, "message": problem.message }))
        .collect();
    json!({ "error": error.to_string(), "problems": found })
}
