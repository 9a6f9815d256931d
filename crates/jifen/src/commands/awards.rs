//! `jifen awards`

use anyhow::Result;
use records::awards::compute_awards;
use serde_json::json;

use super::close::{blocked_json, refuse_blocked};
use crate::arguments::{Awards, Common};
use crate::context::Context;
use crate::output::Progress;

/// Computes a year's awards.
///
/// # Errors
/// A village with a month that is not final: the others are computed.
pub async fn run(common: &Common, awards: &Awards) -> Result<()> {
    let context = Context::open(common).await?;
    let allowed = context.allow(authz::Award, awards.county, None)?;
    let progress = Progress::new("年终评比", common.json);
    let report = compute_awards(&context.database, &allowed, awards.year, &context.moment, |done, of| {
        progress.at(done, of)
    })
    .await;
    context.close().await?;
    let report = report?;
    let (computed, already) = (report.computed.len(), report.already.len());
    if common.json {
        let blocked = blocked_json(&report.blocked);
        println!(
            "{}",
            json!({ "year": awards.year, "computed": computed, "already": already, "blocked": blocked })
        );
    } else {
        println!("{} 年年终评比：{computed} 个村，此前已算 {already} 个村", awards.year);
    }
    refuse_blocked(&report.blocked, "没有评比")
}
