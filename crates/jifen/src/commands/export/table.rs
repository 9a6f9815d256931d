//! Results and award lists as tables.

use anyhow::Result;
use authz::Read;
use records::{awards, closing, places, tenancy};
use reporting::Sheet;

use super::{Exported, write};
use crate::arguments::{Export, Format, What};
use crate::context::Context;

pub(super) async fn export(context: &Context, export: &Export) -> Result<Exported> {
    let format = export.format_of(&[Format::Csv, Format::Xlsx, Format::Parquet])?;
    let sheet = sheet(context, export).await?;
    let mut bytes = Vec::new();
    match format {
        Format::Xlsx => bytes = reporting::to_xlsx(&sheet)?,
        Format::Parquet => reporting::to_parquet(&sheet, &mut bytes)?,
        _ => reporting::to_csv(&sheet, &mut bytes)?,
    }
    write(&bytes, &export.out)?;
    Ok(Exported { count: sheet.rows(), unit: "行" })
}

async fn sheet(context: &Context, export: &Export) -> Result<Sheet> {
    let allowed = context.allow(Read, export.county_of()?, export.division)?;
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
