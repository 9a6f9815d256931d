//! Forms, notices, cards and sheets, as PDF, XLSX, picture or text.

use anyhow::{Context as _, Result, anyhow};
use authz::{IssueTokens, Read};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::Notice;
use records::forms::{self, Versions};
use records::{Connection, Refusal, places, publication, tenancy};
use reporting::paper::{self, Paper, Printer, Sheet};

use super::{Exported, write};
use crate::arguments::{Common, Export, Format, What};
use crate::context::Context;
use crate::output::Progress;

pub(super) async fn export(context: &Context, common: &Common, export: &Export) -> Result<Exported> {
    match export.what {
        What::Form2 => form2(context, export).await,
        What::Form3 if export.month.is_none() => form3_year(context, export).await,
        What::Form3 | What::Form4 | What::Labels => of_group_month(context, export).await,
        What::Sheets => blank(context, export).await,
        What::Cards => cards(context, export).await,
        What::Notice if export.village.is_none() => notices(context, common, export).await,
        _ => of_village_month(context, export).await,
    }
}

async fn form2(context: &Context, export: &Export) -> Result<Exported> {
    let household = export.place(export.household, "--household", Level::Household)?;
    let year = export.year.context("请写明 --year")?;
    let form = read(context, export, household, async |connection| {
        forms::household_year(connection, &household, year, Versions::Latest).await
    });
    let form = form.await?.ok_or_else(|| nothing("该户在这一年没有已结账的月份"))?;
    let bytes = match export.format_of(&[Format::Pdf, Format::Xlsx])? {
        Format::Xlsx => reporting::form2_workbook(&form)?,
        _ => Printer::new()?.pdf(&paper::form2(&form))?,
    };
    one(&bytes, export)
}

async fn form3_year(context: &Context, export: &Export) -> Result<Exported> {
    let group = export.place(export.group, "--group", Level::Group)?;
    let year = export.year.context("请写明 --month 或 --year")?;
    let form =
        read(context, export, group, async |connection| forms::group_year(connection, &group, year).await);
    let form = form.await?.ok_or_else(|| nothing("该组在这一年没有已结账的月份"))?;
    let bytes = match export.format_of(&[Format::Pdf, Format::Xlsx])? {
        Format::Xlsx => reporting::form3_year_workbook(&form)?,
        _ => Printer::new()?.pdf(&paper::form3_year(&form))?,
    };
    one(&bytes, export)
}

/// 附件3, 附件4 and labels.
async fn of_group_month(context: &Context, export: &Export) -> Result<Exported> {
    let group = export.place(export.group, "--group", Level::Group)?;
    let month = month(export)?;
    let zone = context.moment.zone;
    let form = read(context, export, group, async |connection| {
        forms::group_month(connection, &group, month, zone).await
    });
    let form = form.await?.ok_or_else(|| nothing("该月还没有结账"))?;
    let there_are: &[Format] = match export.what {
        What::Labels => &[Format::Pdf],
        _ => &[Format::Pdf, Format::Xlsx],
    };
    let bytes = match (export.what, export.format_of(there_are)?) {
        (What::Form3, Format::Xlsx) => reporting::form3_workbook(&form)?,
        (_, Format::Xlsx) => reporting::form4_workbook(&form)?,
        (What::Form3, _) => Printer::new()?.pdf(&paper::form3(&form))?,
        (What::Labels, _) => Printer::new()?.pdf(&paper::labels(&form))?,
        _ => Printer::new()?.pdf(&paper::form4(&form))?,
    };
    one(&bytes, export)
}

async fn blank(context: &Context, export: &Export) -> Result<Exported> {
    let group = export.place(export.group, "--group", Level::Group)?;
    let month = month(export)?;
    let sheet =
        read(context, export, group, async |connection| forms::blank_sheet(connection, &group, month).await);
    let sheet = sheet.await?.ok_or_else(|| nothing("当月没有生效的积分项目，请先导入"))?;
    let bytes = match export.format_of(&[Format::Pdf, Format::Xlsx])? {
        Format::Xlsx => reporting::blank_workbook(&sheet)?,
        _ => Printer::new()?.pdf(&paper::blank_sheet(&sheet))?,
    };
    write(&bytes, &export.out)?;
    Ok(Exported { count: sheet.households.len(), unit: "户" })
}

async fn cards(context: &Context, export: &Export) -> Result<Exported> {
    let group = export.place(export.group, "--group", Level::Group)?;
    let year = export.year.context("请写明 --year")?;
    export.format_of(&[Format::Pdf])?;
    let village = group.ancestor(Level::Village).context("--group 应在村里")?;
    let allowed = context.allow(IssueTokens, export.county_of()?, Some(village))?;
    let sealer = &context.registrar.sealer;
    let mut connection = context.database.connection().await?;
    let cards = forms::household_cards(&mut connection, &allowed, &group, sealer, &context.moment).await?;
    if cards.is_empty() {
        return Err(nothing("该组没有参与积分的农户"));
    }
    let http = &context.settings.http;
    let sheet = paper::household_cards(&cards, year, &context.public_url(), &http.supervision_phone);
    write(&Printer::new()?.pdf(&sheet)?, &export.out)?;
    Ok(Exported { count: cards.len(), unit: "户" })
}

/// A village's notice, picture, loudspeaker text or honour roll.
async fn of_village_month(context: &Context, export: &Export) -> Result<Exported> {
    let village = export.place(export.village, "--village", Level::Village)?;
    let notice = notice(context, export, village, month(export)?).await?;
    let notice = notice.ok_or_else(|| nothing("该月还没有结账"))?;
    let bytes = match export.what {
        What::Loudspeaker => {
            export.format_of(&[Format::Txt])?;
            paper::loudspeaker(&notice).into_bytes()
        }
        What::Picture => {
            export.format_of(&[Format::Png])?;
            Printer::new()?.png(&paper::picture(&notice, &board(context, &village)))?
        }
        What::Honours => {
            export.format_of(&[Format::Pdf])?;
            Printer::new()?.pdf(&paper::honour_roll(&notice))?
        }
        _ => {
            export.format_of(&[Format::Pdf])?;
            Printer::new()?.pdf(&notice_sheet(context, export, &notice))?
        }
    };
    one(&bytes, export)
}

/// The notices of every village that has closed the month, a file each in a folder.
async fn notices(context: &Context, common: &Common, export: &Export) -> Result<Exported> {
    export.format_of(&[Format::Pdf])?;
    let (county, month) = (export.county_of()?, month(export)?);
    let scope = export.division.unwrap_or(county);
    let villages =
        read(context, export, scope, async |connection| places::villages_of(connection, &scope).await);
    let villages = villages.await?;
    std::fs::create_dir_all(&export.out)
        .with_context(|| format!("--out 应是一个文件夹：{}", export.out.display()))?;
    let printer = Printer::new()?;
    let progress = Progress::new("排版", common.json);
    let mut count = 0;
    for (done, village) in villages.iter().enumerate() {
        progress.at(done, villages.len());
        if let Some(notice) = notice(context, export, *village, month).await? {
            let file = export.out.join(format!("{}-{month}-第{}版.pdf", village.code(), notice.version));
            write(&printer.pdf(&notice_sheet(context, export, &notice))?, &file)?;
            count += 1;
        }
    }
    progress.at(villages.len(), villages.len());
    if count == 0 {
        return Err(nothing("该月还没有村结账"));
    }
    Ok(Exported { count, unit: "份公示" })
}

fn notice_sheet(context: &Context, export: &Export, notice: &Notice) -> Sheet {
    let paper = if export.paper == crate::arguments::PaperSize::A4 { Paper::A4 } else { Paper::A3 };
    let phone = &context.settings.http.supervision_phone;
    paper::notice(notice, paper, &board(context, &notice.village), phone)
}

fn board(context: &Context, village: &Place) -> String {
    format!("{}/p/{}", context.public_url(), village.code())
}

async fn notice(context: &Context, export: &Export, village: Place, month: Month) -> Result<Option<Notice>> {
    let zone = context.moment.zone;
    read(context, export, village, async |connection| {
        publication::notice(connection, &village, month, zone).await
    })
    .await
}

/// Reads inside a place; of a group or household, inside its village, whose months these are.
async fn read<R>(
    context: &Context,
    export: &Export,
    place: Place,
    work: impl AsyncFnOnce(&mut Connection) -> records::Result<R>,
) -> Result<R> {
    let place = place.ancestor(Level::Village).unwrap_or(place);
    let allowed = context.allow(Read, export.county_of()?, Some(place))?;
    let mut connection = context.database.connection().await?;
    Ok(tenancy::read(&mut connection, &allowed, work).await?)
}

fn month(export: &Export) -> Result<Month> {
    export.month.context("请写明 --month")
}

fn nothing(why: &str) -> anyhow::Error {
    anyhow!(Refusal::message(format!("没有可导出的内容：{why}")))
}

fn one(bytes: &[u8], export: &Export) -> Result<Exported> {
    write(bytes, &export.out)?;
    Ok(Exported { count: 1, unit: "份" })
}
