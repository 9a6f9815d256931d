//! `jifen bench import`: households from a CSV file beside a bare `\copy` of the same rows into the same
//! tables.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use authz::RegisterHouseholds;
use domain::input::Household;
use domain::month::Month;
use intake::Limits;
use records::Mode;
use records::households::register_households;
use serde_json::json;

use super::median;
use super::stage::{Stage, plan};
use crate::arguments::{BenchImport, Common};
use crate::commands::demo::DemoCounty;

/// The columns that `\copy` carries; identities keep their numbers.
const TABLES: [&str; 2] = ["household", "household_version"];

/// Measures importing.
///
/// # Errors
/// No private cluster, or a verb refuses.
pub async fn run(common: &Common, bench: &BenchImport) -> Result<()> {
    let stage = Stage::build(common).await?;
    let file = std::env::temp_dir().join(format!("jifen-bench-{}.csv", std::process::id()));
    let measured = measure(common, bench, &stage, &file).await;
    drop(std::fs::remove_file(&file));
    stage.tear_down().await?;
    let measured = measured?;
    if common.json {
        println!("{measured}");
    } else {
        println!("{measured:#}");
    }
    Ok(())
}

async fn measure(
    common: &Common,
    bench: &BenchImport,
    stage: &Stage,
    file: &Path,
) -> Result<serde_json::Value> {
    let plan = plan(bench.households)?;
    DemoCounty::new(&stage.context, common, plan)?.register_places().await?;
    let households: Vec<_> =
        demo::villages(&plan).flat_map(|village| demo::households(&plan, &village)).collect();
    write(file, &households)?;
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    // The first round warms both and is not counted.
    for round in 0..=bench.rounds {
        clear(stage).await?;
        let started = Instant::now();
        let added = import(stage, &plan, file).await?;
        let importing = started.elapsed().as_secs_f64();
        if added != households.len() {
            bail!("导入了 {added} 户，应为 {} 户", households.len());
        }
        let dumps = dump(stage).await?;
        clear(stage).await?;
        let started = Instant::now();
        copy(stage, &dumps).await?;
        let copying = started.elapsed().as_secs_f64();
        if round > 0 {
            ours.push(importing);
            reference.push(copying);
            eprintln!("第 {round} 轮：导入 {importing:.3} 秒，\\copy {copying:.3} 秒");
        }
    }
    Ok(json!({
        "bench": "import",
        "households": households.len(),
        "rounds": bench.rounds,
        "ours_seconds": ours,
        "reference_seconds": reference,
        "ours_median": median(&ours),
        "reference_median": median(&reference),
        "ratio": median(&ours) / median(&reference),
    }))
}

/// What the command does with the file, from reading it on.
async fn import(stage: &Stage, plan: &demo::Plan, file: &Path) -> Result<usize> {
    let context = &stage.context;
    let table = intake::read_file(file, &Limits::default())?;
    let parsed = intake::households(&table)?;
    let allowed = context.allow(RegisterHouseholds, plan.county, None)?;
    let mut connection = context.database.connection().await?;
    let (registrar, moment) = (&context.registrar, &context.moment);
    let outcome =
        register_households(&mut connection, &allowed, &parsed.rows, registrar, Mode::Apply, moment).await?;
    Ok(outcome.added)
}

async fn clear(stage: &Stage) -> Result<()> {
    stage.owner.batch_execute("truncate household, household_version cascade").await?;
    stage.owner.batch_execute("analyze household; analyze household_version; analyze division").await?;
    Ok(())
}

/// The text form of both tables, as `\copy … to` writes it.
async fn dump(stage: &Stage) -> Result<Vec<Vec<u8>>> {
    use futures_util::TryStreamExt as _;
    let mut dumps = Vec::new();
    for table in TABLES {
        let stream = stage.owner.copy_out(&format!("copy {table} to stdout")).await?;
        let text = stream.try_fold(Vec::new(), |mut text, piece| async move {
            text.extend_from_slice(&piece);
            Ok(text)
        });
        dumps.push(text.await?);
    }
    Ok(dumps)
}

async fn copy(stage: &Stage, dumps: &[Vec<u8>]) -> Result<()> {
    use futures_util::SinkExt as _;
    for (table, dump) in TABLES.iter().zip(dumps) {
        let sink = stage.owner.copy_in(&format!("copy {table} from stdin")).await?;
        let mut sink = std::pin::pin!(sink);
        for piece in dump.chunks(64 * 1024) {
            sink.send(bytes::Bytes::copy_from_slice(piece)).await?;
        }
        sink.finish().await?;
    }
    Ok(())
}

fn write(file: &Path, households: &[Household]) -> Result<()> {
    let mut writer = csv::Writer::from_path(file).with_context(|| format!("无法写入 {}", file.display()))?;
    writer.write_record([
        "group_code",
        "number",
        "head_name",
        "phone",
        "members_registered",
        "members_resident",
        "resident",
        "local",
        "address",
        "joined_month",
        "left_month",
    ])?;
    for row in households {
        let code = row.household.code();
        let month = |month: Option<Month>| month.map(|month| month.to_string()).unwrap_or_default();
        writer.write_record([
            row.group.code().as_str(),
            &code[code.len() - 4..],
            &row.head_name,
            row.phone.as_deref().unwrap_or_default(),
            &row.members_registered.to_string(),
            &row.members_resident.to_string(),
            &row.resident.to_string(),
            &row.local.to_string(),
            row.address.as_deref().unwrap_or_default(),
            &month(row.participation.joined),
            &month(row.participation.left),
        ])?;
    }
    Ok(writer.flush()?)
}
