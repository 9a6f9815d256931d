//! `jifen bench close`: the real verb beside one SQL statement with the same result columns.

use std::time::Instant;

use anyhow::{Result, bail};
use domain::month::Month;
use records::closing::{Request, close_month};
use serde_json::json;

use super::median;
use super::stage::{Stage, plan};
use crate::arguments::{BenchClose, Common};
use crate::commands::demo::DemoCounty;

/// The reference: one statement, by a role that row-level security does not bind.
const REFERENCE: &str = include_str!("reference.sql");

/// An empty table with the columns, indexes and foreign keys of a year of results.
const REFERENCE_TABLE: &str = "
    create table reference_result (like month_result including all);
    alter table reference_result
        add foreign key (county_code, closing_id) references month_closing (county_code, id),
        add foreign key (county_code, roster_id) references household_version (county_code, id);";

/// How many households of a plan take part, in thousandths; the bench counts those.
const TAKING_PART: u32 = 920;

/// Measures closing.
///
/// # Errors
/// The two do not give the same results.
pub async fn run(common: &Common, bench: &BenchClose) -> Result<()> {
    let stage = Stage::build(common).await?;
    let measured = measure(common, bench, &stage).await;
    stage.tear_down().await?;
    let measured = measured?;
    if common.json {
        println!("{measured}");
    } else {
        println!("{measured:#}");
    }
    Ok(())
}

async fn measure(common: &Common, bench: &BenchClose, stage: &Stage) -> Result<serde_json::Value> {
    let registered = u32::try_from(u64::from(bench.households) * 1000 / u64::from(TAKING_PART))?;
    let plan = plan(registered)?;
    let county = DemoCounty::new(&stage.context, common, plan)?;
    county.register().await?;
    county.score(plan.first_month).await?;
    stage.owner.batch_execute(REFERENCE_TABLE).await?;
    // What a good administrator would give the statement: hash joins, and no compilation of its plan.
    stage
        .owner
        .batch_execute("set enable_nestloop = off; set jit = off; set work_mem = '64MB'; analyze")
        .await?;
    let request = Request {
        slice: bench.slice.unwrap_or(stage.context.settings.database.slice),
        connections: bench.connections.unwrap_or(stage.context.settings.database.closing_connections),
        ..Request::of(plan.first_month)
    };
    let (mut ours, mut reference, mut households) = (Vec::new(), Vec::new(), 0);
    forget_peak_memory();
    // The first round warms both and is not counted.
    for round in 0..=bench.rounds {
        clear(stage).await?;
        let started = Instant::now();
        households = close(stage, plan.county, &request).await?;
        let closing = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let rows = stage.owner.execute(REFERENCE, &[&plan.first_month.number()]).await?;
        let statement = started.elapsed().as_secs_f64();
        same(stage, plan.first_month, rows, households).await?;
        if round > 0 {
            ours.push(closing);
            reference.push(statement);
            eprintln!("第 {round} 轮：结账 {closing:.3} 秒，参照 {statement:.3} 秒");
        }
    }
    let counts = stage
        .owner
        .query_one(
            "select (select count(*) from finding), (select coalesce(sum(times), 0) from finding)",
            &[],
        )
        .await?;
    let (rows, acts): (i64, i64) = (counts.get(0), counts.get(1));
    Ok(json!({
        "bench": "close",
        "households": households,
        "findings": acts,
        "finding_rows": rows,
        "villages": demo::villages(&plan).count(),
        "slice": request.slice,
        "connections": request.connections,
        "rounds": bench.rounds,
        "ours_seconds": ours,
        "reference_seconds": reference,
        "ours_median": median(&ours),
        "reference_median": median(&reference),
        "ratio": median(&ours) / median(&reference),
        "peak_memory_mb": peak_memory(),
    }))
}

async fn close(stage: &Stage, county: domain::place::Place, request: &Request) -> Result<usize> {
    let allowed = stage.context.allow(authz::Close, county, None)?;
    let report =
        close_month(&stage.context.database, &allowed, request, &stage.context.moment, |_, _| {}).await?;
    if let Some(blocked) = report.blocked.first() {
        bail!("村 {} 没有结账：{}", blocked.village, blocked.reasons.join("；"));
    }
    Ok(report.households)
}

/// Both start empty and analysed.
async fn clear(stage: &Stage) -> Result<()> {
    stage
        .owner
        .batch_execute("truncate reference_result, month_result, month_difference, posting, publication, month_closing, county_seal")
        .await?;
    for table in [
        "reference_result",
        "month_result",
        "month_closing",
        "card",
        "finding",
        "household",
        "household_version",
    ] {
        stage.owner.batch_execute(&format!("analyze {table}")).await?;
    }
    Ok(())
}

/// A comparison of speed is worth nothing unless both say the same.
async fn same(stage: &Stage, month: Month, rows: u64, households: usize) -> Result<()> {
    let row = stage
        .owner
        .query_one(
            "select count(*) from (
                (select * from month_result where month = $1 except select * from reference_result)
                union all
                (select * from reference_result except select * from month_result where month = $1)) different",
            &[&month.number()],
        )
        .await?;
    let different: i64 = row.get(0);
    if different != 0 || usize::try_from(rows).ok() != Some(households) {
        bail!("参照与结账的结果不同：{different} 行不同，参照 {rows} 行，结账 {households} 户");
    }
    Ok(())
}

/// From here on the peak is that of closing, not of making the county.
fn forget_peak_memory() {
    // Without it the figure is only larger.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// The most memory this process has held since, in MiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}
