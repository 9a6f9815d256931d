//! `jifen export`

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use authz::Read;
use records::{awards, closing, places, tenancy};
use reporting::Sheet;
use serde_json::json;

use crate::arguments::{Common, Export, Format, What};
use crate::context::Context;

/// Exports a file.
///
/// # Errors
/// Nothing to export, or a file that cannot be written.
pub async fn run(common: &Common, export: &Export) -> Result<()> {
    let context = Context::open(common).await?;
    let sheet = sheet(&context, export).await;
    context.close().await?;
    let sheet = sheet?;
    write(&sheet, export.format, &export.out)?;
    if common.json {
        println!("{}", json!({ "rows": sheet.rows(), "file": export.out }));
    } else {
        println!("已导出 {} 行到 {}", sheet.rows(), export.out.display());
    }
    Ok(())
}

async fn sheet(context: &Context, export: &Export) -> Result<Sheet> {
    let allowed = context.allow(Read, export.county, export.division)?;
    let mut connection = context.database.connection().await?;
    let sheet = tenancy::read(&mut connection, &allowed, async |connection| {
        let place = allowed.place();
        let name = places::name_of(connection, &place).await?;
        let sheet = match (export.what, export.month, export.year) {
            (What::Results, Some(month), _) => {
                let rows = closing::results_of(connection, &place, month).await?;
                reporting::results(month, &name, &rows)
            }
            (What::Awards, _, Some(year)) => {
                reporting::awards(year, &name, &awards::awards_of(connection, &place, year).await?)
            }
            _ => return Err(records::Refusal::message("请写明 --month 或 --year")),
        };
        if sheet.rows() == 0 {
            return Err(records::Refusal::message("没有可导出的内容：还没有结账或评比，或代码不对"));
        }
        Ok(sheet)
    })
    .await?;
    Ok(sheet)
}

/// Writes beside the file first, so that a crash leaves the old one or the new one, never a half.
fn write(sheet: &Sheet, format: Format, file: &Path) -> Result<()> {
    let mut name = file.file_name().context("--out 应是一个文件名")?.to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    let unwritable = || format!("无法写入 {}", file.display());
    let mut writer = BufWriter::new(fs::File::create(&part).with_context(unwritable)?);
    match format {
        Format::Csv => reporting::to_csv(sheet, &mut writer)?,
        Format::Xlsx => writer.write_all(&reporting::to_xlsx(sheet)?).with_context(unwritable)?,
        Format::Parquet => reporting::to_parquet(sheet, &mut writer)?,
    }
    writer.into_inner().map_err(|error| error.into_error()).with_context(unwritable)?.sync_all()?;
    fs::rename(&part, file).with_context(unwritable)
}
