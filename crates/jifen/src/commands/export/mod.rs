//! `jifen export`

mod paper;
mod table;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::ValueEnum as _;
use domain::place::{Level, Place};
use records::{audit, places, tenancy};
use serde_json::json;

use crate::arguments::{Common, Export, Format, What};
use crate::context::Context;

/// What was exported: how many rows, households or sheets, and to where.
struct Exported {
    count: usize,
    unit: &'static str,
}

/// Exports a file, or a file for each village into a folder.
///
/// # Errors
/// Nothing to export, or a file that cannot be written.
pub async fn run(common: &Common, export: &Export) -> Result<()> {
    let context = Context::open(common).await?;
    note(&context, export).await?;
    let exported = match export.what {
        What::Results | What::Awards => table::export(&context, export).await,
        _ => paper::export(&context, common, export).await,
    };
    context.close().await?;
    let exported = exported?;
    if common.json {
        println!("{}", json!({ "rows": exported.count, "file": export.out }));
    } else {
        println!("已导出 {} {}到 {}", exported.count, exported.unit, export.out.display());
    }
    Ok(())
}

/// Logs what is taken out, before it is.
async fn note(context: &Context, export: &Export) -> Result<()> {
    let place =
        [export.household, export.group, export.village, export.division].into_iter().flatten().next();
    let allowed = context.allow(authz::Export, export.county_of()?, place)?;
    let detail = json!({
        "exported": export.what.to_possible_value().map(|what| what.get_name().to_owned()),
        "month": export.month.map(|month| month.to_string()),
        "year": export.year,
        "format": export.format.map(Format::name),
    });
    let mut connection = context.database.connection().await?;
    let known = tenancy::read(&mut connection, &allowed, async |connection| {
        places::county_exists(connection, &allowed.place()).await
    })
    .await?;
    // Where there is no county there is nothing to take out, as the export itself then says.
    if known {
        audit::note(&mut connection, &allowed, detail, &context.moment).await?;
    }
    Ok(())
}

impl Export {
    /// The county, stated or the one of the place that is.
    fn county_of(&self) -> Result<Place> {
        let stated = [self.village, self.group, self.household, self.division];
        self.county
            .or_else(|| stated.into_iter().flatten().next().map(|place| place.county()))
            .ok_or_else(|| anyhow!("请写明 --county"))
    }

    /// The place that is exported, which must be of a level.
    fn place(&self, stated: Option<Place>, option: &str, level: Level) -> Result<Place> {
        let place = stated.with_context(|| format!("请写明 {option} 代码"))?;
        if place.level() == level {
            Ok(place)
        } else {
            bail!("{option} 应是{}的代码，而 {place} 是{}", level.title(), place.level().title())
        }
    }

    /// The format, stated or the usual one; one of those that there are.
    fn format_of(&self, there_are: &[Format]) -> Result<Format> {
        let format = self.format.unwrap_or(there_are[0]);
        if there_are.contains(&format) {
            return Ok(format);
        }
        let names: Vec<_> = there_are.iter().map(|format| format.name()).collect();
        bail!("这一项没有 {} 格式，可用：{}", format.name(), names.join("、"))
    }
}

/// Writes beside the file first, so that a crash leaves the old one or the new one, never a half.
fn write(bytes: &[u8], file: &Path) -> Result<()> {
    let mut name = file.file_name().context("--out 应是一个文件名")?.to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    let unwritable = || format!("无法写入 {}", file.display());
    let mut writer = fs::File::create(&part).with_context(unwritable)?;
    writer.write_all(bytes).with_context(unwritable)?;
    writer.sync_all().with_context(unwritable)?;
    fs::rename(&part, file).with_context(unwritable)
}
